"""Photographs instead of rendered people: the same shots for the same media."""

import csv
import dataclasses
import os

import cv2
import numpy as np
import pytest

from phystd_tf.errors import PhystdError
from phystd_tf.face import topology
from phystd_tf.face.alignment import Alignment
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.face.refusals import NoFaceError
from phystd_tf.synthetic import dataset, gallery, truth
from phystd_tf.synthetic.clips import make_clip, subject_renderer
from phystd_tf.synthetic.composition import compose
from phystd_tf.synthetic.gallery import PhotographedPerson, open_gallery
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.renderer import Renderer, decode, encode
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.person.surface import shade
from phystd_tf.synthetic.photograph import Photograph, PhotographRenderer, prepare
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip
from phystd_tf.synthetic.scene.scene import Light, project, random_scene

SIZE = 128


@pytest.fixture(scope="module")
def model():
    return MorphableModel.load()


def _picture(model, number=1, yaw=20.0, light=(-0.6, -0.3, 0.74), size=300):
    """A rendered person as the photograph, with its true mesh: [size, size, 3] uint8, [468, 3], and the scene."""
    scene = dataclasses.replace(
        random_scene(np.random.default_rng(number)),
        yaw=yaw,
        lights=(Light(light, (1.2, 1.2, 1.2)),),
        sky=(0.2, 0.2, 0.2),
        ground=(0.1, 0.1, 0.1),
    )
    rendering = Renderer(make_subject(1, number), model, size).render(scene)
    return np.round(rendering.image * 255).astype(np.uint8), rendering.points[:468], scene


@pytest.fixture(scope="module")
def taken(model):
    """A face off the center of a larger photograph; the depth of the mesh has an offset, like that of an aligner."""
    image, points, scene = _picture(model)
    image = cv2.copyMakeBorder(image, 90, 300, 400, 200, cv2.BORDER_REFLECT)
    return prepare(image, points + np.float32((400, 90, 40)), SIZE, model), scene


@pytest.fixture(scope="module")
def shot(model, taken):
    wanted = dataclasses.replace(random_scene(np.random.default_rng(5)), center=(0.5, 0.43), eye_distance=0.17)
    return PhotographRenderer([taken[0]], model, SIZE).shoot(wanted, 0)


def test_decoding_inverts_encoding():
    levels = np.repeat(np.arange(256, dtype=np.float32)[:, None] / 255, 3, 1)
    np.testing.assert_array_equal(np.round(encode(decode(levels), 1.0) * 255), np.arange(256)[:, None].repeat(3, 1))


def test_shading_reproduces_the_photograph(shot):
    again = shot.rendering.relight(shade(shot.rendering.surface, shot.scene))
    np.testing.assert_array_equal(np.round(again * 255), np.round(shot.live * 255))
    assert np.abs(again - shot.live).max() < 0.001
    np.testing.assert_array_equal(np.round(shot.live * 255) / np.float32(255), shot.live)


def test_pose_and_place_are_those_of_the_photograph(shot, taken, model):
    """The scene of the shot puts the head where the mesh is, as the media expect."""
    rendering, scene = shot.rendering, shot.scene
    turned = heads.pose_points(rendering.head, scene.rotation)
    placed = project(turned, scene, SIZE)
    assert np.linalg.norm(placed[:, :2] - rendering.vertices, axis=1).mean() < 0.012 * SIZE
    assert np.abs(placed[:, 2] - rendering.points[:, 2]).mean() < 0.012 * SIZE
    true = taken[1]
    assert abs(scene.yaw - true.yaw) < 6 and abs(scene.pitch - true.pitch) < 6 and abs(scene.roll - true.roll) < 3


def test_preparing_keeps_the_mesh_on_the_face(taken, model):
    """The cropped and reduced photograph has no more pixels than the frames need."""
    image, points, _ = _picture(model)
    photograph = taken[0]
    assert max(photograph.image.shape) < 3.5 * SIZE and photograph.image.dtype == np.uint8
    scale = model.fit_dense(photograph.points).scale / model.fit_dense(points).scale
    for vertex in (33, 263, 1, 61, 291):
        u, v = photograph.points[vertex, :2]
        ours = cv2.getRectSubPix(photograph.image, (9, 9), (float(u), float(v)))
        half = int(round(4 / scale))
        x, y = points[vertex, :2]
        theirs = cv2.getRectSubPix(image, (2 * half + 1,) * 2, (float(x), float(y)))
        assert np.abs(ours.mean((0, 1)) - theirs.mean((0, 1))).max() < 8


def test_mesh_lies_on_the_picture_of_the_face(shot, taken, model):
    """The frame around the mesh shows what the photograph shows around its mesh."""
    photograph = taken[0]
    fit = model.fit_dense(photograph.points)
    scale = shot.scene.eye_distance * SIZE / fit.scale
    for vertex in (33, 263, 1, 61, 291, 152):
        x, y = shot.rendering.vertices[vertex]
        u, v = photograph.points[vertex, :2]
        ours = cv2.getRectSubPix(shot.live, (9, 9), (float(x), float(y)))
        half = int(np.ceil(4 / scale))
        theirs = cv2.getRectSubPix(photograph.image, (2 * half + 1,) * 2, (float(u), float(v))) / 255
        assert np.abs(ours.mean((0, 1)) - theirs.mean((0, 1))).max() < 0.05


