import numpy as np
import pytest

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import MorphableModel, MorphableModelError

FLIP = np.array([-1.0, 1.0, 1.0])


def angle_between(first, second):
    return np.degrees(np.arccos(np.clip((np.trace(first.T @ second) - 1) / 2, -1, 1)))


def random_face(model, seed, size=0.7):
    return np.random.default_rng(seed).normal(size=len(model.stddev)) * size


def test_unit_and_origin(model):
    left, right = model.mean[list(topology.LEFT_EYE)].mean(0), model.mean[list(topology.RIGHT_EYE)].mean(0)
    np.testing.assert_allclose(right - left, (1, 0, 0), atol=1e-6)
    np.testing.assert_allclose(left + right, 0, atol=1e-6)
    assert model.mean[topology.CHIN, 1] > 1 > 0 > model.mean[topology.FOREHEAD, 1]  # y points down
    assert model.mean[4, 2] == model.mean[:, 2].max()  # z points to the camera


def test_mirror_is_an_involution_and_keeps_the_mean(model):
    assert (model.mirror[model.mirror] == np.arange(468)).all()
    np.testing.assert_allclose(model.mean[model.mirror] * FLIP, model.mean, atol=1e-6)
    assert (topology.MIRROR68[topology.MIRROR68] == np.arange(68)).all()
    assert (model.mirror[model.landmarks68] == model.landmarks68[topology.MIRROR68]).all()


def test_mirror_maps_every_deformation_to_itself_up_to_sign(model):
    for field in model.basis:
        image = field[model.mirror] * FLIP
        sign = np.sign(np.sum(image * field))
        np.testing.assert_allclose(image, sign * field, atol=4e-3)  # stored as float16


def test_deformations_do_not_contain_a_pose(model):
    flat = model.basis.reshape(len(model.basis), -1)
    axes = np.eye(3)
    poses = [np.broadcast_to(a, (468, 3)) for a in axes] + [np.cross(a, model.mean) for a in axes] + [model.mean]
    for change in poses:
        change = np.ravel(change) / np.linalg.norm(change)
        assert np.abs(flat @ change).max() < 0.02 * np.linalg.norm(flat, axis=1).min()
    np.testing.assert_allclose(np.sqrt(np.mean(np.sum(model.basis**2, -1), -1)), 1, atol=1e-2)


def test_the_140_vertices(model):
    assert len(set(model.vertices.tolist())) == 140
    pairs = model.vertex_pairs
    assert (pairs[pairs] == np.arange(140)).all()
    assert (model.vertices[pairs] == model.mirror[model.vertices]).all()
    assert set(topology.FACE_OVAL) <= set(model.vertices.tolist())
    # They cover the face: no vertex of the mesh is far from one of them.
    gaps = np.linalg.norm(model.mean[:, None] - model.mean[None, model.vertices], axis=-1).min(1)
    assert gaps.max() < 0.25


def test_the_68_landmarks_lie_as_ibug_has_them(model):
    points = model.mean[model.landmarks68]
    assert (np.diff(points[:17, 0]) > 0).all()  # the jaw from left to right
    assert points[8, 1] == points[:, 1].max()  # its middle is the chin
    assert (np.diff(points[17:27, 0]) > 0).all() and (points[17:27, 1] < points[36:48, 1].min()).all()  # brows
    assert np.abs(points[27:31, 0]).max() < 1e-6 and (np.diff(points[27:31, 1]) > 0).all()  # bridge of the nose
    assert (points[[37, 38], 1] < points[[41, 40], 1]).all() and (points[[43, 44], 1] < points[[47, 46], 1]).all()
    assert points[39, 0] < points[27, 0] < points[42, 0]
    assert (points[[50, 51, 52], 1] < points[[61, 62, 63], 1]).all()  # upper lip
    assert (points[[67, 66, 65], 1] < points[[58, 57, 56], 1]).all()  # lower lip


def test_every_random_face_has_its_features_in_order(model):
    for seed in range(30):
        face = model.shape_of(random_face(model, seed, 1.0))[model.landmarks68]
        assert face[36, 0] < face[39, 0] < face[42, 0] < face[45, 0]
        assert face[19, 1] < face[37, 1] and face[30, 1] < face[33, 1] + 0.05 < face[51, 1] + 0.05 < face[57, 1] + 0.05
        assert face[57, 1] < face[8, 1]


@pytest.mark.parametrize("yaw", [0, 30, -60, 60])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_dense_fit_recovers_pose_and_shape(model, pose, yaw, dimensions):
    coefficients = random_face(model, abs(yaw))
    rotation = pose(yaw, 8, -12)
    truth = model.project(coefficients, rotation, 80.0, (130.0, 100.0))
    fit = model.fit_dense(truth[:, :dimensions])
    assert fit.error < 0.003
    assert np.abs(fit.shape[:, :2] - truth[:, :2]).max() < 0.02 * 80
    # Without depth, a flatter face that is turned further looks the same, so the prior decides.
    assert angle_between(rotation, fit.rotation) < (1 if dimensions == 3 else 5)
    assert abs(fit.scale / 80 - 1) < 0.03
    assert np.corrcoef(coefficients, fit.coefficients)[0, 1] > (0.85 if dimensions == 3 else 0.6)


