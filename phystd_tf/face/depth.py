"""The depth map M0, which supervises live faces, Eq. (16)."""

from typing import Optional

import cv2
import numpy as np

from phystd_tf.face.crop import EYE_CORNERS
from phystd_tf.face.morphable_model import default_model
from phystd_tf.face.rasterize import rasterize
from phystd_tf.physics.pixels import rescale_positions

# Depth falls from 1 at the nearest point to 0 over this distance, in units of the distance between the outer eye
# corners (a face measures about 1.1 of them from the tip of the nose to the ears). The scale does not depend on pose.
RANGE = 1.4
# Minimum depth on the face, so that its rim stays above the background.
LEAST = 0.05
# Samples per pixel of the map in each direction, averaged so that the outline moves smoothly with the face.
OVERSAMPLING = 4


def depth_map(shape_in_crop: np.ndarray, crop_size: int, k: int, triangles: Optional[np.ndarray] = None) -> np.ndarray:
    """Renders M0: 1 near the tip of the nose, lower towards the ears, 0 outside the face (Sec. 3.5).

    Args:
      shape_in_crop: [468, 3], (x, y) in pixels of the crop, z in pixels towards the camera.
      crop_size: side of the crop in pixels.
      k: K, side of the map in pixels.
      triangles: [F, 3] int; None for those of the packaged model.

    Returns:
      [k, k] float32 in [0, 1].
    """
    if triangles is None:
        triangles = default_model().triangles
    size = k * OVERSAMPLING
    scale = size / crop_size
    points = np.array(shape_in_crop, np.float64)
    reach = RANGE * np.linalg.norm(points[EYE_CORNERS[1]] - points[EYE_CORNERS[0]])
    points[:, :2] = rescale_positions(points[:, :2], scale)
    z = rasterize(points, triangles, size, size).z
    # Depth is relative to the nearest vertex, not the nearest visible pixel, so that it stays the same for a face that
    # is partly outside the crop.
    depth = np.where(np.isfinite(z), np.clip(1 - (points[:, 2].max() - z) / reach, LEAST, 1), 0)
    return cv2.resize(depth.astype(np.float32), (k, k), interpolation=cv2.INTER_AREA)
