"""Mirrors faces left to right, in the graph."""

from collections.abc import Sequence

import tensorflow as tf

from phystd_tf.physics.triangulation import point_pairs
from phystd_tf.traces import Faces


class Mirror:
    """Mirrors one face.

    The left eye of the mirrored face is the right eye of the original, so each
    vertex changes places with its mirror partner. The triangle map is mirrored like
    an image. Its values still refer to the same rows of the triangles, whose corners
    are replaced by their partners.
    """

    def __init__(self, vertex_pairs: Sequence[int], size: int) -> None:
        """Creates a mirror.

        Args:
          vertex_pairs: [Q], index of the mirror partner of each vertex.
          size: N, side of the faces in pixels.
        """
        self._vertex_pairs = tf.constant(vertex_pairs, tf.int32)
        self._point_pairs = tf.constant(point_pairs(vertex_pairs), tf.int32)
        self._size = size

    def __call__(self, faces: Faces) -> Faces:
        """Returns the mirrored face; the fields are those of ``Faces`` without the batch dimension."""
        vertices = tf.gather(faces.vertices, self._vertex_pairs)
        mirrored = tf.gather(self._point_pairs, faces.triangles)
        unused = tf.reduce_all(tf.equal(faces.triangles, 0), axis=1, keepdims=True)
        return Faces(
            image=faces.image[:, ::-1],
            vertices=tf.stack([self._size - 1.0 - vertices[:, 0], vertices[:, 1]], axis=-1),
            depth=faces.depth[:, ::-1],
            preliminary_mask=faces.preliminary_mask[:, ::-1],
            triangles=tf.where(unused, 0, mirrored),
            triangle_map=faces.triangle_map[:, ::-1],
        )
