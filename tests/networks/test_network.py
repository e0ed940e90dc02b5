"""The features of every network."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.networks.network import Network, no_traces, score_terms
from phystd_tf.networks.outputs import all_outputs
from phystd_tf.traces import GeneratorOutput, Traces
from tests.training.tiny import tiny_hparams


def test_score_terms_are_those_of_the_equation():
    rng = np.random.default_rng(1)
    M = rng.random((2, 4, 4, 1)).astype(np.float32)
    B, C, T, P = (rng.uniform(-1, 1, (2, 32, 32, channels)).astype(np.float32) for channels in (3, 3, 3, 1))
    terms = score_terms(GeneratorOutput(M, Traces(B, C, T, P, B)))
    for name, array, size in (("depth", M, 4), ("B", B, 32), ("C", C, 32), ("T", T, 32), ("P", P, 32)):
        expected = [np.abs(face).sum() / (2 * size**2) for face in array]
        np.testing.assert_allclose(terms[name], expected, rtol=1e-5)


class _Constant(Network):
    def call(self, image, training=False):
        image = self.checked(image)
        return GeneratorOutput(tf.fill((len(image), 4, 4, 1), 0.5), no_traces(image))


def test_a_system_without_traces_leaves_the_face_as_it_is():
    network, images = _Constant(tiny_hparams()), np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    outputs = all_outputs(images, network(images), network, alpha0=-1.0)
    np.testing.assert_array_equal(outputs["reconstruction"], images)
    np.testing.assert_allclose(outputs["score"], 0.25)
    for name in ("B", "C", "T", "P", "I_P", "overall_trace"):
        assert outputs[name].shape == (2, 32, 32, 1 if name == "P" else 3) and not np.any(outputs[name])


def test_another_size_is_refused():
    with pytest.raises(ValueError, match=r"takes images \[n, 32, 32, 3\]"):
        _Constant(tiny_hparams())(np.zeros((1, 16, 16, 3), np.float32))
