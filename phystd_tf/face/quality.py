"""Checks whether a crop shows a face well enough to judge it: blur and exposure."""

from typing import Optional

import cv2
import numpy as np

from phystd_tf.face.topology import FACE_OVAL
from phystd_tf.physics.pixels import rescale_positions

# Measured by tools.measure_faces, see docs/pitfalls.md.
MIN_SHARPNESS = 0.03
MAX_LOST = 0.25  # maximum share of white pixels in a face, and of black ones

_SIZE = 128  # side of a crop in pixels when sharpness is measured
_BLURS = (1.0, 2.0, 8.0)  # standard deviations in pixels; the finest details are left out, since noise has them too
# Of 255. White is where all three channels are saturated: warm light saturates red alone in much of a good face.
_SATURATED = 250
_BLACK = 16  # nominal black of video; few levels are below it


def defect(image: np.ndarray, shape: np.ndarray) -> Optional[str]:
    """Says why a face cannot be judged.

    Args:
      image: [S, S, 3] uint8, RGB crop.
      shape: [468, 2 or 3], fitted face in pixels of the crop.

    Returns:
      A sentence; None if the face is neither blurred nor over-exposed or under-exposed.
    """
    for what, color, share in (
        ("over-exposed", "white", overexposed_share(image, shape)),
        ("under-exposed", "black", underexposed_share(image, shape)),
    ):
        if share > MAX_LOST:
            return f"the face is {what} ({color} in {100 * share:.0f} %, at most {100 * MAX_LOST:.0f} %)"
    sharp = sharpness(image, shape)
    if sharp < MIN_SHARPNESS:
        return f"the face is blurred (sharpness {sharp:.3f}, at least {MIN_SHARPNESS:g})"
    return None


def sharpness(image: np.ndarray, shape: np.ndarray) -> float:
    """Returns the energy of fine details of a face relative to that of coarser ones; arguments as above.

    Both are bands of the luminance at 128 px, so brightness and contrast have no influence, and noise hardly any.
    """
    small = cv2.resize(image, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    inside = _inside(rescale_positions(shape[:, :2], _SIZE / len(image)), _SIZE)
    first, second, third = (cv2.GaussianBlur(gray, (0, 0), deviation) for deviation in _BLURS)
    coarse = float((second - third)[inside].var())
    return float((first - second)[inside].var()) / coarse if coarse else 0.0


def overexposed_share(image: np.ndarray, shape: np.ndarray) -> float:
    """Returns the share of a face in which all three channels are saturated; arguments as above."""
    return float((image[_inside(shape[:, :2], len(image))] >= _SATURATED).all(-1).mean())


def underexposed_share(image: np.ndarray, shape: np.ndarray) -> float:
    """Returns the share of a face in which all three channels are black, or nearly so; arguments as above."""
    return float((image[_inside(shape[:, :2], len(image))] <= _BLACK).all(-1).mean())


def _inside(points: np.ndarray, size: int) -> np.ndarray:
    """The pixels [size, size] within the face oval, bool."""
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round(points[list(FACE_OVAL)]).astype(np.int32)], 1)
    return mask.astype(bool)
