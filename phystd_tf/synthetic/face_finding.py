"""Measures the face finder on rendered faces, whose true meshes are known: what it refuses, and how far off it is."""

import csv
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.crop import EYE_CORNERS, crop, from_crop
from phystd_tf.face.geometry import find_face
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.face.quality import defect, overexposed_share, sharpness, underexposed_share
from phystd_tf.face.refusals import AlignmentError
from phystd_tf.face.topology import FACE_OVAL
from phystd_tf.files.images import read_image
from phystd_tf.synthetic import truth
from phystd_tf.synthetic.clip_list import CLIPS

WHOLE = "whole frame"
# Sides of a crop relative to those of the rectangle around the face oval; below 1 it ends within the face.
CROPS = {WHOLE: None, "1.3": 1.3, "1.1": 1.1, "1.0": 1.0, "0.9": 0.9, "0.8": 0.8}
TURNS = (0, 90, 180, 270)  # degrees
_TURNED_CROPS = (WHOLE, "1.0")
_CROP_SIZE = 256
_SMALL = 25  # pixels between the outer eye corners of the smallest faces that are accepted


class Finding(NamedTuple):
    """The result for a view of a face.

    Attributes:
      type: spoof type, or live.
      crop: one of CROPS.
      turn: one of TURNS.
      status: "ok", or why the face was refused.
      reason: a sentence if refused.
      error: mean distance of the vertices from the true ones, in distances of the outer eye corners; None if refused.
    """

    type: str
    crop: str
    turn: int
    status: str
    reason: str
    error: Optional[float]


def measure(folder: str, aligner: FaceAligner, model: MorphableModel, clip_step: int = 1) -> Iterator[Finding]:
    """Looks for the face in the first frame of every n-th clip, in several crops and rotations.

    Args:
      folder: folder of the embedded dataset, made with ground truth.
      aligner: FaceAligner.
      model: the morphable model.
      clip_step: n.

    Yields:
      Finding.

    Raises:
      PhystdError: if the folder is not one.
    """
    for clip, image, points in _first_frames(folder, clip_step):
        for name, turn in _views():
            view, vertices = turned(*cropped(image, points, CROPS[name]), turn)
            yield Finding(clip["type"], name, turn, *_found(view, vertices, aligner, model))


class Quality(NamedTuple):
    """The measures of ``phystd_tf.face.quality`` for a face.

    Attributes:
      condition: what was done to its photograph.
      sharpness: see there.
      overexposed: share of the face, see there.
      underexposed: share of the face, see there.
      flagged: whether the face has a defect.
    """

    condition: str
    sharpness: float
    overexposed: float
    underexposed: float
    flagged: bool


def measure_quality(folder: str, aligner: FaceAligner, model: MorphableModel, clip_step: int = 1) -> Iterator[Quality]:
    """Measures the first frame of every n-th clip as it is, blurred, brighter, darker and reduced; see ``measure``."""
    for _, image, _ in _first_frames(folder, clip_step):
        try:
            face = find_face(image, aligner, model, _CROP_SIZE)
        except AlignmentError:
            continue
        points = from_crop(face.shape, face.box, _CROP_SIZE)
        eyes = float(np.linalg.norm(points[EYE_CORNERS[0]] - points[EYE_CORNERS[1]]))
        for condition, changed in _conditions(image, eyes):
            cut = crop(changed, face.box, _CROP_SIZE)
            yield Quality(
                condition,
                sharpness(cut, face.shape),
                overexposed_share(cut, face.shape),
                underexposed_share(cut, face.shape),
                defect(cut, face.shape) is not None,
            )


def _conditions(image: np.ndarray, eyes: float) -> Iterator[tuple[str, np.ndarray]]:
    yield "as it is", image
    small = cv2.resize(image, None, fx=_SMALL / eyes, fy=_SMALL / eyes, interpolation=cv2.INTER_AREA)
    yield f"reduced to {_SMALL} px between the eye corners", cv2.resize(small, image.shape[1::-1])
    for share in (0.02, 0.04, 0.06, 0.08):
        yield f"blurred by {100 * share:.0f} % of that distance", cv2.GaussianBlur(image, (0, 0), share * eyes)
    for factor in (1.5, 2.0, 2.5, 3.0, 0.5, 0.25, 0.15, 0.1, 0.07):
        yield f"{factor:g} times as bright", np.clip(np.rint(image * np.float32(factor)), 0, 255).astype(np.uint8)