def test_surface_holds_face_pixels_only(shot, model):
    surface, size = shot.rendering.surface, SIZE
    assert set(np.unique(surface.material)) <= {heads.FACE, heads.EYE, heads.MOUTH}
    hull = cv2.convexHull(shot.rendering.vertices)
    y, x = np.divmod(surface.pixels, size)
    distances = [cv2.pointPolygonTest(hull, (float(a), float(b)), True) for a, b in zip(x[::50], y[::50])]
    assert min(distances) > -1
    assert (np.diff(surface.pixels) > 0).all() and np.isfinite(surface.albedo).all()
    assert np.isfinite(shot.rendering.z).sum() == len(surface.pixels)
    np.testing.assert_allclose(np.linalg.norm(surface.normal, axis=1), 1, atol=1e-4)
    # Positions on the atlas: the left side of the image is on the left side of the atlas.
    left = surface.place[x < shot.rendering.vertices[topology.LEFT_EYE[0], 0] - 2]
    assert len(left) and (left[:, 0] < 0).all()


def test_a_changed_skin_stays_within_the_face_and_fades_out(shot):
    rendering = shot.rendering
    surface = rendering.surface
    green = np.broadcast_to(np.float32((0.0, 0.6, 0.0)), surface.albedo.shape)
    changed = np.abs(rendering.relight(shade(surface._replace(albedo=green), shot.scene)) - shot.live).max(-1)
    covered = np.isfinite(rendering.z)
    assert changed[~covered].max() < 0.002
    inner = cv2.erode(covered.astype(np.uint8), np.ones((9, 9))) > 0
    rim = covered & ~(cv2.erode(covered.astype(np.uint8), np.ones((3, 3))) > 0)
    assert changed[inner].mean() > 0.2 and changed[rim].mean() < 0.6 * changed[inner].mean()


def test_estimated_light_comes_from_the_true_side(model):
    scene = random_scene(np.random.default_rng(5))
    sides, albedos = [], []
    for x in (-0.7, 0.7):
        image, points, _ = _picture(model, yaw=0.0, light=(x, -0.2, 0.68))
        shot = PhotographRenderer([prepare(image, points, SIZE, model)], model, SIZE).shoot(scene, 0)
        sides.append(shot.scene.lights[0].direction[0])
        assert np.isclose(np.linalg.norm(shot.scene.lights[0].direction), 1)
        albedos.append(np.median(shot.rendering.surface.albedo, 0))
    assert sides[0] < -0.3 and sides[1] > 0.3
    # The skin is that of the same person.
    assert np.abs(np.log(albedos[0] / albedos[1])).max() < 0.25 and 0.1 < albedos[0].mean() < 0.7


