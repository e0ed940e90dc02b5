"""The leaky ReLU and its gradient."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.networks.activation import leaky_relu
from phystd_tf.networks.blocks import ConvUnit, UpUnit
from tests.training.tiny import tiny_hparams


def conv_unit(hparams):
    return ConvUnit(4, hparams, None, dtype=hparams.precision)


def up_unit(hparams):
    return UpUnit(4, hparams)


def _value_and_gradient(function, features, upstream):
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = function(features)
    return value, tape.gradient(value, features, output_gradients=upstream)


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16, tf.float32])
@pytest.mark.parametrize("training", [False, True])
def test_value_and_gradient_have_the_bits_of_tensorflow(dtype, training):
    rng = np.random.default_rng(3)
    features = rng.normal(size=(5, 400)).astype(np.float32) * 10.0 ** rng.integers(-30, 30, (5, 400))
    features[:, :50] = rng.choice((0.0, -0.0, np.inf, -np.inf), (5, 50))
    features, upstream = tf.cast(features, dtype), tf.cast(rng.normal(size=(5, 400)), dtype)
    ours = _value_and_gradient(lambda x: leaky_relu(x, 0.2, training=training), features, upstream)
    theirs = _value_and_gradient(lambda x: tf.nn.leaky_relu(x, 0.2), features, upstream)
    for one, other in zip(ours, theirs):
        assert one.dtype == dtype
        np.testing.assert_array_equal(tf.cast(one, tf.float32), tf.cast(other, tf.float32))


@pytest.mark.parametrize(
    "precision, gpus, slow",
    [
        ("float32", [], set()),
        ("mixed_bfloat16", [], set()),
        ("mixed_bfloat16", ["GPU:0"], {tf.bfloat16}),
        ("mixed_float16", [], {tf.float16}),
    ],
)
@pytest.mark.parametrize("unit", [conv_unit, up_unit])
def test_units_in_bfloat16_have_none_of_the_slow_gradients_on_a_processor(monkeypatch, unit, precision, gpus, slow):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    layer = unit(tiny_hparams(precision=precision))

    @tf.function
    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = layer(images, training=True)
        return tape.gradient(value, images)

    operations = gradient.get_concrete_function(tf.TensorSpec((2, 8, 8, 4))).graph.get_operations()
    types = {operation.outputs[0].dtype for operation in operations if operation.type == "LeakyReluGrad"}
    assert types - {tf.float32} == slow
    assert any(operation.type == "Sign" for operation in operations) == (precision == "mixed_bfloat16" and not gpus)
