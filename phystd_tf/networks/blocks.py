"""The pieces that Fig. 4 is made of."""

from typing import Optional

import tensorflow as tf

from phystd_tf.hparams import HParams


def kernel_initializer(stddev: Optional[float]) -> tf.keras.initializers.Initializer:
    """A new initialiser: N(0, stddev), Sec. 4.1, or He's where stddev is None.

    Call it once a layer. In Keras 2.15 one unseeded instance gives every layer
    the same values, and D1..D4 would start as copies of each other.
    """
    if stddev is None:
        return tf.keras.initializers.HeNormal()
    return tf.keras.initializers.RandomNormal(mean=0.0, stddev=stddev)


class ConvUnit(tf.keras.layers.Layer):
    """Convolution, batch normalisation, leaky ReLU: each "conv" of Fig. 4 but the last ones.

    Input [n, h, w, c] float32; output [n, ceil(h / strides), ceil(w / strides), filters].
    The convolution has no bias where the normalisation that follows has one.

    Args:
      filters: number of output channels.
      hparams: HParams, for the slope and the batch normalisation.
      stddev: of the initial kernel; None for He's.
      strides: 1 or 2.
      norm: "batch", "spectral" or "none".
    """

    def __init__(
        self,
        filters: int,
        hparams: HParams,
        stddev: Optional[float],
        strides: int = 1,
        norm: str = "batch",
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.conv = tf.keras.layers.Conv2D(
            filters,
            kernel_size=3,
            strides=strides,
            padding="same",
            use_bias=norm != "batch",
            kernel_initializer=kernel_initializer(stddev),
        )
        if norm == "spectral":
            from phystd_tf.networks.addons import spectral_normalization

            self.conv = spectral_normalization(self.conv)
        self._spectral = norm == "spectral"
        self.norm = _batch_norm(hparams) if norm == "batch" else None
        self._slope = hparams.leaky_slope

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        x = self.conv(inputs, training=training) if self._spectral else self.conv(inputs)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return tf.nn.leaky_relu(x, self._slope)


class UpUnit(tf.keras.layers.Layer):
    """Transpose convolution, batch normalisation, leaky ReLU, Fig. 4.

    Input [n, h, w, c] float32; output [n, strides * h, strides * w, filters].
    With ``hparams.upsampling == "bilinear"`` a stride of 2 is a bilinear
    resize and a convolution instead: transpose convolutions of kernel 3 leave
    a checkerboard in T and P.

    Args:
      filters: number of output channels.
      hparams: HParams.
      strides: 1 or 2.
    """

    def __init__(self, filters: int, hparams: HParams, strides: int = 2, **kwargs) -> None:
        super().__init__(**kwargs)
        transpose = hparams.upsampling == "transpose"
        layer = tf.keras.layers.Conv2DTranspose if transpose else tf.keras.layers.Conv2D
        self._resize = 1 if transpose else strides
        self.conv = layer(
            filters,
            kernel_size=3,
            strides=strides if transpose else 1,
            padding="same",
            use_bias=False,
            kernel_initializer=kernel_initializer(hparams.init_stddev),
        )
        self.norm = _batch_norm(hparams)
        self._slope = hparams.leaky_slope

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        x = inputs
        if self._resize > 1:
            size = (self._resize * x.shape[1], self._resize * x.shape[2])
            x = tf.image.resize(x, size, method="bilinear")
        return tf.nn.leaky_relu(self.norm(self.conv(x), training=training), self._slope)


class ConvBlock(tf.keras.layers.Layer):
    """A block of the encoder, Fig. 4: several ConvUnits, the last with stride 2.

    Input [n, h, w, c] float32; output [n, h / 2, w / 2, filters].
    """

    def __init__(self, filters: int, hparams: HParams, **kwargs) -> None:
        super().__init__(**kwargs)
        last = hparams.convs_per_block - 1
        self.units = [
            ConvUnit(filters, hparams, hparams.init_stddev, strides=2 if index == last else 1)
            for index in range(hparams.convs_per_block)
        ]

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        x = inputs
        for unit in self.units:
            x = unit(x, training=training)
        return x


class SpatialAttention(tf.keras.layers.Layer):
    """Weights each position of a feature map, the attention of [56] named in Sec. 3.2.

    The weight is a sigmoid of a convolution over the mean and the maximum of
    the channels. Input and output [n, h, w, c] float32.
    """

    def __init__(self, kernel_size: int, hparams: HParams, **kwargs) -> None:
        super().__init__(**kwargs)
        self.conv = tf.keras.layers.Conv2D(
            1,
            kernel_size,
            padding="same",
            use_bias=False,
            activation="sigmoid",
            kernel_initializer=kernel_initializer(hparams.init_stddev),
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        mean = tf.reduce_mean(inputs, axis=-1, keepdims=True)
        maximum = tf.reduce_max(inputs, axis=-1, keepdims=True)
        return inputs * self.conv(tf.concat([mean, maximum], axis=-1))


def resize_antialiased(images: tf.Tensor, size: int) -> tf.Tensor:
    """Images at ``size`` x ``size`` without aliasing.

    An average over whole pixels where the sizes divide (much the faster one),
    the antialiased bilinear filter elsewhere, such as 256 to the 96 of D2. Plain
    bilinear sampling would show a discriminator the moire of the sampling.

    Args:
      images: [n, N, N, c] float32 with static N.
      size: the wanted height and width.

    Returns:
      [n, size, size, c] float32.
    """
    current = images.shape[1]
    if current == size:
        return images
    if current % size == 0:
        factor = current // size
        return tf.nn.avg_pool2d(images, ksize=factor, strides=factor, padding="VALID")
    return tf.image.resize(images, (size, size), method="bilinear", antialias=True)


def _batch_norm(hparams: HParams) -> tf.keras.layers.Layer:
    return tf.keras.layers.BatchNormalization(momentum=hparams.batch_norm_momentum, epsilon=hparams.batch_norm_epsilon)
