import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.data.resizing import resize_crops
from phystd_tf.errors import PhystdError


def test_each_pixel_is_the_mean_of_its_block():
    images = np.random.default_rng(0).random((2, 12, 12, 3)).astype(np.float32)
    expected = images.reshape(2, 4, 3, 4, 3, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(resize_crops(images, 4), expected, atol=1e-6)


def test_images_of_the_right_size_stay_as_they_are():
    images = np.random.default_rng(0).random((1, 8, 8, 3)).astype(np.float32)
    np.testing.assert_array_equal(resize_crops(images, 8), images)


@pytest.mark.parametrize("size", [5, 16, 3])
def test_a_size_that_does_not_divide_is_refused_with_both_sizes(size):
    with pytest.raises(PhystdError, match=f"8 px .*{size} px"):
        resize_crops(np.zeros((1, 8, 8, 3), np.float32), size)


def test_resizing_works_in_a_graph_for_any_batch_size():
    function = tf.function(lambda x: resize_crops(x, 4), input_signature=[tf.TensorSpec((None, 8, 8, 3))])
    assert function(tf.ones((3, 8, 8, 3))).shape == (3, 4, 4, 3)
    assert function(tf.ones((0, 8, 8, 3))).shape == (0, 4, 4, 3)
