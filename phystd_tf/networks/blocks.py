"""The building blocks of Fig. 4.

The body of the generator computes in ``hparams.precision``; its variables, all last layers and the discriminators stay
float32.
"""

from collections.abc import Iterable
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.networks.activation import leaky_relu
from phystd_tf.networks.convolution import ConvolutionLayer


def kernel_initializer(stddev: Optional[float]) -> tf.keras.initializers.Initializer:
    """A new initializer: N(0, stddev), Sec. 4.1, or He's if stddev is None.

    Call it once per layer. In Keras 2.15, one unseeded instance gives every layer
    the same values, and D1..D4 would start as copies of each other.
    """
    if stddev is None:
        return tf.keras.initializers.HeNormal()
    return tf.keras.initializers.RandomNormal(mean=0.0, stddev=stddev)


def trace_head_initializer(hparams: HParams) -> tf.keras.initializers.Initializer:
    """A new initializer for a layer that gives traces: small values start near G(I) = I. Call it once per layer."""
    stddev = hparams.trace_head_stddev
    return kernel_initializer(hparams.init_stddev if stddev is None else stddev)


def in_turn(layers: Iterable[tf.keras.layers.Layer], inputs: tf.Tensor, training: bool) -> tf.Tensor:
    """Applies several layers to a tensor, one after the other."""
    x = inputs
    for layer in layers:
        x = layer(x, training=training)
    return x


class ConvUnit(tf.keras.layers.Layer):
    """Convolution, batch normalization, leaky ReLU: each "conv" of Fig. 4 but the last ones.

    Input [n, h, w, c] float; output [n, ceil(h / strides), ceil(w / strides), filters].
    The convolution has no bias if the normalization that follows has one.

    Args:
      filters: number of output channels.
      hparams: HParams, for the slope and the batch normalization.
      stddev: stddev of the initial kernel; None for He's.
      strides: 1 or 2.
      norm: "batch", "spectral" or "none".
      dtype: Keras policy, as ``hparams.precision``.
    """

    def __init__(
        self,
        filters: int,
        hparams: HParams,
        stddev: Optional[float],
        strides: int = 1,
        norm: str = "batch",
        dtype: str = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype=dtype, **kwargs)
        self.conv = ConvolutionLayer(
            filters,
            kernel_size=3,
            strides=strides,
            padding="same",
            use_bias=norm != "batch",
            kernel_initializer=kernel_initializer(stddev),
            dtype=dtype,
        )
        if norm == "spectral":
            from phystd_tf.networks.addons import spectral_normalization

            self.conv = spectral_normalization(self.conv)
        self._spectral = norm == "spectral"
        self.norm = batch_norm(hparams, dtype) if norm == "batch" else None
        self._slope = hparams.leaky_slope

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        x = self.conv(inputs, training=training) if self._spectral else self.conv(inputs)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return leaky_relu(x, self._slope, training=training)


class UpUnit(tf.keras.layers.Layer):
    """Transpose convolution, batch normalization, leaky ReLU, Fig. 4.

    Input [n, h, w, c] float; output [n, strides * h, strides * w, filters].
    With ``hparams.upsampling == "bilinear"``, a stride of 2 is a bilinear
    resize and a convolution instead: transpose convolutions with kernel size 3
    leave a checkerboard in T and P.

    Args:
      filters: number of output channels.
      hparams: HParams.
      strides: 1 or 2.
    """

    def __init__(self, filters: int, hparams: HParams, strides: int = 2, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        transpose = hparams.upsampling == "transpose"
        layer = tf.keras.layers.Conv2DTranspose if transpose else ConvolutionLayer
        self._resize = 1 if transpose else strides
        self.conv = layer(
            filters,
            kernel_size=3,
            strides=strides if transpose else 1,
            padding="same",
            use_bias=False,
            kernel_initializer=kernel_initializer(hparams.init_stddev),
            dtype=hparams.precision,
        )
        self.norm = batch_norm(hparams, hparams.precision)
        self._slope = hparams.leaky_slope

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        x = inputs
        if self._resize > 1:
            size = (self._resize * x.shape[1], self._resize * x.shape[2])
            x = tf.cast(tf.image.resize(x, size, method="bilinear"), x.dtype)
        return leaky_relu(self.norm(self.conv(x), training=training), self._slope, training=training)


class ConvBlock(tf.keras.layers.Layer):
    """A block of the encoder, Fig. 4: several ConvUnits, the last with stride 2.

    Input [n, h, w, c] float; output [n, h / 2, w / 2, filters].
    """

    def __init__(self, filters: int, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        last = hparams.convs_per_block - 1
        self.units = [
            ConvUnit(filters, hparams, hparams.init_stddev, strides=2 if index == last else 1, dtype=hparams.precision)
            for index in range(hparams.convs_per_block)
        ]

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        return in_turn(self.units, inputs, training)


class SpatialAttention(tf.keras.layers.Layer):
    """Weights each position of a feature map: the attention of [56] named in Sec. 3.2.

    The weight is a sigmoid of a convolution over the mean and the maximum of
    the channels. Input and output [n, h, w, c] float.
    """

    def __init__(self, kernel_size: int, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        self.conv = tf.keras.layers.Conv2D(
            1,
            kernel_size,
            padding="same",
            use_bias=False,
            activation="sigmoid",
            kernel_initializer=kernel_initializer(hparams.init_stddev),
            dtype=hparams.precision,
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        mean = tf.reduce_mean(inputs, axis=-1, keepdims=True)
        maximum = tf.reduce_max(inputs, axis=-1, keepdims=True)
        return inputs * self.conv(tf.concat([mean, maximum], axis=-1))


def resize_antialiased(images: tf.Tensor, size: int) -> tf.Tensor:
    """Resizes images to ``size`` x ``size`` without aliasing.

    Averages whole pixels if ``size`` divides N (much faster), and otherwise uses
    the antialiased bilinear filter, as from 256 to the 96 of D2. Plain bilinear
    sampling would show a discriminator the moire of the sampling.

    The filter is two constant matrices: the op behind ``tf.image.resize(antialias=True)``
    has a kernel for the CPU only, and none for XLA.

    Args:
      images: [n, N, N, c] float with static N.
      size: the wanted height and width, at most N.

    Returns:
      [n, size, size, c], same dtype.
    """
    current = images.shape[1]
    if current == size:
        return images
    if current % size == 0:
        factor = current // size
        return tf.nn.avg_pool2d(images, ksize=factor, strides=factor, padding="VALID")
    matrix = tf.constant(antialiasing_matrix(current, size), images.dtype)
    return tf.einsum("bw,nawc->nabc", matrix, tf.einsum("ah,nhwc->nawc", matrix, images))


def antialiasing_matrix(current: int, size: int) -> np.ndarray:
    """The antialiased bilinear filter along one axis: [size, current] float32, each row sums to 1.

    Each row is a tent around the center of a pixel of the result, two of them wide.
    """
    scale = size / current
    centers = (np.arange(size) + 0.5) / scale - 0.5
    weights = np.maximum(0.0, 1.0 - scale * np.abs(np.arange(current) - centers[:, np.newaxis]))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def batch_norm(hparams: HParams, dtype: str) -> tf.keras.layers.Layer:
    """Batch normalization with the momentum and the epsilon of ``hparams``, over the faces of one device or of all."""
    return tf.keras.layers.BatchNormalization(
        momentum=hparams.batch_norm_momentum,
        epsilon=hparams.batch_norm_epsilon,
        synchronized=hparams.synchronized_batch_norm,
        dtype=dtype,
    )
