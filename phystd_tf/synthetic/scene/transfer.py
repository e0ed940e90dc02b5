"""The transfer function of the rendered images: encoded RGB to linear light and back."""

import cv2
import numpy as np
from numpy.typing import ArrayLike


def to_linear(color: ArrayLike) -> np.ndarray:
    """Converts encoded RGB to linear light with exponent 2.2.

    Args:
      color: [..., 3], encoded RGB in [0, 1]; negative values count as 0.

    Returns:
      The same shape, float32.
    """
    return _power(color, 2.2)


def to_encoded(light: ArrayLike) -> np.ndarray:
    """The inverse of ``to_linear``.

    Args:
      light: [..., 3], linear RGB; negative values count as 0.

    Returns:
      The same shape, float32.
    """
    return _power(light, 1 / 2.2)


def _power(values: ArrayLike, exponent: float) -> np.ndarray:
    base = np.maximum(np.asarray(values, np.float32), 0)
    # cv2.pow is several times faster than NumPy, but supports at most three axes.
    return cv2.pow(base.reshape(-1, base.shape[-1]), exponent).reshape(base.shape)
