import base64
import io

import numpy as np
import pytest
from PIL import Image

from phystd_tf.report.stored import LEVEL, TRACE_STEP, store


@pytest.mark.parametrize("step", [LEVEL, TRACE_STEP])
@pytest.mark.parametrize("span", [0.0, 0.01, 0.3, 2.0])
def test_no_value_is_wrong_by_more_than_half_a_step(step, span):
    array = np.random.default_rng(1).uniform(-span / 2, span / 2, (9, 7, 3))
    stored = store(array, step)
    assert stored.scale == pytest.approx(max(step, np.ptp(array) / 255), rel=0.02)
    assert np.abs(stored.values() - array).max() <= stored.scale / 2 + 1e-12


def test_eight_bits_are_kept_and_nothing_stays_nothing():
    image = np.random.default_rng(2).integers(0, 256, (8, 8, 3)) / 255
    np.testing.assert_allclose(store(image).values(), image, atol=1e-12)
    sparse = np.zeros((8, 8, 3))
    sparse[2, 2] = (-0.1, 0.05, 0.1)
    assert store(sparse, TRACE_STEP).values()[0, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_page_gets_the_pixels_and_the_range(channels):
    stored = store(np.random.default_rng(3).uniform(-0.2, 0.1, (16, 16, channels)), TRACE_STEP)
    shown = stored.for_page()
    kind, data = shown["src"].split(",", 1)
    assert kind == "data:image/webp;base64" and (shown["offset"], shown["scale"]) == (stored.offset, stored.scale)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    np.testing.assert_array_equal(pixels[..., :channels], stored.pixels)
