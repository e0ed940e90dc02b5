"""Eq. (10)."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.liveness import liveness_score
from phystd_tf.networks.network import score_terms
from phystd_tf.traces import GeneratorOutput, Traces


def test_equation_10():
    assert liveness_score(0.5, 0.1, 0.2, 0.3, 0.4, alpha0=-2.0) == pytest.approx(-1.5)
    terms = np.random.default_rng(0).uniform(size=(5, 7))
    by_hand = [t[0] - 0.3 * sum(t[1:]) for t in terms.T]
    np.testing.assert_allclose(liveness_score(*terms, alpha0=-0.3), by_hand)
    assert "Eq. (10)" in liveness_score.__doc__


def test_the_score_of_raw_maps():
    rng = np.random.default_rng(1)
    M, P = rng.uniform(size=(3, 4, 4, 1)), rng.uniform(size=(3, 6, 6, 1))
    B, C, T, I_P = rng.uniform(-1, 1, size=(4, 3, 6, 6, 3))
    terms = score_terms(GeneratorOutput(*tf.nest.map_structure(tf.constant, (M, Traces(B, C, T, P, I_P)))))
    scores = liveness_score(**terms, alpha0=-0.7)
    for i in range(3):
        depth = np.linalg.norm(M[i].ravel(), 1) / (2 * 4**2)
        traces = sum(np.linalg.norm(trace[i].ravel(), 1) for trace in (B, C, T, P)) / (2 * 6**2)
        assert float(scores[i]) == pytest.approx(depth - 0.7 * traces, rel=1e-9)
