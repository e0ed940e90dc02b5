"""Smooth random fields for skin, cloth, paper and walls."""

from collections.abc import Sequence

import cv2
import numpy as np


def value_noise(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> np.ndarray:
    """Noise with blobs of about ``cell`` pixels.

    Args:
      rng: random generator.
      shape: (height, width) of the result.
      cell: wavelength in pixels, at least 1.

    Returns:
      [height, width] float32, mean about 0, standard deviation about 1.
    """
    height, width = shape
    grid = rng.standard_normal((max(2, round(height / cell)) + 1, max(2, round(width / cell)) + 1), dtype=np.float32)
    if cell <= 1:
        return rng.standard_normal(shape, dtype=np.float32)
    # Cubic interpolation between independent nodes reduces the standard deviation; 1.45 restores it.
    return 1.45 * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)


def fractal_noise(
    rng: np.random.Generator, shape: tuple[int, int], cells: Sequence[float], persistence: float
) -> np.ndarray:
    """A weighted sum of ``value_noise`` at several scales.

    Args:
      rng: random generator.
      shape: (height, width) of the result.
      cells: wavelength of each octave, pixels.
      persistence: weight of an octave relative to the previous one.

    Returns:
      [height, width] float32, mean about 0, standard deviation about 1.
    """
    total, power = np.zeros(shape, np.float32), 0.0
    for octave, cell in enumerate(cells):
        weight = persistence**octave
        total += weight * value_noise(rng, shape, cell)
        power += weight**2
    return total / np.float32(np.sqrt(power))
