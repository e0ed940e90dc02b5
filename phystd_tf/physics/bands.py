"""Frequency bands of images and traces, Eq. (9)."""

from typing import NamedTuple

import tensorflow as tf

from phystd_tf.hparams import HParams


class Bands(NamedTuple):
    """Three bands that add up to an image, each [n, N, N, c] float.

    Attributes:
      low: I_B.
      mid: I_C.
      high: I_T.
    """

    low: tf.Tensor
    mid: tf.Tensor
    high: tf.Tensor


def low_pass(image: tf.Tensor, size: int) -> tf.Tensor:
    """The low-pass filter written as floor brackets in Eq. (1), (5) and (9).

    Resizes the image to ``size`` x ``size`` and back, Sec. 3.1. Downsampling
    averages, since bilinear sampling would alias high frequencies into the low
    band; upsampling is bilinear.

    Args:
      image: [n, N, N, c] float32 or float64 with static N.
      size: n1 or n2; must divide N.

    Returns:
      [n, N, N, c], same dtype.

    Raises:
      ValueError: if ``size`` does not divide N.
    """
    full = image.shape[1]
    if full % size:
        raise ValueError(f"low_pass: {size} does not divide the image size {full}")
    factor = full // size
    small = tf.nn.avg_pool2d(image, ksize=factor, strides=factor, padding="VALID")
    return tf.cast(tf.image.resize(small, (full, full), method="bilinear"), image.dtype)


def decompose(image: tf.Tensor, n1: int, n2: int) -> Bands:
    """Decomposes an image into three bands, Eq. (9).

    Args:
      image: [n, N, N, 3] float.
      n1: size of the low band, 32 of 256 in the paper.
      n2: size of the low and mid bands together, 128 of 256 in the paper.

    Returns:
      Bands; low + mid + high is the image.
    """
    upto_n1, upto_n2 = low_pass(image, n1), low_pass(image, n2)
    return Bands(low=upto_n1, mid=upto_n2 - upto_n1, high=image - upto_n2)


def network_input(image: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """Input of the encoder: I_B, 15 I_C and 25 I_T, Sec. 3.2.

    Args:
      image: [n, N, N, 3] float32, RGB in [0, 1].
      hparams: HParams, for the sizes of the bands and the gains.

    Returns:
      [n, N, N, 9] float32.
    """
    bands = decompose(image, hparams.n1, hparams.n2)
    return tf.concat([bands.low, hparams.gain_mid * bands.mid, hparams.gain_high * bands.high], axis=-1)
