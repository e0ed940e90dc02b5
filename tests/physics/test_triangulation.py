"""The triangulation covers every pixel, scales with the crop, and refuses vertices that do not form a face."""

import numpy as np
import pytest
from scipy.spatial import Delaunay

from phystd_tf.physics import triangulation
from phystd_tf.physics.triangulation import (
    ANCHOR_PAIRS,
    MAX_TRIANGLES,
    DegenerateVerticesError,
    anchors,
    point_pairs,
    rasterize_triangles,
    triangulate,
)


@pytest.fixture
def vertices():
    return np.random.default_rng(0).uniform(15, 50, (140, 2))


def _corners(vertices, triangles, size):
    points = np.concatenate([np.clip(vertices, -0.5, size - 0.5), anchors(size)])
    return points[triangles]


def _smallest_coordinate(corners, x, y):
    a, b, c = corners
    matrix = np.array([[a[0], b[0], c[0]], [a[1], b[1], c[1]], [1, 1, 1]])
    return np.linalg.solve(matrix, [x, y, 1]).min()


def test_every_pixel_lies_in_its_triangle(vertices):
    triangles = triangulate(vertices, 64).triangles
    triangle_map = rasterize_triangles(vertices, triangles, 64)
    corners = _corners(vertices, triangles, 64)
    for y, x in np.random.default_rng(1).integers(0, 64, (300, 2)):
        assert _smallest_coordinate(corners[triangle_map[y, x]], x, y) > -1e-9


def test_the_map_is_that_of_point_location(vertices):
    triangles = triangulate(vertices, 64).triangles
    grid = np.stack(np.meshgrid(np.arange(64.0), np.arange(64.0)), -1)
    located = Delaunay(np.concatenate([vertices, anchors(64)])).find_simplex(grid)
    triangle_map = rasterize_triangles(vertices, triangles, 64)
    corners = _corners(vertices, triangles, 64)
    differing = np.argwhere(triangle_map != located)
    assert len(differing) < 0.02 * 64 * 64
    for y, x in differing:  # on the edge between two triangles, where both are correct
        assert abs(_smallest_coordinate(corners[triangle_map[y, x]], x, y)) < 1e-9


@pytest.mark.parametrize("kind", ["on pixels", "between pixels", "nearly a line", "partly outside"])
def test_no_pixel_is_left_out_where_edges_pass_through_pixels(kind, monkeypatch):
    rng = np.random.default_rng(4)
    vertices = rng.uniform(2, 61, (140, 2))
    if kind == "on pixels":
        vertices = np.round(vertices)
    elif kind == "between pixels":
        vertices = np.round(2 * vertices) / 2
        vertices[:40] = vertices[40:80]
    elif kind == "nearly a line":
        vertices = (vertices - 32) * (0.02, 1) + 32
    else:
        vertices = 1.3 * vertices - 10
    monkeypatch.setattr(triangulation, "_deepest", None)  # the lines alone must suffice
    triangles = triangulate(vertices, 64).triangles
    corners = _corners(vertices, triangles, 64)[rasterize_triangles(vertices, triangles, 64)]
    assert min(_smallest_coordinate(corners[y, x], x, y) for y in range(64) for x in range(64)) > -1e-7


def test_a_pixel_on_an_edge_goes_to_the_larger_triangle():
    """The slopes of a sliver are steep, and float32 is not exact there."""
    sliver, large = [(0, 0), (8, 0), (4, -0.01)], [(0, 0), (8, 0), (4, 8)]
    for corners in ([sliver, large], [large, sliver]):
        located = triangulation._locate(np.array(corners, float), 8)
        assert (located[0] == corners.index(large)).all()


def test_triangles_are_as_many_as_euler_says_and_the_rest_is_zero(vertices):
    result = triangulate(vertices, 64)
    assert result.num_used == 2 * 156 - 2 - 16 == MAX_TRIANGLES == len(result.triangles)
    outside = vertices.copy()
    outside[:10, 0] = -20.0  # clipped onto the border: fewer triangles
    fewer = triangulate(outside, 64)
    assert fewer.num_used < MAX_TRIANGLES
    assert not fewer.triangles[fewer.num_used :].any() and fewer.triangles[: fewer.num_used].any(axis=1).all()
    assert rasterize_triangles(outside, fewer.triangles, 64).max() < fewer.num_used


def test_the_triangulation_does_not_depend_on_the_size(vertices):
    half = (vertices + 0.5) / 2 - 0.5
    large, small = triangulate(vertices, 64).triangles, triangulate(half, 32).triangles
    as_sets = [{tuple(sorted(row)) for row in rows} for rows in (large.tolist(), small.tolist())]
    assert as_sets[0] == as_sets[1]
    corners = _corners(half, large, 32)
    small_map = rasterize_triangles(half, large, 32)
    assert all(_smallest_coordinate(corners[small_map[y, x]], x, y) > -1e-9 for y in range(32) for x in range(32))


def test_anchors_lie_on_the_frame_and_mirror_onto_each_other():
    points = anchors(64)
    assert points.min() == -0.5 and points.max() == 63.5 and len(points) == 16
    assert all(np.any(np.isin(point, (-0.5, 63.5))) for point in points)
    mirrored = points * (-1, 1) + (63, 0)
    np.testing.assert_array_equal(points[ANCHOR_PAIRS], mirrored)


def test_the_partner_of_the_partner_is_the_point_itself():
    pairs = np.random.default_rng(2).permutation(140)
    involution = np.empty(140, int)
    involution[pairs[:70]], involution[pairs[70:]] = pairs[70:], pairs[:70]
    np.testing.assert_array_equal(point_pairs(involution)[point_pairs(involution)], np.arange(156))


def test_duplicate_vertices_are_fine(vertices):
    vertices[10] = vertices[11]
    triangles = triangulate(vertices, 64).triangles
    assert rasterize_triangles(vertices, triangles, 64).shape == (64, 64)


@pytest.mark.parametrize(
    "points, message",
    [
        (np.ones((140, 2)), "one point or line"),
        (np.repeat(np.arange(140.0)[:, None], 2, axis=1), "one point or line"),
        (np.full((140, 2), np.nan), "not finite"),
        (np.zeros((140, 3)), r"\[Q, 2\]"),
        (np.zeros((2, 140)), r"\[Q, 2\]"),
    ],
)
def test_vertices_that_are_not_a_face_are_refused_by_name(points, message):
    with pytest.raises(DegenerateVerticesError, match=message):
        triangulate(points, 64)
    with pytest.raises(DegenerateVerticesError, match=message):
        rasterize_triangles(points, np.zeros((MAX_TRIANGLES, 3), int), 64)


def test_a_pixel_outside_all_by_rounding_still_gets_the_nearest():
    corners = np.array([[[-0.5, -0.5], [1.5, -0.5], [-0.5, 0.9999]], [[5, 5], [7, 5], [5, 7.0]]])
    located = triangulation._locate(corners, 2)
    np.testing.assert_array_equal(located[0], [0, 0])
