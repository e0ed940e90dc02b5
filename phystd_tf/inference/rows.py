"""The result for each face, as rows of a CSV or JSON Lines file and as lines for people."""

import collections
import contextlib
import csv
import json
from collections.abc import Iterator
from typing import Callable, NamedTuple, Optional

import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import replacing
from phystd_tf.files.names import printable
from phystd_tf.files.outputs import is_json_lines, is_table
from phystd_tf.inference.inputs import Input
from phystd_tf.inference.judging import JudgedFace, JudgedFrame
from phystd_tf.inference.model import OK, Prediction
from phystd_tf.liveness import TERMS
from phystd_tf.runs.operating_point import OperatingPoint, alpha0_of

ROW_SUFFIXES = (".csv", ".jsonl")
HEADING = f"{'verdict':7} {'score':>9}  {'status':11} {'frames':>6}  {'face box':>21}  input"


class Row(NamedTuple):
    """The result for a face in one frame, or in a whole clip. None is an empty value.

    Attributes:
      path: path of the photograph or the video, or the camera.
      frame: index from 0; 0 for a photograph, None for a whole clip or an unreadable video.
      frames: number of frames over which the score is averaged.
      face: number of the face within the input, from 0; None if it cannot be used.
      left, top, right, bottom: box of the face in pixels of the frame.
      score: liveness, Eq. (10): higher is more live.
      threshold: live is ``score >= threshold``.
      threshold_source: which scores the threshold was chosen on.
      verdict: "live" or "spoof"; empty if the status is not ok, or there is no threshold.
      status: "ok", or why there is no verdict: "unreadable", "no_face", "low_quality" or "too_small".
      reason: a sentence if the status is not ok; otherwise empty.
      alpha0: score = depth + alpha0 * (B + C + T + P).
      depth, B, C, T, P: the terms of Eq. (10).
      picture: path of its drawing; empty if there is none.
    """

    path: str
    frame: Optional[int]
    frames: int
    face: Optional[int]
    left: Optional[float]
    top: Optional[float]
    right: Optional[float]
    bottom: Optional[float]
    score: Optional[float]
    threshold: Optional[float]
    threshold_source: str
    verdict: str
    status: str
    reason: str
    alpha0: Optional[float]
    depth: Optional[float]
    B: Optional[float]
    C: Optional[float]
    T: Optional[float]
    P: Optional[float]
    picture: str

    def as_line(self) -> str:
        """The row as a line below HEADING, for people."""
        score = "" if self.score is None else f"{self.score:.4f}"
        sides = (self.left, self.top, self.right, self.bottom)
        box = "" if self.left is None else ",".join(f"{side:.0f}" for side in sides)
        frames = str(self.frames) if self.frame is None else f"#{self.frame}"
        reason = f" ({self.reason})" if self.reason else ""
        return f"{self.verdict:7} {score:>9}  {self.status:11} {frames:>6}  {box:>21}  {self.path}{reason}"


def is_own_rows(path: str) -> bool:
    """Whether a file has rows that ``writing_rows`` wrote."""
    return is_table(*Row._fields)(path) or is_json_lines(*Row._fields)(path)


class RowMaker:
    """Makes the rows of one input: those of its frames, and at the end those of the clip."""

    def __init__(self, source: Input, point: Optional[OperatingPoint]) -> None:
        self._source = source
        self._point = point
        self._rows: dict[int, list[tuple[float, ...]]] = {}  # score and terms by the number of the face
        self._failures: collections.Counter[tuple[str, str]] = collections.Counter()
        self._num_frames = 0

    def of_frame(self, judged: JudgedFrame, picture: str) -> list[Row]:
        """The rows of a frame, one per face.

        Args:
          judged: JudgedFrame.
          picture: path of the drawing, or empty.
        """
        self._num_frames += 1
        return [self._of_face(judged.frame.number, face, picture) for face in judged.faces]

    def of_clip(self, picture: str) -> list[Row]:
        """The rows of the whole clip: for each face, the mean over the frames in which it could be judged.

        Args:
          picture: path of the drawing, or empty.

        Returns:
          One Row per face; if several frames have none to judge, one that says why; none for a photograph.
        """
        if not self._source.is_clip:
            return []
        rows = []
        for number, values in sorted(self._rows.items()):
            score, *terms = np.mean(values, axis=0).tolist()
            prediction = Prediction(OK, score=score, terms=dict(zip(TERMS, terms)))
            if self._point is not None:
                prediction = prediction._replace(threshold=self._point.threshold, verdict=self._point.verdict(score))
            rows.append(self._row(None, len(values), number, prediction, picture))
        if not rows and self._failures and self._num_frames > 1:
            (status, reason), count = self._failures.most_common(1)[0]
            reason = f"no frame of {self._num_frames} can be judged; {count} of them: {reason}"
            rows.append(self._row(None, 0, None, Prediction(status, reason), picture))
        return rows

    def _of_face(self, frame: Optional[int], face: JudgedFace, picture: str) -> Row:
        prediction = face.found.prediction
        if prediction.status != OK:
            self._failures[prediction.status, self._reason(prediction)] += 1
        elif self._source.is_clip and face.number is not None:
            assert prediction.score is not None and prediction.terms is not None
            values = (prediction.score, *(prediction.terms[name] for name in TERMS))
            self._rows.setdefault(face.number, []).append(values)
        return self._row(frame, 1, face.number, prediction, picture)

    def _row(
        self, frame: Optional[int], frames: int, number: Optional[int], prediction: Prediction, picture: str
    ) -> Row:
        point, terms = self._point, prediction.terms or {}
        left, top, right, bottom = (round(side, 1) for side in prediction.box) if prediction.box else (None,) * 4
        return Row(
            path=printable(self._source.path),
            frame=frame,
            frames=frames,
            face=number,
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            score=prediction.score,
            threshold=prediction.threshold,
            threshold_source=point.source if point and prediction.threshold is not None else "",
            verdict=prediction.verdict,
            status=prediction.status,
            reason=self._reason(prediction),
            alpha0=alpha0_of(point) if terms else None,
            **{name: terms.get(name) for name in TERMS},
            picture=printable(picture),
        )

    def _reason(self, prediction: Prediction) -> str:
        """The reason without the file name, which has its own column."""
        return printable(prediction.reason.removeprefix(f"{self._source.path}: "))


def check_row_suffix(path: str) -> None:
    """Refuses a file for rows if its suffix is unknown.

    Raises:
      PhystdError: names the known suffixes.
    """
    if not path.lower().endswith(ROW_SUFFIXES):
        raise PhystdError(f"{path}: the name must end in {' or '.join(ROW_SUFFIXES)}")


@contextlib.contextmanager
def writing_rows(path: str) -> Iterator[Callable[[Row], None]]:
    """Writes rows one by one; what was written is kept if the work is interrupted.

    Args:
      path: path of the file, with one of ROW_SUFFIXES.

    Yields:
      A function that writes a Row.
    """
    interruption: Optional[BaseException] = None
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        is_csv = path.lower().endswith(".csv")
        if is_csv:
            table.writerow(Row._fields)
        start = file.tell()

        def write(row: Row) -> None:
            if is_csv:
                table.writerow(row)
            else:
                print(json.dumps(row._asdict(), allow_nan=False), file=file)

        try:
            yield write
        except BaseException as error:
            if file.tell() == start:
                raise
            interruption = error
    if interruption is not None:
        raise interruption
