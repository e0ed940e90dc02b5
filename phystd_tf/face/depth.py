"""The depth map M0 that a live face is supervised with, Eq. (16)."""

from typing import Optional

import cv2
import numpy as np

from phystd_tf.face.crop import EYE_CORNERS
from phystd_tf.face.morphable_model import default_model
from phystd_tf.face.rasterise import rasterise

# From the nearest point, depth falls from 1 to 0 over this many distances between the outer eye corners (a face is
# about 1.1 deep, from the tip of the nose to the ears). A fixed scale: the depth of a face does not depend on pose.
RANGE = 1.4
# The rim of a face stays above the background.
LEAST = 0.05
# Samples a side and map pixel, averaged: the outline does not jump with the position of the face.
OVERSAMPLING = 4


def depth_map(shape_in_crop: np.ndarray, crop_size: int, k: int, triangles: Optional[np.ndarray] = None) -> np.ndarray:
    """Renders M0: 1 near the tip of the nose, less towards the ears, 0 outside the face (Sec. 3.5).

    Args:
      shape_in_crop: [468, 3], (x, y) in pixels of the crop, z in pixels towards the camera.
      crop_size: pixels on a side of the crop.
      k: pixels on a side of the map.
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
    points[:, :2] = (points[:, :2] + 0.5) * scale - 0.5
    z = rasterise(points, triangles, size, size).z
    # The nearest of all vertices, not of the visible pixels: else a face half outside would change its scale.
    depth = np.where(np.isfinite(z), np.clip(1 - (points[:, 2].max() - z) / reach, LEAST, 1), 0)
    return cv2.resize(depth.astype(np.float32), (k, k), interpolation=cv2.INTER_AREA)
