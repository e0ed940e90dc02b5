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

    # One candidate for each pixel in the bounding box of each triangle. The values of its triangle are repeated;
    # gathering them by index is slower.
    face = np.repeat(np.arange(len(triangles)), count)
    within = np.arange(len(face)) - np.repeat(np.cumsum(count) - count, count)
    # A 64-bit division takes four times as long as a 32-bit one.
    row, column = np.divmod(within.astype(np.int32), np.repeat(np.maximum(extent[:, 0], 1).astype(np.int32), count))
    x, y = column + np.repeat(low[:, 0], count), row + np.repeat(low[:, 1], count)

    px, py = x - np.repeat(a[:, 0], count), y - np.repeat(a[:, 1], count)
    edge_b, edge_c, areas = b - a, c - a, np.repeat(area, count)
    second = (px * np.repeat(edge_c[:, 1], count) - py * np.repeat(edge_c[:, 0], count)) / areas
    third = (py * np.repeat(edge_b[:, 0], count) - px * np.repeat(edge_b[:, 1], count)) / areas
    first = 1 - second - third
    tolerance = -1e-9
    inside = np.flatnonzero((first >= tolerance) & (second >= tolerance) & (third >= tolerance))
    face, pixel = face[inside], (y * width + x)[inside]
    weights = [weight[inside] for weight in (first, second, third)]
    depths = [weight * corners[face, corner, 2] for corner, weight in enumerate(weights)]
    depth = depths[0] + depths[1] + depths[2]

    z = np.full(height * width, -np.inf)
    np.maximum.at(z, pixel, depth)
    nearest = np.flatnonzero(depth == z[pixel])
    pixel = pixel[nearest]
    # Of several triangles at the same depth, the last one wins.
    triangle_index = np.full(height * width, -1, np.int32)
    triangle_index[pixel] = face[nearest]
    barycentric = np.zeros((height * width, 3))
    barycentric[pixel] = np.stack([weight[nearest] for weight in weights], -1)
    return Raster(
        triangle_index.reshape(height, width), barycentric.reshape(height, width, 3), z.reshape(height, width)
    )
