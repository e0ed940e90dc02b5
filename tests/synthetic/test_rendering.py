"""Unit tests of subjects, scenes, renderer, camera and media."""

import dataclasses

import cv2
import numpy as np
import pytest

from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic import media
from phystd_tf.synthetic.composition import Layers, additive, compose, quantize
from phystd_tf.synthetic.media import paper
from phystd_tf.synthetic.person import head, skin, worn
from phystd_tf.synthetic.person.renderer import Renderer
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.scene import scene
from phystd_tf.synthetic.scene.camera import photograph, random_camera
from phystd_tf.synthetic.shot import Shot

SIZE = 128


@pytest.fixture(scope="module")
def model():
    return MorphableModel.load()


@pytest.fixture(scope="module")
def renderer(model):
    return Renderer(make_subject(1, 0), model, SIZE)


@pytest.fixture(scope="module")
def moment():
    frontal = scene.random_scene(np.random.default_rng(5))
    return dataclasses.replace(frontal, yaw=0.0, pitch=0.0, roll=0.0, expression={}, center=(0.5, 0.43), distance=1e6)


def test_subjects_are_reproducible():
    assert make_subject(1, 4) == make_subject(1, 4)
    assert make_subject(1, 4) != make_subject(1, 5)
    assert make_subject(1, 4) != make_subject(2, 4)


def test_a_few_subjects_cover_the_skin_tones():
    tones = np.sort([make_subject(1, number).tone for number in range(8)])
    assert tones[0] < 0.2 and tones[-1] > 0.8 and np.diff(tones).max() < 0.3


def test_subjects_differ_in_shape_and_look(model):
    first, second = (make_subject(1, number) for number in (0, 1))
    shapes = [model.shape_of(head.identity_coefficients(s, model)) for s in (first, second)]
    assert np.abs(shapes[0] - shapes[1]).max() > 0.02
    looks = [skin.paint(s, model, 96).albedo for s in (first, second)]
    assert np.abs(looks[0] - looks[1]).mean() > 0.02


def test_identity_has_no_expression(model):
    coefficients = head.identity_coefficients(make_subject(1, 3), model)
    assert not coefficients[np.isin(model.names, head.EXPRESSIONS)].any()
    assert np.abs(coefficients).max() <= 1.6


def test_the_neutral_expression_closes_the_mouth(model):
    shape = model.shape_of(head.expression_coefficients({}, model))
    assert abs(shape[14, 1] - shape[13, 1]) < 0.02 < model.mean[14, 1] - model.mean[13, 1]


