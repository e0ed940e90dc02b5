"""Landmark files beside images: 68 points, as users of the predecessor have them."""

import os
from typing import Optional

import numpy as np

from phystd_tf.errors import PhystdError

COUNT = 68
_LEFT_EYE, _RIGHT_EYE, _MOUTH = slice(36, 42), slice(42, 48), slice(48, 68)  # left and right as seen in the image


class LandmarkFileError(PhystdError):
    """A landmark file is not what it should be; the message names it, what it is and what it should be."""

    status = "bad_landmarks"


def landmark_file(image: str) -> Optional[str]:
    """``face.npy`` or ``face.png.npy`` beside ``face.png``; None where there is neither."""
    for path in (f"{os.path.splitext(image)[0]}.npy", f"{image}.npy"):
        if os.path.isfile(path):
            return path
    return None


def read_landmarks(path: str, width: int, height: int) -> np.ndarray:
    """68 landmarks in the order of iBUG.

    Args:
      path: of a .npy file.
      width: of the image in pixels.
      height: of the image in pixels.

    Returns:
      [68, 2] float64, (x, y) in pixels of the image.

    Raises:
      LandmarkFileError: if the file cannot be read, has another shape, holds
        numbers that are not finite, or positions that cannot be those of this image:
        fractions, y before x, or mostly outside.
    """
    try:
        points = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise LandmarkFileError(f"{path}: not an array of landmarks (.npy): {error}") from error
    if not isinstance(points, np.ndarray) or points.shape != (COUNT, 2) or points.dtype.kind not in "fiu":
        found = f"{points.shape} {points.dtype}" if isinstance(points, np.ndarray) else "several arrays"
        raise LandmarkFileError(f"{path}: landmarks must be numbers of shape ({COUNT}, 2), x before y, not {found}")
    points = points.astype(np.float64)
    if not np.isfinite(points).all():
        raise LandmarkFileError(f"{path}: landmarks must be finite")
    if np.abs(points).max() <= 2:
        raise LandmarkFileError(f"{path}: landmarks must be in pixels; these seem to be fractions of the image")
    # A face in a mirror or with x and y exchanged turns the other way round from the eyes to the mouth.
    left, right, mouth = (points[part].mean(0) for part in (_LEFT_EYE, _RIGHT_EYE, _MOUTH))
    across, down = right - left, mouth - (left + right) / 2
    if across[0] * down[1] - across[1] * down[0] <= 0:
        raise LandmarkFileError(f"{path}: eyes and mouth are not where iBUG's 68 have them; is y before x?")
    inside = ((points > -0.5) & (points < (width - 0.5, height - 0.5))).all(axis=1)
    if inside.mean() < 0.5:
        raise LandmarkFileError(f"{path}: most landmarks are outside the image of {width} x {height} pixels")
    return points
