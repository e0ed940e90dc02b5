"""Delaunay triangulation of a face and its triangle map, made once at preparation.

The triangulation of Eq. (14) depends on the target face only. It is over the Q
facial vertices and 16 anchors on the frame of the crop, so that it covers every
pixel; anchors have no offset, and the warp fades to none at the frame.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial import Delaunay, QhullError

from phystd_tf.errors import PhystdError
from phystd_tf.hparams import PAPER

# Four corners, then the quarters of the upper, lower, left and right border.
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
# Where an anchor goes when the crop is mirrored.
ANCHOR_PAIRS = np.array([1, 0, 3, 2, 6, 5, 4, 9, 8, 7, 13, 14, 15, 10, 11, 12])
# Triangles of a planar triangulation: 2 n - 2 - h for n points of which h on the hull.
MAX_TRIANGLES = 2 * (PAPER.num_vertices + NUM_ANCHORS) - 2 - NUM_ANCHORS


class DegenerateVerticesError(PhystdError):
    """Vertices that do not describe a face: not finite, or all on one line or point."""


class Triangulation(NamedTuple):
    """Triangles over a face.

    Attributes:
      triangles: [MAX_TRIANGLES, 3] int32, indices into the Q vertices followed by
        the anchors; rows from ``count`` on are zero.
      count: how many rows are used.
    """

    triangles: np.ndarray
    count: int


def anchors(size: int) -> np.ndarray:
    """The anchors on the frame of a crop: [16, 2] float64, (x, y) in pixels."""
    return _ANCHOR_FRACTIONS * size - 0.5


def clip_to_frame(vertices: np.ndarray, size: int) -> np.ndarray:
    """Vertices moved into the crop; beyond it, the anchors would not be the hull any more."""
    return np.clip(np.asarray(vertices, np.float64), -0.5, size - 0.5)


def triangulate(vertices: np.ndarray, size: int) -> Triangulation:
    """Delaunay triangulation of a face within its crop, for Eq. (14).

    Args:
      vertices: [Q, 2] (x, y) in pixels of the crop; may lie outside it.
      size: N, pixels on a side.

    Returns:
      Triangulation; the same one whatever size crop and vertices are scaled to.

    Raises:
      DegenerateVerticesError: if the vertices are not [Q, 2], not finite, or on one line.
    """
    points = _all_points(vertices, size)
    try:
        simplices = Delaunay(points).simplices
    except QhullError as error:
        raise DegenerateVerticesError(f"vertices cannot be triangulated: {str(error).splitlines()[0]}") from error
    triangles = np.zeros((MAX_TRIANGLES, 3), np.int32)
    triangles[: len(simplices)] = simplices
    return Triangulation(triangles, len(simplices))


def rasterise_triangles(vertices: np.ndarray, triangles: np.ndarray, size: int) -> np.ndarray:
    """The triangle that covers each pixel.

    By point location, not by drawing: drawing gives border pixels to a
    neighbour, and in a sliver that is an offset many pixels off.

    Args:
      vertices: [Q, 2] (x, y) in pixels of a crop of ``size``.
      triangles: [R, 3] of ``triangulate``, possibly at another size.
      size: N, pixels on a side.

    Returns:
      [size, size] uint16, rows of ``triangles``.

    Raises:
      DegenerateVerticesError: as ``triangulate``.
    """
    points = _all_points(vertices, size)
    rows = np.flatnonzero((triangles != 0).any(axis=1))
    corners = points[triangles[rows]]  # [r, 3, 2]
    return rows[_locate(corners, size)].astype(np.uint16)


def _locate(corners: np.ndarray, size: int) -> np.ndarray:
    """For each pixel the triangle that covers it: [size, size] index into ``corners``.

    Line by line: a triangle covers what lies between its edges. An edge is cut
    at the same place for both its triangles, so no pixel is left out between
    them; a pixel on an edge goes to the larger one, whose slopes are gentler.
    """
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    order = np.argsort(area, kind="stable")  # what is written last stays
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
    for y, x in np.argwhere(located < 0):  # by rounding at most, a pixel on a corner
        located[y, x] = _deepest(corners, x, y)
    return order[located]


def _ranges(start: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All whole numbers from start[i] to last[i], for each i in turn: (i of each, numbers)."""
    counts = np.maximum(last - start + 1, 0)
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + start[which]


def _cut(one: np.ndarray, other: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where (x) an edge meets a line of pixels, the same for both directions of the edge; NaN if it does not."""
    swap = (one[:, 1] > other[:, 1])[:, np.newaxis]
    upper, lower = np.where(swap, other, one), np.where(swap, one, other)
    height = lower[:, 1] - upper[:, 1]
    meets = (upper[:, 1] <= y) & (y <= lower[:, 1]) & (height > 0)
    share = np.divide(y - upper[:, 1], height, out=np.full_like(height, np.nan), where=meets)
    return np.where(share == 1, lower[:, 0], upper[:, 0] + share * (lower[:, 0] - upper[:, 0]))


def _deepest(corners: np.ndarray, x: int, y: int) -> int:
    """The triangle in which the smallest barycentric coordinate of a point is largest."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    dx, dy = x - corners[:, 0, 0], y - corners[:, 0, 1]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) > 1e-12, area, np.nan)
    u = (dx * second[:, 1] - dy * second[:, 0]) / area
    v = (dy * first[:, 0] - dx * first[:, 1]) / area
    return int(np.nanargmax(np.minimum(np.minimum(u, v), 1.0 - u - v)))


def mirror_triangles(triangles: np.ndarray, vertex_pairs: Sequence[int]) -> np.ndarray:
    """Triangles of the mirrored face.

    Args:
      triangles: [R, 3] int.
      vertex_pairs: [Q] the vertex on the other side of each.

    Returns:
      [R, 3] int, same rows, so that the mirrored triangle map fits.
    """
    pairs = point_pairs(vertex_pairs)
    mirrored = pairs[triangles]
    mirrored[(triangles == 0).all(axis=1)] = 0
    return mirrored.astype(triangles.dtype)


def point_pairs(vertex_pairs: Sequence[int]) -> np.ndarray:
    """[Q + 16] int: the other side of each vertex and anchor."""
    return np.concatenate([np.asarray(vertex_pairs), len(vertex_pairs) + ANCHOR_PAIRS])


def _all_points(vertices: np.ndarray, size: int) -> np.ndarray:
    vertices = np.asarray(vertices, np.float64)
    if vertices.ndim != 2 or vertices.shape[1] != 2:
        raise DegenerateVerticesError(f"vertices must be [Q, 2] (x, y) in pixels, not {vertices.shape}")
    if not np.isfinite(vertices).all():
        raise DegenerateVerticesError("vertices are not finite")
    spread = np.linalg.svd(vertices - vertices.mean(axis=0), compute_uv=False)
    if spread[1] < 1e-3 * max(spread[0], 1.0):
        raise DegenerateVerticesError("all vertices lie on one point or line")
    return np.concatenate([clip_to_frame(vertices, size), anchors(size)])
