import cv2
import numpy as np
import pytest

from phystd_tf.face.crop import from_crop
from phystd_tf.face.geometry import find_face, with_targets
from phystd_tf.face.refusals import FaceTooSmallError, LowQualityError


def _prepared(image, aligner, model, size, spoof_type, depth_size, map_sizes, **known):
    return with_targets(find_face(image, aligner, model, size, **known), model, spoof_type, depth_size, map_sizes)


@pytest.fixture(scope="module")
def live(hopper, aligner, model):
    return _prepared(hopper, aligner, model, 256, "live", 32, (256, 128))


def test_shapes_and_ranges(live):
    assert live.image.shape == (256, 256, 3) and live.image.dtype == np.uint8
    assert live.vertices.shape == (140, 2) and live.vertices.dtype == np.float32
    assert live.depth.shape == (32, 32) and 0 <= live.depth.min() < 0.9 < live.depth.max() <= 1
    assert live.preliminary_mask.dtype == np.uint8 and (live.preliminary_mask == 1).all()
    assert live.triangles.shape[1] == 3
    for size in (256, 128):
        assert live.triangle_maps[size].shape == (size, size) and live.triangle_maps[size].dtype == np.uint16
        used = live.triangles[np.unique(live.triangle_maps[size])]
        assert (used.max(1) > 0).all() and used.max() < 156
    assert live.num_faces == 1 and live.fit_error < 0.012


def test_vertices_lie_on_the_mesh_of_the_photograph(live, hopper, aligner, model):
    mesh = aligner.align(hopper).points[model.vertices, :2]
    back = from_crop(live.vertices, live.box, 256)
    gaps = np.linalg.norm(back - mesh, axis=1)
    assert np.sqrt(np.mean(gaps**2)) < 0.02 * live.box.side / 3.3
    np.testing.assert_allclose(live.shape[model.vertices, :2], live.vertices, atol=1e-3)


def test_the_crop_shows_the_face(live, hopper):
    box = live.box
    left, top, side = (int(round(value + 0.5)) for value in box)
    cut = cv2.resize(hopper[top : top + side, left : left + side], (256, 256), interpolation=cv2.INTER_AREA)
    assert np.abs(cut.astype(int) - live.image).mean() < 6


def test_spoof_has_no_depth_and_its_own_mask(hopper, aligner, model, live):
    spoof = _prepared(hopper, aligner, model, 256, "paper_glasses", 32, (128,))
    assert (spoof.depth == 0).all() and 0 < spoof.preliminary_mask.mean() < 1
    assert (spoof.vertices == live.vertices).all() and (spoof.image == live.image).all()


def test_half_the_size_is_the_same_face(hopper, aligner, model, live):
    half = _prepared(hopper, aligner, model, 128, "live", 32, (128,))
    np.testing.assert_allclose((half.vertices + 0.5) * 2 - 0.5, live.vertices, atol=1e-3)
    np.testing.assert_allclose(half.depth, live.depth, atol=1e-4)


def test_68_landmarks_in_place_of_the_mesh(hopper, aligner, model, live):
    landmarks = aligner.align(hopper).points[model.landmarks68, :2]
    sparse = _prepared(hopper, None, model, 256, "live", 32, (256,), landmarks68=landmarks)
    assert np.sqrt(np.mean(np.sum((sparse.vertices - live.vertices) ** 2, 1))) < 4
    assert np.abs(sparse.depth - live.depth).mean() < 0.05
    with pytest.raises(FaceTooSmallError):
        _prepared(hopper, None, model, 256, "live", 32, (256,), landmarks68=landmarks / 10)
    with pytest.raises(LowQualityError, match="the fit of the morphable model is off by"):
        scattered = np.random.default_rng(0).permutation(landmarks)
        _prepared(hopper, None, model, 256, "live", 32, (256,), landmarks68=scattered)


def test_a_mirrored_photograph_gives_the_mirrored_vertices(hopper, aligner, model, live):
    mirrored = _prepared(np.ascontiguousarray(hopper[:, ::-1]), aligner, model, 256, "live", 32, ())
    back = from_crop(mirrored.vertices, mirrored.box, 256)
    back[:, 0] = hopper.shape[1] - 1 - back[:, 0]
    gaps = np.linalg.norm(back[model.vertex_pairs] - from_crop(live.vertices, live.box, 256), axis=1)
    assert gaps.mean() < 0.05 * live.box.side / 3.3


def test_without_aligner_and_landmarks(hopper, model):
    with pytest.raises(ValueError, match="aligner"):
        _prepared(hopper, None, model, 256, "live", 32, (256,))
