"""What is said about faces, by name."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.networks.generator import Generator
from phystd_tf.networks.outputs import all_outputs, score_terms, traced_outputs, traced_terms
from phystd_tf.traces import GeneratorOutput, Traces
from tests.training.tiny import tiny_hparams


@pytest.fixture
def images():
    return np.random.default_rng(0).random((3, 32, 32, 3), np.float32)


def test_score_terms_are_those_of_the_equation():
    rng = np.random.default_rng(1)
    M = rng.random((2, 4, 4, 1)).astype(np.float32)
    B, C, T, P = (rng.uniform(-1, 1, (2, 32, 32, channels)).astype(np.float32) for channels in (3, 3, 3, 1))
    terms = score_terms(GeneratorOutput(M, Traces(B, C, T, P, B)))
    for name, array, size in (("depth", M, 4), ("B", B, 32), ("C", C, 32), ("T", T, 32), ("P", P, 32)):
        expected = [np.abs(face).sum() / (2 * size**2) for face in array]
        np.testing.assert_allclose(terms[name], expected, rtol=1e-5)


def test_all_outputs_fit_together(images):
    hparams = tiny_hparams(init_stddev=None)
    generator = Generator(hparams)
    outputs = all_outputs(images, generator(images), hparams, alpha0=-2.0)
    np.testing.assert_allclose(outputs["overall_trace"], images - outputs["reconstruction"], atol=1e-6)
    removed = (1 - outputs["P"]) * (images - outputs["B"] - outputs["C"] - outputs["T"])
    np.testing.assert_allclose(outputs["reconstruction"], removed + outputs["P"] * outputs["I_P"], atol=1e-5)
    traces = sum(outputs[f"term_{name}"] for name in "BCTP")
    np.testing.assert_allclose(outputs["score"], outputs["term_depth"] - 2.0 * traces, rtol=1e-5)


def test_a_model_without_traces_reconstructs_its_input(images):
    hparams = tiny_hparams("auxiliary")
    outputs = all_outputs(images, Generator(hparams)(images), hparams, alpha0=0.0)
    np.testing.assert_array_equal(outputs["reconstruction"], images)
    np.testing.assert_allclose(outputs["score"], outputs["term_depth"])


def test_each_face_is_judged_by_itself_whatever_the_batch(images):
    generator = Generator(tiny_hparams(init_stddev=None))
    outputs, terms = traced_outputs(generator, alpha0=-1.0), traced_terms(generator)
    together = outputs(images)
    for index in range(3):
        alone = outputs(images[index : index + 1])
        for name, value in together.items():
            np.testing.assert_allclose(alone[name][0], value[index], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(terms(tf.constant(images))["depth"], together["term_depth"], rtol=1e-5)
