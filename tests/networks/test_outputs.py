"""The outputs for faces, by name."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.networks.generator import Generator
from phystd_tf.networks.outputs import all_outputs, traced_outputs, traced_terms
from tests.training.tiny import tiny_hparams


@pytest.fixture
def images():
    return np.random.default_rng(0).random((3, 32, 32, 3), np.float32)


def test_all_outputs_fit_together(images):
    generator = Generator(tiny_hparams(init_stddev=None))
    outputs = all_outputs(images, generator(images), generator, alpha0=-2.0)
    np.testing.assert_allclose(outputs["overall_trace"], images - outputs["reconstruction"], atol=1e-6)
    removed = (1 - outputs["P"]) * (images - outputs["B"] - outputs["C"] - outputs["T"])
    np.testing.assert_allclose(outputs["reconstruction"], removed + outputs["P"] * outputs["I_P"], atol=1e-5)
    traces = sum(outputs[f"term_{name}"] for name in "BCTP")
    np.testing.assert_allclose(outputs["score"], outputs["term_depth"] - 2.0 * traces, rtol=1e-5)


def test_a_model_without_traces_reconstructs_its_input(images):
    generator = Generator(tiny_hparams("auxiliary"))
    outputs = all_outputs(images, generator(images), generator, alpha0=0.0)
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
