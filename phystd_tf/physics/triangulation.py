"""Delaunay triangulation of a face and its triangle map, computed once during preparation.

The triangulation of Eq. (14) depends on the target face only. Its points are the
Q facial vertices and 16 anchors on the frame of the crop, so that it covers
every pixel. The offset of an anchor is zero, so the warp fades out towards the
frame.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial import Delaunay, QhullError

from phystd_tf.errors import PhystdError, first_line
from phystd_tf.hparams import PAPER

# Four corners, then the quarter points of the upper, lower, left and right border.
_ANCHOR_FRACTIONS = (
    np.array(
        [(0, 0), (4, 0), (0, 4), (4, 4)]
        + [(k, 0) for k in (1, 2, 3)]
        + [(k, 4) for k in (1, 2, 3)]
        + [(0, k) for k in (1, 2, 3)]
        + [(4, k) for k in (1, 2, 3)],
        np.float64,
    )
    / 4.0
)
NUM_ANCHORS = len(_ANCHOR_FRACTIONS)
# Index of the anchor at the mirrored position of each anchor.
ANCHOR_PAIRS = np.array([1, 0, 3, 2, 6, 5, 4, 9, 8, 7, 13, 14, 15, 10, 11, 12])
# A planar triangulation of n points has 2 n - 2 - h triangles if h points are on the convex hull.
MAX_TRIANGLES = 2 * (PAPER.num_vertices + NUM_ANCHORS) - 2 - NUM_ANCHORS


class DegenerateVerticesError(PhystdError):
    """The vertices do not describe a face: they are not finite, or all on one line or point."""


class Triangulation(NamedTuple):
    """Triangles over a face.

    Attributes:
      triangles: [MAX_TRIANGLES, 3] int32, indices into the Q vertices followed by
        the anchors; rows from ``num_used`` on are zero.
      num_used: number of rows that are used.
    """

    triangles: np.ndarray
    num_used: int


def anchors(size: int) -> np.ndarray:
    """Returns the anchors on the frame of a crop: [16, 2] float64, (x, y) in pixels."""
    return _ANCHOR_FRACTIONS * size - 0.5


def clip_to_frame(vertices: np.ndarray, size: int) -> np.ndarray:
    """Clips vertices to the crop; otherwise the anchors would no longer be the convex hull."""
    return np.clip(np.asarray(vertices, np.float64), -0.5, size - 0.5)


def triangulate(vertices: np.ndarray, size: int) -> Triangulation:
    """Computes the Delaunay triangulation of a face within its crop, for Eq. (14).

    Args:
      vertices: [Q, 2] (x, y) in pixels of the crop; may be outside it.
      size: N, side of the crop in pixels.

    Returns:
      Triangulation; it does not change if the crop and the vertices are scaled together.

    Raises:
      DegenerateVerticesError: if the vertices are not [Q, 2], not finite, or on one line.
    """
    points = _all_points(vertices, size)
    try:
        simplices = Delaunay(points).simplices
    except QhullError as error:
        raise DegenerateVerticesError(f"vertices cannot be triangulated: {first_line(error)}") from error
    triangles = np.zeros((MAX_TRIANGLES, 3), np.int32)
    triangles[: len(simplices)] = simplices
    return Triangulation(triangles, len(simplices))


def rasterize_triangles(vertices: np.ndarray, triangles: np.ndarray, size: int) -> np.ndarray:
    """Finds the triangle that covers each pixel.

    Point location is used instead of polygon drawing: drawing assigns some border
    pixels to the neighbor, which in a thin triangle changes the offset by many
    pixels.

    Args:
      vertices: [Q, 2] (x, y) in pixels of a crop of ``size``.
      triangles: [R, 3] returned by ``triangulate``, possibly at another size.
      size: N, side of the crop in pixels.

    Returns:
      [size, size] uint16, indices of rows of ``triangles``.

    Raises:
      DegenerateVerticesError: under the same conditions as in ``triangulate``.
    """
    points = _all_points(vertices, size)
    rows = np.flatnonzero((triangles != 0).any(axis=1))
    corners = points[triangles[rows]]  # [r, 3, 2]
    return rows[_locate(corners, size)].astype(np.uint16)


def _locate(corners: np.ndarray, size: int) -> np.ndarray:
    """Returns the index into ``corners`` of the triangle that covers each pixel, [size, size].

    Works line by line: a triangle covers the pixels between its edges. The
    intersection of an edge with a line is the same for both its triangles, so
    there is no gap between them. A pixel on an edge is assigned to the larger
    triangle, whose affine map has gentler slopes.
    """
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    order = np.argsort(area, kind="stable")  # later assignments overwrite earlier ones
    corners = corners[order]
    top = np.clip(np.ceil(corners[..., 1].min(axis=1)), 0, size).astype(int)
    bottom = np.clip(np.floor(corners[..., 1].max(axis=1)), -1, size - 1).astype(int)
    which, y = _ranges(top, bottom)
    left, right = np.full(len(y), np.inf), np.full(len(y), -np.inf)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        cut = _cut(corners[which, start], corners[which, end], y)
        left, right = np.fmin(left, cut), np.fmax(right, cut)
    crossed = left <= right
    left, right, which, y = left[crossed], right[crossed], which[crossed], y[crossed]
    line, x = _ranges(np.clip(np.ceil(left), 0, size).astype(int), np.clip(np.floor(right), -1, size - 1).astype(int))
    located = np.full((size, size), -1)
    located[y[line], x] = which[line]
    for y, x in np.argwhere(located < 0):  # only due to rounding, for a pixel on a corner
        located[y, x] = _deepest(corners, x, y)
    return order[located]


def _ranges(start: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns all integers from start[i] to last[i], for each i in turn, as (the i of each integer, the integers)."""
    counts = np.maximum(last - start + 1, 0)
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + start[which]


