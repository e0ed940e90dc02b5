"""Side files of a dataset that give the position of the face in each frame, used as hints for the alignment.

They were produced by detectors and are neither exact nor complete. Errors in them
are therefore not fatal: the face in a frame without a valid line is found without
a hint.
"""

import math
import re
from collections.abc import Sequence
from typing import Callable, NamedTuple, Optional

from phystd_tf.face.detection import Box
from phystd_tf.files.text import TextFileError, read_lines

EYES_SUFFIX, BOXES_SUFFIX = ".txt", ".face"

# Extent of a face from the midpoint of its eyes, in eye distances: to the sides, up and down.
_SIDE, _UP, _DOWN = 1.4, 1.3, 2.2


class SideFile(NamedTuple):
    """The hints for one video.

    Attributes:
      boxes: index of a frame from 0 -> (left, top, right, bottom) of the face in pixels of the frame.
      notes: sentences about invalid lines; empty for a valid file.
    """

    boxes: dict[int, Box]
    notes: list[str]


def read_hints(path: str) -> dict[int, Box]:
    """Reads the boxes of a side file of either kind, depending on its suffix; invalid lines are ignored."""
    read = read_boxes if path.lower().endswith(BOXES_SUFFIX) else read_eyes
    return read(path).boxes


def read_eyes(path: str) -> SideFile:
    """Estimates boxes of faces from the eye positions of OULU-NPU.

    Each line is ``frame,x,y,x,y``, with zeros if there is no face. The order of the
    eyes does not matter.

    Args:
      path: path of the ``.txt`` file of a video.
    """
    return _read(path, _eye_line, "frame,x,y,x,y")


def read_boxes(path: str) -> SideFile:
    """Reads the boxes of faces of SiW.

    There is one line per frame, ``left top right bottom``, with zeros if there is no
    face. The number of lines may differ from the number of frames.

    Args:
      path: path of the ``.face`` file of a video.
    """
    return _read(path, _box_line, "left top right bottom")


_Parsed = tuple[int, Optional[Box]]  # index of the frame, box


def _read(path: str, parse: Callable[[int, str], Optional[_Parsed]], line_format: str) -> SideFile:
    try:
        rows = read_lines(path).rows
    except TextFileError as error:
        return SideFile({}, [str(error)])
    boxes: dict[int, Box] = {}
    seen, wrong, repeated = set(), [], []
    for number, row in enumerate(rows):
        if not row.strip():
            continue
        parsed = parse(number, row)
        if parsed is None:
            wrong.append(number + 1)
            continue
        index, box = parsed
        if index in seen:
            repeated.append(number + 1)
            continue
        seen.add(index)
        if box is not None:
            boxes[index] = box
    notes = []
    if wrong:
        notes.append(f"{path}: {len(wrong)} lines are not '{line_format}', the first is line {wrong[0]}")
    if repeated:
        notes.append(f"{path}: {len(repeated)} lines repeat a frame, the first is line {repeated[0]}")
    return SideFile(boxes, notes)


def _eye_line(number: int, row: str) -> Optional[_Parsed]:
    fields = [field.strip() for field in row.split(",")]
    # The whole field is compared, so that 1 does not match 10.
    if len(fields) != 5 or not re.fullmatch(r"[0-9]{1,9}", fields[0]):
        return None
    eyes = _numbers(fields[1:])
    if eyes is None:
        return None
    return int(fields[0]), _around(eyes) if all(eyes) else None


def _around(eyes: Sequence[float]) -> Optional[Box]:
    """Returns a box around the face with these eyes (x, y, x, y)."""
    x1, y1, x2, y2 = eyes
    distance = math.hypot(x2 - x1, y2 - y1)
    if not distance:
        return None
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return x - _SIDE * distance, y - _UP * distance, x + _SIDE * distance, y + _DOWN * distance


def _box_line(number: int, row: str) -> Optional[_Parsed]:
    box = _numbers(row.split())
    if box is None:
        return None
    if not any(box):
        return number, None
    left, top, right, bottom = box
    return (number, (left, top, right, bottom)) if left < right and top < bottom else None


def _numbers(fields: Sequence[str]) -> Optional[list[float]]:
    """Parses four numbers with at most six digits before the decimal point; None if they are invalid."""
    if len(fields) != 4 or not all(re.fullmatch(r"[+-]?[0-9]{1,6}(\.[0-9]*)?", field) for field in fields):
        return None
    return [float(field) for field in fields]