def test_fit_of_a_mirrored_face_is_the_mirrored_fit(model, pose):
    truth = model.project(random_face(model, 3), pose(25, 5, 10), 80.0, (130.0, 100.0))
    fit = model.fit_dense(truth)
    mirrored = model.fit_dense((truth * FLIP)[model.mirror])
    np.testing.assert_allclose((mirrored.shape * FLIP)[model.mirror], fit.shape, atol=0.05)


@pytest.mark.parametrize("yaw", [0, 45, -75])
def test_fit_of_68_landmarks_is_close_to_the_dense_fit(model, pose, yaw):
    truth = model.project(random_face(model, 7), pose(yaw, 5, 5), 80.0, (130.0, 100.0))
    dense = model.fit_dense(truth)
    sparse = model.fit_landmarks68(truth[model.landmarks68, :2])
    gaps = np.linalg.norm((sparse.shape - dense.shape)[:, :2], axis=1) / 80
    assert np.sqrt(np.mean(gaps**2)) < 0.05
    assert angle_between(sparse.rotation, dense.rotation) < 6


def test_fit_of_68_landmarks_finds_shape_and_outline(model, pose):
    whole, outline = [], []
    for seed, yaw in enumerate((-60, -40, -20, 0, 20, 40, 60)):
        truth = model.project(random_face(model, seed, 1.0), pose(yaw, 10, 10), 80.0, (130.0, 100.0))
        gaps = (model.fit_landmarks68(truth[model.landmarks68, :2]).shape - truth)[:, :2] / 80
        whole.append(np.mean(gaps**2) * 2)
        outline.append(np.mean(gaps[model.landmarks68[:17]] ** 2) * 2)
    assert np.sqrt(np.mean(whole)) < 0.018 and np.sqrt(np.mean(outline)) < 0.035


def test_fit_of_68_landmarks_of_a_photograph(model, aligner, hopper):
    mesh = aligner.align(hopper).points
    dense, sparse = model.fit_dense(mesh), model.fit_landmarks68(mesh[model.landmarks68, :2])
    assert dense.error < 0.012
    assert np.sqrt(np.mean(np.sum((dense.shape - sparse.shape)[:, :2] ** 2, 1))) < 0.02 * dense.scale


def test_noise_is_averaged_away(model, pose):
    truth = model.project(random_face(model, 5), pose(20), 80.0, (130.0, 100.0))
    noise = np.random.default_rng(0).normal(size=truth.shape) * 0.03 * 80
    fit = model.fit_dense(truth + noise)
    left = np.sqrt(np.mean(np.sum((fit.shape - truth)[:, :2] ** 2, 1)))
    assert left < 0.6 * np.sqrt(np.mean(np.sum(noise[:, :2] ** 2, 1)))
    assert 0.02 < fit.error < 0.06


def test_points_far_from_any_face_stay_finite(model):
    points = np.random.default_rng(1).uniform(0, 256, (468, 3))
    fit = model.fit_dense(points)
    assert np.isfinite(fit.shape).all() and fit.error > 0.2


@pytest.mark.parametrize(
    "points, words",
    [
        (np.zeros((468, 2)), "one place"),
        (np.full((468, 2), np.nan), "finite"),
        (np.zeros((467, 2)), "shape"),
    ],
)
def test_impossible_points_are_refused(model, points, words):
    with pytest.raises(MorphableModelError, match=words):
        model.fit_dense(points)
    with pytest.raises(MorphableModelError, match="68|finite|one place"):
        model.fit_landmarks68(points[:68] if len(points) == 468 else points)


def save(path, model, **changes):
    names = ("mean", "basis", "stddev", "triangles", "mirror", "vertices", "landmarks68")
    arrays = {name: getattr(model, name) for name in names}
    arrays.update(changes)
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return str(path)


def test_a_users_model_is_read(model, tmp_path):
    other = MorphableModel.load(save(tmp_path / "own.npz", model, basis=model.basis[:5], stddev=model.stddev[:5]))
    assert len(other.fit_dense(model.mean * 50).coefficients) == 5


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"mirror": None}, "lacks the array.*mirror"),
        ({"stddev": np.ones(3)}, "stddev has shape"),
        ({"stddev": np.zeros(115)}, "stddev must be positive"),
        ({"triangles": np.array([[0, 1, 999]])}, "triangles points to"),
        ({"mirror": np.roll(np.arange(468), 1)}, "mirror is not its own inverse"),
        ({"vertices": np.array([33, 1])}, "vertices has shape"),
        ({"vertices": np.arange(140)}, "closed under mirror"),
        ({"mean": np.zeros((400, 3))}, "mean has shape"),
        ({"mean": np.full((468, 3), np.nan)}, "mean is not finite"),
        ({"landmarks68": np.arange(67)}, "landmarks68 has shape"),
    ],
)
def test_a_wrong_file_is_refused_by_name(model, tmp_path, changes, words):
    path = save(tmp_path / "own.npz", model, **changes)
    with pytest.raises(MorphableModelError, match=words) as error:
        MorphableModel.load(path)
    assert "own.npz" in str(error.value)


def test_a_file_that_is_not_a_model_is_refused(tmp_path):
    path = tmp_path / "notes.npz"
    for content in (b"", b"not an archive"):
        path.write_bytes(content)
        with pytest.raises(MorphableModelError, match="notes.npz"):
            MorphableModel.load(str(path))
    with pytest.raises(MorphableModelError, match="missing.npz"):
        MorphableModel.load(str(tmp_path / "missing.npz"))
