"""Unit tests of mixing and scaling colors."""

import numpy as np
import pytest

from phystd_tf.synthetic.color import blend, scale

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(size=(5, 7, 3)).astype(np.float32)
FIELD = RNG.uniform(size=(5, 7)).astype(np.float32)


@pytest.mark.parametrize("top", [(0.2, 0.5, 0.9), RNG.uniform(size=(5, 7, 3)).astype(np.float32)])
def test_blend_mixes_pixel_by_pixel(top):
    found = blend(IMAGE, FIELD, top)
    assert found.shape == IMAGE.shape and found.dtype == np.float32
    for y, x in np.ndindex(5, 7):
        color = np.broadcast_to(top, IMAGE.shape)[y, x]
        np.testing.assert_allclose(found[y, x], (1 - FIELD[y, x]) * IMAGE[y, x] + FIELD[y, x] * color, rtol=1e-5)


def test_blend_reads_an_image_that_is_one_color():
    flat = np.broadcast_to(np.float32((0.1, 0.2, 0.3)), IMAGE.shape)
    assert (blend(flat, np.zeros_like(FIELD), (1, 1, 1)) == flat).all()


def test_scale_multiplies_all_channels_of_a_pixel():
    assert (scale(IMAGE, FIELD) == IMAGE * FIELD[..., None]).all()
