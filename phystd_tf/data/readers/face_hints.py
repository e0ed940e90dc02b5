"""Files beside the videos of a dataset that say where the face is, frame by frame: hints for the alignment.

They come from detectors, and are neither exact nor complete. So nothing in them is
fatal: a frame without a usable line has no hint, and its face is searched for.
"""

import math
import re
from collections.abc import Sequence
from typing import Callable, NamedTuple, Optional

from phystd_tf.files.text import TextFileError, read_lines

Box = tuple[float, float, float, float]
EYES_SUFFIX, BOXES_SUFFIX = ".txt", ".face"

# A face around its eyes, in distances between them: to the sides, up and down.
_SIDE, _UP, _DOWN = 1.4, 1.3, 2.2


class SideFile(NamedTuple):
    """Hints of a video.

    Attributes:
      boxes: index of a frame from 0 -> (left, top, right, bottom) of the face in pixels of the frame.
      notes: sentences about lines that are not what they should be; empty for a good file.
    """

    boxes: dict[int, Box]
    notes: list[str]


def read_hints(path: str) -> dict[int, Box]:
    """The boxes of a side file of either kind, told apart by its ending; what is wrong in it is passed over."""
    read = read_boxes if path.lower().endswith(BOXES_SUFFIX) else read_eyes
    return read(path).boxes


def read_eyes(path: str) -> SideFile:
    """Boxes of faces from OULU-NPU's positions of the eyes: ``frame,x,y,x,y`` a line, zeros where there is no face.

    Which eye comes first does not matter.

    Args:
      path: of the ``.txt`` beside a video.
    """
    return _read(path, _eye_line, "frame,x,y,x,y")


def read_boxes(path: str) -> SideFile:
    """SiW's boxes of faces: ``left top right bottom`` a line, a line a frame, zeros where there is no face.

    The file may have fewer lines than the video has frames, or more.

    Args:
      path: of the ``.face`` beside a video.
    """
    return _read(path, _box_line, "left top right bottom")


_Parsed = tuple[int, Optional[Box]]  # index of the frame, box


def _read(path: str, parse: Callable[[int, str], Optional[_Parsed]], form: str) -> SideFile:
    try:
        rows = read_lines(path).rows
    except TextFileError as error:
        return SideFile({}, [str(error)])
    boxes: dict[int, Box] = {}
    seen, wrong, twice = set(), [], []
    for number, row in enumerate(rows):
        if not row.strip():
            continue
        parsed = parse(number, row)
        if parsed is None:
            wrong.append(number + 1)
            continue
        index, box = parsed
        if index in seen:
            twice.append(number + 1)
            continue
        seen.add(index)
        if box is not None:
            boxes[index] = box
    notes = []
    if wrong:
        notes.append(f"{path}: {len(wrong)} lines are not '{form}', the first is line {wrong[0]}")
    if twice:
        notes.append(f"{path}: {len(twice)} lines are of frames that had a line, the first is line {twice[0]}")
    return SideFile(boxes, notes)


def _eye_line(number: int, row: str) -> Optional[_Parsed]:
    fields = [field.strip() for field in row.split(",")]
    # The whole field is the frame: 1 is not the beginning of 10.
    if len(fields) != 5 or not re.fullmatch(r"[0-9]{1,9}", fields[0]):
        return None
    eyes = _numbers(fields[1:])
    if eyes is None:
        return None
    return int(fields[0]), _around(eyes) if all(eyes) else None


def _around(eyes: Sequence[float]) -> Optional[Box]:
    """A box that holds the face with these eyes (x, y, x, y)."""
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
    """Four numbers of at most six digits before the point, or None."""
    if len(fields) != 4 or not all(re.fullmatch(r"[+-]?[0-9]{1,6}(\.[0-9]*)?", field) for field in fields):
        return None
    return [float(field) for field in fields]
