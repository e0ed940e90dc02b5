"""Makeup is lit like the face, keeps its position on the skin, and changes nothing but skin."""

import dataclasses

import numpy as np
import pytest

from phystd_tf.synthetic.composition import compose
from phystd_tf.synthetic.media import cosmetic_makeup, impersonation_makeup, makeup, masks, obfuscation_makeup
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.subjects import Glasses
from phystd_tf.synthetic.scene.scene import Light

ALL = (obfuscation_makeup, impersonation_makeup, cosmetic_makeup)
GLASSES = Glasses(rim=(0.1, 0.1, 0.1), thickness=0.14, roundness=3.0, width=0.8, height=0.6, tint=0.0)


def _ids(module):
    return module.__name__.rsplit(".", 1)[-1]


def _parameters(module, instrument, seed=0, **changes):
    rng = np.random.default_rng(seed)
    while True:
        parameters = module.sample(rng)
        if parameters.instrument == instrument:
            return dataclasses.replace(parameters, **changes)


def _pixels(shot, *materials):
    """Which pixels [S, S] have one of these materials."""
    surface = shot.rendering.surface
    return surface.frame(np.isin(surface.material, materials).astype(np.float32), shot.live.shape[0]) > 0


def _plain_film(cover, **kind):
    palette = makeup.Palette(96)
    palette.lay(np.full(palette.shape, cover), (0.2, 0.5, 0.2), 0.5)
    return palette.film(**kind)


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_layers_satisfy_the_equation(module, shoot):
    shot = shoot()
    for instrument in module.INSTRUMENTS:
        layers = module.layers(shot, _parameters(module, instrument), None)
        for values in layers:
            assert values.dtype == np.float32
            np.testing.assert_allclose(values * 255, np.round(values * 255), atol=1e-3)
        assert layers.P.min() >= 0 and layers.P.max() <= 1
        assert not layers.T_P[layers.P[..., 0] == 0].any()
        lit = shot.live + layers.T_A
        assert lit.min() > -1e-6 and lit.max() < 1 + 1e-6
        change = np.abs(compose(shot.live, layers) - shot.live)
        assert change[_pixels(shot, heads.FACE)].mean() > 0.01


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_all_instruments_are_drawn_and_seeds_matter(module, shoot):
    shot = shoot()
    assert {module.sample(np.random.default_rng(seed)).instrument for seed in range(60)} == set(module.INSTRUMENTS)
    one, again, other = (
        module.layers(shot, module.sample(np.random.default_rng(seed)), np.random.default_rng(turn))
        for turn, seed in enumerate((4, 4, 5))
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, again)), "layers must not change between frames"
    assert any(not np.array_equal(a, b) for a, b in zip(one, other))


def test_thin_paint_covers_nothing_and_thick_paint_adds_nothing(shoot):
    shot = shoot()
    for instrument in cosmetic_makeup.INSTRUMENTS:
        layers = cosmetic_makeup.layers(shot, _parameters(cosmetic_makeup, instrument), None)
        assert not layers.P.any() and layers.T_A.any()
    for instrument in ("airbrush", "cream_palette"):
        assert not impersonation_makeup.layers(shot, _parameters(impersonation_makeup, instrument), None).P.any()
    hair = impersonation_makeup.layers(shot, _parameters(impersonation_makeup, "crepe_hair_kit"), None)
    assert hair.P.max() > 0.8 and hair.T_A.any()
    for pattern in obfuscation_makeup.PATTERNS:
        p = _parameters(obfuscation_makeup, "face_paint", pattern=pattern)
        layers = obfuscation_makeup.layers(shot, p, None)
        assert not layers.T_A.any() and layers.P[_pixels(shot, heads.FACE)].mean() > 0.08, pattern


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_only_skin_is_painted(module, shoot):
    shot = shoot(expression={"jaw_open": 1.0, "lips_part": 1.0, "eyes_close": -0.5})
    others = (heads.EYE, heads.MOUTH, heads.SCALP, heads.NECK, heads.CLOTH)
    free = _pixels(shot, *others) | ~np.isfinite(shot.rendering.z)
    # A pixel at the outline of the person is blurred with its neighbors.
    apart = free & (_far_from_the_face(shot) | _pixels(shot, heads.EYE, heads.MOUTH))
    assert _pixels(shot, heads.EYE).sum() > 20 and _pixels(shot, heads.MOUTH).sum() > 20
    for instrument in module.INSTRUMENTS:
        layers = module.layers(shot, _parameters(module, instrument), None)
        assert not layers.P[free].any() and not layers.T_A[apart].any()


def _far_from_the_face(shot):
    """Pixels that are more than 4 pixels away from the face."""
    near = _pixels(shot, heads.FACE)
    for axis in (0, 1):
        near = np.any([np.roll(near, shift, axis) for shift in range(-4, 5)], 0)
    return ~near


def test_hair_and_spectacles_stay_in_front(shoot, bare):
    shot = shoot(dataclasses.replace(bare, glasses=GLASSES))
    worn = shot.rendering.worn.alpha > 0.999
    assert worn.sum() > 15
    for film in (_plain_film(1.0), _plain_film(1.0, thick=True)):
        layers = makeup.apply(shot, (film,))
        assert np.abs(layers.T_A[worn]).max() < 0.012 and layers.P[worn].max() < 0.012
        surface = shot.rendering.surface
        assert (layers.P.ravel()[surface.pixels] <= 1 - surface.hair + 0.005).all()


