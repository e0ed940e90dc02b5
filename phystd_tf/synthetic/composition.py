"""Eq. (3) on arrays: how a medium's layers and a live face make a spoof."""

from typing import NamedTuple

import numpy as np

# Layers and live faces are multiples of 1 / LEVELS, so that they are stored without loss.
LEVELS = 255


class Layers(NamedTuple):
    """What a medium does to a live face.

    Attributes:
      T_A: [S, S, 3] float32, the additive trace, in [-1, 1].
      P: [S, S, 1] float32, the covered region, in [0, 1], 1 = covered.
      T_P: [S, S, 3] float32, what is seen there, RGB in [0, 1]; 0 where P is 0.
    """

    T_A: np.ndarray
    P: np.ndarray
    T_P: np.ndarray


def quantise(values: np.ndarray) -> np.ndarray:
    """The nearest multiples of 1 / 255, float32."""
    return np.round(np.asarray(values) * LEVELS).astype(np.float32) / np.float32(LEVELS)


def additive(live: np.ndarray, medium: np.ndarray) -> Layers:
    """Layers of a medium that shows the whole face as ``medium``: T_A is the difference, nothing is covered.

    Args:
      live: [S, S, 3] float32, multiples of 1 / 255.
      medium: [S, S, 3] float32, RGB; cut to [0, 1].
    """
    shown = quantise(np.clip(medium, 0, 1))
    return Layers(shown - live, np.zeros(live.shape[:2] + (1,), np.float32), np.zeros_like(live))


def compose(live: np.ndarray, layers: Layers) -> np.ndarray:
    """The spoof face before the camera, Eq. (3): (1 - P) (live + T_A) + P T_P.

    Args:
      live: [S, S, 3] float32, RGB in [0, 1].
      layers: Layers.

    Returns:
      [S, S, 3] float32, not clipped.
    """
    return (1 - layers.P) * (live + layers.T_A) + layers.P * layers.T_P
