"""A mirrored face has the mirrored triangles, and is warped like the mirrored image."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.data.mirroring import Mirror
from phystd_tf.physics import warp
from phystd_tf.physics.triangulation import anchors, rasterize_triangles, triangulate
from phystd_tf.traces import Faces

SIZE = 64


def _face(vertices, image=None):
    """A face without a batch dimension; depth and P0 do not matter here."""
    triangles = triangulate(vertices, SIZE).triangles
    plain = np.zeros((SIZE, SIZE, 1), np.float32)
    return Faces(
        image=np.zeros((SIZE, SIZE, 3), np.float32) if image is None else image,
        vertices=tf.constant(vertices, tf.float32),
        depth=plain,
        preliminary_mask=plain,
        triangles=triangles,
        triangle_map=rasterize_triangles(vertices, triangles, SIZE).astype(np.int32),
    )


def _offset(source, target):
    batched = [part[np.newaxis] for part in (source.vertices, target.vertices, target.triangles, target.triangle_map)]
    return warp.dense_offset(*batched)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def _smallest_coordinate(corners, x, y):
    a, b, c = corners
    matrix = np.array([[a[0], b[0], c[0]], [a[1], b[1], c[1]], [1, 1, 1]])
    return np.linalg.solve(matrix, [x, y, 1]).min()


def test_mirrored_triangles_describe_the_mirrored_face():
    vertices = np.random.default_rng(0).uniform(15, 50, (140, 2))
    pairs = np.random.default_rng(2).permutation(140)
    involution = np.empty(140, int)
    involution[pairs[:70]], involution[pairs[70:]] = pairs[70:], pairs[:70]
    mirrored = Mirror(involution, SIZE)(_face(vertices))
    mirrored_vertices = (vertices * (-1, 1) + (SIZE - 1, 0))[involution]
    np.testing.assert_allclose(mirrored.vertices, mirrored_vertices, atol=1e-5)
    corners = np.concatenate([mirrored_vertices, anchors(SIZE)])[mirrored.triangles.numpy()]
    for y, x in np.random.default_rng(1).integers(0, SIZE, (200, 2)):
        assert _smallest_coordinate(corners[mirrored.triangle_map[y, x]], x, y) > -1e-9


def test_unused_rows_of_triangles_stay_zero(rng):
    vertices = rng.uniform(15, 48, (140, 2))
    vertices[:10, 0] = -20.0  # clipped onto the border: fewer triangles
    face = _face(vertices)
    unused = ~face.triangles.any(axis=1)
    assert unused.any()
    mirrored = Mirror(np.arange(140)[::-1], SIZE)(face).triangles.numpy()
    np.testing.assert_array_equal(~mirrored.any(axis=1), unused)


def test_a_mirrored_preparation_gives_the_mirrored_warp(rng):
    """As in training: vertices and triangles by pairs, the columns of the map reversed; no new triangulation."""
    mirror = Mirror(np.arange(140).reshape(70, 2)[:, ::-1].ravel(), SIZE)
    for _ in range(2):
        image = rng.random((SIZE, SIZE, 3)).astype(np.float32)
        source, target = _face(rng.uniform(15, 48, (140, 2)), image), _face(rng.uniform(8, 58, (140, 2)))
        value = warp.sample(image[np.newaxis], _offset(source, target))
        mirrored = mirror(source)
        warped = warp.sample(mirrored.image[np.newaxis], _offset(mirrored, mirror(target)))
        np.testing.assert_allclose(warped[:, :, ::-1], value, atol=1e-4)
