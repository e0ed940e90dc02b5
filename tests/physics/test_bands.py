"""Eq. (9): three bands that add up to the image."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.hparams import PAPER
from phystd_tf.physics.bands import decompose, low_pass, network_input


@pytest.fixture
def image():
    return np.random.default_rng(0).random((2, 64, 64, 3), np.float32)


def _low_pass_in_numpy(image, size):
    """Block means, then bilinear interpolation between the centers of the blocks, one axis at a time."""
    full, factor = image.shape[1], image.shape[1] // size
    means = image.reshape(len(image), size, factor, size, factor, -1).mean(axis=(2, 4))
    position = np.clip((np.arange(full) + 0.5) / factor - 0.5, 0, size - 1)
    low = np.minimum(np.floor(position).astype(int), size - 2)
    weight = position - low
    for axis in (1, 2):
        shape = [1, 1, 1, 1]
        shape[axis] = full
        w = weight.reshape(shape)
        means = np.take(means, low, axis) * (1 - w) + np.take(means, low + 1, axis) * w
    return means


@pytest.mark.parametrize("size", [8, 32])
def test_low_pass_is_an_average_down_and_bilinear_up(image, size):
    np.testing.assert_allclose(low_pass(image, size), _low_pass_in_numpy(image, size), atol=1e-5)


def test_bands_add_up_to_the_image(image):
    bands = decompose(image, 8, 32)
    np.testing.assert_allclose(bands.low + bands.mid + bands.high, image, atol=1e-6)
    np.testing.assert_allclose(bands.mid, _low_pass_in_numpy(image, 32) - _low_pass_in_numpy(image, 8), atol=1e-5)
    np.testing.assert_allclose(bands.high, image - _low_pass_in_numpy(image, 32), atol=1e-5)


def test_a_constant_image_is_all_low_band():
    bands = decompose(np.full((1, 64, 64, 3), 0.4, np.float32), 8, 32)
    np.testing.assert_allclose(bands.low, 0.4, atol=1e-6)
    np.testing.assert_allclose(bands.mid, 0, atol=1e-6)
    np.testing.assert_allclose(bands.high, 0, atol=1e-6)


def test_the_finest_stripes_are_all_high_band():
    stripes = np.tile(np.array([0.0, 1.0], np.float32), 32)[None, None, :, None] * np.ones((1, 64, 64, 3), np.float32)
    bands = decompose(stripes, 8, 32)
    np.testing.assert_allclose(bands.low, 0.5, atol=1e-6)  # plain sampling would show 0 or 1 here
    np.testing.assert_allclose(bands.mid, 0, atol=1e-6)


def test_low_pass_is_linear(image):
    other = image[::-1]
    np.testing.assert_allclose(
        low_pass(2 * image - 3 * other, 8), 2 * low_pass(image, 8) - 3 * low_pass(other, 8), atol=1e-5
    )


def test_network_input_amplifies_mid_and_high(image):
    big = np.tile(image, (1, 4, 4, 1))
    bands = decompose(big, PAPER.n1, PAPER.n2)
    value = network_input(big, PAPER)
    assert value.shape == (2, 256, 256, 9)
    np.testing.assert_allclose(value[..., :3], bands.low, atol=1e-6)
    np.testing.assert_allclose(value[..., 3:6], 15 * bands.mid, atol=1e-5)
    np.testing.assert_allclose(value[..., 6:], 25 * bands.high, atol=1e-5)


def test_bands_trace_with_unknown_batch_size_and_in_float64(image):
    traced = tf.function(lambda x: decompose(x, 8, 32), input_signature=[tf.TensorSpec((None, 64, 64, 3), tf.float64)])
    for size in (1, 2):
        bands = traced(image[:size].astype(np.float64))
        assert bands.mid.dtype == tf.float64
        np.testing.assert_allclose(bands.mid, decompose(image[:size], 8, 32).mid, atol=1e-5)


def test_a_size_that_does_not_divide_is_refused(image):
    with pytest.raises(ValueError, match="24 does not divide the image size 64"):
        low_pass(image, 24)
