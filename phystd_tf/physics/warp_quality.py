"""How much a warp of Eq. (14) distorts a face: between some faces, traces should not be carried."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from phystd_tf.physics.warp import sparse_offset


class WarpQuality(NamedTuple):
    """Two measures of a warp; both are 0 for a face that is warped to itself.

    Attributes:
      folded: [n] share of the pixels of the target whose triangle is turned over (or flat) in the source: its content
        is mirrored and lies over other content.
      offset: [n] root mean square of the offsets of the vertices, relative to the side of the crop.
    """

    folded: np.ndarray
    offset: np.ndarray

    def within(self, max_folded: float, max_offset: float) -> np.ndarray:
        """Which warps exceed neither limit, [n] bool."""
        return (self.folded <= max_folded) & (self.offset <= max_offset)


def warp_quality(
    source_vertices: tf.Tensor, target_vertices: tf.Tensor, triangles: tf.Tensor, triangle_map: tf.Tensor
) -> WarpQuality:
    """Measures warps; arguments are those of ``dense_offset``.

    Args:
      source_vertices: [n, Q, 2] float, (x, y) in pixels.
      target_vertices: [n, Q, 2] float, (x, y) in pixels.
      triangles: [n, R, 3] int, triangles of the target.
      triangle_map: [n, N, N] int, triangle map of the target.

    Returns:
      WarpQuality of float64.
    """
    size = triangle_map.shape[1]
    points, offsets = sparse_offset(source_vertices, target_vertices, size)
    turned = [_signed_areas(tf.gather(at, triangles, batch_dims=1).numpy()) for at in (points, points + offsets)]
    folded = turned[0] * turned[1] <= 0
    covered = np.take_along_axis(folded, np.asarray(triangle_map).reshape(len(folded), -1), axis=1)
    square = np.square(np.float64(source_vertices) - target_vertices).sum(-1)
    return WarpQuality(covered.mean(axis=1), np.sqrt(square.mean(axis=1)) / size)


def _signed_areas(corners: np.ndarray) -> np.ndarray:
    """Twice the areas of triangles [n, R, 3, 2], positive or negative by the order of their corners: [n, R]."""
    first, second = corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0]
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
