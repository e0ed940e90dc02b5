"""Toy glasses and pieces of paper hide a part of the face, move with the head, and change nothing else."""

import dataclasses

import cv2
import numpy as np
import pytest

from phystd_tf.synthetic.composition import compose
from phystd_tf.synthetic.media import funny_eyeglasses, partial_paper
from phystd_tf.synthetic.scene.scene import Light

ALL = (funny_eyeglasses, partial_paper)
EYES, MOUTH, APART = (33, 133, 362, 263), (61, 291, 13), (152, 10)


def _ids(module):
    return module.__name__.rsplit(".", 1)[-1]


def _drawn(module, wanted, count=4):
    """Some parameters with instruments whose names contain a word."""
    every = [module.sample(np.random.default_rng(seed)) for seed in range(80)]
    return [p for p in every if wanted in p.instrument][:count]


def _layers(module, shot, p):
    return module.layers(shot, p, np.random.default_rng(0))


def _covers(shot, layers, vertices, reach):
    """Whether each vertex is within ``reach`` pixels of the covered region."""
    far = cv2.distanceTransform((layers.P[..., 0] < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    x, y = np.round(shot.rendering.vertices[list(vertices)]).astype(int).T
    return far[y, x] <= reach


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_layers_satisfy_the_equation(module, shoot):
    shot = shoot()
    for instrument in module.INSTRUMENTS:
        layers = _layers(module, shot, _drawn(module, instrument)[0])
        for values in layers:
            assert values.dtype == np.float32
            np.testing.assert_allclose(values * 255, np.round(values * 255), atol=1e-3)
        assert layers.P.min() >= 0 and layers.P.max() <= 1 and 0.01 < layers.P.mean() < 0.2
        assert not layers.T_P[layers.P[..., 0] == 0].any()
        assert (shot.live + layers.T_A).min() > -1e-6 and layers.T_A.max() < 1e-6, "only a shadow"
        # The visible content is a toy or a print, not the face below it.
        hidden = layers.P[..., 0] > 0.9
        assert np.abs(compose(shot.live, layers) - shot.live)[hidden].mean() > 0.05


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_all_instruments_are_drawn_and_seeds_matter(module, shoot):
    shot = shoot()
    assert {module.sample(np.random.default_rng(seed)).instrument for seed in range(80)} == set(module.INSTRUMENTS)
    one, again, other = (_layers(module, shot, module.sample(np.random.default_rng(seed))) for seed in (4, 4, 5))
    assert all(np.array_equal(a, b) for a, b in zip(one, again))
    assert any(not np.array_equal(a, b) for a, b in zip(one, other))


@pytest.mark.parametrize("yaw", (-20.0, 0.0, 20.0))
def test_each_instrument_covers_the_named_part_and_follows_the_head(yaw, shoot):
    shot = shoot(yaw=yaw, expression={"jaw_open": 0.8})
    kinds = ((funny_eyeglasses, "", EYES, MOUTH), (partial_paper, "eye", EYES, MOUTH))
    for module, word, hidden, free in kinds + ((partial_paper, "mouth", (13,), EYES),):
        for p in _drawn(module, word):
            layers = _layers(module, shot, p)
            # A small piece may leave a corner of an eye uncovered.
            assert _covers(shot, layers, hidden, 4).all(), (p, yaw)
            assert not _covers(shot, layers, free + APART, 0).any(), (p, yaw)


@pytest.mark.parametrize("yaw", (-25.0, 25.0))
def test_toys_turn_with_the_head(yaw, shoot):
    shot = shoot(yaw=yaw, roll=0.0)
    layers = _layers(funny_eyeglasses, shot, _drawn(funny_eyeglasses, "")[0])
    covered = layers.P[..., 0]
    middle = (covered * np.arange(covered.shape[1])).sum() / covered.sum()
    assert abs(middle - shot.rendering.vertices[list(EYES), 0].mean()) < 1.6


def test_eye_and_mouth_instruments_differ_by_name():
    for word, other in (("eye", "mouth"), ("mouth", "eye")):
        kinds = [name for name in partial_paper.INSTRUMENTS if word in name]
        assert len(kinds) >= 2 and not any(other in name for name in kinds)
    assert all("eye" in name or "mouth" in name for name in partial_paper.INSTRUMENTS)


def test_paper_does_not_move_with_an_expression(shoot):
    """Printed eyes do not blink: the print does not depend on the expression below it."""
    p = _drawn(partial_paper, "eye")[0]
    awake, asleep = (shoot(expression={"eyes_close": weight}) for weight in (-0.4, 2.0))
    one, two = (_layers(partial_paper, shot, p) for shot in (awake, asleep))
    both = (one.P[..., 0] > 0.99) & (two.P[..., 0] > 0.99)
    assert both.sum() > 200
    printed, below = (np.abs(a - b)[both].mean() for a, b in ((one.T_P, two.T_P), (awake.live, asleep.live)))
    assert printed < 0.4 * below


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_they_are_lit_like_the_scene(module, shoot):
    left, right = (shoot(yaw=0.0, roll=0.0, lights=(Light((s * 0.7, -0.2, 0.69), (1.2,) * 3),)) for s in (-1, 1))
    for p in _drawn(module, "eye" if module is partial_paper else module.INSTRUMENTS[0], 2):
        one, two = (_layers(module, shot, p) for shot in (left, right))
        both = (one.P[..., 0] > 0.9) & (two.P[..., 0] > 0.9)
        change = (one.T_P - two.T_P).mean(-1)
        columns = np.broadcast_to(np.arange(both.shape[1]), both.shape) - left.rendering.vertices[6, 0]
        assert change[both & (columns < -8)].mean() > change[both & (columns > 8)].mean() + 0.03


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_they_cast_a_shadow(module, shoot):
    shot = shoot()
    for p in _drawn(module, "", 3):
        layers = _layers(module, shot, dataclasses.replace(p, shadow=0.6))
        free = layers.P[..., 0] == 0
        assert layers.T_A[free].min() < -0.04
        assert not layers.T_A[~np.isfinite(shot.rendering.z)].any()
