"""Landmark files beside images: 68 points, as users of the predecessor have them."""

import os
from typing import Optional

import numpy as np

from phystd_tf.errors import PhystdError

COUNT = 68


class LandmarkFileError(PhystdError):
    """A landmark file is not what it should be; the message names it, what it is and what it should be."""

    status = "bad_landmarks"


def landmark_file(image: str) -> Optional[str]:
    """``face.npy`` or ``face.png.npy`` beside ``face.png``; None where there is neither."""
    for path in (f"{os.path.splitext(image)[0]}.npy", f"{image}.npy"):
        if os.path.isfile(path):
            return path
    return None


def read_landmarks(path: str) -> np.ndarray:
    """68 landmarks in the order of iBUG.

    Args:
      path: of a .npy file.

    Returns:
      [68, 2] float64, (x, y) in pixels of the image.

    Raises:
      LandmarkFileError: if the file cannot be read, has another shape, holds
        numbers that are not finite, or positions that seem to be fractions.
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
    return points
