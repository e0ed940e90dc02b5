"""Brings prepared crops to the size of a model, the same way in training and in use."""

import tensorflow as tf

from phystd_tf.errors import PhystdError


def resize_crops(images: tf.Tensor, size: int) -> tf.Tensor:
    """Crops averaged down by a whole factor.

    Args:
      images: [n, S, S, c] float32 with static S.
      size: N; must divide S.

    Returns:
      [n, N, N, c] float32; the images themselves where S is N.

    Raises:
      PhystdError: if S is no multiple of N.
    """
    prepared = images.shape[1]
    if prepared == size:
        return tf.convert_to_tensor(images)
    if prepared % size:
        raise PhystdError(
            f"faces prepared at {prepared} px cannot be averaged to the {size} px of this model; "
            f"prepare with --image_size={size} or a multiple"
        )
    factor = prepared // size
    return tf.nn.avg_pool2d(images, ksize=factor, strides=factor, padding="VALID")


def scale_positions(positions: tf.Tensor, prepared: int, size: int) -> tf.Tensor:
    """Positions (x, y) in crops of ``prepared`` px as positions in crops of ``size`` px."""
    return (positions + 0.5) * (size / prepared) - 0.5
