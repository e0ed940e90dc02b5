"""What discriminators are shown is recolored and moved, so that few faces cannot be learned by heart.

Real and fake images are changed in the same way at random, and the change is differentiable: the generator is never
asked to make such changes itself. (Augmentation of this kind is common for GANs on small datasets; it is not in the
paper.)
"""

import tensorflow as tf


def augment(images: tf.Tensor, seed: tf.Tensor, color: float, shift: float) -> tf.Tensor:
    """Images, each recolored and moved by draws of its own.

    Args:
      images: [n, N, N, c] float32 with static N and c.
      seed: [2] int; the same seed gives the same changes.
      color: each channel is scaled by exp(u) and moved by v, u and v uniform within +-color; 0 leaves the colors.
      shift: the image moves along each axis by a whole number of pixels within +-shift * N, mirrored at its border;
        0 leaves it in place.

    Returns:
      [n, N, N, c] float32, not clipped.
    """
    count, size, channels = tf.shape(images)[0], images.shape[1], images.shape[-1]
    color_seed, shift_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    if color:
        draws = tf.random.stateless_uniform((2, count, 1, 1, channels), color_seed, -color, color)
        images = images * tf.exp(draws[0]) + draws[1]
    most = round(shift * size)
    if most:
        moves = tf.random.stateless_uniform((2, count, 1), shift_seed, -most, most + 1, tf.int32)
        rows, columns = tf.unstack(_mirrored(tf.range(size) + moves, size))
        images = tf.gather(images, rows, axis=1, batch_dims=1)
        images = tf.gather(images, columns, axis=2, batch_dims=1)
    return images


def _mirrored(positions: tf.Tensor, size: int) -> tf.Tensor:
    """Positions outside 0 ... size - 1 mirrored back into it."""
    positions = tf.abs(positions)
    return size - 1 - tf.abs(size - 1 - positions)
