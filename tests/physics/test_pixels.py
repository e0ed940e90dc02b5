"""Positions follow the pixels of a resized image, in NumPy and in TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.physics.pixels import rescale_positions


def test_positions_follow_the_pixels():
    # The block of pixels 4 to 7 becomes pixel 1; its center is 5.5.
    positions = [[5.5, 1.5], [-0.5, 15.5]]
    expected = [[1, 0], [-0.5, 3.5]]
    np.testing.assert_allclose(rescale_positions(np.array(positions), 4 / 16), expected)
    np.testing.assert_allclose(rescale_positions(tf.constant(positions), 4 / 16), expected)


def test_the_edges_of_the_image_stay_in_place():
    np.testing.assert_array_equal(
        rescale_positions(np.array([[-0.5, -0.5], [7.5, 3.5]]), 2.0), [[-0.5] * 2, [15.5, 7.5]]
    )


def test_x_and_y_may_have_different_scales():
    np.testing.assert_allclose(rescale_positions(np.array([[3.5, 1.5]]), np.array([2.0, 0.5])), [[7.5, 0.5]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept_and_scaling_back_returns_the_positions(dtype):
    positions = np.random.default_rng(0).uniform(-5, 70, (6, 2)).astype(dtype)
    there = rescale_positions(positions, 0.25)
    assert there.dtype == dtype and rescale_positions(tf.constant(positions), 0.25).dtype == dtype
    np.testing.assert_allclose(rescale_positions(there, 4.0), positions, rtol=1e-5, atol=1e-5)
