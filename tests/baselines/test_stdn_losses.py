"""The trace of STDN and its losses compared with NumPy."""

import numpy as np
import tensorflow as tf

from phystd_tf.baselines import stdn_losses
from phystd_tf.baselines.stdn_losses import SpoofTrace, Terms, trace_elements
from phystd_tf.physics.formation import stdn_spoof
from phystd_tf.physics.synthesis import warp_traces
from phystd_tf.traces import Traces
from tests.baselines.numpy_layers import upsample
from tests.training.tiny import random_batch

RNG = np.random.default_rng(0)


def _field(*shape, low=-0.5, high=0.5):
    return RNG.uniform(low, high, shape).astype(np.float32)


def test_elements_add_up_to_the_trace_of_the_paper():
    image = _field(2, 16, 16, 3, low=0, high=1)
    trace = SpoofTrace(_field(2, 1, 1, 3), _field(2, 1, 1, 3), _field(2, 4, 4, 3), _field(2, 16, 16, 3))
    elements = trace_elements(tf.constant(image), SpoofTrace(*map(tf.constant, trace))).numpy()
    assert elements.shape == (4, 2, 16, 16, 3)
    live = (1 - trace.s) * image - trace.b - upsample(trace.C, 16) - trace.T
    np.testing.assert_allclose(image - elements.sum(axis=0), live, atol=1e-6)
    np.testing.assert_allclose(elements[0], trace.s * image, atol=1e-7)
    np.testing.assert_array_equal(elements[3], trace.T)


def test_a_change_of_contrast_as_in_equation_1_of_phystd_is_undone():
    live, S = _field(2, 16, 16, 3, low=0, high=1), _field(2, 1, 1, 3)
    nothing = tf.zeros((2, 16, 16, 3))
    spoof = stdn_spoof(live, tf.broadcast_to(S, (2, 16, 16, 3)), nothing, nothing, nothing, n1=1, n2=4)
    trace = SpoofTrace(S / (1 + S), tf.zeros((2, 1, 1, 3)), tf.zeros((2, 4, 4, 3)), nothing)
    np.testing.assert_allclose(spoof - tf.reduce_sum(trace_elements(spoof, trace), axis=0), live, atol=1e-6)


def test_elements_are_warped_as_the_texture_of_phystd_is():
    batch = random_batch()
    elements = tf.constant(_field(4, 2, 32, 32, 3))
    warped = stdn_losses.warp_elements(elements, batch.spoof, batch.live)
    for element, moved in zip(elements, warped):
        nothing = tf.zeros_like(element)
        traces = Traces(nothing, nothing, element, nothing[..., :1], nothing)
        np.testing.assert_allclose(moved, warp_traces(traces, batch.spoof, batch.live, 4, 16).T, atol=1e-6)
    assert np.abs(warped - elements).max() > 0.1
    np.testing.assert_allclose(stdn_losses.warp_elements(elements, batch.live, batch.live), elements, atol=1e-5)


def test_one_element_of_each_face_is_dropped_and_the_seed_says_which():
    elements = _field(4, 64, 2, 2, 3, low=0.1)
    kept, again, other = (
        stdn_losses.drop_element(tf.constant(elements), tf.constant([3, step], tf.int64)).numpy() for step in (0, 0, 1)
    )
    dropped = np.all(kept == 0, axis=(2, 3, 4))
    np.testing.assert_array_equal(dropped.sum(axis=0), 1)
    np.testing.assert_array_equal(kept, np.where(dropped[:, :, None, None, None], 0, elements))
    assert np.all(dropped.sum(axis=1) > 5)  # each element is dropped from some of the 64 faces
    np.testing.assert_array_equal(kept, again)
    assert np.any(kept != other)


def test_regressor_wants_0_of_live_faces_and_1_of_spoofs():
    live, spoof = _field(3, 2, 2, 1, low=0, high=1), _field(2, 2, 2, 1, low=0, high=1)
    np.testing.assert_allclose(stdn_losses.regressor_loss(live, spoof), live.mean() + (1 - spoof).mean(), rtol=1e-6)
    assert float(stdn_losses.regressor_loss(tf.zeros_like(live), tf.ones_like(spoof))) == 0


def test_regularization_weighs_live_faces_by_beta():
    live, spoof = _field(3, 4, 4, 3), _field(2, 4, 4, 3)
    expected = 1e5 * np.float64(live**2).mean() + np.float64(spoof**2).mean()
    np.testing.assert_allclose(stdn_losses.trace_regularizer(live, spoof), expected, rtol=1e-5)


def test_objective_has_the_weights_of_the_paper():
    terms = Terms(L_depth=2.0, L_G=3.0, L_R=5.0, L_H=7.0, L_S=11.0)
    np.testing.assert_allclose(stdn_losses.objective(terms), 100 * 2 + 1 * 3 + 1e-3 * 5 + 50 * 7 + 1 * 11)
