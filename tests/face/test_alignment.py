import cv2
import numpy as np
import pytest

from phystd_tf.face.detection import Detection, is_same_face, square_around
from phystd_tf.face.refusals import FaceTooSmallError, LowQualityError, NoFaceError


def placed(face, height, width, left, top, face_width):
    """The face, cut from a photograph where it is 195 px wide, in a gray frame."""
    scale = face_width / 195
    small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    frame = np.full((height, width, 3), 90, np.uint8)
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


@pytest.fixture(scope="module")
def face(hopper):
    return hopper[60:420, 100:420]


def test_a_square_around_a_face_is_whole_beyond_the_image():
    image = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    inside = square_around(np.array([2.0, 2.0, 4.0, 4.0]), 2.0, image, (9, 9, 9))
    np.testing.assert_array_equal(inside, image[1:5, 1:5])
    beyond = square_around(np.array([6.0, -1.0, 8.0, 1.0]), 2.0, image, (9, 9, 9))
    np.testing.assert_array_equal(beyond[2:, :3], image[:2, 5:])
    assert (beyond[:2] == 9).all() and (beyond[:, 3] == 9).all()


def eye_distance(points):
    return np.linalg.norm(points[[33, 133], :2].mean(0) - points[[362, 263], :2].mean(0))


def test_photographs(aligner, hopper, astronaut):
    found = aligner.align(hopper)
    assert found.points.shape == (468, 3) and found.points.dtype == np.float32 and found.num_faces == 1
    assert eye_distance(found.points) == pytest.approx(86, abs=4)
    assert found.points[4, 2] == pytest.approx(found.points[:, 2].max(), abs=3)  # the nose is nearest
    left, top, right, bottom = found.box
    assert left < found.points[4, 0] < right and top < found.points[4, 1] < bottom
    assert eye_distance(aligner.align(astronaut).points) == pytest.approx(43, abs=3)


def test_repeatable_and_free_of_state(aligner, hopper, astronaut):
    first = aligner.align(hopper).points
    aligner.align(astronaut)
    np.testing.assert_allclose(aligner.align(hopper).points, first, atol=1e-3)


def test_the_mesh_moves_with_the_image(aligner, hopper):
    shifted = np.pad(hopper, ((40, 0), (24, 0), (0, 0)), mode="edge")
    moved = aligner.align(shifted).points - aligner.align(hopper).points
    assert np.abs(moved[:, :2].mean(0) - (24, 40)).max() < 2


@pytest.mark.parametrize("shape", [(480, 640), (1, 1), (3, 700), (700, 90)])
def test_no_face_in_black(aligner, shape):
    with pytest.raises(NoFaceError) as error:
        aligner.align(np.zeros(shape + (3,), np.uint8))
    assert error.value.status == "no_face"


def test_tiny_face(aligner, face):
    with pytest.raises(FaceTooSmallError, match="px") as error:
        aligner.align(placed(face, 300, 400, 200, 100, 24))
    assert error.value.status == "too_small"


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_photographs_are_refused(aligner, hopper, astronaut, turns):
    for photograph in (hopper, astronaut):
        with pytest.raises(LowQualityError) as error:
            aligner.align(np.ascontiguousarray(np.rot90(photograph, turns)))
        assert error.value.status == "low_quality"


@pytest.mark.parametrize("margin", [0.1, 0.0, -0.08])
def test_a_face_that_fills_its_picture(aligner, hopper, margin):
    """Also if the picture ends within the face."""
    points = aligner.align(hopper).points[:, :2]
    low, high = points.min(0), points.max(0)
    (left, top), (right, bottom) = (np.round(edge).astype(int) for edge in (
        low - margin * (high - low), high + margin * (high - low)
    ))  # fmt: skip
    found = aligner.align(np.ascontiguousarray(hopper[top:bottom, left:right]))
    error = np.linalg.norm(found.points[:, :2] + (left, top) - points, axis=1).mean()
    assert error < 0.08 * eye_distance(points)
    assert found.box[0] > -0.3 * (right - left) and found.box[2] < 1.3 * (right - left)
    with pytest.raises(LowQualityError):
        aligner.align(np.ascontiguousarray(hopper[top:bottom, left:right][::-1, ::-1]))


