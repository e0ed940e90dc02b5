"""Two measures of a warp, from pixels and from vertices."""

import numpy as np
import pytest

from phystd_tf.physics.triangulation import anchors
from phystd_tf.physics.warp_quality import WarpQuality, warp_quality
from tests.training.tiny import random_faces

SIZE = 32


@pytest.fixture(scope="module")
def faces():
    return random_faces(np.random.default_rng(2), 2, True)


def _measured(source, faces):
    return warp_quality(source, faces.vertices, faces.triangles, faces.triangle_map)


def test_a_face_that_is_warped_to_itself_is_neither_folded_nor_moved(faces):
    folded, offset = _measured(faces.vertices, faces)
    np.testing.assert_allclose(folded, [0, 0], atol=1e-12)
    np.testing.assert_array_equal(offset, [0, 0])


def test_the_offset_is_a_share_of_the_side_of_the_crop(faces):
    moved = faces.vertices + np.array([[3.0, -4.0]], np.float32)
    np.testing.assert_allclose(_measured(moved, faces).offset, 5 / SIZE, rtol=1e-6)
    some = np.where(np.arange(140)[:, np.newaxis] < 35, moved, faces.vertices)  # a quarter of the vertices
    np.testing.assert_allclose(_measured(some, faces).offset, 2.5 / SIZE, rtol=1e-6)


def test_folded_pixels_are_those_whose_triangle_is_turned_over(faces):
    """Compared pixel by pixel with determinants."""
    source = faces.vertices.copy()
    source[0, :, 0] = SIZE - source[0, :, 0]  # mirrored: everything but a margin is turned over
    source[1, 70] = source[1, 70] + (9, 0)  # one vertex crosses its neighbors
    folded = _measured(source, faces).folded
    for face in range(2):
        points, moved = (np.concatenate([v[face], anchors(SIZE)]) for v in (faces.vertices, source))
        signs = []
        for row in faces.triangle_map[face].ravel():
            corners = faces.triangles[face, row]
            signs.append(np.prod([np.linalg.det(np.c_[at[corners], np.ones(3)]) for at in (points, moved)]))
        assert folded[face] == pytest.approx(np.mean(np.array(signs) < 0), abs=2 / SIZE**2)
    assert folded[0] > 0.4 and 0 < folded[1] < 0.1


def test_a_warp_at_both_limits_is_within_them_and_one_beyond_either_is_not():
    quality = WarpQuality(np.array([0.02, 0.03, 0.0]), np.array([0.1, 0.0, 0.2]))
    np.testing.assert_array_equal(quality.within(0.02, 0.1), [True, False, False])
