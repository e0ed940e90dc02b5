"""Shows on the terminal what a model says about inputs."""

from collections.abc import Sequence
from typing import Callable

from tqdm import tqdm

from phystd_tf.inference.inputs import Input
from phystd_tf.inference.judging import JudgedFrame
from phystd_tf.inference.model import Model
from phystd_tf.inference.reporting import Reports, report
from phystd_tf.inference.rows import HEADING, Row


def report_on_terminal(
    model: Model,
    inputs: Sequence[Input],
    reports: Reports,
    doing: str,
    on_frame: Callable[[Input, JudgedFrame], None] = lambda source, judged: None,
) -> int:
    """Does what ``report`` does, with a progress bar, and a table of photographs, whole clips and frames of cameras.

    Args:
      model: Model.
      inputs: as for ``report``.
      reports: as for ``report``.
      doing: what is done, such as "predicting".
      on_frame: as for ``report``.

    Returns:
      The number of inputs with a face that has a score.
    """

    def advance(source: Input, judged: JudgedFrame) -> None:
        on_frame(source, judged)
        bar.update()

    def show(source: Input, row: Row) -> None:
        if source.is_live or not source.is_clip or row.frame is None:
            tqdm.write(row.as_line())

    print(HEADING, flush=True)
    total = None if any(source.is_clip for source in inputs) else len(inputs)
    with tqdm(total=total, unit="frame", desc=doing) as bar:
        try:
            num_judged = report(model, inputs, reports, advance, show)
        finally:
            bar.close()
            print(f"{bar.n} frames, {bar.n / max(bar.format_dict['elapsed'], 1e-9):.1f} a second")
    point = model.predictor.operating_point
    if point is not None:
        print(f"live when score >= {point.threshold:.4f} ({point.source})")
    return num_judged
