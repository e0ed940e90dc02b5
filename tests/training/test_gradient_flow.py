"""Which outputs of the generator each loss teaches: a gradient reaches these, and no others.

The generator is a stub whose outputs are variables. So a gradient that is stopped or let through by mistake is seen.
"""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.training.phystd_model import PhySTD
from tests.training.stubs import StubDiscriminator, StubGenerator, distinct_batch, said
from tests.training.tiny import tiny_hparams

# In the second pass, the "spoof" half are the harder spoofs.
FIRST, SECOND = "pass 1", "pass 2"


class MeanDiscriminator:
    """Says how bright each image is."""

    def __call__(self, image, training=False):
        return tf.reduce_mean(image, axis=(1, 2, 3), keepdims=True)


def _taught(loss_of, seeing=0, **changes):
    """The outputs that get a gradient other than 0, as (pass, half, name).

    Args:
      loss_of: maps the results of the three steps to a loss.
      seeing: number of the discriminator whose map depends on what it sees; the others say constants.
      **changes: of the hyper-parameters.
    """
    model, batch = PhySTD(tiny_hparams(**changes)), distinct_batch()
    outputs = [tf.nest.map_structure(tf.Variable, said(np.random.default_rng(seed))) for seed in (1, 2)]
    model.generator = StubGenerator(outputs)
    model.discriminators = [MeanDiscriminator() if number == seeing else StubDiscriminator() for number in range(1, 5)]
    with tf.GradientTape() as tape:
        step1 = model._training_step1(batch, training=True)
        step2 = model._training_step2(batch, step1, training=True)
        loss = loss_of(step1, step2, model._training_step3(batch, step2, training=True))
    found = set()
    for where, gradient in zip((FIRST, SECOND), tape.gradient(loss, outputs)):
        for name, value in (("depth", gradient.depth), *gradient.traces._asdict().items()):
            if value is not None:
                halves = zip(("live", "spoof"), np.split(tf.convert_to_tensor(value).numpy(), 2))
                found |= {(where, half, name) for half, part in halves if part.any()}
    return found


def _outputs(where, halves, names):
    return {(where, half, name) for half in halves.split() for name in names.split()}


@pytest.mark.parametrize(
    "loss, expected",
    [
        ("L_depth", _outputs(FIRST, "live spoof", "depth")),
        ("L_P", _outputs(FIRST, "spoof", "P")),  # the region of strong traces is a constant, Eq. (19)
        ("L_R", _outputs(FIRST, "live spoof", "B C T P")),
    ],
)
def test_losses_of_step_1(loss, expected):
    assert _taught(lambda step1, step2, step3: getattr(step1, loss)) == expected


@pytest.mark.parametrize(
    "seeing, traces",
    [(1, "B P I_P"), (2, "B C P I_P"), (3, "B C T P I_P"), (4, "B C T P")],  # Eq. (11); Eq. (8) has no I_P
)
def test_each_discriminator_teaches_the_traces_of_its_level(seeing, traces):
    found = _taught(lambda step1, step2, step3: step2.L_G, seeing)
    assert found == _outputs(FIRST, "spoof", traces)


@pytest.mark.parametrize("seeing", [1, 2, 3])
def test_a_single_trace_is_taught_by_all_levels(seeing):
    found = _taught(lambda step1, step2, step3: step2.L_G, seeing, ablation="step1_step2_single_trace")
    assert (FIRST, "spoof", "T") in found and not {half for _, half, _ in found} - {"spoof"}


def test_the_known_trace_of_a_harder_spoof_teaches_all_of_its_traces_and_none_of_the_first_pass():
    assert _taught(lambda step1, step2, step3: step3.L_S) == _outputs(SECOND, "spoof", "B C T P I_P")


@pytest.mark.parametrize("harder_depth, halves", [("hard", "spoof"), ("both", "live spoof")])
def test_the_depth_of_harder_spoofs(harder_depth, halves):
    found = _taught(lambda step1, step2, step3: step3.L_H, harder_depth=harder_depth)
    assert found == _outputs(SECOND, halves, "depth")


def test_discriminators_that_see_nothing_teach_nothing():
    for loss_of in (lambda step1, step2, step3: step2.L_G, lambda step1, step2, step3: step2.L_D):
        assert not _taught(loss_of)