def test_a_face_under_moire(aligner, astronaut):
    face = np.ascontiguousarray(astronaut[:250, 120:330])
    y, x = np.mgrid[: face.shape[0], : face.shape[1]]
    moire = 100 * np.sin(2 * np.pi * x / 5) * np.sin(2 * np.pi * y / 5)
    frame = np.clip(face * (1 - 100 / 255) + moire[..., None], 0, 255).astype(np.uint8)
    found, true = aligner.align(frame).points, aligner.align(face).points
    assert np.linalg.norm(found[:, :2] - true[:, :2], axis=1).mean() < 0.1 * eye_distance(true)
    with pytest.raises(LowQualityError):
        aligner.align(np.ascontiguousarray(frame[::-1, ::-1]))


def test_all_faces_of_all_sizes(aligner, face):
    frame = placed(face, 720, 1280, 900, 300, 50)
    frame[100 : 100 + face.shape[0], 100 : 100 + face.shape[1]] = face
    first, second = aligner.align_all(frame)
    np.testing.assert_array_equal(first.points, aligner.align(frame).points)
    assert first.points[4, 0] < 500 and second.points[4, 0] > 900
    (none,) = aligner.align_all(np.zeros((100, 100, 3), np.uint8))
    assert isinstance(none, NoFaceError)
    (turned,) = aligner.align_all(np.ascontiguousarray(face[::-1, ::-1]))
    assert turned.status == "low_quality" and turned.box[0] > 0


def test_patterns_that_a_detector_takes_for_faces_are_no_more_faces(aligner, face, monkeypatch):
    found = aligner.align(face)
    side = found.box[2] - found.box[0]

    def pattern(left, top, share):
        corner = np.array([found.box[0] + left * side, found.box[1] + top * side])
        box = np.concatenate([corner, corner + share * side])
        return Detection(0.6, box, np.tile(box[:2], (4, 1)))

    small, beside = pattern(0.3, -0.6, 0.2), pattern(-0.7, 0.1, 0.8)
    assert not any(is_same_face(each.box, found.box) for each in (small, beside))
    assert aligner._fine(face, small) is None and aligner._fine(face, beside) is not None  # none; mesh of the face
    monkeypatch.setattr(aligner, "_search_everywhere", lambda image: [small, beside])
    (only,) = aligner.align_all(face)
    np.testing.assert_array_equal(only.points, found.points)


@pytest.mark.parametrize("face_width", [50, 120])
def test_small_face_in_a_wide_frame(aligner, face, face_width):
    found = aligner.align(placed(face, 1080, 1920, 1400, 300, face_width))
    assert eye_distance(found.points) == pytest.approx(86 * face_width / 195, rel=0.1)
    scale = face_width / 195
    expected = np.array([1400, 300]) + scale * (aligner.align(face).points[:, :2] + 0.5) - 0.5
    error = np.linalg.norm(found.points[:, :2] - expected, axis=1).mean()
    assert error < 0.05 * eye_distance(found.points)


def test_the_largest_of_two(aligner, face):
    frame = placed(face, 600, 1000, 20, 20, 90)
    large = cv2.resize(face, None, fx=0.9, fy=0.9)
    frame[200 : 200 + large.shape[0], 600 : 600 + large.shape[1]] = large
    found = aligner.align(frame)
    assert found.points[4, 0] > 600 and eye_distance(found.points) == pytest.approx(78, abs=6)


def test_two_small_ones_are_counted_and_a_hint_chooses(aligner, face):
    frame = placed(face, 720, 1280, 100, 100, 80)
    frame = np.maximum(np.where(frame == 90, 0, frame), placed(face, 720, 1280, 800, 200, 100))
    assert aligner.align(frame).num_faces == 2
    assert aligner.align(frame).points[4, 0] > 800
    assert aligner.align(frame, hint_box=(125, 125, 205, 225)).points[4, 0] < 400


def test_wrong_input_is_refused(aligner):
    for image in (np.zeros((20, 20), np.uint8), np.zeros((20, 20, 3)), np.zeros((0, 20, 3), np.uint8)):
        with pytest.raises(ValueError, match="uint8"):
            aligner.align(image)
