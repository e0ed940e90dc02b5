"""Unit tests of drawing on the atlas: a shape is the same whether all of the canvas is drawn or only its window."""

import cv2
import numpy as np
import pytest

from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic.person.atlas_canvas import SHIFT, AtlasCanvas, window

HEIGHT = 96


@pytest.fixture(scope="module")
def canvas():
    return AtlasCanvas(default_model(), HEIGHT)


def _shapes():
    """Triangles in the middle, at each border, in a corner, and beyond the canvas."""
    corners = np.array([(-7.3, -5.1), (8.2, -6.4), (0.7, 8.9)])
    middles = [(96, 48), (0, 50), (191, 20), (100, 0), (60, 95), (0, 0), (-3, 40)]
    return [middle + corners for middle in middles]


@pytest.mark.parametrize("soft", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("shape", range(7))
def test_fill_is_that_of_the_whole_canvas(canvas, shape, soft):
    outline = _shapes()[shape]
    drawn = np.zeros(canvas.shape, np.uint8)
    cv2.fillPoly(drawn, [np.round(outline * 2**SHIFT).astype(np.int32)], 255, cv2.LINE_AA, SHIFT)
    whole = drawn.astype(np.float32) / 255
    if soft:
        whole = cv2.GaussianBlur(whole, (0, 0), soft * canvas.unit)
    found = canvas.fill([outline], soft)
    assert found.dtype == np.float32 and found.max() > 0.01
    np.testing.assert_allclose(found, whole, atol=1e-6)


@pytest.mark.parametrize("soft", [0.02, 0.3])
@pytest.mark.parametrize("shape", range(7))
def test_line_is_that_of_the_whole_canvas(canvas, shape, soft):
    curve, thickness = _shapes()[shape], 0.15
    drawn = np.zeros((2 * HEIGHT, 4 * HEIGHT), np.uint8)
    points = np.round(((curve + 0.5) * 2 - 0.5) * 2**SHIFT).astype(np.int32)
    cv2.polylines(drawn, [points], False, 255, round(thickness * canvas.unit * 2), cv2.LINE_AA, SHIFT)
    whole = cv2.resize(drawn, (2 * HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    if soft * canvas.unit > 0.25:
        whole = cv2.GaussianBlur(whole, (0, 0), soft * canvas.unit)
    found = canvas.line([curve], thickness, soft)
    assert found.dtype == np.float32 and found.max() > 0.01
    np.testing.assert_allclose(found, whole, atol=1e-6)


def test_spot_is_a_gaussian_around_the_mean_of_its_vertices(canvas):
    x, y = canvas.marks[[33, 133]].mean(0)
    columns, rows = np.meshgrid(np.arange(canvas.width), np.arange(canvas.height))
    across, down = (columns - x) / (0.3 * canvas.across), (rows - y - 0.1 * canvas.unit) / (0.2 * canvas.unit)
    found = canvas.spot([33, 133], 0.3, 0.2, 0.1)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.exp(-0.5 * (across**2 + down**2)), rtol=1e-5, atol=1e-30)


def test_window_encloses_all_values_above_the_limit():
    field = np.zeros((6, 9), np.float32)
    field[2, 7], field[4, 3], field[5, 8] = 1, 1, 0.1
    assert window(field, 0.5) == (slice(2, 5), slice(3, 8))
    assert window(field, 2) == (slice(0, 0), slice(0, 0))
