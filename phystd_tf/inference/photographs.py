"""From a photograph on disk to a picture of its traces."""

import csv
import dataclasses
import os
from collections.abc import Sequence
from typing import Any, Callable, Optional

import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import replacing
from phystd_tf.files.images import IMAGE_SUFFIXES, is_image, mark_of, write_image
from phystd_tf.files.names import folded, printable
from phystd_tf.files.outputs import Output, check_outputs, has_mark, is_table
from phystd_tf.inference.model import OK, Disentangled, Model
from phystd_tf.inference.raw_components import check_raw, is_raw_folder, raw_path, write_raw
from phystd_tf.report.trace_panel import empty_sheet_row, sheet_row, trace_panel, trace_sheet

RESULTS_FILE = "results.csv"
_MADE_BY = "phystd_tf disentangle"  # in each picture that is written
_SHEET_SUFFIXES = (".png", ".jpg", ".jpeg")
_SHEET_FACES = 60
_is_own_picture = has_mark(mark_of(_MADE_BY))


@dataclasses.dataclass
class Result:
    """What became of one photograph: a row of results.csv."""

    path: str
    status: str  # ok, unreadable, no_face, low_quality or too_small
    reason: str = ""
    score: Optional[float] = None
    threshold: Optional[float] = None
    verdict: str = ""
    picture: str = ""

    def as_line(self) -> str:
        """The result as a line for people."""
        if self.status != OK:
            return f"{self.path}: {self.status} ({self.reason})"
        verdict = f"{self.verdict}, " if self.verdict else ""
        return f"{self.path}: {verdict}score {self.score:.4f} -> {self.picture}"


def list_photographs(path: str, out: Optional[str] = None) -> list[str]:
    """The photograph at ``path``, or all below it if it is a folder, sorted.

    Args:
      path: of a file or a folder.
      out: folder of pictures that ``disentangle_photographs`` wrote earlier, which are not taken for photographs.

    Raises:
      PhystdError: if there is none.
    """
    if os.path.isfile(path):
        return [path]
    if not os.path.isdir(path):
        raise PhystdError(f"{path}: no such file or folder")
    real = None if out is None else os.path.realpath(out)
    found = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(path)
        if not is_raw_folder(folder)
        for name in names
        if is_image(name) and not (os.path.realpath(folder) == real and _is_own_picture(os.path.join(folder, name)))
    ]
    if not found:
        raise PhystdError(f"{path}: no photograph here; known endings are {', '.join(IMAGE_SUFFIXES)}")
    return sorted(found)


def picture_paths(photographs: Sequence[str], out: str) -> list[str]:
    """Where the picture of each photograph will be, whether or not it has a face.

    Args:
      photographs: paths; two of them may have one file name, also one that differs in case only.
      out: folder of the pictures.
    """
    taken: set[str] = set()
    paths = []
    for path in photographs:
        stem = os.path.splitext(os.path.basename(path))[0]
        name, count = stem, 1
        while folded(name) in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(folded(name))
        paths.append(os.path.join(out, f"{name}.png"))
    return paths


def check_pictures(
    photographs: Sequence[str], out: str, sheet: Optional[str] = None, raw: Optional[str] = None
) -> None:
    """Refuses, before any work, a folder where the pictures or results.csv would replace something else.

    Arguments are those of ``disentangle_photographs``.

    Raises:
      OutputError: names the file.
      PhystdError: if the sheet is neither PNG nor JPEG.
    """
    if sheet is not None and os.path.splitext(sheet)[1].lower() not in _SHEET_SUFFIXES:
        raise PhystdError(f"{sheet}: the name of a sheet must end in {', '.join(_SHEET_SUFFIXES)}")
    columns = [field.name for field in dataclasses.fields(Result)]
    pictures = [*picture_paths(photographs, out), *([] if sheet is None else [sheet])]
    outputs = [Output(path, _is_own_picture) for path in pictures]
    check_outputs([*outputs, Output(os.path.join(out, RESULTS_FILE), is_table(*columns))], photographs)
    if raw is not None:
        for picture in picture_paths(photographs, out):
            check_raw(raw_path(picture, raw), raw)


def disentangle_photographs(
    model: Model,
    photographs: Sequence[str],
    out: str,
    sheet: Optional[str] = None,
    progress: Callable[[], None] = lambda: None,
    raw: Optional[str] = None,
) -> list[Result]:
    """Writes one picture per photograph, and results.csv; failures do not stop the others.

    Args:
      model: Model.
      photographs: paths.
      out: folder for the pictures, made if missing.
      sheet: where to write one more picture, PNG or JPEG, with the first 60 photographs; None for none.
      progress: called after each photograph.
      raw: one of ``raw_components.KINDS`` to write the components of each face next to its picture; None for none.

    Returns:
      One Result per photograph, in their order.

    Raises:
      OutputError: if a photograph, or a file of somebody else, would be replaced; nothing is written then.
    """
    check_pictures(photographs, out, sheet, raw)
    os.makedirs(out, exist_ok=True)
    results: list[Result] = []
    rows: list[np.ndarray] = []
    try:
        for path, picture in zip(photographs, picture_paths(photographs, out)):
            found = model.disentangle(path)
            result = Result(printable(path), **found.prediction._asdict())
            if found.traces is not None:
                result.picture = printable(picture)
                write_image(_panel(found), picture, _MADE_BY)
                if raw is not None:
                    write_raw(found, raw_path(picture, raw), raw)
            if sheet is not None and len(rows) < _SHEET_FACES:
                rows.append(_sheet_row(found, os.path.splitext(os.path.basename(printable(picture)))[0]))
            results.append(result)
            progress()
    finally:  # also where it was interrupted, or the disk is full
        _write_results(results, os.path.join(out, RESULTS_FILE))
    if sheet is not None:
        write_image(trace_sheet(rows), sheet, _MADE_BY)
    return results


def _panel(found: Disentangled) -> np.ndarray:
    prediction = found.prediction
    title = f"score {prediction.score:.4f}"
    if prediction.verdict:
        title = f"{prediction.verdict}: {title}, live from {prediction.threshold:.4f}"
    return trace_panel(*_face(found), title)


def _sheet_row(found: Disentangled, name: str) -> np.ndarray:
    prediction = found.prediction
    if found.traces is None:
        return empty_sheet_row(f"{name}  {prediction.status}")
    return sheet_row(*_face(found), f"{name}  {prediction.verdict} {prediction.score:.3f}")


def _face(found: Disentangled) -> tuple[np.ndarray, dict[str, Any]]:
    """The crop and all outputs of a photograph in which a face was found."""
    assert found.traces is not None and found.crop is not None
    more = {"reconstruction": found.reconstruction, "overall_trace": found.overall_trace}
    return found.crop, {**found.traces._asdict(), **more}


def _write_results(results: Sequence[Result], path: str) -> None:
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Result)])
        writer.writeheader()
        writer.writerows({**dataclasses.asdict(result), "reason": printable(result.reason)} for result in results)
