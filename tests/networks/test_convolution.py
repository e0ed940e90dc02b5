"""Convolutions and their gradients, compared with TensorFlow's own."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.benchmarks.noise import noise_batch
from phystd_tf.hparams import HParams
from phystd_tf.networks import convolution
from phystd_tf.networks.blocks import ConvUnit
from phystd_tf.networks.convolution import ConvolutionLayer, convolve, gradient_by_products, products_are_faster
from phystd_tf.training.systems import new_model
from tests.training.tiny import tiny_hparams

# height, width, channels, filters, kernel, strides, padding
SHAPES = [
    (8, 8, 3, 5, (3, 3), 1, "SAME"),
    (9, 6, 2, 4, (3, 3), 1, "VALID"),
    (8, 8, 3, 5, (3, 3), 2, "SAME"),
    (9, 7, 3, 2, (3, 3), 2, "SAME"),
    (10, 9, 3, 2, (3, 3), 2, "VALID"),
    (11, 12, 2, 3, (5, 3), 3, "SAME"),
    (12, 12, 2, 3, (3, 3), 3, "VALID"),
    (7, 7, 2, 1, (7, 7), 1, "SAME"),
    (6, 6, 4, 2, (1, 1), 1, "SAME"),
    (6, 7, 4, 2, (1, 1), 2, "VALID"),
]


def _noise(*shape: int, seed: int = 0) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).standard_normal(shape), tf.float32)


def _take_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, all layers that can use products do, on any processor."""
    monkeypatch.setattr(convolution, "operation_is_slow", lambda: True)
    monkeypatch.setattr(convolution, "_LEAST_CHANNELS", 1)
    monkeypatch.setattr(convolution, "_LEAST_HEIGHT", 1)


@pytest.fixture
def slow_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    _take_products(monkeypatch)


@pytest.mark.parametrize("height, width, channels, filters, kernel, strides, padding", SHAPES)
def test_products_are_the_gradient_of_tensorflow(
    height: int, width: int, channels: int, filters: int, kernel: tuple[int, int], strides: int, padding: str
) -> None:
    images, weights = _noise(3, height, width, channels), _noise(*kernel, channels, filters, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        result = tf.nn.conv2d(images, weights, strides, padding)
    upstream = _noise(*result.shape, seed=2)
    expected = tape.gradient(result, weights, output_gradients=upstream)
    actual = gradient_by_products(images, upstream, kernel, strides, padding)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("strides", [1, 2])
def test_both_gradients_of_convolve(strides: int) -> None:
    images, weights = _noise(2, 8, 8, 3), _noise(3, 3, 3, 4, seed=1)

    def gradients(function: Any) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([images, weights])
            loss = tf.reduce_sum(function(images, weights, strides, "SAME") ** 2)
        return [loss, *tape.gradient(loss, [images, weights])]

    for actual, expected in zip(gradients(convolve), gradients(tf.nn.conv2d)):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_number_of_images_may_be_unknown() -> None:
    weights = _noise(3, 3, 3, 4)

    @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3))])
    def gradient(images: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss = tf.reduce_sum(convolve(images, weights, 2, "SAME") ** 2)
        return tape.gradient(loss, weights)

    for count in (1, 3):
        images = _noise(count, 8, 8, 3)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss = tf.reduce_sum(tf.nn.conv2d(images, weights, 2, "SAME") ** 2)
        np.testing.assert_allclose(gradient(images), tape.gradient(loss, weights), rtol=1e-4, atol=1e-4)
    assert "MatMul" in {operation.type for operation in gradient.get_concrete_function().graph.get_operations()}


def test_the_layer_is_that_of_keras(slow_operation: None) -> None:
    settings = {"strides": 2, "padding": "same", "bias_initializer": "ones", "activation": "sigmoid"}
    ours, keras = ConvolutionLayer(4, 3, **settings), tf.keras.layers.Conv2D(4, 3, **settings)
    images = _noise(2, 8, 8, 3)
    ours.build(images.shape)
    keras.build(images.shape)
    keras.set_weights(ours.get_weights())
    for training in (False, True):
        np.testing.assert_allclose(ours(images, training=training), keras(images), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("training, slow, there", [(True, True, True), (False, True, False), (True, False, False)])
def test_only_training_on_a_slow_processor_differs_from_keras(
    training: bool, slow: bool, there: bool, slow_operation: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exports contain none of our gradients. The layer learns from the enclosing layers whether this is training."""
    monkeypatch.setattr(convolution, "operation_is_slow", lambda: slow)
    unit = ConvUnit(4, HParams(), None)

    @tf.function
    def gradient(images: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(unit(images, training=training))
        return tape.gradient(value, unit.trainable_variables)

    graph = gradient.get_concrete_function(_noise(2, 8, 8, 3)).graph
    assert ("IdentityN" in {operation.type for operation in graph.get_operations()}) == there


def test_a_training_step_is_that_of_the_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses of two iterations, with products in all layers that can use them."""
    hparams = tiny_hparams()
    batch = noise_batch(hparams)
    found, products = [], []
    for slow in (False, True):
        tf.keras.utils.set_random_seed(0)
        model = new_model(hparams)
        if slow:
            _take_products(monkeypatch)
        step = tf.function(model.train_step)
        graph = step.get_concrete_function(batch).graph
        products.append(sum(operation.type == "MatMul" for operation in graph.get_operations()))
        found.append([{name: float(value) for name, value in step(batch).items()} for _ in range(2)])
    assert products[1] > products[0] + 100
    for expected, actual in zip(*found):
        assert actual == pytest.approx(expected, rel=2e-3, abs=1e-5)


def test_products_are_for_large_float32_on_slow_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    def faster(height: int, channels: int, filters: int, dtype: tf.DType = tf.float32) -> bool:
        return products_are_faster(dtype, channels, filters, height)

    monkeypatch.setattr(convolution, "operation_is_slow", lambda: True)
    assert faster(64, 32, 32)
    assert not faster(64, 16, 32)
    assert not faster(64, 32, 13)
    assert not faster(16, 64, 64)
    assert not faster(64, 64, 64, tf.bfloat16)
    with convolution.operations_only():
        assert not faster(64, 64, 64)
    assert faster(64, 64, 64)
    monkeypatch.setattr(convolution, "operation_is_slow", lambda: False)
    assert not faster(64, 64, 64)


@pytest.mark.parametrize(
    "features, gpus, slow",
    [
        ({"AVX2": True, "AVX512F": False}, [], True),
        ({"AVX2": True, "AVX512F": True}, [], False),
        ({"NEON": True}, [], False),
        ({"AVX2": True, "AVX512F": False}, ["gpu"], False),
    ],
)
def test_processors_of_which_the_operation_is_slow(
    features: dict[str, bool], gpus: list[str], slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convolution, "_processor_features", lambda: features)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    assert convolution.operation_is_slow() is slow


def test_this_processor_is_known() -> None:
    """NumPy knows features by these names; every x86-64 processor has SSE2."""
    assert {"SSE2", "AVX2", "AVX512F"} <= set(convolution._processor_features())
