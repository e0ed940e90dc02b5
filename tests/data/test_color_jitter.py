"""Colors of training faces change within the given ranges, depending only on the seed."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.data.color_jitter import color_jitter
from tests.training.tiny import tiny_hparams


@pytest.fixture
def image():
    return np.random.default_rng(0).uniform(0.3, 0.6, (8, 8, 3)).astype(np.float32)


def _jitter(image, number, **changes):
    return color_jitter(tf.constant(image), tf.constant([3, number], tf.int64), tiny_hparams(**changes)).numpy()


def test_brightness_adds_one_number(image):
    added = [_jitter(image, k, brightness=0.25) - image for k in range(40)]
    assert max(np.ptp(values) for values in added) < 1e-6
    means = [values.mean() for values in added]
    assert -0.25 <= min(means) < -0.15 and 0.15 < max(means) <= 0.25


def test_contrast_keeps_the_mean_and_scales_the_rest(image):
    for k in range(10):
        changed = _jitter(image, k, contrast=0.3)
        np.testing.assert_allclose(changed.mean(), image.mean(), atol=1e-5)
        ratio = changed.std() / image.std()
        assert np.exp(-0.3) - 1e-4 <= ratio <= np.exp(0.3) + 1e-4 and abs(ratio - 1) > 1e-3


def test_color_scales_each_channel_by_its_own_factor(image):
    for k in range(10):
        factors = _jitter(image, k, color=0.2) / image
        np.testing.assert_allclose(factors, np.broadcast_to(factors[0, 0], factors.shape), rtol=1e-4)
        assert np.ptp(factors[0, 0]) > 1e-3 and np.abs(np.log(factors)).max() <= 0.2 + 1e-5


def test_the_result_stays_in_range_and_follows_the_seed(image):
    wild = {"brightness": 0.9, "contrast": 1.0, "color": 1.0}
    assert all(0 <= _jitter(image, k, **wild).min() and _jitter(image, k, **wild).max() <= 1 for k in range(20))
    np.testing.assert_array_equal(_jitter(image, 1, **wild), _jitter(image, 1, **wild))
    assert np.abs(_jitter(image, 1, **wild) - _jitter(image, 2, **wild)).max() > 0.01
    np.testing.assert_allclose(_jitter(image, 1), image, atol=1e-6)
