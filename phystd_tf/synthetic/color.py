"""RGB colors as plain tuples, and mixing colors by a mask."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

# (red, green, blue). Whether it is sRGB or linear RGB is stated where the color is used.
Color = tuple[float, float, float]

# Weights of linear red, green and blue in the luminance (ITU-R BT.709).
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def as_color(values: Iterable[float]) -> Color:
    """Converts three numbers, for example an array [3], to a tuple of Python floats."""
    red, green, blue = values
    return float(red), float(green), float(blue)


def blend(base: np.ndarray, share: np.ndarray, top: ArrayLike) -> np.ndarray:
    """Mixes a color into an image.

    Args:
      base: [H, W, 3], the image below.
      share: [H, W], share of ``top`` in the result; 0 keeps ``base``, 1 replaces it.
      top: [3] or [H, W, 3], converted to float32.

    Returns:
      [H, W, 3] float.
    """
    # In rows of 3 W values, because arithmetic with a last axis of three is slow.
    rows, color = _rows(base), np.asarray(top, np.float32)
    color = np.tile(color, base.shape[1]) if color.ndim == 1 else _rows(color)
    return (rows + np.repeat(share, 3, 1) * (color - rows)).reshape(base.shape)


def scale(image: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """An image [H, W, 3] times a field [H, W]."""
    return (_rows(image) * np.repeat(factor, 3, 1)).reshape(image.shape)


def _rows(image: np.ndarray) -> np.ndarray:
    return image.reshape(len(image), -1)
