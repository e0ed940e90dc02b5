import numpy as np
import tensorflow as tf

from phystd_tf.figures.transfer import transferred
from phystd_tf.physics.formation import additive_trace
from phystd_tf.physics.reconstruction import reconstruct_live
from phystd_tf.physics.synthesis import synthesize_spoof, warp_traces
from phystd_tf.traces import Traces
from tests.training.tiny import random_batch, tiny_hparams

H = tiny_hparams()


def _one(faces, place):
    return tf.nest.map_structure(lambda value: value[place : place + 1], faces)


def _traces(rng, n=2):
    B, C, T, I_P = (tf.constant(rng.uniform(-0.3, 0.3, (n, 32, 32, 3)), tf.float32) for _ in range(4))
    return Traces(B, C, T, tf.constant(rng.integers(0, 2, (n, 32, 32, 1)), tf.float32), I_P)


def test_the_traces_of_a_face_on_its_own_live_counterpart_give_the_face_back():
    """P is 0 or 1: in between, Eq. (8) does not undo Eq. (5)."""
    spoofs, traces = random_batch().spoof, _traces(np.random.default_rng(0))
    for place in range(2):
        own, source = Traces(*_one(tuple(traces), place)), _one(spoofs, place)
        live = reconstruct_live(source.image, additive_trace(own, H.n1, H.n2), own.P, own.I_P)
        assert np.abs(live - source.image).max() > 0.2
        made = transferred(own, source, source._replace(image=live), H)
        np.testing.assert_allclose(made, source.image, atol=1e-4)


def test_each_source_is_warped_to_the_one_target():
    batch, traces = random_batch(), _traces(np.random.default_rng(1))
    made = transferred(traces, batch.spoof, _one(batch.live, 1), H)
    assert made.shape == (2, 32, 32, 3)
    for place in range(2):
        target, source = _one(batch.live, 1), _one(batch.spoof, place)
        warped = warp_traces(Traces(*_one(tuple(traces), place)), source, target, H.n1, H.n2)
        alone = synthesize_spoof(target.image, warped.T_A, warped.P, warped.image)
        np.testing.assert_allclose(made[place], alone[0], atol=1e-5)
