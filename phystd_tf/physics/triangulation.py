"""Delaunay triangulation of a face and its triangle map, made once at preparation.

The triangulation of Eq. (14) depends on the target face only. It is over the Q
facial vertices and 16 anchors on the frame of the crop, so that it covers every
pixel; anchors have no offset, and the warp fades to none at the frame.
"""

from typing import NamedTuple, Sequence

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
    """For each pixel the triangle it lies deepest in: [size, size] index into ``corners``.

    The smallest barycentric coordinate of a pixel is largest in the triangle
    that covers it; so every pixel gets one, also where rounding puts it a hair
    outside of all.
    """
    low = np.clip(np.floor(corners.min(axis=1)).astype(int), 0, size - 1)
    high = np.clip(np.ceil(corners.max(axis=1)).astype(int), 0, size - 1)
    widths, heights = (high - low + 1).T
    counts = widths * heights
    which = np.repeat(np.arange(len(corners)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    x = low[which, 0] + within % widths[which]
    y = low[which, 1] + within // widths[which]
    origin, first, second = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    # A triangle without area covers no pixel: its coordinates become -inf.
    scale = np.divide(1.0, area, out=np.full_like(area, np.nan), where=np.abs(area) > 1e-12)[which]
    dx, dy = x - origin[which, 0], y - origin[which, 1]
    u = (dx * second[which, 1] - dy * second[which, 0]) * scale
    v = (dy * first[which, 0] - dx * first[which, 1]) * scale
    depth = np.nan_to_num(np.minimum(np.minimum(u, v), 1.0 - u - v), nan=-np.inf)
    pixel = y * size + x
    best = np.full(size * size, -1, np.int64)
    inside = depth >= 0
    best[pixel[inside]] = which[inside]
    missed = best[pixel] < 0  # sorting these few only, since sorting all would take most of the time
    order = np.argsort(depth[missed], kind="stable")  # the deepest is written last
    best[pixel[missed][order]] = which[missed][order]
    return best.reshape(size, size)


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
