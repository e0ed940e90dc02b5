"""A vectorized z-buffer for triangle meshes."""

from typing import NamedTuple

import numpy as np


class Raster(NamedTuple):
    """The triangle visible at each pixel.

    Attributes:
      triangle_index: [H, W] int32, the nearest triangle at the center of the pixel; -1 for none.
      barycentric: [H, W, 3] float64, barycentric weights of its corners; 0 if there is none.
      z: [H, W] float64, its z at the pixel; -inf if there is none.
    """

    triangle_index: np.ndarray
    barycentric: np.ndarray
    z: np.ndarray


def rasterize(points: np.ndarray, triangles: np.ndarray, height: int, width: int) -> Raster:
    """Finds the triangle nearest to the camera at each pixel.

    Both sides of a triangle are visible. A pixel belongs to a triangle if its
    center is inside it or on an edge, so there is no gap between neighbors.

    Args:
      points: [V, 3], (x, y) in pixels, z in pixels towards the camera.
      triangles: [F, 3] int.
      height: height of the raster in pixels.
      width: width of the raster in pixels.

    Returns:
      Raster.
    """
    corners = np.asarray(points, np.float64)[triangles]  # [F, 3, 3]
    a, b, c = corners[:, 0, :2], corners[:, 1, :2], corners[:, 2, :2]
    low = np.maximum(np.ceil(corners[:, :, :2].min(1)), 0).astype(np.int64)
    high = np.minimum(np.floor(corners[:, :, :2].max(1)), (width - 1, height - 1)).astype(np.int64)
    extent = np.maximum(high - low + 1, 0)
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    count = np.where(np.abs(area) > 1e-12, extent[:, 0] * extent[:, 1], 0)

    # One candidate for each pixel in the bounding box of each triangle.
    face = np.repeat(np.arange(len(triangles)), count)
    within = np.arange(len(face)) - np.repeat(np.cumsum(count) - count, count)
    columns = extent[face, 0]
    x = low[face, 0] + within % np.maximum(columns, 1)
    y = low[face, 1] + within // np.maximum(columns, 1)

    px, py = x - a[face, 0], y - a[face, 1]
    edge_b, edge_c = b - a, c - a
    second = (px * edge_c[face, 1] - py * edge_c[face, 0]) / area[face]
    third = (py * edge_b[face, 0] - px * edge_b[face, 1]) / area[face]
    first = 1 - second - third
    tolerance = -1e-9
    inside = (first >= tolerance) & (second >= tolerance) & (third >= tolerance)
    face, pixel = face[inside], (y * width + x)[inside]
    weights = np.stack([first[inside], second[inside], third[inside]], -1)
    depth = np.sum(weights * corners[face, :, 2], -1)

    # Written from far to near: the last value written to a pixel is the nearest.
    order = np.argsort(depth, kind="stable")
    face, pixel, weights, depth = face[order], pixel[order], weights[order], depth[order]
    triangle_index = np.full(height * width, -1, np.int32)
    barycentric = np.zeros((height * width, 3))
    z = np.full(height * width, -np.inf)
    triangle_index[pixel] = face
    barycentric[pixel] = weights
    z[pixel] = depth
    return Raster(
        triangle_index.reshape(height, width), barycentric.reshape(height, width, 3), z.reshape(height, width)
    )
