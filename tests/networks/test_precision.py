"""The body of the generator is in 16 bits; everything that sums, compares or decides is in float32."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.networks import generator as generator_module
from phystd_tf.networks.discriminator import Discriminator
from phystd_tf.networks.generator import Generator
from phystd_tf.training.phystd_model import PhySTD
from tests.training.tiny import random_batch, tiny_hparams

MIXED = tiny_hparams(precision="mixed_bfloat16", init_stddev=None)
FULL = tiny_hparams(init_stddev=None)


def _layers(network):
    return [layer for layer in network.submodules if isinstance(layer, tf.keras.layers.Layer)]


def test_body_computes_in_bfloat16_and_heads_and_variables_are_float32():
    generator = Generator(MIXED)
    generator(tf.zeros((1, 32, 32, 3)))
    heads = {generator.decoder.head, generator.depth_network.head}
    convolutions = [layer for layer in _layers(generator) if isinstance(layer, tf.keras.layers.Conv2D)]
    assert {layer for layer in convolutions if layer.compute_dtype == "float32"} == heads
    assert {layer.compute_dtype for layer in convolutions if layer not in heads} == {"bfloat16"}
    assert {variable.dtype for variable in generator.variables} == {tf.float32}
    features = generator.encoder(tf.zeros((1, 32, 32, 9)), training=False)
    assert {feature.dtype for feature in features} == {tf.bfloat16}


def test_discriminators_compute_in_float32():
    discriminator = Discriminator(32, MIXED)
    assert discriminator(tf.zeros((1, 32, 32, 3))).dtype == tf.float32
    assert {layer.compute_dtype for layer in _layers(discriminator)} == {"float32"}


def test_the_image_reaches_the_bands_uncast(monkeypatch):
    """A bfloat16 image would lose half of the band that is amplified 25 times."""
    seen = []

    def network_input(image, hparams):
        seen.append(image)
        return tf.zeros((1, 32, 32, 9))

    monkeypatch.setattr(generator_module, "network_input", network_input)
    image = np.random.default_rng(0).random((1, 32, 32, 3), np.float32)
    Generator(MIXED)(image)
    assert seen[0].dtype == tf.float32
    np.testing.assert_array_equal(seen[0], image)


@pytest.mark.parametrize(
    ("upsampling", "mixed_precision"),
    [("transpose", "mixed_bfloat16"), ("bilinear", "mixed_bfloat16"), ("bilinear", "mixed_float16")],
)
def test_outputs_are_float32_and_nearly_those_of_float32(upsampling, mixed_precision):
    image = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    full, mixed = (
        Generator(tiny_hparams(init_stddev=None, upsampling=upsampling, precision=precision))
        for precision in ("float32", mixed_precision)
    )
    full(image), mixed(image)
    mixed.set_weights(full.get_weights())
    for one, other in zip(tf.nest.flatten(full(image)), tf.nest.flatten(mixed(image))):
        assert other.dtype == tf.float32
        assert 0 < np.abs(one - other).mean() < 0.01


def test_a_step_in_16_bits_loses_nearly_what_one_in_float32_does():
    logs, weights = {}, None
    for hparams in (FULL, MIXED, dataclasses.replace(MIXED, precision="mixed_float16")):
        tf.keras.utils.set_random_seed(0)
        model = PhySTD(hparams)
        if weights is None:
            weights = model.get_weights()
        model.set_weights(weights)
        logs[hparams.precision] = model.train_step(random_batch())
    for name, value in logs["float32"].items():
        np.testing.assert_allclose(logs["mixed_bfloat16"][name], value, rtol=0.02, err_msg=name)
        np.testing.assert_allclose(logs["mixed_float16"][name], value, rtol=0.005, err_msg=name)


def test_xla_compiles_the_step_and_finds_the_same_losses():
    # Weights of harder samples fixed: random numbers differ under XLA.
    hparams = tiny_hparams(init_stddev=None, harder_min_weight=0.5, harder_max_weight=0.5, harder_drop_inpainting=0.0)
    logs, weights = [], None
    for compiled in (False, True):
        tf.keras.utils.set_random_seed(0)
        model = PhySTD(hparams)
        weights = weights or model.get_weights()
        model.set_weights(weights)
        step = tf.function(model.train_step, jit_compile=True) if compiled else model.train_step
        logs.append(step(random_batch()))
    for name, value in logs[0].items():
        np.testing.assert_allclose(logs[1][name], value, rtol=1e-4, err_msg=name)
