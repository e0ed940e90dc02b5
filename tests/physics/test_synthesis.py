"""Eq. (8) and (15), and harder samples."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.hparams import PAPER
from phystd_tf.physics.bands import low_pass
from phystd_tf.physics.formation import spoof_generation
from phystd_tf.physics.synthesis import (
    WarpedTraces,
    harder_weights,
    synthesize_spoof,
    warp_traces,
    weigh,
)
from phystd_tf.traces import Traces
from tests.training.tiny import random_batch


@pytest.fixture
def rng():
    return np.random.default_rng(9)


def _random(rng, channels=3, n=4):
    return rng.uniform(0, 1, (n, 32, 32, channels)).astype(np.float32)


def _warped(rng, n=4):
    return WarpedTraces(*(tf.constant(_random(rng, channels, n)) for channels in (3, 3, 3, 1, 3)))


def test_synthesis_is_the_spoof_generation_with_the_source_as_cover(rng):
    live, T_A, P, source = _random(rng), _random(rng), _random(rng, 1), _random(rng)
    value = synthesize_spoof(live, T_A, P, source)
    np.testing.assert_allclose(value, spoof_generation(live, T_A, P, T_P=source), atol=1e-6)
    pixel = (1, 3, 4)
    expected = (1 - P[pixel]) * (live[pixel] + T_A[pixel]) + P[pixel] * source[pixel]
    np.testing.assert_allclose(value[pixel], expected, rtol=1e-5)


def test_all_elements_of_the_source_are_warped_alike(rng):
    batch = random_batch()
    traces = Traces(*(tf.constant(_random(rng, channels, 2)) for channels in (3, 3, 3, 1, 3)))
    same = warp_traces(traces, batch.spoof, batch.spoof, 4, 16)
    np.testing.assert_allclose(same.B, low_pass(traces.B, 4), atol=1e-5)
    np.testing.assert_allclose(same.C, low_pass(traces.C, 16), atol=1e-5)
    np.testing.assert_allclose(same.T_A, same.B + same.C + same.T, atol=1e-6)
    # Traces that are the image itself stay equal to it through the warp.
    copies = traces._replace(T=batch.spoof.image, P=batch.spoof.image[..., :1])
    moved = warp_traces(copies, batch.spoof, batch.live, 4, 16)
    np.testing.assert_allclose(moved.T, moved.image, atol=1e-6)
    np.testing.assert_allclose(moved.P, moved.image[..., :1], atol=1e-6)
    assert np.abs(moved.image - batch.spoof.image).max() > 0.05


def _harden(warped, seed, hparams):
    return weigh(warped, harder_weights(len(warped.P), seed, hparams))


def test_harder_traces_are_scaled_face_by_face_and_trace_by_trace(rng):
    warped = _warped(rng)
    hard = _harden(warped, tf.constant([1, 2], tf.int64), PAPER)
    weights = np.stack([tf.reduce_max(h / w, axis=(1, 2, 3)) for h, w in zip(hard[:3], warped[:3])])
    for h, w, weight in zip(hard[:3], warped[:3], weights):
        np.testing.assert_allclose(h, w * weight[:, None, None, None], rtol=1e-4, atol=1e-6)
    assert (weights >= 0).all() and (weights <= 1).all()
    assert len(np.unique(np.round(weights, 4))) == weights.size
    np.testing.assert_array_equal(hard.image, warped.image)


def test_harder_traces_lose_their_inpainting_half_of_the_time(rng):
    warped = _warped(rng, n=200)
    warped = WarpedTraces(*(part[:, :2, :2] for part in warped))
    hard = _harden(warped, tf.constant([5, 6], tf.int64), PAPER)
    dropped = np.array([not np.any(P) for P in hard.P])
    assert 0.38 < dropped.mean() < 0.62
    np.testing.assert_array_equal(hard.P[~dropped], warped.P[~dropped])
    never = _harden(warped, tf.constant([5, 6], tf.int64), dataclasses.replace(PAPER, harder_drop_inpainting=0.0))
    np.testing.assert_array_equal(never.P, warped.P)


def test_harder_traces_follow_the_seed(rng):
    warped = _warped(rng)
    one, same, other = (_harden(warped, tf.constant([1, i], tf.int64), PAPER) for i in (7, 7, 8))
    np.testing.assert_array_equal(one.B, same.B)
    assert np.any(one.B != other.B)


def test_weights_stay_within_the_range_that_is_asked_for(rng):
    warped = _warped(rng)
    narrow = dataclasses.replace(PAPER, harder_min_weight=0.5, harder_max_weight=0.5)
    np.testing.assert_allclose(_harden(warped, tf.constant([1, 2], tf.int64), narrow).C, 0.5 * warped.C, rtol=1e-6)


def test_each_element_of_each_face_has_its_own_weight(rng):
    warped = _warped(rng, n=2)
    weights = np.array([[0, 1], [0.5, 2], [3, 0.25], [1, 0.5]], np.float32)
    weighed = weigh(warped, tf.constant(weights))
    for name, own in zip(("B", "C", "T", "P"), weights):
        for face in range(2):
            np.testing.assert_allclose(
                getattr(weighed, name)[face], own[face] * getattr(warped, name)[face], rtol=1e-6, err_msg=name
            )
    np.testing.assert_array_equal(weighed.image, warped.image)


def test_weights_of_harder_traces_are_one_of_each_element_and_face():
    weights = harder_weights(4, tf.constant([3, 4], tf.int64), PAPER)
    assert weights.shape == (4, 4) and set(weights.numpy()[3]) <= {0.0, 1.0}
