"""Eq. (3) on arrays: composes a spoof from a live face and the layers of a medium."""

from typing import NamedTuple

import numpy as np

# Layers and live faces are multiples of 1 / LEVELS, so that they can be stored without loss.
LEVELS = 255


class Layers(NamedTuple):
    """The effect of a medium on a live face.

    Attributes:
      T_A: [S, S, 3] float32, additive trace, in [-1, 1].
      P: [S, S, 1] float32, covered region, in [0, 1]; 1 is fully covered.
      T_P: [S, S, 3] float32, content of the covered region, RGB in [0, 1]; 0 where P is 0.
    """

    T_A: np.ndarray
    P: np.ndarray
    T_P: np.ndarray


def quantize(values: np.ndarray) -> np.ndarray:
    """Rounds to multiples of 1 / 255, float32."""
    return np.round(np.asarray(values) * LEVELS).astype(np.float32) / np.float32(LEVELS)


def additive(live: np.ndarray, medium: np.ndarray) -> Layers:
    """The layers of a medium that changes the whole frame and covers nothing.

    Args:
      live: [S, S, 3] float32, multiples of 1 / 255.
      medium: [S, S, 3] float32, the frame as the medium shows it, RGB; clipped to [0, 1].

    Returns:
      Layers whose T_A is the difference between medium and live face; P is 0.
    """
    shown = quantize(np.clip(medium, 0, 1))
    return Layers(shown - live, np.zeros(live.shape[:2] + (1,), np.float32), np.zeros_like(live))


def compose(live: np.ndarray, layers: Layers) -> np.ndarray:
    """The spoof face before the camera by Eq. (3): (1 - P) (live + T_A) + P T_P.

    Args:
      live: [S, S, 3] float32, RGB in [0, 1].
      layers: layers of the medium.

    Returns:
      [S, S, 3] float32, not clipped.
    """
    return (1 - layers.P) * (live + layers.T_A) + layers.P * layers.T_P
