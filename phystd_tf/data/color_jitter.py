"""Random changes of the colors of training faces; M0, P0, vertices and triangles stay valid."""

import tensorflow as tf

from phystd_tf.hparams import HParams


def color_jitter(image: tf.Tensor, seed: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """A face as another camera or light might have shown it.

    Scales each channel by exp(u), u uniform within +-``hparams.color``; changes the contrast around the mean of the
    image by exp(u), u within +-``hparams.contrast``; adds u within +-``hparams.brightness``; clips.

    Args:
      image: [N, N, 3] float32, RGB in [0, 1].
      seed: [2] int; the same seed gives the same change.
      hparams: HParams.

    Returns:
      [N, N, 3] float32 in [0, 1].
    """
    draws = tf.random.stateless_uniform([5], seed, -1.0, 1.0)
    image = image * tf.exp(hparams.color * draws[:3])
    mean = tf.reduce_mean(image)
    image = mean + (image - mean) * tf.exp(hparams.contrast * draws[3]) + hparams.brightness * draws[4]
    return tf.clip_by_value(image, 0.0, 1.0)
