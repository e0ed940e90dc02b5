"""Masks hide the face, do not move on the head, and satisfy Eq. (3)."""

import dataclasses

import numpy as np
import pytest

from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic.composition import compose, quantize
from phystd_tf.synthetic.media import half_mask, mannequin, masks, paper_mask, silicone_mask, transparent_mask
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.renderer import Renderer
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.scene.scene import Light, Scene
from phystd_tf.synthetic.shot import Shot

ALL = (half_mask, silicone_mask, transparent_mask, paper_mask, mannequin)
OPAQUE = (half_mask, silicone_mask, paper_mask, mannequin)
SIZE = 128
SCENE = Scene(
    yaw=12.0, pitch=3.0, roll=-4.0, center=(0.5, 0.43), eye_distance=0.17, distance=14.0, expression={}, gaze=(0, 0),
    lights=(Light((0.5, -0.4, 0.768), (1.1, 1.0, 0.9)),), sky=(0.3, 0.3, 0.32), ground=(0.1, 0.1, 0.1),
    background_seed=5,
)  # fmt: skip


def _ids(module):
    return module.__name__.rsplit(".", 1)[-1]


@pytest.fixture(scope="module")
def renderer():
    subject = dataclasses.replace(make_subject(3, 2), glasses=None, hair_style="short")
    return Renderer(subject, MorphableModel.load(), SIZE)


def _shot(renderer, **changes):
    scene = dataclasses.replace(SCENE, **changes)
    rendering = renderer.render(scene)
    return Shot(quantize(rendering.image), rendering, scene)


@pytest.fixture(scope="module")
def shot(renderer):
    return _shot(renderer)


def _layers(module, shot, seed=0):
    rng = np.random.default_rng(seed)
    return module.layers(shot, module.sample(rng), rng)


def _face_only(shot):
    """The shot with a surface of face pixels only, as from a photograph."""
    surface = shot.rendering.surface
    face = masks.on_face(surface)
    rest = np.full(shot.live.shape[0] ** 2, -np.inf, np.float32)
    rest[surface.pixels[face]] = shot.rendering.z.ravel()[surface.pixels[face]]
    part = masks.select_pixels(surface, face)
    return shot._replace(rendering=shot.rendering._replace(surface=part, z=rest.reshape(shot.rendering.z.shape)))


@pytest.mark.parametrize("module", ALL, ids=_ids)
@pytest.mark.parametrize("only_face", (False, True))
def test_layers_satisfy_the_equation(module, shot, only_face):
    shot = _face_only(shot) if only_face else shot
    for seed in range(4):
        layers = _layers(module, shot, seed)
        for values in layers:
            assert values.dtype == np.float32
            np.testing.assert_allclose(values * 255, np.round(values * 255), atol=1e-3)
        assert layers.P.shape == (SIZE, SIZE, 1) and layers.P.min() >= 0 and layers.P.max() <= 1
        assert not layers.T_P[layers.P[..., 0] == 0].any()
        lit = shot.live + layers.T_A
        assert lit.min() > -1e-6 and lit.max() < 1 + 1e-6
        spoof = compose(shot.live, layers)
        assert np.abs(spoof - shot.live).mean() > 0.004


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_a_clip_keeps_its_mask_and_seeds_matter(module, shot):
    rng = np.random.default_rng(1)
    parameters = module.sample(rng)
    one, two = (module.layers(shot, parameters, np.random.default_rng(seed)) for seed in (2, 3))
    assert all(np.array_equal(a, b) for a, b in zip(one, two)), "layers must not change between frames"
    again = _layers(module, shot, 1)
    assert all(np.array_equal(a, b) for a, b in zip(one, again))
    other = _layers(module, shot, 2)
    assert any(not np.array_equal(a, b) for a, b in zip(one, other))


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_every_instrument_is_drawn_and_named(module):
    drawn = {module.sample(np.random.default_rng(seed)).instrument for seed in range(60)}
    assert drawn == set(module.INSTRUMENTS) and len(drawn) >= 2


@pytest.mark.parametrize("module", ALL, ids=_ids)
def test_nothing_changes_far_from_the_person(module, shot):
    layers = _layers(module, shot)
    away = np.zeros((SIZE, SIZE), bool)
    away[:10] = away[:, :6] = True
    assert not layers.P[away].any() and not layers.T_A[away].any()


def _share_covered(shot, layers, *materials):
    surface = shot.rendering.surface
    chosen = surface.pixels[np.isin(surface.material, materials)]
    return layers.P.ravel()[chosen].mean()


@pytest.mark.parametrize("module", OPAQUE, ids=_ids)
def test_most_of_the_face_is_hidden(module, shot):
    parameters = [module.sample(np.random.default_rng(seed)) for seed in range(6)]
    parameters = [p for p in parameters if not getattr(p, "upper", False)]
    shares = [_share_covered(shot, module.layers(shot, p, None), heads.FACE) for p in parameters]
    assert min(shares) > 0.6


