"""A generator without its training."""

import numpy as np
import pytest

from phystd_tf.inference.weights import load_generator
from phystd_tf.runs.folder import CheckpointError, checkpoint_folder, open_run
from phystd_tf.training.checkpoints import CheckpointStore, load_run
from phystd_tf.training.phystd_model import PhySTD
from tests.training.tiny import random_batch, tiny_hparams


@pytest.fixture(params=["full", "auxiliary"])
def run(tmp_path, request):
    hparams = tiny_hparams(request.param)
    open_run(str(tmp_path / "run"), hparams, {})
    model = PhySTD(hparams)
    model.compile()
    model.train_step(random_batch())
    CheckpointStore(model, str(tmp_path / "run")).save("last")
    return tmp_path / "run"


def test_its_outputs_are_those_of_the_whole_model(run):
    image = random_batch().spoof.image
    whole, alone = load_run(str(run)).generator(image), load_generator(str(run))(image)
    np.testing.assert_array_equal(whole.depth, alone.depth)
    for one, other in zip(whole.traces, alone.traces):
        np.testing.assert_array_equal(one, other)


def test_a_checkpoint_that_does_not_fit_is_refused_by_name(run, tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint in .*best"):
        load_generator(str(run), "best")
    with pytest.raises(CheckpointError, match="not a run folder"):
        load_generator(str(tmp_path))
    ablation = "auxiliary" if load_generator(str(run)).hparams.trace_decoder else "full"
    tiny_hparams(ablation).save(str(run / "hparams.json"))  # more variables, and fewer
    with pytest.raises(CheckpointError, match="ckpt-1 does not fit"):
        load_generator(str(run))
    tiny_hparams("auxiliary" if ablation == "full" else "full", depth_channels=6).save(str(run / "hparams.json"))
    with pytest.raises(CheckpointError, match="ckpt-1 does not fit"):
        load_generator(str(run))


def test_a_damaged_checkpoint_is_refused_by_name(run):
    (data,) = (path for path in (run / "checkpoints" / "last").glob("*.data*"))
    assert str(data).startswith(checkpoint_folder(str(run), "last"))
    data.unlink()
    with pytest.raises(CheckpointError, match="ckpt-1 does not fit"):
        load_generator(str(run))
