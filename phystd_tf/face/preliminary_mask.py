"""The preliminary mask P0, which marks where inpainting is not allowed, Eq. (19), Fig. 7."""

from typing import Optional

import cv2
import numpy as np

from phystd_tf import spoof_types
from phystd_tf.face.morphable_model import MorphableModel, default_model

# Regions of a frontal face as (half width, top, bottom), in eye distances from the point midway between the eyes. Eyes:
# from above the brows to the middle of the nose, as wide as the face. Mouth: from below the nose to above the chin.
EYE_REGION = (2.0, -0.50, 0.38)
MOUTH_REGION = (0.75, 0.50, 1.40)
# Added to the sides, and above and below, in eye distances, since glasses extend beyond the outline of the face.
EYE_MARGIN = (0.15, 0.05)
MOUTH_MARGIN = (0.05, 0.05)

Region = tuple[float, float, float]

_FIXED_POINT_BITS = 4


def preliminary_mask(
    spoof_type: str, shape_in_crop: np.ndarray, size: int, model: Optional[MorphableModel] = None
) -> np.ndarray:
    """Computes P0 of a face: 1 where inpainting is not allowed (Fig. 7).

    For live faces, print and replay, P0 is 1 everywhere. For 3D masks, makeup and
    unknown types, it is 1 outside the face. For attacks that cover the eyes or the
    mouth, it is 1 except there.

    Args:
      spoof_type: one of ``spoof_types``; any other name counts as unknown.
      shape_in_crop: [468, 2 or 3], (x, y) in pixels of the crop.
      size: side of the crop in pixels.
      model: the morphable model; None for the packaged one.

    Returns:
      [size, size] float32, 0 or 1.
    """
    model = model or default_model()
    points = np.asarray(shape_in_crop, np.float64)[:, :2]
    region = spoof_types.open_region(spoof_type)
    mask = np.ones((size, size), np.uint8)
    if region == spoof_types.OPEN_FACE:
        _open_hull(mask, points)
    if region in (spoof_types.OPEN_EYES, spoof_types.OPEN_EYES_AND_MOUTH):
        _open_hull(mask, _around(points, model, EYE_REGION, EYE_MARGIN))
    if region in (spoof_types.OPEN_MOUTH, spoof_types.OPEN_EYES_AND_MOUTH):
        _open_hull(mask, _around(points, model, MOUTH_REGION, MOUTH_MARGIN))
    return mask.astype(np.float32)


def _around(points: np.ndarray, model: MorphableModel, region: Region, margin: tuple[float, float]) -> np.ndarray:
    """Returns the vertices of a region of the face, shifted outwards by the margin in four directions."""
    half_width, top, bottom = region
    mean = model.mean
    chosen = (np.abs(mean[:, 0]) <= half_width) & (mean[:, 1] >= top) & (mean[:, 1] <= bottom)
    inner = points[chosen]
    # The unit of the model in pixels, estimated from the extent of the whole face, which is smaller for a turned face.
    unit = (points.max(0) - points.min(0)) / (mean.max(0) - mean.min(0))[:2]
    corners = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)]) * (np.array(margin) * unit)
    return (inner[:, None] + corners).reshape(-1, 2)


def _open_hull(mask: np.ndarray, points: np.ndarray) -> None:
    """Sets the convex hull of the points to 0."""
    hull = cv2.convexHull(points.astype(np.float32))
    fixed = np.round(hull * 2**_FIXED_POINT_BITS).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 0, cv2.LINE_8, _FIXED_POINT_BITS)
