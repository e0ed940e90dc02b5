"""Landmark files next to images, with 68 points, as used with the predecessor STDN."""

import os
from typing import Optional

import numpy as np

from phystd_tf.errors import PhystdError

COUNT = 68
_FAR = 1e6  # pixels; no image is larger
_LEFT_EYE, _RIGHT_EYE, _MOUTH = slice(36, 42), slice(42, 48), slice(48, 68)  # left and right are those of the image


class LandmarkFileError(PhystdError):
    """A landmark file is invalid; the message names it and says what is wrong."""

    status = "bad_landmarks"


def landmark_file(image: str) -> Optional[str]:
    """Finds ``face.npy`` or ``face.png.npy`` next to ``face.png``; None if neither exists."""
    for path in (f"{os.path.splitext(image)[0]}.npy", f"{image}.npy"):
        if os.path.isfile(path):
            return path
    return None


def read_landmarks(path: str, width: int, height: int) -> np.ndarray:
    """Reads 68 landmarks in the order of iBUG.

    Args:
      path: path of a .npy file.
      width: width of the image in pixels.
      height: height of the image in pixels.

    Returns:
      [68, 2] float64, (x, y) in pixels of the image.

    Raises:
      LandmarkFileError: if the file cannot be read, has another shape, holds
        numbers that are not finite, or positions that do not fit this image:
        fractions of the image, y before x, or mostly outside.
    """
    try:
        points = np.load(path, allow_pickle=False)
    except Exception as error:  # NumPy raises many kinds of errors for a damaged header
        raise LandmarkFileError(f"{path}: not an array of landmarks (.npy): {error}") from error
    if not isinstance(points, np.ndarray) or points.shape != (COUNT, 2) or points.dtype.kind not in "fiu":
        found = f"{points.shape} {points.dtype}" if isinstance(points, np.ndarray) else "several arrays"
        raise LandmarkFileError(f"{path}: landmarks must be numbers of shape ({COUNT}, 2), x before y, not {found}")
    points = points.astype(np.float64)
    if not (np.abs(points) < _FAR).all():
        raise LandmarkFileError(f"{path}: landmarks must be finite, and in pixels")
    if np.abs(points).max() <= 2:
        raise LandmarkFileError(f"{path}: landmarks must be in pixels; these seem to be fractions of the image")
    # For a mirrored face, or if x and y are exchanged, the eyes and the mouth have the opposite orientation.
    left, right, mouth = (points[part].mean(0) for part in (_LEFT_EYE, _RIGHT_EYE, _MOUTH))
    across, down = right - left, mouth - (left + right) / 2
    if across[0] * down[1] - across[1] * down[0] <= 0:
        raise LandmarkFileError(f"{path}: the eyes and the mouth do not match the 68 landmarks of iBUG; is y before x?")
    inside = ((points > -0.5) & (points < (width - 0.5, height - 0.5))).all(axis=1)
    if inside.mean() < 0.5:
        raise LandmarkFileError(f"{path}: most landmarks are outside the image of {width} x {height} pixels")
    return points
