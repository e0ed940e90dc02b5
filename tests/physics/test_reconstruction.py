"""Eq. (4), (5) and (11)."""

import numpy as np
import pytest

from phystd_tf.physics.bands import low_pass
from phystd_tf.physics.formation import additive_trace, spoof_generation
from phystd_tf.physics.reconstruction import (
    image_hierarchy,
    invert_spoof_generation,
    reconstruct_hierarchy,
    reconstruct_live,
)
from phystd_tf.traces import Traces


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def _random(rng, channels=3):
    return rng.uniform(0, 1, (2, 32, 32, channels)).astype(np.float32)


def _mask(rng):
    return (rng.random((2, 32, 32, 1)) < 0.3).astype(np.float32)


def test_inverting_the_spoof_generation_returns_the_live_face(rng):
    live, T_A, T_P, P = _random(rng), 0.2 * _random(rng), _random(rng), _mask(rng)
    spoof = spoof_generation(live, T_A, P, T_P)
    np.testing.assert_allclose(invert_spoof_generation(spoof, T_A, P, T_P, live), live, atol=1e-6)


def test_both_forms_of_the_reconstruction_agree_where_the_cover_is_the_spoof_itself(rng):
    spoof, T_A, P, content = _random(rng), 0.2 * _random(rng), _mask(rng), _random(rng)
    np.testing.assert_allclose(
        invert_spoof_generation(spoof, T_A, P, T_P=spoof, live=content),
        reconstruct_live(spoof, T_A, P, content),
        atol=1e-6,
    )


def test_reconstruction_undoes_the_trace_outside_and_fills_inside(rng):
    live, T_A, T_P, P, content = _random(rng), 0.2 * _random(rng), _random(rng), _mask(rng), _random(rng)
    value = reconstruct_live(spoof_generation(live, T_A, P, T_P), T_A, P, content)
    inside = np.broadcast_to(P == 1, value.shape)
    np.testing.assert_allclose(value[~inside], live[~inside], atol=1e-6)
    np.testing.assert_array_equal(value[inside], content[inside])


def test_hierarchy_uses_each_trace_within_its_band_only(rng):
    image = _random(rng)
    traces = Traces(*(0.2 * _random(rng) for _ in range(3)), _random(rng, 1), _random(rng))
    levels = reconstruct_hierarchy(image, traces, 8, 16)
    P, B, C = traces.P, low_pass(traces.B, 8), low_pass(traces.C, 16)
    np.testing.assert_allclose(levels.low, (1 - P) * (low_pass(image, 8) - B) + P * traces.I_P, atol=1e-6)
    np.testing.assert_allclose(levels.mid, (1 - P) * (low_pass(image, 16) - B - C) + P * traces.I_P, atol=1e-6)
    np.testing.assert_allclose(levels.high, (1 - P) * (image - B - C - traces.T) + P * traces.I_P, atol=1e-6)
    other = reconstruct_hierarchy(image, traces._replace(T=0 * traces.T), 8, 16)
    np.testing.assert_array_equal(other.low, levels.low)
    np.testing.assert_array_equal(other.mid, levels.mid)
    assert np.any(other.high != levels.high)


def test_the_highest_level_is_the_reconstruction(rng):
    image = _random(rng)
    traces = Traces(*(0.2 * _random(rng) for _ in range(3)), _random(rng, 1), _random(rng))
    np.testing.assert_allclose(
        reconstruct_hierarchy(image, traces, 8, 16).high,
        reconstruct_live(image, additive_trace(traces, 8, 16), traces.P, traces.I_P),
        atol=1e-6,
    )


def test_a_face_without_traces_is_its_own_reconstruction_at_each_level(rng):
    image = _random(rng)
    nothing = Traces(*(np.zeros((2, 32, 32, c), np.float32) for c in (3, 3, 3, 1, 3)))
    levels = reconstruct_hierarchy(image, nothing, 8, 16)
    np.testing.assert_array_equal(levels.low, low_pass(image, 8))
    np.testing.assert_array_equal(levels.mid, low_pass(image, 16))
    np.testing.assert_array_equal(levels.high, image)
    for reconstruction, live in zip(levels, image_hierarchy(image, 8, 16)):
        np.testing.assert_array_equal(reconstruction, live)
