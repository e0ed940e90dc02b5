"""Systems that estimate traces: their losses in a graph, and their runs resumed and used."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.inference.weights import load_generator
from phystd_tf.training import experiment
from phystd_tf.training.checkpoints import CheckpointStore
from phystd_tf.training.systems import new_model
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import random_batch, tiny_hparams

SYSTEMS = ("stdn", "despoof")


@pytest.fixture(scope="module", params=SYSTEMS)
def run(request, tmp_path_factory):
    """A run folder with the weights of an untrained model, and that model."""
    folder = tmp_path_factory.mktemp(request.param)
    prepared, run = str(folder / "prepared"), str(folder / "run")
    write_prepared(prepared, {(split, label): 2 for split in ("train", "dev") for label in (0, 1)})

    made = []

    def keep(model, run, *_):
        made.append(model)
        model.iteration.assign(7)
        CheckpointStore(model, run).save("last")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "fit", keep)
        hparams = tiny_hparams(system=request.param, baseline_width=0.05)
        experiment.train(hparams, prepared, run, seed=3, steps_per_epoch=1)
    return run, made[0]


def test_losses_are_the_same_traced_for_any_number_of_faces(run):
    _, model = run
    batches = [random_batch(live=count, spoof=count) for count in (1, 2)]
    spec = tf.nest.map_structure(lambda tensor: tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype), batches[0])
    traced = tf.function(lambda batch: model.losses_of(batch, training=False).logged, input_signature=[spec])
    for batch in batches:
        expected = model.losses_of(batch, training=False).logged
        for name, value in traced(batch).items():
            np.testing.assert_allclose(value, expected[name], rtol=1e-3, atol=1e-5, err_msg=name)


def test_a_stopped_run_goes_on_with_all_it_had(run):
    folder, model = run
    other = new_model(model.hparams)
    assert any(np.any(one != two) for one, two in zip(other.variables, model.variables))
    CheckpointStore(other, folder).restore("last")
    for one, two in zip(other.variables, model.variables):
        np.testing.assert_array_equal(one, two)
    assert other.iteration.numpy() == 7
    image = random_batch().live.image
    output, ours = model(image), load_generator(folder)(image)
    for one, two in zip(tf.nest.flatten(output), tf.nest.flatten(ours)):
        np.testing.assert_array_equal(one, two)
