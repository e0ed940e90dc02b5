"""Random color changes of training faces, for which M0, P0, vertices and triangles stay valid."""

import tensorflow as tf

from phystd_tf.hparams import HParams


def color_jitter(image: tf.Tensor, seed: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """Changes the colors of a face as another camera or light might.

    Scales each channel by exp(u) with u uniform in +-``hparams.color``, scales the contrast around the mean of the
    image by exp(u) with u in +-``hparams.contrast``, adds u in +-``hparams.brightness``, and clips the result.

    Args:
      image: [N, N, 3] float32, RGB in [0, 1].
      seed: [2] int; the same seed gives the same change.
      hparams: HParams, for the ranges of the changes.

    Returns:
      [N, N, 3] float32 in [0, 1].
    """
    draws = tf.random.stateless_uniform([5], seed, -1.0, 1.0)
    image = image * tf.exp(hparams.color * draws[:3])
    mean = tf.reduce_mean(image)
    image = mean + (image - mean) * tf.exp(hparams.contrast * draws[3]) + hparams.brightness * draws[4]
    return tf.clip_by_value(image, 0.0, 1.0)
