"""Pictures of judged faces: what was disentangled from them, and the whole frame with boxes and verdicts."""

import os
from collections.abc import Mapping
from typing import Optional

import cv2
import numpy as np

from phystd_tf.inference.drawing import Drawing
from phystd_tf.inference.judging import JudgedFrame
from phystd_tf.inference.model import Disentangled, Prediction
from phystd_tf.inference.raw_components import is_raw_folder
from phystd_tf.report.trace_panel import COLUMNS, column_names, empty_sheet_row, sheet_row, trace_panel

_TRACE_TILE = 80  # minimum side, in pixels, of the traces below an annotated picture
_GAP = 2  # pixels to the right of each of them
_COLORS = {"live": (30, 170, 60), "spoof": (220, 40, 40), "": (230, 160, 0)}
_TEXT_HEIGHT = 22  # height, in pixels, of a text of scale 1


def panel(judged: JudgedFrame, is_clip: bool) -> Optional[np.ndarray]:
    """Input, traces and reconstruction of the faces of a photograph, or of the first face in a frame of a clip.

    Args:
      judged: JudgedFrame.
      is_clip: whether it is one of many frames.

    Returns:
      [height, width, 3] uint8 RGB; None if no face can be used.
    """
    faces = _usable(judged, is_clip)
    if not faces:
        return None
    return np.concatenate([trace_panel(*_outputs(found), _title(found.prediction)) for found in faces])


def annotated(judged: JudgedFrame, is_clip: bool) -> Optional[np.ndarray]:
    """A frame with the box and the verdict of each face, and below it the traces of all faces or of the first one.

    Args:
      judged: JudgedFrame.
      is_clip: whether it is one of many frames, which get the traces of one face, or room for them.

    Returns:
      [height, width, 3] uint8 RGB; None if the frame cannot be read.
    """
    image = judged.frame.image
    if not isinstance(image, np.ndarray):
        return None
    picture = image.copy()
    for face in judged.faces:
        _draw_box(picture, face.found.prediction)
    tile = max(_TRACE_TILE, picture.shape[1] // len(COLUMNS) - _GAP)
    rows = [sheet_row(*_outputs(found), _title(found.prediction), tile) for found in _usable(judged, is_clip)]
    if is_clip and not rows:
        rows = [empty_sheet_row(judged.faces[0].found.prediction.status, tile)]
    if rows:
        rows.append(column_names(tile))
    width = max([picture.shape[1], *(row.shape[1] for row in rows)])
    return np.concatenate([
        np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0)), constant_values=255) for part in (picture, *rows)
    ])  # fmt: skip


def overview_row(judged: JudgedFrame, name: str) -> np.ndarray:
    """The row of ``trace_sheet`` for the first face of a frame.

    Args:
      judged: JudgedFrame.
      name: name of the input.

    Returns:
      [height, width, 3] uint8 RGB, of a fixed size.
    """
    found = judged.faces[0].found
    if found.traces is None:
        return empty_sheet_row(f"{name}  {found.prediction.status}")
    return sheet_row(*_outputs(found), f"{name}  {found.prediction.verdict} {found.prediction.score:.3f}")


PANELS = Drawing("phystd_tf disentangle", panel)
ANNOTATIONS = Drawing("phystd_tf predict", annotated)


def is_drawn(path: str) -> bool:
    """Whether a file or a folder below a folder of inputs is an output of this project, and so not an input."""
    if os.path.isdir(path):
        return is_raw_folder(path)
    return PANELS.is_own(path) or ANNOTATIONS.is_own(path)


def _usable(judged: JudgedFrame, is_clip: bool) -> list[Disentangled]:
    faces = [face.found for face in judged.faces if face.found.traces is not None]
    return faces[:1] if is_clip else faces


def _title(prediction: Prediction) -> str:
    title = f"score {prediction.score:.4f}"
    if prediction.threshold is None:
        return title
    return f"{prediction.verdict or prediction.status}: {title}, live from {prediction.threshold:.4f}"


def _outputs(found: Disentangled) -> tuple[np.ndarray, Mapping[str, np.ndarray]]:
    """The crop and all outputs of a disentangled face."""
    assert found.traces is not None and found.crop is not None
    assert found.reconstruction is not None and found.overall_trace is not None
    more = {"reconstruction": found.reconstruction, "overall_trace": found.overall_trace}
    return found.crop, {**found.traces._asdict(), **more}


def _draw_box(picture: np.ndarray, prediction: Prediction) -> None:
    if prediction.box is None:
        return
    left, top, right, bottom = (round(side) for side in prediction.box)
    color = _COLORS[prediction.verdict]
    thickness = max(1, round(min(picture.shape[:2]) / 300))
    cv2.rectangle(picture, (left, top), (right, bottom), color, thickness, cv2.LINE_AA)
    score = "" if prediction.score is None else f" {prediction.score:.3f}"
    text, scale = f"{prediction.verdict or prediction.status}{score}", max(0.4, min(picture.shape[:2]) / 900)
    place = (max(left, 0), max(top - 3 * thickness, round(scale * _TEXT_HEIGHT)))
    for ink, width in (((255, 255, 255), 3 * thickness), (color, thickness)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, width, cv2.LINE_AA)
