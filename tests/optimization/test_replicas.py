"""A loss is the mean of those of equal parts of the batch, so the batch can be divided among devices."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf import losses
from phystd_tf.optimization.replicas import share_of_draws, share_of_loss
from phystd_tf.traces import Traces
from tests.training.tiny import tiny_hparams

N, SIZE, PARTS = 4, 8, 2


def _random(*shape):
    return tf.constant(np.random.default_rng(sum(shape)).random(shape, np.float32))


def _image(channels=3, n=N):
    return _random(n, SIZE, SIZE, channels)


def _masks():
    """P0 of one face is empty, and the others differ in size, so a common normalizer would be wrong."""
    return tf.constant(
        (np.random.default_rng(0).random((N, SIZE, SIZE, 1)) < [[[[0]]], [[[0.1]]], [[[0.9]]], [[[0.5]]]]), tf.float32
    )


H = tiny_hparams(region_within="allowed", beta=0.5, regularization_live_weight=7.0)
LOSSES = {
    "L_depth": (lambda M, M0: losses.depth_loss(M, M0, H), (_image(1), _image(1) ** 2)),
    "L_G": (lambda *maps: losses.generator_adversarial_loss(maps, H), (_image(1), 2 * _image(1))),
    "L_D": (lambda *maps: losses.discriminator_adversarial_loss(maps[:1], maps[1:], H), (_image(1), 2 * _image(1))),
    "L_P": (lambda P, T_A, P0: losses.inpainting_mask_loss(P, T_A, P0, H), (_image(1), _image(), _masks())),
    "L_S": (lambda one, other: losses.synthesis_loss(one, other, H), (_image(), _image() ** 2)),
    "L_H": (lambda M: losses.harder_depth_loss(M, H), (_image(1),)),
    "L_R": (
        lambda B, P, live: losses.regularization_loss(Traces(B, B, B, P, B), live, H),
        (_image(), _image(1), tf.constant([1.0, 0.0, 1.0, 0.0])),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_and_the_gradient_of_a_batch_are_the_sums_of_the_shares_of_its_parts(name):
    loss, arguments = LOSSES[name]
    with tf.GradientTape() as tape:
        tape.watch(arguments[0])
        joined = loss(*arguments)
    gradient = tape.gradient(joined, arguments[0])
    shares, gradients = [], []
    for part in zip(*(tf.split(argument, PARTS) for argument in arguments)):
        with tf.GradientTape() as tape:
            tape.watch(part[0])
            shares.append(share_of_loss(loss(*part), PARTS))
        gradients.append(tape.gradient(shares[-1], part[0]))
    np.testing.assert_allclose(sum(shares), joined, rtol=1e-6)
    np.testing.assert_allclose(tf.concat(gradients, axis=0), gradient, rtol=1e-5, atol=1e-9)


def test_one_device_changes_nothing():
    loss = tf.constant(0.1)
    assert share_of_loss(loss, 1) is loss
    np.testing.assert_array_equal(share_of_draws(lambda n: tf.range(n), tf.constant(3)), [0, 1, 2])
