import numpy as np

from phystd_tf.face.rasterize import rasterize


def test_agrees_with_one_pixel_at_a_time():
    rng = np.random.default_rng(0)
    points = rng.uniform(-4, 20, (12, 3))
    triangles = np.array([rng.choice(12, 3, replace=False) for _ in range(15)])
    raster = rasterize(points, triangles, 14, 17)
    for y in range(14):
        for x in range(17):
            best, depth = -1, -np.inf
            for index, triangle in enumerate(triangles):
                matrix = np.vstack([points[triangle, :2].T, np.ones(3)])
                weights = np.linalg.solve(matrix, (x, y, 1))
                if weights.min() >= 0 and weights @ points[triangle, 2] > depth:
                    best, depth = index, weights @ points[triangle, 2]
            assert raster.triangle_index[y, x] == best
            if best >= 0:
                np.testing.assert_allclose(raster.z[y, x], depth, atol=1e-9)


def test_barycentric_weights_give_the_position_back(model, frontal):
    raster = rasterize(frontal, model.triangles, 200, 256)
    rows, columns = np.nonzero(raster.triangle_index >= 0)
    corners = frontal[model.triangles[raster.triangle_index[rows, columns]]]
    found = np.einsum("nk,nkc->nc", raster.barycentric[rows, columns], corners)
    np.testing.assert_allclose(found[:, 0], columns, atol=1e-6)
    np.testing.assert_allclose(found[:, 1], rows, atol=1e-6)
    np.testing.assert_allclose(found[:, 2], raster.z[rows, columns], atol=1e-6)


def test_neighbors_leave_no_gap():
    points = np.array([[0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0.0]])
    raster = rasterize(points, np.array([[0, 1, 2], [0, 2, 3]]), 11, 11)
    assert (raster.triangle_index >= 0).all()


def test_nothing_in_sight():
    points = np.array([[50, 50, 0], [60, 50, 0], [50, 60, 0.0]])
    raster = rasterize(points, np.array([[0, 1, 2], [0, 0, 1]]), 8, 9)
    assert (raster.triangle_index == -1).all() and raster.z.shape == (8, 9) and (raster.barycentric == 0).all()


def test_of_triangles_at_the_same_depth_the_last_one_is_seen():
    points = np.array([[0, 0, 2], [10, 0, 2], [0, 10, 2], [10, 10, 2.0]])
    triangles = np.array([[0, 1, 2], [1, 3, 2], [0, 1, 3]])
    raster = rasterize(points, triangles, 11, 11)
    assert raster.triangle_index[2, 8] == 2 and raster.triangle_index[8, 2] == 1 and raster.triangle_index[3, 2] == 0
    assert rasterize(points, triangles[::-1], 11, 11).triangle_index[2, 8] == 2
