"""The network of the medium classifier: sizes, and what is trained."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.hparams import PRESETS
from phystd_tf.media_classifier.network import WIDTHS, MediumNetwork


def test_every_preset_has_its_widths():
    assert set(WIDTHS) == set(PRESETS)


def test_the_paper_has_those_of_alexnet():
    widths = WIDTHS["paper"]
    assert widths.convolutions == (96, 256, 384, 384, 256) and widths.dense == 4096


@pytest.mark.parametrize("size, channels", [(32, 9), (128, 3)])
def test_any_input_becomes_one_logit_a_class(size, channels):
    network = MediumNetwork(5, WIDTHS["small"])
    assert network(tf.zeros((2, size, size, channels))).shape == (2, 5)
    # Five convolutions halved by a stride of 4 and three poolings: a map of size / 32.
    (first, *_) = (layer for layer in network.body.layers if isinstance(layer, tf.keras.layers.Dense))
    assert first.kernel.shape[0] == (size // 32) ** 2 * 64
    dense = [layer.activation.__name__ for layer in network.body.layers if isinstance(layer, tf.keras.layers.Dense)]
    assert dense == ["relu", "relu", "linear"]
    kernels = [layer.kernel.shape for layer in network.body.layers if isinstance(layer, tf.keras.layers.Conv2D)]
    assert kernels[0] == (11, 11, channels, 24) and kernels[1] == (5, 5, 24, 64) and len(kernels) == 5


def test_the_size_of_a_channel_does_not_matter_in_training():
    tf.keras.utils.set_random_seed(0)
    network = MediumNetwork(3, WIDTHS["small"])
    images = np.random.default_rng(0).normal(size=(8, 32, 32, 3)).astype(np.float32)
    network(images)
    for layer in network.body.layers:
        if isinstance(layer, tf.keras.layers.Dropout):
            layer.rate = 0
    smaller = images * np.array([0.02, 1, 0.1], np.float32)  # the variance of the first is that of a trace
    logits = network(images, training=True)
    np.testing.assert_allclose(logits, network(smaller, training=True), atol=0.02 * np.abs(logits).max())
