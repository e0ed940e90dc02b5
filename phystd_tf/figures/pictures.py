"""From tensors to the pictures of a figure: faces, signed traces, masks, and details of them."""

from typing import NamedTuple

import numpy as np


class Window(NamedTuple):
    """A square part of a picture, in pixels.

    Attributes:
      left: first column.
      top: first row.
      side: width and height.
    """

    left: int
    top: int
    side: int


def face_picture(image: np.ndarray) -> np.ndarray:
    """A face, clipped to what can be shown.

    Args:
      image: [N, N, 3] float, RGB, nominally in [0, 1].

    Returns:
      [N, N, 3] uint8.
    """
    return np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)


def signed_picture(trace: np.ndarray, gain: float) -> np.ndarray:
    """A signed trace around mid-gray: -1 / gain is black, 1 / gain white.

    Args:
      trace: [N, N, 3] float.
      gain: amplification.

    Returns:
      [N, N, 3] uint8.
    """
    return face_picture(0.5 + 0.5 * gain * trace)


def mask_picture(mask: np.ndarray) -> np.ndarray:
    """A mask in gray: 0 is black, 1 white.

    Args:
      mask: [N, N, 1] float in [0, 1].

    Returns:
      [N, N, 3] uint8.
    """
    return face_picture(np.repeat(mask, 3, axis=-1))


def strongest_window(trace: np.ndarray, side: int) -> Window:
    """The square in which a trace is strongest, by the sum of its absolute values.

    Args:
      trace: [N, N, c] float.
      side: side of the square, at most N.

    Returns:
      Window; the first one in row-major order if several are equally strong.
    """
    strength = np.abs(trace.astype(np.float64)).sum(axis=-1)
    sums = np.pad(strength.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    within = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(np.argmax(within.round(9)), within.shape)  # equal sums may differ in the last bits
    return Window(int(left), int(top), side)


def detail(picture: np.ndarray, window: Window) -> np.ndarray:
    """The part of a picture [N, N, 3] within a window: [side, side, 3]."""
    return picture[window.top : window.top + window.side, window.left : window.left + window.side]
