"""Smooth random fields, the raw material of skin, cloth, paper and walls."""

from collections.abc import Sequence

import cv2
import numpy as np


def value_noise(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> np.ndarray:
    """Noise whose blobs are about ``cell`` pixels wide.

    Args:
      rng: the generator, advanced.
      shape: (height, width) of the result.
      cell: wavelength in pixels, at least 1.

    Returns:
      [height, width] float32, mean about 0, standard deviation about 1.
    """
    height, width = shape
    grid = rng.standard_normal((max(2, round(height / cell)) + 1, max(2, round(width / cell)) + 1), dtype=np.float32)
    if cell <= 1:
        return rng.standard_normal(shape, dtype=np.float32)
    # Cubic interpolation between independent nodes lowers the spread; 1.45 restores it.
    return 1.45 * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)


def fractal_noise(rng: np.random.Generator, shape: tuple[int, int], cells: Sequence[float], fall: float) -> np.ndarray:
    """A sum of ``value_noise`` over ``cells``, each octave ``fall`` times the one before; spread about 1."""
    total, power = np.zeros(shape, np.float32), 0.0
    for octave, cell in enumerate(cells):
        weight = fall**octave
        total += weight * value_noise(rng, shape, cell)
        power += weight**2
    return total / np.float32(np.sqrt(power))
