"""The multi-scale discriminators, Sec. 3.4 and Fig. 4."""

from typing import Any

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.networks.blocks import ConvUnit, in_turn, kernel_initializer, resize_antialiased


class Discriminator(tf.keras.Model):
    """A PatchGAN that works at one resolution, Sec. 3.4: D1, D2, D3 or D4.

    Its map is linear: the targets of the least-squares losses, Eq. (17) and
    (18), are 0 for fake and 1 for real.

    Args:
      size: the resolution; larger images are resized to it first.
      hparams: HParams.
      maps: number of output maps; one in PhySTD.
    """

    def __init__(self, size: int, hparams: HParams, maps: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._size = size
        stddev = hparams.discriminator_init_stddev
        self.units = [
            ConvUnit(channels, hparams, stddev, strides=strides, norm=hparams.discriminator_norm)
            for channels, strides in zip(hparams.discriminator_channels, hparams.discriminator_strides)
        ]
        self.head = tf.keras.layers.Conv2D(
            maps, kernel_size=3, padding="same", kernel_initializer=kernel_initializer(stddev)
        )

    def call(self, image: tf.Tensor, training: bool = False) -> tf.Tensor:
        """A map of how real each patch looks.

        Args:
          image: [n, N, N, 3] float32, RGB, not clipped.
          training: whether batch normalization uses this batch and updates its moving averages.

        Returns:
          [n, size / 8, size / 8, maps] float32 with the strides of Fig. 4; 1 = real.
        """
        return self.head(in_turn(self.units, resize_antialiased(image, self._size), training))
