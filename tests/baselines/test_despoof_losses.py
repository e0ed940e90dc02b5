"""The losses of DeSpoof compared with NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.baselines import despoof_losses
from phystd_tf.physics.warp import dense_offset, sample
from tests.baselines.numpy_layers import average, upsample
from tests.training.tiny import random_batch

RNG = np.random.default_rng(0)
IS_LIVE = np.float32([1, 0, 0])


def test_map_is_wanted_to_be_0_on_live_faces_and_1_on_spoofs():
    spoof_map = RNG.random((3, 4, 4, 1), np.float32)
    expected = (spoof_map[0].mean() + (1 - spoof_map[1:]).mean() * 2) / 3
    np.testing.assert_allclose(despoof_losses.map_loss(spoof_map, IS_LIVE), expected, rtol=1e-6)


def test_magnitude_is_the_mean_of_the_noise_without_its_sign():
    noise = RNG.normal(size=(2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(despoof_losses.magnitude_loss(noise), np.abs(noise).mean(), rtol=1e-6)


def _peak(noise):
    """The definition: the central square, a quarter of the side, is cut out of the shifted spectrum."""
    size = noise.shape[1]
    spectrum = np.fft.fftshift(np.abs(np.fft.fft2(noise, axes=(1, 2))), axes=(1, 2))
    half = size // 8
    middle = slice(size // 2 - half + 1, size // 2 + half)
    spectrum[:, middle, middle] = 0
    return np.log1p(spectrum.max(axis=(1, 2, 3)))


def test_peak_is_that_of_the_spectrum_without_its_middle():
    noise = RNG.normal(size=(3, 32, 32, 3))
    np.testing.assert_allclose(despoof_losses.repetitive_peak(tf.constant(noise, tf.float32)), _peak(noise), rtol=1e-5)


@pytest.mark.parametrize(
    "periods, seen", [((0, 0), False), ((3, 3), False), ((3, 4), True), ((4, 0), True), ((9, 2), True)]
)
def test_waves_are_seen_from_an_eighth_of_the_side_on(periods, seen):
    y, x = np.mgrid[:32, :32] / 32
    wave = np.cos(2 * np.pi * (periods[0] * y + periods[1] * x))
    noise = np.repeat(wave[np.newaxis, ..., np.newaxis], 3, -1).astype(np.float32)
    peak = despoof_losses.repetitive_peak(noise)
    np.testing.assert_allclose(peak, [np.log1p(512.0) if seen else 0.0], atol=1e-2)


def test_repetition_is_wanted_of_spoofs_and_not_of_live_faces():
    noise = RNG.normal(size=(3, 16, 16, 3)).astype(np.float32)
    live, *spoof = _peak(noise)
    np.testing.assert_allclose(despoof_losses.repetitive_loss(noise, IS_LIVE), (live - sum(spoof)) / 3, rtol=1e-4)


def test_gradient_of_the_peak_is_finite_even_without_noise():
    noise = tf.Variable(tf.zeros((2, 16, 16, 3)))
    with tf.GradientTape() as tape:
        loss = despoof_losses.repetitive_loss(noise, tf.constant([1.0, 0.0]))
    assert np.all(np.isfinite(tape.gradient(loss, noise)))


def test_losses_of_the_look_are_cross_entropies():
    real, fake = RNG.normal(size=(2, 3, 1)).astype(np.float32)

    def probability(logit):
        return 1 / (1 + np.exp(-np.float64(logit)))

    expected = -np.log(probability(real)).mean() - np.log(1 - probability(fake)).mean()
    np.testing.assert_allclose(despoof_losses.visual_quality_loss(real, fake), expected, rtol=1e-5)
    np.testing.assert_allclose(despoof_losses.realism_loss(fake), -np.log(probability(fake)).mean(), rtol=1e-5)


def test_depth_is_borrowed_from_the_live_face_in_the_shape_of_the_spoof():
    batch = random_batch()
    depth = RNG.random((2, 4, 4, 1), np.float32)
    live = batch.live._replace(depth=tf.constant(depth))
    offset = dense_offset(live.vertices, batch.spoof.vertices, batch.spoof.triangles, batch.spoof.triangle_map)
    expected = average(sample(tf.constant(upsample(depth, 32), tf.float32), offset).numpy(), 8)
    np.testing.assert_allclose(despoof_losses.borrowed_depth(live, batch.spoof), expected, atol=1e-5)


def test_objective_has_the_weights_of_the_paper():
    total = despoof_losses.objective(L_depth=2.0, L_magnitude=3.0, L_repetitive=5.0, L_DQ=7.0, L_VQ=11.0)
    np.testing.assert_allclose(total, 2 + 3 * 3 + 0.005 * 5 + 0.1 * 7 + 0.016 * 11)