def test_a_film_that_slips_off_hair_leaves_dark_hair_dark(shoot, bare):
    bearded = dataclasses.replace(bare, beard=1.0, hair=(0.05, 0.04, 0.04))
    shot = shoot(bearded)
    surface = shot.rendering.surface
    albedo = surface.frame(surface.albedo, len(shot.live)).mean(-1)
    face = _pixels(shot, heads.FACE)
    dark, light = face & (albedo < 0.03), face & (albedo > 0.3)
    assert dark.sum() > 20
    change = [
        np.abs(makeup.apply(shot, (_plain_film(0.7, slips_off_hair=slips),)).T_A).mean(-1) for slips in (False, True)
    ]
    assert change[1][dark].mean() < 0.5 * change[0][dark].mean()
    np.testing.assert_allclose(change[1][light], change[0][light], atol=0.02)


def test_a_tinted_film_matches_the_skin(shoot, bare):
    """A product that is matched to the skin has no color of its own."""
    palette = makeup.Palette(96)
    palette.lay_albedo(np.ones(palette.shape), (1.0, 1.0, 1.0), 0.3)
    film = palette.film(tinted=True)
    dark = dataclasses.replace(bare, skin=(0.40, 0.27, 0.20), lips=(0.36, 0.2, 0.17))
    for subject in (bare, dark):
        shot = shoot(subject)
        x, y = np.round(shot.rendering.vertices[205]).astype(int)
        assert np.abs(makeup.apply(shot, (film,)).T_A[y, x]).max() < 0.08


def test_paint_stays_on_the_skin(shoot):
    """Paint moves with the vertices when the head turns and the mouth opens."""
    palette = makeup.Palette(192)
    palette.lay(np.clip(0.5 + 2 * np.sin(12 * palette.angle) * np.sin(10 * palette.y), 0, 1), (0.1, 0.1, 0.5), 0.1)
    film = palette.film(thick=True)
    shots = [shoot(yaw=yaw, expression=e) for yaw, e in ((-12.0, {}), (12.0, {"jaw_open": 1.0, "brows_up": 1.0}))]
    vertices = np.flatnonzero(np.abs(heads.on_cylinder(shots[0].rendering.head.points[:468])[:, 0]) < 0.5)
    seen = []
    for shot in shots:
        x, y = np.round(shot.rendering.vertices[vertices]).astype(int).T
        skin = _pixels(shot, heads.FACE)[y, x]
        seen.append(np.where(skin, makeup.apply(shot, (film,)).P[y, x, 0], np.nan))
    both = ~np.isnan(seen).any(0)
    assert both.sum() > 100
    assert np.corrcoef(seen[0][both], seen[1][both])[0, 1] > 0.8


@pytest.mark.parametrize("thick", (False, True))
def test_paint_is_lit_like_the_face(thick, shoot):
    film = _plain_film(1.0, thick=thick)
    left, right = (shoot(yaw=0.0, roll=0.0, lights=(Light((s * 0.7, -0.2, 0.69), (1.2,) * 3),)) for s in (-1, 1))
    looks = [compose(shot.live, makeup.apply(shot, (film,))).mean(-1) for shot in (left, right)]
    change = looks[0] - looks[1]
    (left_x, left_y), (right_x, right_y) = np.round(left.rendering.vertices[[50, 280]]).astype(int)
    assert change[left_y, left_x] > 0.08 and change[right_y, right_x] < -0.08


def test_cosmetics_are_stronger_than_makeup_of_live_people(shoot, bare):
    shot = shoot()
    everyday = shoot(dataclasses.replace(bare, makeup=0.8, lips=(0.6, 0.2, 0.22)))
    face = _pixels(shot, heads.FACE)
    worn = np.abs(everyday.live - shot.live)[face].mean()
    for instrument in cosmetic_makeup.INSTRUMENTS:
        for seed in range(2):
            layers = cosmetic_makeup.layers(shot, _parameters(cosmetic_makeup, instrument, seed), None)
            assert np.abs(layers.T_A)[face].mean() > 1.3 * worn, instrument


def test_later_coats_lie_on_earlier_ones():
    palette = makeup.Palette(64)
    mask = np.ones(palette.shape, np.float32)
    palette.lay_albedo(0.5 * mask, (0.8, 0.8, 0.8), 1.0)
    palette.lay_albedo(0.5 * mask, (0.2, 0.2, 0.2), 0.0)
    np.testing.assert_allclose(palette.film().pigment[10, 10], [0.3, 0.3, 0.3, 0.75, 0.25], atol=1e-6)


def test_only_face_pixels_are_enough(shoot):
    """Photographs give a surface without hair, neck and background."""
    shot = shoot()
    surface = masks.select_pixels(shot.rendering.surface, masks.on_face(shot.rendering.surface))
    part = shot._replace(rendering=shot.rendering._replace(surface=surface))
    x, y = np.round(shot.rendering.vertices[[50, 280, 205, 425, 151, 4, 13, 200]]).astype(int).T
    for module in ALL:
        whole, cut = (module.layers(each, module.sample(np.random.default_rng(1)), None) for each in (shot, part))
        for one, two in zip(whole, cut):
            np.testing.assert_allclose(one[y, x], two[y, x], atol=0.03)
