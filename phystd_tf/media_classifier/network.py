"""The network that tells spoof media apart: similar to AlexNet, Sec. 4.4, with sizes for each preset."""

from typing import Any, NamedTuple

import tensorflow as tf


class Widths(NamedTuple):
    """The sizes of the layers.

    Attributes:
      convolutions: channels of the five convolutions.
      dense: units of the two hidden dense layers.
    """

    convolutions: tuple[int, int, int, int, int]
    dense: int


_ALEXNET = Widths((96, 256, 384, 384, 256), 4096)
# By the preset of the run; the network takes images of its size.
WIDTHS = {"paper": _ALEXNET, "printed": _ALEXNET, "small": Widths((24, 64, 96, 96, 64), 128)}
_KERNELS, _STRIDES = (11, 5, 3, 3, 3), (4, 1, 1, 1, 1)
_POOLED = (0, 1, 4)  # convolutions followed by 3 x 3 max pooling with stride 2
_DROPOUT = 0.5
_INPUT_EPSILON = 1e-6  # variances of traces are of the order of 1e-4, and Keras would add 1e-3
_MOMENTUM = 0.9  # a training has a few hundred iterations: 0.99 would still remember the start


class MediumNetwork(tf.keras.Model):
    """Five convolutions, three of them pooled, and three dense layers.

    Batch normalization replaces the local response normalization of AlexNet. It also precedes the first convolution,
    because the same network takes images and traces, whose magnitude depends on the run.

    Args:
      num_classes: k.
      widths: Widths.
    """

    def __init__(self, num_classes: int, widths: Widths, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layers: list[tf.keras.layers.Layer] = [
            tf.keras.layers.BatchNormalization(momentum=_MOMENTUM, epsilon=_INPUT_EPSILON)
        ]
        for index, (channels, kernel, strides) in enumerate(zip(widths.convolutions, _KERNELS, _STRIDES)):
            layers += [
                tf.keras.layers.Conv2D(
                    channels, kernel, strides, padding="same", use_bias=False, kernel_initializer="he_normal"
                ),
                tf.keras.layers.BatchNormalization(momentum=_MOMENTUM),
                tf.keras.layers.ReLU(),
            ]
            if index in _POOLED:
                layers.append(tf.keras.layers.MaxPool2D(3, 2, padding="same"))
        layers.append(tf.keras.layers.Flatten())
        for _ in range(2):
            layers += [
                tf.keras.layers.Dropout(_DROPOUT),
                tf.keras.layers.Dense(widths.dense, activation="relu", kernel_initializer="he_normal"),
            ]
        self.body = tf.keras.Sequential([*layers, tf.keras.layers.Dense(num_classes)])

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Classifies a batch.

        Args:
          inputs: [n, N, N, c] float32, traces or images.
          training: whether units are dropped, and batch normalization uses this batch.

        Returns:
          [n, k] float32, logits.
        """
        return self.body(inputs, training=training)
