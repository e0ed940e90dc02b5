import cv2
import numpy as np
import pytest

from phystd_tf.face.depth import depth_map
from phystd_tf.face.topology import FACE_OVAL


def in_map(points, k, size=256):
    return (points[:, :2] + 0.5) * k / size - 0.5


@pytest.mark.parametrize("yaw", [0, 20, -35])
def test_range_hull_and_peak(model, pose, yaw):
    shape = model.project(np.zeros(len(model.stddev)), pose(yaw), 77.0, (127.5, 90.0))
    depth = depth_map(shape, 256, 32)
    assert depth.shape == (32, 32) and depth.dtype == np.float32
    assert depth.min() == 0 and 0.9 < depth.max() <= 1
    hull = np.zeros((32, 32), np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.round(in_map(shape, 32)).astype(np.int32)), 1)
    around = cv2.dilate(hull, np.ones((3, 3), np.uint8))
    assert (depth[around == 0] == 0).all()
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    assert np.linalg.norm(in_map(shape[[4]], 32)[0] - (x, y)) < 2


def test_no_holes_inside_the_face(model, frontal):
    depth = depth_map(frontal, 256, 64)
    oval = np.zeros((64, 64), np.uint8)
    cv2.fillPoly(oval, [np.round(in_map(frontal[list(FACE_OVAL)], 64)).astype(np.int32)], 1)
    inside = cv2.erode(oval, np.ones((5, 5), np.uint8)) == 1
    assert inside.sum() > 800
    assert depth[inside].min() > 0.1


def test_symmetric_for_a_frontal_face(frontal):
    depth = depth_map(frontal, 256, 32)
    np.testing.assert_allclose(depth, depth[:, ::-1], atol=0.02)


def test_depth_does_not_depend_on_the_size_of_the_crop(frontal):
    half = frontal.copy()
    half[:, :2] = (half[:, :2] + 0.5) / 2 - 0.5
    half[:, 2] /= 2
    np.testing.assert_allclose(depth_map(half, 128, 32), depth_map(frontal, 256, 32), atol=1e-5)


def test_depth_falls_by_one_over_1_4_distances_of_the_outer_eye_corners(frontal):
    reach = 1.4 * np.linalg.norm(frontal[33] - frontal[263])
    for vertex in (205, 50, 151, 199):  # cheeks, forehead, chin: smooth places
        x, y = np.round(in_map(frontal[[vertex]], 64)[0]).astype(int)
        expected = 1 - (frontal[:, 2].max() - frontal[vertex, 2]) / reach
        assert depth_map(frontal, 256, 64)[y, x] == pytest.approx(expected, abs=0.04)


def test_the_rim_stays_above_the_background(frontal):
    deep = frontal * (1, 1, 3)
    k = 64
    depth = depth_map(deep, 256, k)
    x, y = np.round(in_map((0.93 * deep[[234]] + 0.07 * deep[[1]]), k)[0]).astype(int)
    assert depth[y, x] == pytest.approx(0.05, abs=0.01)
