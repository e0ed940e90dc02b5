import cv2
import numpy as np
import pytest

from phystd_tf.face.crop import CropBox, crop, crop_box, from_crop, to_crop


def test_round_trip():
    points = np.random.default_rng(0).uniform(-50, 800, (468, 3))
    box = CropBox(13.7, -20.2, 301.3)
    assert np.abs(from_crop(to_crop(points, box, 256), box, 256) - points).max() < 1e-6


def test_edges_of_the_box_are_edges_of_the_crop():
    box = CropBox(10.0, 20.0, 64.0)
    np.testing.assert_allclose(to_crop(np.array([[10.0, 20.0], [74.0, 84.0]]), box, 128), [[-0.5] * 2, [127.5] * 2])


def test_rule(model, frontal):
    box = crop_box(frontal)
    half = np.linalg.norm(frontal[33] - frontal[263]) / 2
    middle = (frontal[33] + frontal[263])[:2] / 2
    assert box.side == pytest.approx(4.6 * half)
    assert (box.left + box.side / 2, box.top) == pytest.approx((middle[0], middle[1] - 1.6 * half))
    inside = to_crop(frontal, box, 256)[:, :2]
    assert inside.min() > 0 and inside.max() < 255


def test_a_turned_face_keeps_its_scale(model, pose):
    sides = [crop_box(model.project(np.zeros(len(model.stddev)), pose(yaw), 80.0, (100, 100))).side for yaw in (0, 60)]
    assert sides[0] == pytest.approx(sides[1])


def test_a_box_of_whole_pixels_is_cut_unchanged():
    image = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    assert (crop(image, CropBox(6.5, 3.5, 32.0), 32) == image[4:36, 7:39]).all()


@pytest.mark.parametrize("factor", [2, 5])
def test_a_reduced_crop_is_the_mean_of_its_pixels(factor):
    image = np.random.default_rng(2).integers(0, 256, (16 * factor, 16 * factor, 3), np.uint8)
    expected = image.reshape(16, factor, 16, factor, 3).mean((1, 3))
    assert np.abs(crop(image, CropBox(-0.5, -0.5, 16.0 * factor), 16) - expected).max() <= 0.51


def test_a_dot_is_found_where_to_crop_says():
    image = np.zeros((200, 200, 3), np.uint8)
    cv2.circle(image, (90, 70), 6, (255, 255, 255), -1)
    for box, size in ((CropBox(40.3, 20.8, 100.0), 256), (CropBox(10.0, 5.0, 180.0), 64)):
        cut = crop(image, box, size)[..., 0].astype(float)
        grid = np.mgrid[:size, :size]
        y, x = (grid * cut).sum((1, 2)) / cut.sum()
        np.testing.assert_allclose((x, y), to_crop(np.array([90.0, 70.0]), box, size), atol=0.15)


def test_beyond_the_edge_the_image_is_mirrored():
    image = np.random.default_rng(3).integers(0, 256, (20, 20, 3), np.uint8)
    cut = crop(image, CropBox(-8.5, -0.5, 20.0), 20)
    assert (cut[:, :8] == cut[:, 8:16][:, ::-1]).all()