def test_poses_are_rotations_within_their_limits():
    rng = np.random.default_rng(0)
    for _ in range(50):
        pose = scene.move(scene.random_scene(rng), rng)
        np.testing.assert_allclose(pose.rotation @ pose.rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(pose.rotation) == pytest.approx(1)
        assert abs(pose.yaw) <= scene.MAX_YAW and abs(pose.pitch) <= scene.MAX_PITCH
        assert 1 <= len(pose.lights) <= 3
        for light in pose.lights:
            assert np.linalg.norm(light.direction) == pytest.approx(1)


def test_vertices_agree_with_the_camera_of_the_morphable_model(renderer, model, moment):
    """For a distant frontal camera, the true vertices are those that the morphable model projects."""
    rendering = renderer.render(moment)
    subject = make_subject(1, 0)
    coefficients = head.identity_coefficients(subject, model) + head.expression_coefficients({}, model)
    unit = moment.eye_distance * SIZE
    shift = np.array(moment.center) * SIZE - 0.5
    expected = model.project(coefficients, moment.rotation, unit, shift)[:, :2]
    np.testing.assert_allclose(rendering.vertices, expected, atol=0.02)


def test_turning_the_head_moves_the_nose_that_way(renderer, moment):
    def nose(yaw):
        return renderer.render(dataclasses.replace(moment, yaw=yaw)).vertices[1, 0]

    assert nose(25.0) > nose(0.0) + 5 > nose(-25.0) + 10


def test_perspective_enlarges_near_points():
    points = np.array([[1.0, 0, 0], [1.0, 0, 2.0], [1.0, 0, -2.0]], np.float32)
    near = dataclasses.replace(scene.random_scene(np.random.default_rng(0)), distance=10.0, center=(0.5, 0.5))
    x = scene.project(points, near, SIZE)[:, 0] - (0.5 * SIZE - 0.5)
    np.testing.assert_allclose(x / x[0], [1, 10 / 8, 10 / 12], rtol=1e-5)


def test_rendering_is_a_bounded_image_and_reproducible(renderer, moment):
    first, second = renderer.render(moment), renderer.render(moment)
    np.testing.assert_array_equal(first.image, second.image)
    assert first.image.shape == (SIZE, SIZE, 3) and first.image.dtype == np.float32
    assert np.isfinite(first.image).all() and first.image.min() >= 0 and first.image.max() <= 1


def test_the_face_is_skin_and_the_eyes_are_where_the_vertices_are(renderer, moment):
    open_eyes = dataclasses.replace(moment, expression={"eyes_close": -0.5})
    rendering = renderer.render(open_eyes)
    image, vertices = rendering.image, rendering.vertices
    forehead = image[tuple(np.round(vertices[151, ::-1]).astype(int))]
    assert forehead[0] > forehead[2]  # Skin reflects more red than blue.
    pupil = vertices[[33, 133, 159, 145]].mean(0)
    x, y = np.round(pupil).astype(int)
    assert image[y - 2 : y + 3, x - 2 : x + 3].mean() < forehead.mean()


def test_light_from_one_side_brightens_that_side(renderer, moment):
    left = scene.Light((-0.8, -0.1, 0.59), (1.2, 1.2, 1.2))
    image = renderer.render(dataclasses.replace(moment, lights=(left,), sky=(0.1, 0.1, 0.1))).image
    vertices = renderer.render(moment).vertices
    cheeks = [np.round(vertices[index, ::-1]).astype(int) for index in (50, 280)]
    bright, dark = (image[y - 2 : y + 3, x - 2 : x + 3].mean() for y, x in cheeks)
    assert bright > dark + 0.1


def test_camera_is_reproducible_and_its_noise_depends_on_the_seed():
    camera = random_camera(np.random.default_rng(1))
    gray = np.full((64, 64, 3), 0.5, np.float32)
    assert photograph(gray, camera, 7) == photograph(gray, camera, 7) != photograph(gray, camera, 8)


def test_additive_layers_show_the_medium():
    rng = np.random.default_rng(2)
    live = quantize(rng.uniform(size=(8, 8, 3)))
    medium = rng.uniform(-0.2, 1.2, size=(8, 8, 3))
    layers = additive(live, medium)
    np.testing.assert_allclose(compose(live, layers), quantize(np.clip(medium, 0, 1)), atol=1e-6)
    assert not layers.P.any()


def test_compose_implements_equation_3():
    live, trace, content = (np.full((2, 2, 3), value, np.float32) for value in (0.5, 0.25, 0.875))
    covered = np.array([[0, 1], [0.5, 0]], np.float32)[..., None]
    spoof = compose(live, Layers(trace, covered, content))[..., 0]
    np.testing.assert_array_equal(spoof, [[0.75, 0.875], [0.8125, 0.75]])


@pytest.mark.parametrize("spoof_type", sorted(media.MEDIA))
def test_a_medium_is_reproducible_and_names_its_instrument(spoof_type, renderer, moment):
    medium = media.MEDIA[spoof_type]
    rendering = renderer.render(moment)
    shot = Shot(quantize(rendering.image), rendering, moment)
    seen = set()
    for seed in range(12):
        parameters = medium.sample(np.random.default_rng(seed))
        assert parameters == medium.sample(np.random.default_rng(seed))
        seen.add(parameters.instrument)
    assert seen <= set(medium.INSTRUMENTS) and len(seen) > 1
    first, second = (medium.layers(shot, parameters, np.random.default_rng(3)) for _ in range(2))
    for one, two in zip(first, second):
        np.testing.assert_array_equal(one, two)
        assert one.dtype == np.float32


def test_paper_glasses_follow_the_head(renderer, moment):
    medium = media.MEDIA["paper_glasses"]
    parameters = medium.sample(np.random.default_rng(0))
    for yaw in (-25.0, 0.0, 25.0):
        turned = dataclasses.replace(moment, yaw=yaw)
        rendering = renderer.render(turned)
        layers = medium.layers(Shot(quantize(rendering.image), rendering, turned), parameters, np.random.default_rng(0))
        hull = cv2.convexHull(np.argwhere(layers.P[..., 0] > 0.5)[:, ::-1].astype(np.float32))
        for corner in (33, 133, 362, 263):  # The corners of the eyes are behind the glasses.
            point = tuple(float(value) for value in rendering.vertices[corner])
            assert cv2.pointPolygonTest(hull, point, True) > -2
        assert cv2.pointPolygonTest(hull, tuple(float(value) for value in rendering.vertices[13]), True) < -5


def test_a_worn_sheet_turns_with_the_head(renderer, moment):
    """A dot in the middle of the sheet rests on the bridge of the nose, in front of the eyes."""
    x, y = worn.sheet_coordinates()
    picture = np.repeat((np.hypot(x, y) < 0.1)[..., None].astype(np.float32), 4, axis=2)
    places = []
    for yaw in (-25.0, 0.0, 25.0):
        turned = dataclasses.replace(moment, yaw=yaw)
        rendering = renderer.render(turned)
        alpha = worn.draw_worn(worn.WornSheet(picture, 0.0, 0.0), rendering.head, turned, SIZE, rendering.z).alpha
        places.append((alpha * np.arange(SIZE)).sum() / alpha.sum())
    unit = moment.eye_distance * SIZE
    ahead = renderer.render(moment).head.points[[168, 6], 2].max() + 0.07
    shift = np.sin(np.radians(25.0)) * ahead * unit
    np.testing.assert_allclose(np.diff(places), shift, atol=1.0)


def test_halftone_keeps_the_local_mean_and_makes_dots():
    gray = np.full((60, 60, 3), 0.5, np.float32)
    printed = paper.halftone(gray, 4.0, 0.2, 0.0, np.zeros(2))
    assert abs(printed.mean() - 0.5) < 0.02 and printed.std() > 0.15
