"""Checks whether a mesh can belong to the detected face."""

import numpy as np

from phystd_tf.face.detection import Detection
from phystd_tf.face.refusals import LowQualityError
from phystd_tf.face.topology import LEFT_EYE, RIGHT_EYE

MOUTH = (13, 14)  # vertices of the mesh
NOSE_TIP = 1

MAX_ROLL = 60.0  # degrees between the "down" directions of the face and of the image
MAX_DISAGREEMENT = 0.6  # eye distances
MIN_INSIDE = 0.6  # share of the vertices


def check_mesh(points: np.ndarray, face: Detection, shape: tuple[int, ...]) -> None:
    """Rejects a mesh that is not plausible.

    Args:
      points: [468, 3], as in ``Alignment``.
      face: Detection of the same face.
      shape: shape of the image, height first.

    Raises:
      LowQualityError: if a check fails; the message says which.
    """
    if not np.isfinite(points).all():
        raise LowQualityError("the mesh is not finite")
    flat = points[:, :2]
    left_eye, right_eye = flat[list(LEFT_EYE)].mean(0), flat[list(RIGHT_EYE)].mean(0)
    down = flat[list(MOUTH)].mean(0) - (left_eye + right_eye) / 2
    roll = np.degrees(np.arctan2(abs(down[0]), down[1]))
    if roll > MAX_ROLL:
        raise LowQualityError(f"the eyes are not above the mouth (rotated by {roll:.0f} degrees)")
    across = right_eye - left_eye
    if across[0] * down[1] - across[1] * down[0] <= 0:
        raise LowQualityError("the mesh is inside out")
    box = extent(points)
    if not 0.5 < max(box[2:] - box[:2]) / face.side < 2.2:
        raise LowQualityError("the size of the mesh differs from that of the detected face")
    middle = (box[:2] + box[2:]) / 2
    if (middle < face.box[:2]).any() or (middle > face.box[2:]).any():
        raise LowQualityError("the mesh is outside the detected face")
    if disagreement(points, face) > MAX_DISAGREEMENT:
        raise LowQualityError("the detector and the mesh disagree about the eyes, nose and mouth")
    check_inside(points, shape)


def check_inside(points: np.ndarray, shape: tuple[int, ...]) -> None:
    """Rejects a mesh if less than MIN_INSIDE of it is in the image; arguments and errors as in ``check_mesh``."""
    flat = points[:, :2]
    inside = ((flat >= -0.5) & (flat <= (shape[1] - 0.5, shape[0] - 0.5))).all(-1)
    if inside.mean() < MIN_INSIDE:
        raise LowQualityError(f"less than {MIN_INSIDE:.0%} of the face is in the image")


def extent(points: np.ndarray) -> np.ndarray:
    """Returns the box [4] (left, top, right, bottom) around the points [n, 2 or 3] of a face."""
    flat = points[:, :2]
    return np.concatenate([flat.min(0), flat.max(0)])


def eye_distance(points: np.ndarray) -> float:
    """Returns the distance between the centers of the eyes of a mesh [468, 3] in three dimensions."""
    return float(np.linalg.norm(points[list(RIGHT_EYE)].mean(0) - points[list(LEFT_EYE)].mean(0)))


def disagreement(points: np.ndarray, face: Detection) -> float:
    """Returns how far apart the detector and the mesh place eyes, nose and mouth.

    Args:
      points: [468, 3], as in ``Alignment``.
      face: Detection of the same face.

    Returns:
      Root mean square distance of the four points, in eye distances.
    """
    flat = points[:, :2]
    of_mesh = np.stack([flat[list(LEFT_EYE)].mean(0), flat[list(RIGHT_EYE)].mean(0), flat[NOSE_TIP],
                        flat[list(MOUTH)].mean(0)])  # fmt: skip
    return float(np.sqrt(np.mean(np.sum((of_mesh - face.keypoints) ** 2, -1)))) / eye_distance(points)