def test_frame_stays_within_a_photograph_that_is_large_enough(model):
    """A face at the edge of a wide photograph is not moved to the center by mirroring."""
    image, points, _ = _picture(model, size=300)
    stripes = np.zeros((300, 300, 3), np.uint8)
    stripes[:, 0] = stripes[:, -1] = stripes[0] = stripes[-1] = 255
    image = np.maximum(image // 2, stripes)
    photograph = Photograph(image, points.astype(np.float32))
    renderer = PhotographRenderer([photograph], model, SIZE)
    for center in ((0.2, 0.2), (0.8, 0.7), (0.5, 0.43)):
        scene = dataclasses.replace(random_scene(np.random.default_rng(1)), center=center, eye_distance=0.17)
        live = renderer.shoot(scene, 0).live
        # If the photograph were mirrored, its white border would be visible in the frame.
        assert live[3:-3, 3:-3].max() < 0.9


def test_frames_of_a_clip_shift_and_zoom(model, taken):
    recipe = Recipe(subjects=3, size=SIZE, frames_per_clip=3, truth="camera")
    person = PhotographedPerson("p", (taken[0],))
    frames = list(make_clip(recipe, SyntheticClip("train", "live", 0, 0), subject_renderer(recipe, 0, person)))
    shapes = [frame.vertices - frame.vertices.mean(0) for frame in frames]
    sizes = [np.linalg.norm(shape) for shape in shapes]
    assert len({frame.jpeg for frame in frames}) == 3 and np.ptp(sizes) > 1e-4 * sizes[0]
    for one in shapes[1:]:
        np.testing.assert_allclose(one / np.linalg.norm(one), shapes[0] / sizes[0], atol=1e-4)


def test_photographs_of_a_person_take_turns(model, taken):
    second = prepare(*_picture(model, number=4)[:2], SIZE, model)
    renderer = PhotographRenderer([taken[0], second], model, SIZE)
    scene = random_scene(np.random.default_rng(2))
    lives = [renderer.shoot(scene, number).live for number in range(3)]
    np.testing.assert_array_equal(lives[0], lives[2])
    assert np.abs(lives[0] - lives[1]).mean() > 0.02


@pytest.mark.parametrize("name", sorted(MEDIA))
def test_every_medium_works_on_a_photograph(name, shot):
    rng = np.random.default_rng(7)
    for _ in range(2):
        layers = MEDIA[name].layers(shot, MEDIA[name].sample(rng), rng)
        for array in layers:
            np.testing.assert_allclose(np.round(array * 255) / 255, array, atol=1e-6)
        spoof = compose(shot.live, layers)
        assert spoof.shape == shot.live.shape and spoof.min() >= -1e-6 and spoof.max() <= 1 + 1e-6
        assert np.abs(spoof - shot.live).mean() > 0.0005
        assert not layers.T_P[np.broadcast_to(layers.P == 0, layers.T_P.shape)].any()


class _Aligner:
    """Returns a known mesh for pictures with a height of 300 pixels, and finds no face in others."""

    points = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def align(self, image):
        if image.shape[0] != 300:
            raise NoFaceError("no face found")
        return Alignment(self.points, (0, 0, 1, 1), 1)


@pytest.fixture
def folder(tmp_path, monkeypatch, model):
    """Three people, one with two photographs in a folder; a photograph without a face, and a damaged one."""
    pictures = {}
    for index, name in enumerate(("anna.jpg", "ben/1.jpg", "ben/2.jpg", "carl.jpg")):
        image, _Aligner.points, _ = _picture(model, number=2)
        image[0, 0] = index
        pictures[name] = image
    pictures["ben/empty.jpg"] = pictures["wall.jpg"] = np.zeros((90, 90, 3), np.uint8)
    monkeypatch.setattr(gallery, "FaceAligner", _Aligner)

    def read(path):
        name = os.path.relpath(path, tmp_path).replace(os.sep, "/")
        if name not in pictures:
            raise PhystdError(f"{name}: damaged")
        return pictures[name]

    paths = [str(tmp_path / name) for name in [*pictures, "torn.jpg"]]
    return str(tmp_path), paths, read, pictures


def test_gallery_names_people_and_skips_unusable_photographs(folder):
    root, paths, read, pictures = folder
    shown = open_gallery(root, paths, read, SIZE)
    assert [(person.name, len(person.photographs)) for person in shown.people] == [
        ("anna.jpg", 1),
        ("ben", 2),
        ("carl.jpg", 1),
    ]
    rows = list(csv.DictReader(shown.report(["s0", "s1", "s2"]).splitlines()))
    status = {row["photograph"]: (row["subject"], row["status"], row["reason"]) for row in rows}
    assert status["ben/empty.jpg"] == status["wall.jpg"] == ("", "no_face", "no face found")
    assert status["torn.jpg"] == ("", "unreadable", "torn.jpg: damaged")
    assert status["ben/2.jpg"] == ("s1", "ok", "") and len(rows) == len(paths)
    assert open_gallery(root, paths[::-1], read, SIZE).fingerprint == shown.fingerprint
    pictures["carl.jpg"][5, 5] += 1
    assert open_gallery(root, paths, read, SIZE).fingerprint != shown.fingerprint


def test_gallery_without_a_face_is_rejected(folder):
    root, paths, read, _ = folder
    with pytest.raises(PhystdError, match="none of 2 photographs"):
        open_gallery(root, [path for path in paths if "wall" in path or "torn" in path], read, SIZE)


def test_dataset_of_photographs(folder, tmp_path):
    root, paths, read, _ = folder
    shown = open_gallery(root, paths, read, SIZE)
    out = str(tmp_path / "set")
    recipe = Recipe(
        subjects=3,
        clips_per_subject=1,
        frames_per_clip=1,
        size=SIZE,
        types=("print", "paper_glasses"),
        photographs=shown.fingerprint,
    )
    for workers in (1, 2):
        dataset.make_dataset(out + str(workers), recipe, workers, gallery=shown)
    files = []
    for workers in (1, 2):
        found = {}
        for directory, _, names in os.walk(out + str(workers)):
            for name in names:
                path = os.path.join(directory, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, out + str(workers))] = file.read()
        files.append(found)
    assert files[0] == files[1] and files[0]["photographs.csv"].decode("utf-8") == shown.report(
        ["s0000", "s0001", "s0002"]
    )
    stored = truth.read(truth.truth_path(out + "1", "train/spoof/print/s0000/c00", 0))
    assert stored.vertices.shape == (468, 2) and np.abs(stored.layers.T_A).mean() > 0.01
    # Other photographs make another dataset.
    with pytest.raises(dataset.SyntheticError, match="another recipe"):
        dataset.make_dataset(out + "1", dataclasses.replace(recipe, photographs="other"), gallery=shown)
