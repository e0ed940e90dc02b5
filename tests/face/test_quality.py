"""Light, contrast, noise and size hardly affect the measures of blur and exposure."""

import cv2
import numpy as np
import pytest

from phystd_tf.face.geometry import find_face
from phystd_tf.face.quality import MAX_LOST, MIN_SHARPNESS, defect, overexposed_share, sharpness, underexposed_share


@pytest.fixture(scope="module")
def found(aligner, model, hopper):
    return find_face(hopper, aligner, model, 256)


def _blurred(image, eye_distances):
    return cv2.GaussianBlur(image, (0, 0), eye_distances * 256 / 4.6 * 2)


def test_a_good_photograph_has_no_defect(found):
    assert defect(found.image, found.shape) is None
    assert sharpness(found.image, found.shape) > 3 * MIN_SHARPNESS


def test_sharpness_falls_with_blur(found):
    values = [sharpness(_blurred(found.image, share), found.shape) for share in (0.01, 0.02, 0.04, 0.06, 0.08)]
    assert values == sorted(values, reverse=True) and values[0] > MIN_SHARPNESS > values[-1]
    assert "blurred" in defect(_blurred(found.image, 0.08), found.shape)


def test_light_contrast_noise_and_size_hardly_change_sharpness(found):
    blurred = _blurred(found.image, 0.05)
    value = sharpness(blurred, found.shape)
    for same in (
        blurred // 2,
        np.uint8(blurred * 0.5 + 100),
        np.uint8(np.clip(blurred + np.random.default_rng(0).normal(0, 3, blurred.shape), 0, 255)),
    ):
        assert sharpness(same, found.shape) == pytest.approx(value, rel=0.15)
    half = cv2.resize(blurred, (128, 128), interpolation=cv2.INTER_AREA)
    assert sharpness(half, found.shape * (0.5, 0.5, 0.5)) == pytest.approx(value, rel=0.05)


def test_only_the_face_counts_for_exposure(found):
    image = np.full((256, 256, 3), 255, np.uint8)
    assert overexposed_share(image, found.shape) == 1.0 and "over-exposed" in defect(image, found.shape)
    image[40:] = found.image[40:]
    assert overexposed_share(image, found.shape) < 0.1
    bright = np.uint8(np.clip(found.image.astype(int) * 4, 0, 255))
    assert overexposed_share(bright, found.shape) > MAX_LOST
    assert sharpness(np.full((256, 256, 3), 99, np.uint8), found.shape) == 0.0


def test_only_a_face_that_is_black_in_all_channels_is_too_dark(found):
    def dark(factor):
        return np.uint8(np.rint(found.image * factor))

    shares = [underexposed_share(dark(factor), found.shape) for factor in (1, 0.5, 0.2, 0.1, 0.05)]
    assert shares == sorted(shares) and shares[1] < 0.1 and shares[-1] > 0.9
    assert defect(dark(0.5), found.shape) is None and "under-exposed (black in" in defect(dark(0.05), found.shape)
    red = dark(0.05)
    red[..., 0] = found.image[..., 0]  # red light: the face is visible
    assert underexposed_share(red, found.shape) < MAX_LOST
    image = found.image.copy()
    image[:40] = 0  # above the face
    assert underexposed_share(image, found.shape) < 0.1
