"""Applies a model to inputs: one row per face, and pictures if wanted. Failures do not stop the other inputs."""

import contextlib
from collections.abc import Sequence
from typing import Callable, NamedTuple, Optional

from phystd_tf.files.outputs import Output, check_outputs
from phystd_tf.inference.drawing import Drawing, drawn_paths
from phystd_tf.inference.inputs import Input
from phystd_tf.inference.judging import JudgedFrame, judge
from phystd_tf.inference.model import Model
from phystd_tf.inference.raw_components import check_raw, raw_path, write_raw
from phystd_tf.inference.rows import Row, RowMaker, is_own_rows, writing_rows


class Reports(NamedTuple):
    """What is written about inputs.

    Attributes:
      rows: path of the file of rows; None for none.
      drawing: Drawing; None for none.
      folder: folder of the drawings.
      raw: one of ``raw_components.KINDS`` to write the components of the first face of each photograph next to its
        picture; None for none.
    """

    rows: Optional[str] = None
    drawing: Optional[Drawing] = None
    folder: str = ""
    raw: Optional[str] = None

    def check(self, inputs: Sequence[Input], more: Sequence[str] = ()) -> None:
        """Refuses, before any work, outputs that would replace an input or a file of others.

        Args:
          inputs: what will be read.
          more: further pictures that will be written.

        Raises:
          OutputError: names the file.
        """
        outputs = [] if self.rows is None else [Output(self.rows, is_own_rows)]
        if self.drawing is not None:
            pictures = [*drawn_paths(inputs, self.folder), *more]
            outputs += [Output(path, self.drawing.is_own) for path in pictures]
        check_outputs(outputs, [source.path for source in inputs])
        if self.raw is not None:
            for path in drawn_paths(inputs, self.folder):
                check_raw(raw_path(path, self.raw), self.raw)


def report(
    model: Model,
    inputs: Sequence[Input],
    reports: Reports,
    on_frame: Callable[[Input, JudgedFrame], None] = lambda source, judged: None,
    on_row: Callable[[Input, Row], None] = lambda source, row: None,
) -> int:
    """Judges all faces of the inputs and writes the results.

    Finished results are kept if the work is interrupted, which is how a camera is stopped.

    Args:
      model: Model.
      inputs: photographs, videos and cameras.
      reports: what to write.
      on_frame: called after each frame.
      on_row: called with each row.

    Returns:
      The number of inputs with a face that has a score.

    Raises:
      OutputError: if an input, or a file of others, would be replaced; nothing is written then.
    """
    reports.check(inputs)
    with writing_rows(reports.rows) if reports.rows else contextlib.nullcontext(lambda row: None) as write:

        def add(source: Input, rows: Sequence[Row]) -> bool:
            for row in rows:
                write(row)
                on_row(source, row)
            return any(row.score is not None for row in rows)

        drawn = drawn_paths(inputs, reports.folder)
        return sum(_report_input(model, *pair, reports, on_frame, add) for pair in zip(inputs, drawn))


def _report_input(
    model: Model,
    source: Input,
    path: str,
    reports: Reports,
    on_frame: Callable[[Input, JudgedFrame], None],
    add: Callable[[Input, Sequence[Row]], bool],
) -> bool:
    """Judges one input and draws it at ``path``; returns whether one of its faces has a score."""
    maker, is_judged, picture = RowMaker(source, model.predictor.operating_point), False, ""
    drawn_file = reports.drawing.file(source, path) if reports.drawing else contextlib.nullcontext(lambda judged: "")
    try:
        with drawn_file as draw, contextlib.closing(judge(model, source)) as frames:
            for judged in frames:
                drawn = draw(judged)
                picture = picture or drawn
                is_judged |= add(source, maker.of_frame(judged, drawn))
                if reports.raw is not None and judged.faces[0].found.traces is not None:
                    write_raw(judged.faces[0].found, raw_path(path, reports.raw), reports.raw)
                on_frame(source, judged)
    except KeyboardInterrupt:
        if not source.is_live:
            raise
    add(source, maker.of_clip(picture))
    return is_judged
