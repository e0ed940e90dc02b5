"""Eq. (1) to (3), (6) and (7)."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.physics import formation
from phystd_tf.physics.bands import low_pass
from phystd_tf.physics.reconstruction import reconstruct_live
from phystd_tf.traces import Traces


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def _random(rng, channels=3, n=2, size=32):
    return rng.uniform(-1, 1, (n, size, size, channels)).astype(np.float32)


def _norms(array):
    return np.array([np.sqrt(sum(value**2 for value in face.ravel().tolist())) for face in array])


def test_stdn_spoof_scales_and_adds(rng):
    live, S, B, C, T = (_random(rng) for _ in range(5))
    value = formation.stdn_spoof(live, S, B, C, T, n1=1, n2=16)
    # With n1 = 1, the low pass is the mean of the face, one number per channel.
    mean = lambda x: x.mean(axis=(1, 2), keepdims=True)  # noqa: E731
    np.testing.assert_allclose(value, (1 + mean(S)) * live + mean(B) + low_pass(C, 16) + T, atol=1e-5)
    np.testing.assert_array_equal(formation.stdn_spoof(live, 0 * S, 0 * B, 0 * C, 0 * T, 1, 16), live)


def test_trace_intensity_is_the_frobenius_norm(rng):
    image, target = _random(rng), _random(rng)
    np.testing.assert_allclose(formation.trace_intensity(image, target), _norms(image - target), rtol=1e-5)
    assert not np.any(formation.trace_intensity(image, image))


def test_additive_trace_low_passes_b_and_c_only(rng):
    traces = Traces(_random(rng), _random(rng), _random(rng), np.abs(_random(rng, 1)), _random(rng))
    value = formation.additive_trace(traces, 8, 16)
    np.testing.assert_allclose(value, low_pass(traces.B, 8) + low_pass(traces.C, 16) + traces.T, atol=1e-6)
    constant = Traces(*(np.full((1, 32, 32, 3), c, np.float32) for c in (0.1, 0.02, 0.003)), None, None)
    np.testing.assert_allclose(formation.additive_trace(constant, 8, 16), 0.123, atol=1e-6)


def test_spoof_generation_covers_after_it_adds(rng):
    live, T_A, T_P = (_random(rng) for _ in range(3))
    P = rng.random((2, 32, 32, 1)).astype(np.float32)
    value = formation.spoof_generation(live, T_A, P, T_P)
    pixel = (1, 5, 7)
    expected = (1 - P[pixel]) * (live[pixel] + T_A[pixel]) + P[pixel] * T_P[pixel]
    np.testing.assert_allclose(value[pixel], expected, rtol=1e-5)
    np.testing.assert_array_equal(formation.spoof_generation(live, 0 * T_A, 0 * P, T_P), live)
    np.testing.assert_array_equal(formation.spoof_generation(live, T_A, np.ones_like(P), T_P), T_P)


def test_where_all_is_covered_the_live_face_has_no_gradient(rng):
    live, P = tf.constant(_random(rng)), np.zeros((2, 32, 32, 1), np.float32)
    P[:, :16] = 1
    with tf.GradientTape() as tape:
        tape.watch(live)
        value = tf.reduce_sum(formation.spoof_generation(live, _random(rng), P, _random(rng)))
    gradient = tape.gradient(value, live).numpy()
    assert not gradient[:, :16].any() and (gradient[:, 16:] == 1).all()


def test_disentanglement_cost_bounds_the_change(rng):
    image, T_A, I_P = (_random(rng) for _ in range(3))
    P = rng.random((2, 32, 32, 1)).astype(np.float32)
    cost = formation.disentanglement_cost(image, T_A, P, I_P)
    np.testing.assert_allclose(cost, _norms((1 - P) * T_A) + _norms(P * (image - I_P)), rtol=1e-5)
    change = formation.trace_intensity(image, reconstruct_live(image, T_A, P, I_P))
    assert np.all(change.numpy() <= cost.numpy() + 1e-4)
    # Eq. (6) bounds this norm, with equality if there is no inpainting.
    alone = formation.trace_intensity(image, reconstruct_live(image, T_A, 0 * P, I_P))
    np.testing.assert_allclose(alone, formation.disentanglement_cost(image, T_A, 0 * P, I_P), rtol=1e-4)


def test_content_free_cost_leaves_the_content_free(rng):
    T_A, P = _random(rng), rng.random((2, 32, 32, 1)).astype(np.float32)
    value = formation.content_free_cost(T_A, P, lambda_=2.0)
    np.testing.assert_allclose(value, _norms((1 - P) * T_A) + 2 * _norms(P), rtol=1e-5)
