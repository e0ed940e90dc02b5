"""D1..D4: one structure, own weights, own resolution (Sec. 3.4)."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.hparams import PAPER, SMALL
from phystd_tf.networks.blocks import antialiasing_matrix, resize_antialiased
from phystd_tf.networks.discriminator import Discriminator

TINY = dataclasses.replace(SMALL, discriminator_channels=(4, 4, 4, 4), discriminator_strides=(2, 2, 2, 1))


def test_maps_have_an_eighth_of_the_resolution():
    image = tf.zeros((1, 256, 256, 3))
    shapes = [Discriminator(size, PAPER)(image).shape for size in PAPER.discriminator_sizes]
    assert shapes == [(1, 4, 4, 1), (1, 12, 12, 1), (1, 32, 32, 1), (1, 32, 32, 1)]


def test_discriminators_share_no_variable_and_start_different():
    image = tf.zeros((1, 128, 128, 3))
    first, second = Discriminator(128, TINY), Discriminator(128, TINY)
    first(image), second(image)
    assert not {id(v) for v in first.variables} & {id(v) for v in second.variables}
    assert not np.array_equal(first.units[0].conv.kernel, second.units[0].conv.kernel)


def test_the_map_is_linear_not_squashed():
    discriminator = Discriminator(16, dataclasses.replace(TINY, discriminator_norm="none"))
    image = np.random.default_rng(0).random((1, 128, 128, 3), np.float32)
    discriminator(image)
    discriminator.head.bias.assign([7.0])
    assert np.mean(discriminator(image)) > 5


@pytest.mark.parametrize("norm", ["batch", "spectral", "none"])
def test_every_norm_trains_and_traces_with_unknown_batch_size(norm):
    discriminator = Discriminator(16, dataclasses.replace(TINY, discriminator_norm=norm))
    traced = tf.function(
        lambda x: discriminator(x, training=True), input_signature=[tf.TensorSpec((None, 128, 128, 3))]
    )
    for size in (1, 3):
        maps = traced(np.random.default_rng(size).random((size, 128, 128, 3), np.float32))
        assert maps.shape == (size, 2, 2, 1) and np.all(np.isfinite(maps))


def test_spectral_norm_bounds_the_gain_of_a_layer():
    discriminator = Discriminator(128, dataclasses.replace(TINY, discriminator_norm="spectral"))
    image = np.random.default_rng(0).random((2, 128, 128, 3), np.float32)
    discriminator(image)
    layer = discriminator.units[1].conv
    layer.w.assign(100.0 * layer.w)
    for _ in range(30):
        discriminator(image, training=True)
    kernel = layer.w.numpy().reshape(-1, layer.w.shape[-1])
    assert np.linalg.norm(kernel, 2) == pytest.approx(1.0, rel=0.05)


def test_resizing_removes_what_the_target_cannot_show():
    stripes = np.tile(np.array([0.0, 1.0], np.float32), 64)[None, None, :, None] * np.ones((1, 128, 128, 3), np.float32)
    for size in (64, 48):
        small = resize_antialiased(stripes, size)
        assert small.shape == (1, size, size, 3)
        assert np.ptp(small[:, 4:-4, 4:-4]) < 0.2  # an aliasing resize keeps stripes of contrast 1
    constant = resize_antialiased(np.full((1, 128, 128, 3), 0.3, np.float32), 48)
    np.testing.assert_allclose(constant, 0.3, atol=1e-5)


def test_the_gradient_reaches_every_pixel_through_the_antialiased_resize():
    image = tf.Variable(np.random.default_rng(0).random((1, 128, 128, 3), np.float32))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(resize_antialiased(image, 48))
    assert np.all(tape.gradient(value, image) > 0)


@pytest.mark.parametrize("current, size", [(256, 96), (128, 48), (32, 12), (100, 37)])
def test_the_antialiased_resize_is_that_of_tensorflow_with_its_gradient(current, size):
    image = tf.constant(np.random.default_rng(0).normal(size=(2, current, current, 3)).astype(np.float32))
    weights = tf.constant(np.random.default_rng(1).normal(size=(2, size, size, 3)).astype(np.float32))
    results = []
    for resize in (resize_antialiased, lambda x, n: tf.image.resize(x, (n, n), "bilinear", antialias=True)):
        with tf.GradientTape() as tape:
            tape.watch(image)
            small = resize(image, size)
            value = tf.reduce_sum(weights * small)
        results.append((small, tape.gradient(value, image)))
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
    np.testing.assert_allclose(antialiasing_matrix(current, size).sum(1), 1.0, atol=1e-6)
