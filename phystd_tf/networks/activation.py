"""The leaky ReLU, whose gradient in bfloat16 is slow on CPUs.

There, TensorFlow 2.15 does not vectorize the selection between two bfloat16 values: its gradient takes 120 ms for
8 x 256 x 256 x 32, and a product of the same size takes 9 ms. Computed with products, the gradient takes 33 ms.
"""

from typing import Any

import tensorflow as tf

from phystd_tf.device import has_gpu


def leaky_relu(features: tf.Tensor, slope: float, training: bool = False) -> tf.Tensor:
    """``tf.nn.leaky_relu``, with a gradient that is the same bit for bit, computed faster.

    Args:
      features: float tensor of any shape.
      slope: slope for values that are not positive; between 0 and 1.
      training: whether gradients are taken; if not, this is TensorFlow's op.

    Returns:
      Same shape and dtype.
    """
    if training and features.dtype == tf.bfloat16 and not has_gpu():
        return _with_products(features, slope)
    return tf.nn.leaky_relu(features, slope)


def _with_products(features: tf.Tensor, slope: float) -> tf.Tensor:
    @tf.custom_gradient
    def with_gradient(features: tf.Tensor) -> Any:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            # The sign is 1 where the derivative is 1, and at most 0 elsewhere.
            return upstream * tf.maximum(tf.sign(features), tf.cast(slope, features.dtype))

        return tf.nn.leaky_relu(features, slope), gradient

    return with_gradient(features)
