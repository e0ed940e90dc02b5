"""Resizes prepared crops to the size of a model, in the same way for training and inference."""

import tensorflow as tf

from phystd_tf.errors import PhystdError


def resize_crops(images: tf.Tensor, size: int) -> tf.Tensor:
    """Reduces crops by averaging over blocks of pixels.

    Args:
      images: [n, S, S, c] float32 with static S.
      size: N; must divide S.

    Returns:
      [n, N, N, c] float32; unchanged if S equals N.

    Raises:
      PhystdError: if S is not a multiple of N.
    """
    prepared_size = images.shape[1]
    if prepared_size == size:
        return tf.convert_to_tensor(images)
    if prepared_size % size:
        raise PhystdError(
            f"faces prepared at {prepared_size} px cannot be averaged to the {size} px of this model; "
            f"prepare with --image_size={size} or a multiple"
        )
    factor = prepared_size // size
    return tf.nn.avg_pool2d(images, ksize=factor, strides=factor, padding="VALID")
