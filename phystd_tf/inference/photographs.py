"""From a photograph on disk to a picture of its traces."""

import csv
import dataclasses
import os
from collections.abc import Sequence
from typing import Callable, Optional

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import replacing
from phystd_tf.files.images import IMAGE_SUFFIXES, is_image
from phystd_tf.inference.model import OK, Disentangled, Model
from phystd_tf.report.trace_panel import trace_panel

RESULTS_FILE = "results.csv"


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


def list_photographs(path: str) -> list[str]:
    """The photograph at ``path``, or all below it if it is a folder, sorted.

    Raises:
      PhystdError: if there is none.
    """
    if os.path.isfile(path):
        return [path]
    if not os.path.isdir(path):
        raise PhystdError(f"{path}: no such file or folder")
    found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names if is_image(name)]
    if not found:
        raise PhystdError(f"{path}: no photograph here; known endings are {', '.join(IMAGE_SUFFIXES)}")
    return sorted(found)


def disentangle_photographs(
    model: Model, photographs: Sequence[str], out: str, progress: Callable[[], None] = lambda: None
) -> list[Result]:
    """Writes one picture per photograph, and results.csv; failures do not stop the others.

    Args:
      model: Model.
      photographs: paths.
      out: folder for the pictures, made if missing.
      progress: called after each photograph.

    Returns:
      One Result per photograph, in their order.
    """
    os.makedirs(out, exist_ok=True)
    results: list[Result] = []
    taken: set[str] = set()
    for path in photographs:
        found = model.disentangle(path)
        result = Result(path, **found.prediction._asdict())
        if found.traces is not None:
            result.picture = _picture_path(path, out, taken)
            _write_picture(_panel(found), result.picture)
        results.append(result)
        progress()
    _write_results(results, os.path.join(out, RESULTS_FILE))
    return results


def _panel(found: Disentangled) -> np.ndarray:
    prediction = found.prediction
    title = f"score {prediction.score:.4f}"
    if prediction.verdict:
        title = f"{prediction.verdict}: {title}, live from {prediction.threshold:.4f}"
    assert found.traces is not None and found.crop is not None  # a face was found
    outputs = {
        **found.traces._asdict(), "reconstruction": found.reconstruction, "overall_trace": found.overall_trace,
    }  # fmt: skip
    return trace_panel(found.crop, outputs, title)


def _picture_path(path: str, out: str, taken: set[str]) -> str:
    """A name of its own for each photograph, also where two folders hold the same file name."""
    stem = os.path.splitext(os.path.basename(path))[0]
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem}_{count}"
    taken.add(name)
    return os.path.join(out, f"{name}.png")


def _write_picture(picture: np.ndarray, path: str) -> None:
    with replacing(path) as temporary:
        if not cv2.imwrite(temporary, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
            raise PhystdError(f"{path}: the picture could not be written")


def _write_results(results: Sequence[Result], path: str) -> None:
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Result)])
        writer.writeheader()
        writer.writerows(dataclasses.asdict(result) for result in results)
