"""Painting on the atlas of a mask."""

import numpy as np

from phystd_tf.synthetic.media import mask_canvas


def test_eyes_are_painted_where_they_are_and_nowhere_else():
    canvas = mask_canvas.Canvas(200)
    albedo = np.random.default_rng(0).uniform(0.2, 0.8, (*canvas.shape, 3)).astype(np.float32)
    before = albedo.copy()
    painted = mask_canvas.paint_eyes(canvas, albedo, (0.3, 0.4, 0.2), 1.0)
    np.testing.assert_array_equal(albedo, before)
    assert painted.dtype == np.float32
    openings = [canvas.signed_distance(canvas.ring(ring)) for ring in mask_canvas.EYE_RINGS]
    far = np.max(openings, axis=0) < -mask_canvas._LASHES
    np.testing.assert_array_equal(painted[far], albedo[far])
    for opening in openings:
        inside = opening > 0.03
        assert inside.any() and np.abs(painted - albedo)[inside].mean() > 0.1


def test_a_lash_beyond_its_reach_would_be_nothing():
    """Nothing is cut off: the bytes are those of painting the whole atlas."""
    assert np.exp(-np.square(np.float32(mask_canvas._LASHES) / np.float32(0.018))) == 0
