"""Learning rates at the iterations that matter (Sec. 4.1)."""

import dataclasses

import pytest
import tensorflow as tf

from phystd_tf.hparams import PAPER
from phystd_tf.optimization.schedule import discriminator_learning_rate, generator_learning_rate

EXPECTED = [(0, 5e-5), (44_999, 5e-5), (45_000, 5e-6), (89_999, 5e-6), (90_000, 5e-7), (149_999, 5e-8)]


@pytest.mark.parametrize("iteration, rate", EXPECTED)
def test_paper_rates(iteration, rate):
    assert float(generator_learning_rate(iteration, PAPER)) == pytest.approx(rate)
    assert float(discriminator_learning_rate(iteration, PAPER)) == pytest.approx(rate / 2)
    in_graph = tf.function(lambda count: generator_learning_rate(count, PAPER))(tf.constant(iteration, tf.int64))
    assert float(in_graph) == pytest.approx(rate, rel=1e-5)


def test_discriminators_can_have_a_clock_of_their_own():
    never = dataclasses.replace(PAPER, discriminator_decay_every=0)
    assert discriminator_learning_rate(100_000, never) == pytest.approx(2.5e-5)
    assert float(generator_learning_rate(100_000, never)) == pytest.approx(5e-7)
    sooner = dataclasses.replace(PAPER, discriminator_decay_every=10)
    assert float(discriminator_learning_rate(25, sooner)) == pytest.approx(2.5e-7)
