"""The input of the medium classifier compared with its parts, computed with NumPy."""

import numpy as np
import pytest

from phystd_tf.baselines.registry import new_network
from phystd_tf.errors import PhystdError
from phystd_tf.media_classifier.inputs import input_of
from phystd_tf.networks.generator import Generator
from tests.media_classifier.fakes import HPARAMS
from tests.training.tiny import random_batch, tiny_hparams


def low_pass(image, size):
    """Average down and bilinear up, with half-pixel centers and repeated borders."""
    n, full, _, c = image.shape
    factor = full // size
    small = image.reshape(n, size, factor, size, factor, c).mean((2, 4))
    at = np.clip((np.arange(full) + 0.5) / factor - 0.5, 0, size - 1)
    weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(size)))
    return np.einsum("ah,bw,nhwc->nabc", weights, weights, small)


def test_traces_are_nine_channels_as_they_enter_the_reconstruction(generator):
    image = random_batch().spoof.image
    traces = generator(image, training=False).traces
    found = input_of("traces", generator)(image).numpy()
    assert found.shape == (2, 32, 32, 9) and found.dtype == np.float32
    np.testing.assert_allclose(found[..., :3], low_pass(traces.B.numpy(), HPARAMS.n1), atol=1e-6)
    np.testing.assert_allclose(found[..., 3:6], low_pass(traces.C.numpy(), HPARAMS.n2), atol=1e-6)
    np.testing.assert_allclose(found[..., 6:], traces.T, atol=1e-6)


def test_an_image_is_itself(generator):
    image = random_batch().spoof.image
    np.testing.assert_array_equal(input_of("image", generator)(image), image)


def test_there_are_no_other_inputs_and_no_traces_where_none_are_trained(generator):
    with pytest.raises(PhystdError, match="one of traces, image, not 'P0'"):
        input_of("P0", generator)
    with pytest.raises(PhystdError, match=r"phystd \(auxiliary\) has no traces"):
        input_of("traces", Generator(tiny_hparams("auxiliary")))
    with pytest.raises(PhystdError, match=r"cdcn \(full\) has no traces"):
        input_of("traces", new_network(tiny_hparams(system="cdcn")))