def summarize_quality(measured: Sequence[Quality]) -> list[dict[str, object]]:
    """A table of the measures and of the flagged share, by condition."""
    rows: list[dict[str, object]] = []
    for condition in dict.fromkeys(each.condition for each in measured):
        of = [each for each in measured if each.condition == condition]
        sharp, white, black = np.array([each[1:4] for each in of]).T
        rows.append({
            "photograph": condition,
            "faces": len(of),
            "sharpness, least": round(sharp.min(), 3),
            "sharpness, median": round(np.median(sharp), 3),
            "sharpness, most": round(sharp.max(), 3),
            "white %, median": round(100 * np.median(white), 1),
            "white %, most": round(100 * white.max(), 1),
            "black %, median": round(100 * np.median(black), 1),
            "black %, most": round(100 * black.max(), 1),
            "flagged %": round(100 * np.mean([each.flagged for each in of]), 1),
        })  # fmt: skip
    return rows


def _first_frames(folder: str, clip_step: int) -> Iterator[tuple[dict[str, str], np.ndarray, np.ndarray]]:
    """The row, the first frame and the true vertices of every n-th clip."""
    path = os.path.join(folder, CLIPS)
    if not os.path.isfile(path):
        raise PhystdError(f"{folder}: not a folder of rendered faces (no {CLIPS}); make one with tools.make_synthetic")
    with open(path, encoding="utf-8", newline="") as file:
        clips = list(csv.DictReader(file))[::clip_step]
    for clip in clips:
        image = read_image(os.path.join(folder, clip["clip"], "000.jpg"))
        points = truth.read(truth.truth_path(folder, clip["clip"], 0)).vertices
        yield clip, image, points


def cropped(image: np.ndarray, points: np.ndarray, size: Optional[float]) -> tuple[np.ndarray, np.ndarray]:
    """The part of an image around a face, and its vertices there; ``size`` is one of the values of CROPS."""
    if size is None:
        return image, points
    oval = points[list(FACE_OVAL), :2]
    middle, half = (oval.max(0) + oval.min(0)) / 2, size * (oval.max(0) - oval.min(0)) / 2
    left, top = np.maximum(np.round(middle - half), 0).astype(int)
    right, bottom = np.round(middle + half).astype(int) + 1
    return image[top:bottom, left:right], points - (left, top)


def turned(image: np.ndarray, points: np.ndarray, degrees: int) -> tuple[np.ndarray, np.ndarray]:
    """An image and points in it, turned counterclockwise by a multiple of 90 degrees."""
    for _ in range(degrees // 90):
        points = np.stack([points[:, 1], image.shape[1] - 1 - points[:, 0]], -1)
        image = np.rot90(image)
    return np.ascontiguousarray(image), points


def summarize(findings: Sequence[Finding]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Tables of refusals: by crop and turn, and of upright faces by type."""
    by_view = [
        {"crop": view[0], "turned by": view[1], **_counts([each for each in findings if each[1:3] == view])}
        for view in _views()
    ]
    upright = [each for each in findings if each.turn == 0]
    by_type = [
        {"type": name, **_counts([each for each in upright if each.type == name])}
        for name in dict.fromkeys(each.type for each in upright)
    ]
    return by_view, [*by_type, {"type": "all upright", **_counts(upright)}]


def _views() -> Iterator[tuple[str, int]]:
    for turn in TURNS:
        for name in CROPS if turn == 0 else _TURNED_CROPS:
            yield name, turn


def _found(
    image: np.ndarray, vertices: np.ndarray, aligner: FaceAligner, model: MorphableModel
) -> tuple[str, str, Optional[float]]:
    try:
        face = find_face(image, aligner, model, _CROP_SIZE)
    except AlignmentError as error:
        return error.status, str(error), None
    gaps = np.linalg.norm(from_crop(face.shape, face.box, _CROP_SIZE)[:, :2] - vertices, axis=1)
    return "ok", "", float(gaps.mean() / np.linalg.norm(vertices[EYE_CORNERS[0]] - vertices[EYE_CORNERS[1]]))


def _counts(findings: Sequence[Finding]) -> dict[str, object]:
    errors = [each.error for each in findings if each.error is not None]
    reasons = [each.reason for each in findings if each.error is None]
    return {
        "faces": len(findings),
        "refused": len(reasons),
        "refused %": round(100 * len(reasons) / max(len(findings), 1), 2),
        "error, median": round(float(np.median(errors)), 3) if errors else None,
        "error, 99 %": round(float(np.percentile(errors, 99)), 3) if errors else None,
        "most frequent reason": max(set(reasons), key=reasons.count, default=""),
    }