def test_uncovered_materials(shot):
    eyes = {module: _share_covered(shot, _layers(module, shot), heads.EYE) for module in OPAQUE}
    assert eyes[mannequin] > 0.99 and eyes[silicone_mask] < 0.05 and eyes[half_mask] < 0.2
    cloth = [_share_covered(shot, _layers(module, shot), heads.CLOTH) for module in ALL]
    assert max(cloth) < 0.02
    assert _share_covered(shot, _layers(mannequin, shot), heads.SCALP, heads.EAR) > 0.99
    assert _share_covered(shot, _layers(transparent_mask, shot), heads.FACE) < 0.3


def test_the_mouth_is_visible_through_a_soft_mask(renderer):
    open_mouth = _shot(renderer, expression={"jaw_open": 1.4, "lips_part": 1.0})
    assert np.sum(open_mouth.rendering.surface.material == heads.MOUTH) > 10
    for seed in range(3):
        assert _share_covered(open_mouth, _layers(silicone_mask, open_mouth, seed), heads.MOUTH) == 0
    assert _share_covered(open_mouth, _layers(paper_mask, open_mouth), heads.MOUTH) > 0.9


def test_the_live_face_is_hidden_by_opaque_masks_and_visible_through_a_clear_one(renderer):
    """Two people with the same shape and different colors: what is hidden must not have an effect."""
    twin = dataclasses.replace(renderer.subject, skin=(0.3, 0.2, 0.15), lips=(0.3, 0.1, 0.1), freckles=1.0)
    frames = [_shot(each) for each in (renderer, Renderer(twin, renderer.model, SIZE))]
    # The exposure depends on the face; this test keeps it constant.
    frames = [shot._replace(rendering=shot.rendering._replace(gain=1.0)) for shot in frames]
    for module in ALL:
        one, two = (_layers(module, shot) for shot in frames)
        np.testing.assert_array_equal(one.P >= 0.99, two.P >= 0.99)
        inside = np.isin(np.arange(SIZE * SIZE), frames[0].rendering.surface.pixels).reshape(SIZE, SIZE)
        hidden = (one.P[..., 0] == 1) & inside
        difference = np.abs(one.T_P - two.T_P)[hidden]
        if module is transparent_mask:
            seen = np.abs(compose(frames[0].live, one) - compose(frames[1].live, two))
            assert seen[_face_pixels(frames[0])].mean() > 0.1
        else:
            assert np.percentile(difference, 95) < 0.02, _ids(module)


def _face_pixels(shot):
    """Pixels of the face, as a mask [S, S]."""
    surface = shot.rendering.surface
    return surface.frame(masks.on_face(surface).astype(np.float32), SIZE) > 0


def test_a_stiff_mask_ignores_the_expression(renderer):
    still, open_mouth = _shot(renderer), _shot(renderer, expression={"jaw_open": 1.4, "smile": 1.0})
    mold = masks.mold_normals(7)
    chin = [152, 17, 18]
    moved = []
    for stiffness in (0.0, 1.0):
        places = []
        for shot in (still, open_mouth):
            placement = masks.place_mask(shot, mold, stiffness)
            x, y = np.round(shot.rendering.vertices[chin].mean(0)).astype(int)
            row = np.searchsorted(shot.rendering.surface.pixels, y * SIZE + x)
            solid = shot.rendering.surface.solid[row]
            places.append(placement.place[row, 1] - solid[1])
        moved.append(abs(places[1] - places[0]))
    # The atlas position at a point of the face moves with the skin; for a stiff mask, it stays the same.
    assert moved[1] < 0.3 * moved[0] and moved[0] > 0.05


def _without_shadow(shot):
    surface = shot.rendering.surface
    return shot._replace(rendering=shot.rendering._replace(surface=surface._replace(shadow=0 * surface.shadow)))


def test_masks_are_lit_like_the_scene(renderer):
    """Light from the other side brightens the other side."""
    left, right = (
        _without_shadow(_shot(renderer, lights=(Light((side * 0.6, -0.3, 0.74), (1.2, 1.2, 1.2)),))) for side in (-1, 1)
    )
    for module in OPAQUE:
        one, two = _layers(module, left), _layers(module, right)
        both = (one.P[..., 0] == 1) & (two.P[..., 0] == 1)
        change = (one.T_P - two.T_P).mean(-1)
        columns = np.broadcast_to(np.arange(SIZE), both.shape)
        middle = np.median(columns[both])
        assert change[both & (columns < middle - 8)].mean() > change[both & (columns > middle + 8)].mean() + 0.05


def test_a_mask_casts_a_shadow_next_to_it(shot):
    for module in (half_mask, paper_mask):
        layers = _layers(module, shot)
        free = layers.P[..., 0] == 0
        assert layers.T_A[free].min() < -0.05 and layers.T_A.max() <= 0


def test_a_clear_mask_adds_highlights(renderer):
    shot = _shot(renderer, sky=(0.0, 0.0, 0.0))  # no reflection of the room, only of the lamp
    parameters = dataclasses.replace(transparent_mask.sample(np.random.default_rng(4)), shine=2.0)
    layers = transparent_mask.layers(shot, parameters, None)
    matt = transparent_mask.layers(shot, dataclasses.replace(parameters, shine=0.0), None)
    gain = compose(shot.live, layers) - compose(shot.live, matt)
    assert gain.max() > 0.25 and gain.min() > -0.15
    assert np.median(np.abs(gain[_face_pixels(shot)])) < 0.1