def _cut(one: np.ndarray, other: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns the x where an edge meets a line of pixels, or NaN; the same for both directions of the edge."""
    swap = (one[:, 1] > other[:, 1])[:, np.newaxis]
    upper, lower = np.where(swap, other, one), np.where(swap, one, other)
    height = lower[:, 1] - upper[:, 1]
    meets = (upper[:, 1] <= y) & (y <= lower[:, 1]) & (height > 0)
    fraction = np.divide(y - upper[:, 1], height, out=np.full_like(height, np.nan), where=meets)
    return np.where(fraction == 1, lower[:, 0], upper[:, 0] + fraction * (lower[:, 0] - upper[:, 0]))


def _deepest(corners: np.ndarray, x: int, y: int) -> int:
    """Returns the triangle in which the smallest barycentric coordinate of a point is largest."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    dx, dy = x - corners[:, 0, 0], y - corners[:, 0, 1]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) > 1e-12, area, np.nan)
    u = (dx * second[:, 1] - dy * second[:, 0]) / area
    v = (dy * first[:, 0] - dx * first[:, 1]) / area
    return int(np.nanargmax(np.minimum(np.minimum(u, v), 1.0 - u - v)))


def point_pairs(vertex_pairs: Sequence[int]) -> np.ndarray:
    """Extends the mirror partners of the vertices to the anchors.

    Args:
      vertex_pairs: [Q], index of the mirror partner of each vertex.

    Returns:
      [Q + 16] int, index of the mirror partner of each vertex and anchor.
    """
    return np.concatenate([np.asarray(vertex_pairs), len(vertex_pairs) + ANCHOR_PAIRS])


def _all_points(vertices: np.ndarray, size: int) -> np.ndarray:
    vertices = np.asarray(vertices, np.float64)
    if vertices.ndim != 2 or vertices.shape[1] != 2:
        raise DegenerateVerticesError(f"vertices must be [Q, 2] (x, y) in pixels, not {vertices.shape}")
    if not np.isfinite(vertices).all():
        raise DegenerateVerticesError("vertices are not finite")
    spread = np.linalg.svd(vertices - vertices.mean(axis=0), compute_uv=False)
    if spread[1] < 1e-3 * max(spread[0], 1.0):
        raise DegenerateVerticesError("all vertices are on one point or line")
    return np.concatenate([clip_to_frame(vertices, size), anchors(size)])
