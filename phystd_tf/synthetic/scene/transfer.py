"""The transfer function of the rendered camera: encoded RGB to linear light and back."""

import cv2
import numpy as np


def to_linear(colour: np.ndarray) -> np.ndarray:
    """Encoded RGB in [0, 1] to linear light, by the plain power 2.2."""
    return _power(colour, 2.2)


def to_encoded(light: np.ndarray) -> np.ndarray:
    """The inverse of ``to_linear``."""
    return _power(light, 1 / 2.2)


def _power(values: np.ndarray, exponent: float) -> np.ndarray:
    values = np.maximum(np.asarray(values, np.float32), 0)
    # OpenCV's power is several times as fast as NumPy's; it wants at most three axes.
    return cv2.pow(values.reshape(-1, values.shape[-1]), exponent).reshape(values.shape)
