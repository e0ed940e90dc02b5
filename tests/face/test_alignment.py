import cv2
import numpy as np
import pytest

from phystd_tf.face.alignment import FaceTooSmallError, LowQualityError, NoFaceError, check_mesh
from phystd_tf.face.detection import Detection


def placed(face, height, width, left, top, face_width):
    """The face, cut from a photograph in which it is 195 px wide, in a gray frame."""
    scale = face_width / 195
    small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    frame = np.full((height, width, 3), 90, np.uint8)
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


@pytest.fixture(scope="module")
def face(hopper):
    return hopper[60:420, 100:420]


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


@pytest.fixture
def good(frontal):
    """A frontal mesh and the detection that belongs to it, in an image of 256 x 256."""
    keypoints = np.stack(
        [frontal[[33, 133], :2].mean(0), frontal[[362, 263], :2].mean(0), frontal[1, :2], frontal[13, :2]]
    )
    return frontal, Detection(0.9, np.array([45.0, 45.0, 210.0, 210.0]), keypoints)


def test_checks_accept_a_good_mesh(good):
    check_mesh(*good, (256, 256, 3))


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda mesh, face: (mesh * np.nan, face), "not finite"),
        (lambda mesh, face: (255 - mesh, face), "not above the mouth"),
        (lambda mesh, face: (mesh * (-1, 1, 1) + (255, 0, 0), face), "inside out"),
        (lambda mesh, face: (mesh * 3 - 255, face), "size of the mesh"),
        (lambda mesh, face: (mesh, face._replace(box=face.box + 150)), "outside the detected face"),
        (lambda mesh, face: (mesh, face._replace(keypoints=face.keypoints[::-1])), "disagree"),
        (lambda mesh, face: (mesh - (150, 0, 0), face._replace(box=face.box - (150, 0, 150, 0))), "disagree"),
        (
            lambda mesh, face: (
                mesh - (150, 0, 0),
                face._replace(box=face.box - (150, 0, 150, 0), keypoints=face.keypoints - (150, 0)),
            ),
            "outside the image",
        ),
    ],
)
def test_checks_refuse_by_name(good, change, words):
    with pytest.raises(LowQualityError, match=words):
        check_mesh(*change(*good), (256, 256, 3))
