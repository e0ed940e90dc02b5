"""Positions in pixels, see ``phystd_tf.traces`` for the convention."""

from typing import Any

# A NumPy array or a TensorFlow tensor; this module needs neither package.
Array = Any


def rescale_positions(positions: Array, scale: Array) -> Array:
    """Converts positions in an image to positions in the same image resized by ``scale``.

    The center of the top-left pixel is (0, 0), so an image of N pixels covers
    [-0.5, N - 0.5]. Resizing keeps the edges in place, not the centers of pixels:
    (positions + 0.5) * scale - 0.5.

    Args:
      positions: [..., 2] float, (x, y) in pixels of the image.
      scale: new size divided by old size; a number, or [2] for x and y.

    Returns:
      [..., 2] positions in pixels of the resized image, of the same kind and dtype as ``positions``.
    """
    return (positions + 0.5) * scale - 0.5
