"""The square crop around a face, and positions inside it.

From the point midway between the eyes, the crop extends 2.3 half eye distances to
either side, 1.6 up and 3.0 down. The eye distance is that between the outer
corners of the eyes, measured in three dimensions if depth is known. A face
turned to the side therefore keeps its scale. The crop contains the whole face,
with some margin for the edge of a mask.
"""

from typing import NamedTuple

import cv2
import numpy as np

# Vertices of the mesh: outer corners of the eyes (image left, image right).
EYE_CORNERS = (33, 263)

# In half eye distances (our choice; see the decisions table).
SIDE = 2.3
UP = 1.6
DOWN = 3.0


class CropBox(NamedTuple):
    """A square of the image, in pixels of the image.

    Attributes:
      left: x of its left edge (an edge, not a pixel center: an image of width w
        covers [-0.5, w - 0.5]); may be outside the image.
      top: y of its upper edge.
      side: length of a side.
    """

    left: float
    top: float
    side: float


def crop_recipe() -> dict[str, float]:
    """Returns the extent of the crop in half eye distances, as stored in prepared.json."""
    return {"side": SIDE, "up": UP, "down": DOWN}


def crop_box(points: np.ndarray) -> CropBox:
    """Computes the crop of a face.

    Args:
      points: [468, 2 or 3] mesh in pixels of the image; the third column is depth in pixels.

    Returns:
      CropBox.
    """
    first, second = points[EYE_CORNERS[0]].astype(np.float64), points[EYE_CORNERS[1]].astype(np.float64)
    half = np.linalg.norm(first - second) / 2
    x, y = ((first + second) / 2)[:2]
    return CropBox(float(x - SIDE * half), float(y - UP * half), float((UP + DOWN) * half))


def to_crop(points: np.ndarray, box: CropBox, size: int) -> np.ndarray:
    """Converts positions in the image to positions in its crop of ``size`` x ``size`` pixels.

    Args:
      points: [..., 2 or 3] in pixels of the image; a third column (depth in pixels) is scaled in the same way.
      box: the crop.
      size: side of the crop in pixels.

    Returns:
      [..., 2 or 3] float64, in pixels of the crop.
    """
    scale = size / box.side
    moved = np.array(points, np.float64)
    moved[..., 0] = (moved[..., 0] - box.left) * scale - 0.5
    moved[..., 1] = (moved[..., 1] - box.top) * scale - 0.5
    moved[..., 2:] *= scale
    return moved


def from_crop(points: np.ndarray, box: CropBox, size: int) -> np.ndarray:
    """Converts positions in the crop to positions in the image, the inverse of ``to_crop``."""
    scale = box.side / size
    moved = np.array(points, np.float64)
    moved[..., 0] = (moved[..., 0] + 0.5) * scale + box.left
    moved[..., 1] = (moved[..., 1] + 0.5) * scale + box.top
    moved[..., 2:] *= scale
    return moved


def crop(image: np.ndarray, box: CropBox, size: int) -> np.ndarray:
    """Cuts the box out of the image and resizes it.

    The image is continued by reflection beyond its edges. A box larger than
    ``size`` is reduced in two steps to avoid aliasing.

    Args:
      image: [H, W, 3] uint8.
      box: the crop.
      size: side of the result in pixels.

    Returns:
      [size, size, 3] uint8.
    """
    # Bilinear sampling at an integer multiple of the size, then area averaging by that integer factor.
    factor = max(1, int(box.side / size))
    fine = size * factor
    step = box.side / fine
    # Pixel i of the result is at left + (i + 0.5) * step in the image.
    matrix = np.array([[step, 0, box.left + 0.5 * step], [0, step, box.top + 0.5 * step]], np.float64)
    cut = cv2.warpAffine(
        image, matrix, (fine, fine), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )
    return cut if factor == 1 else cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA)
