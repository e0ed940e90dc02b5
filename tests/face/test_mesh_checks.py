import numpy as np
import pytest

from phystd_tf.face.detection import Detection
from phystd_tf.face.mesh_checks import check_mesh, disagreement
from phystd_tf.face.refusals import LowQualityError


@pytest.fixture
def good(frontal):
    """A frontal mesh and its detection, in an image of 256 x 256."""
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
            "less than 60% of the face is in the image",
        ),
    ],
)
def test_checks_refuse_by_name(good, change, words):
    with pytest.raises(LowQualityError, match=words):
        check_mesh(*change(*good), (256, 256, 3))


def test_disagreement_is_in_eye_distances(good):
    mesh, face = good
    assert disagreement(mesh, face) < 0.05
    moved = face._replace(keypoints=face.keypoints + (0, 38.5))
    distance = np.linalg.norm(mesh[[33, 133]].mean(0) - mesh[[362, 263]].mean(0))
    assert disagreement(mesh, moved) == pytest.approx(38.5 / distance, abs=0.05)
