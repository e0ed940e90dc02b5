"""Eq. (16) to (24) compared with NumPy and with the text of the paper."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf import losses
from phystd_tf.hparams import PRINTED
from phystd_tf.traces import Traces


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def _random(rng, *shape):
    return rng.uniform(-1, 1, shape).astype(np.float32)


def _maps(rng, values=None):
    shapes = [(2, 4, 4, 1), (2, 12, 12, 1), (2, 32, 32, 1), (2, 32, 32, 1)]
    if values is not None:
        return [np.full(shape, value, np.float32) for shape, value in zip(shapes, values)]
    return [_random(rng, *shape) for shape in shapes]


def test_depth_loss_is_the_mean_absolute_difference(rng):
    M, M0 = _random(rng, 3, 8, 8, 1), _random(rng, 3, 8, 8, 1)
    expected = np.mean([np.abs(M[i] - M0[i]).sum() / 64 for i in range(3)])
    np.testing.assert_allclose(losses.depth_loss(M, M0, PRINTED), expected, rtol=1e-6)
    summed = dataclasses.replace(PRINTED, depth_reduction="sum")
    np.testing.assert_allclose(losses.depth_loss(M, M0, summed), 64 * expected, rtol=1e-6)


def test_generator_adversarial_loss_adds_four_squares(rng):
    fake = _maps(rng)
    expected = sum(np.mean((map_ - 1) ** 2) for map_ in fake)
    np.testing.assert_allclose(losses.generator_adversarial_loss(fake, PRINTED), expected, rtol=1e-5)
    assert losses.generator_adversarial_loss(_maps(rng, [1, 1, 1, 1]), PRINTED) == 0
    assert losses.generator_adversarial_loss(_maps(rng, [1, 1, 1, 0]), PRINTED) == 1


def test_discriminator_adversarial_loss_adds_eight_squares(rng):
    real, fake = _maps(rng), _maps(rng)
    expected = sum(np.mean((map_ - 1) ** 2) for map_ in real) + sum(np.mean(map_**2) for map_ in fake)
    np.testing.assert_allclose(losses.discriminator_adversarial_loss(real, fake, PRINTED), expected, rtol=1e-5)
    perfect = losses.discriminator_adversarial_loss(_maps(rng, [1] * 4), _maps(rng, [0] * 4), PRINTED)
    undecided = losses.discriminator_adversarial_loss(_maps(rng, [0.5] * 4), _maps(rng, [0.5] * 4), PRINTED)
    assert perfect == 0 and undecided == 2


def test_a_patch_map_counts_as_the_flat_vector_of_its_patches(rng):
    fake = _maps(rng)
    flat = [map_.reshape(2, -1) for map_ in fake]
    np.testing.assert_allclose(
        losses.generator_adversarial_loss(fake, PRINTED), losses.generator_adversarial_loss(flat, PRINTED), rtol=1e-6
    )


def test_strong_trace_region_is_a_threshold_without_gradient(rng):
    T_A = tf.constant([[[[0.0, 0.0, 0.27]], [[0.1, 0.1, 0.13]], [[-0.2, -0.2, 0.2]]]])  # [1, 3, 1, 3]
    np.testing.assert_array_equal(tf.reshape(losses.strong_trace_region(T_A, PRINTED), [-1]), [0, 1, 1])
    largest = dataclasses.replace(PRINTED, region_reduction="max")
    np.testing.assert_array_equal(tf.reshape(losses.strong_trace_region(T_A, largest), [-1]), [1, 1, 1])
    with tf.GradientTape() as tape:
        tape.watch(T_A)
        value = tf.reduce_sum(losses.strong_trace_region(T_A, PRINTED) * T_A)
    np.testing.assert_array_equal(
        tape.gradient(value, T_A), losses.strong_trace_region(T_A, PRINTED) * tf.ones_like(T_A)
    )


def test_inpainting_mask_loss_has_a_positive_and_a_normalized_negative_term(rng):
    P, T_A = np.abs(_random(rng, 2, 8, 8, 1)), _random(rng, 2, 8, 8, 3)
    P0 = (rng.random((2, 8, 8, 1)) < 0.3).astype(np.float32)
    region = (np.abs(T_A).mean(-1, keepdims=True) > 0.1).astype(np.float32)
    expected = np.mean(
        [np.mean((P[i] - region[i]) ** 2) + np.sum((P[i] * P0[i]) ** 2) / np.sum(P0[i] ** 2) for i in range(2)]
    )
    np.testing.assert_allclose(losses.inpainting_mask_loss(P, T_A, P0, PRINTED), expected, rtol=1e-5)


@pytest.mark.parametrize("within, best", [("crop", 0.5), ("allowed", 0.0)])
def test_the_best_P_of_a_strong_trace_where_nothing_may_be_inpainted(within, best):
    hparams = dataclasses.replace(PRINTED, region_within=within)
    ones = tf.ones((1, 8, 8, 1))
    P = tf.Variable(best * ones)
    with tf.GradientTape() as tape:
        value = losses.inpainting_mask_loss(P, tf.ones((1, 8, 8, 3)), ones, hparams)
    np.testing.assert_allclose(tape.gradient(value, P), 0, atol=1e-7)


def test_where_inpainting_is_allowed_a_strong_trace_asks_for_it_either_way(rng):
    P, T_A = np.abs(_random(rng, 2, 8, 8, 1)), _random(rng, 2, 8, 8, 3)
    nothing = np.zeros((2, 8, 8, 1), np.float32)
    either = [
        losses.inpainting_mask_loss(P, T_A, nothing, dataclasses.replace(PRINTED, region_within=within))
        for within in ("crop", "allowed")
    ]
    assert either[0] == either[1]


def test_inpainting_mask_loss_is_defined_where_all_may_be_inpainted(rng):
    P, T_A = tf.constant(np.abs(_random(rng, 1, 8, 8, 1))), _random(rng, 1, 8, 8, 3)
    with tf.GradientTape() as tape:
        tape.watch(P)
        value = losses.inpainting_mask_loss(P, T_A, np.zeros((1, 8, 8, 1), np.float32), PRINTED)
    region = losses.strong_trace_region(T_A, PRINTED)
    np.testing.assert_allclose(value, tf.reduce_mean(tf.square(P - region)), rtol=1e-6)
    assert np.all(np.isfinite(tape.gradient(value, P)))


def _traces(rng, n=2, size=8):
    return Traces(*(_random(rng, n, size, size, channels) for channels in (3, 3, 3, 1, 3)))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_regularization_loss_is_the_squared_norm_of_B_C_T_and_P(rng, reduction):
    traces = _traces(rng)
    of_face = np.mean if reduction == "mean" else np.sum
    expected = sum(np.mean([of_face(trace[i] ** 2) for i in range(2)]) for trace in traces[:4])
    is_live, hparams = tf.constant([1.0, 0.0]), dataclasses.replace(PRINTED, regularization_reduction=reduction)
    np.testing.assert_allclose(losses.regularization_loss(traces, is_live, hparams), expected, rtol=1e-5)
    changed = traces._replace(I_P=traces.I_P + 1)
    np.testing.assert_allclose(losses.regularization_loss(changed, is_live, hparams), expected, rtol=1e-5)


def test_regularization_of_live_faces_can_weigh_more(rng):
    traces = _traces(rng)
    weighted = dataclasses.replace(PRINTED, regularization_live_weight=3.0, lambda_=2.0)
    per_face = [sum(np.mean(trace[i] ** 2) for trace in traces[:3]) + 2.0 * np.mean(traces.P[i] ** 2) for i in range(2)]
    value = losses.regularization_loss(traces, tf.constant([1.0, 0.0]), weighted)
    np.testing.assert_allclose(value, (3 * per_face[0] + per_face[1]) / 2, rtol=1e-5)


@pytest.mark.parametrize("reduction, best", [("sum", 1 / (1 + 0.5 * 1e-4 * 256**2)), ("mean", 1 / (1 + 0.5 * 1e-4))])
def test_what_eq_19_and_20_make_of_P_in_a_strong_trace(reduction, best):
    """The best P where the trace is strong and P0 = 0; half of the faces are spoofs (decisions table)."""
    hparams = dataclasses.replace(PRINTED, regularization_reduction=reduction)
    T_A, zero = tf.ones((1, 256, 256, 3)), tf.zeros((2, 256, 256, 3))
    P = tf.Variable(tf.fill((1, 256, 256, 1), best))
    with tf.GradientTape() as tape:
        traces = Traces(zero, zero, zero, tf.concat([tf.zeros_like(P), P], axis=0), zero)
        L_P = losses.inpainting_mask_loss(P, T_A, tf.zeros_like(P), hparams)
        L_R = losses.regularization_loss(traces, tf.constant([1.0, 0.0]), hparams)
        objective = hparams.alpha3 * L_P + hparams.alpha4 * L_R
    curvature = 2 * (1 + (0.5 * 1e-4 * 256**2 if reduction == "sum" else 0.5 * 1e-4))  # of the sum over pixels
    error_of_P = tape.gradient(objective, P) * 256**2 / curvature
    np.testing.assert_allclose(error_of_P, 0, atol=1e-5)


def test_synthesis_loss_is_l1_and_stops_the_gradient_of_the_truth(rng):
    estimate, truth = tf.constant(_random(rng, 2, 8, 8, 3)), tf.constant(_random(rng, 2, 8, 8, 3))
    with tf.GradientTape() as tape:
        tape.watch([estimate, truth])
        value = losses.synthesis_loss(estimate, truth, PRINTED)
    to_estimate, to_truth = tape.gradient(value, [estimate, truth])
    np.testing.assert_allclose(value, np.abs(estimate - truth).mean(), rtol=1e-6)
    assert to_truth is None
    assert np.all(np.abs(to_estimate) > 0)


def test_harder_depth_loss_wants_zero_depth(rng):
    M = np.abs(_random(rng, 2, 8, 8, 1))
    np.testing.assert_allclose(losses.harder_depth_loss(M, PRINTED), M.mean(), rtol=1e-6)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_expectation_over_no_face_is_zero_with_finite_gradient(reduction):
    nothing = tf.zeros((0, 4, 4, 3))
    assert losses.face_expectation(nothing, reduction) == 0
    assert losses.regularization_loss(Traces(*[nothing] * 3, nothing[..., :1], nothing), tf.zeros([0]), PRINTED) == 0
    assert losses.inpainting_mask_loss(nothing[..., :1], nothing, nothing[..., :1], PRINTED) == 0


def test_step1_objective_is_the_weighted_sum():
    terms = losses.GeneratorLosses(*(tf.constant(float(2**power)) for power in range(6)))
    np.testing.assert_allclose(losses.step1_objective(terms, PRINTED), 100 * 1 + 5 * 2 + 1 * 4 + 1e-4 * 8, rtol=1e-6)


def test_step3_objective_is_the_weighted_sum():
    terms = losses.GeneratorLosses(*(tf.constant(float(2**power)) for power in range(6)))
    np.testing.assert_allclose(losses.step3_objective(terms, PRINTED), 10 * 16 + 1 * 32, rtol=1e-6)


def test_a_weight_of_zero_removes_the_gradient_of_its_term():
    values = [tf.Variable(float(power + 1)) for power in range(6)]
    hparams = dataclasses.replace(PRINTED, alpha3=0.0, alpha6=0.0)
    with tf.GradientTape() as tape:
        terms = losses.GeneratorLosses(*(tf.identity(value) for value in values))
        objective = losses.step1_objective(terms, hparams) + losses.step3_objective(terms, hparams)
    np.testing.assert_allclose(tape.gradient(objective, values), [100, 5, 0, 1e-4, 10, 0])


def test_losses_trace_with_an_unknown_batch_size(rng):
    def everything(T_A, P, P0, traces, is_live):
        return losses.inpainting_mask_loss(P, T_A, P0, PRINTED) + losses.regularization_loss(traces, is_live, PRINTED)

    spec = lambda channels: tf.TensorSpec((None, 8, 8, channels))  # noqa: E731
    traced = tf.function(
        everything,
        input_signature=[spec(3), spec(1), spec(1), Traces(*map(spec, (3, 3, 3, 1, 3))), tf.TensorSpec((None,))],
    )
    traces = _traces(rng, n=5)
    arguments = (_random(rng, 5, 8, 8, 3), np.abs(traces.P), np.ones_like(traces.P), traces, tf.ones([5]))
    np.testing.assert_allclose(traced(*arguments), everything(*arguments), rtol=1e-5)
