"""Computes the error rates of a score file, at a threshold that was chosen elsewhere.

The threshold is that of the EER of --dev_scores, or --threshold, or, without
either, the one that tools.score stored next to the scores of a test split.
Choosing it on the reported scores makes results too good; that needs
--threshold_on_test, and is marked. If tools.score compared traces with their truth
(--faces), their quality is printed too.

    python -m tools.evaluate --scores=test.csv --dev_scores=dev.csv --out=metrics.json

Describe files of other systems with --columns, --label_live, --label_spoof and
--higher_is; these apply to --dev_scores too. What was read is printed.

    python -m tools.evaluate --scores=other.csv --threshold=0.5 --columns=score:prob --label_live=0 --higher_is=spoof
"""

import math
import os
from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from .command import Flags, UsageError, run_program

flags = Flags()

_SCORES = flags.DEFINE_string("scores", None, "Score file to report on (tools.score writes such files).", required=True)
_DEV_SCORES = flags.DEFINE_string("dev_scores", None, "Score file whose EER gives the threshold.")
_OUT = flags.DEFINE_string("out", None, "JSON file for the error rates.")
_LEVEL = flags.DEFINE_enum("level", "clip", ["clip", "frame"], "Presentations: clips (mean of the frames) or frames.")
_THRESHOLD = flags.DEFINE_float(
    "threshold", None, "A fixed threshold, on the scale of the file; a score equal to it is live."
)
_ON_TEST = flags.DEFINE_bool("threshold_on_test", False, "Take the threshold from --scores itself, and say so.")
_BY = flags.DEFINE_enum(
    "by", "type", ["type", "instrument"],
    "PAI species for APCER: spoof types (also the rule of OULU-NPU: print and replay), or instruments.",
)  # fmt: skip
_FDR = flags.DEFINE_float("fdr", 0.005, "False detection rate of TDR@FDR.", lower_bound=0.0, upper_bound=0.999)
_COLUMNS = flags.DEFINE_list(
    "columns", [],
    "Columns of other systems as OURS:THEIRS,... Ours are clip, label, score, and optionally frame, subject, type and "
    "instrument. By default, clip, label and score have our names; other columns that are not named are ignored.",
)  # fmt: skip
_LABEL_LIVE = flags.DEFINE_list("label_live", [], "Labels of live rows, numbers or words; by default 1.")
_LABEL_SPOOF = flags.DEFINE_list("label_spoof", [], "Labels of spoof rows; needed if those of live are not 0 or 1.")
_HIGHER_IS = flags.DEFINE_enum(
    "higher_is", None, ["live", "spoof"], "What a higher score means, by default live; with spoof, scores are negated."
)

_GIVE_ONE = "give one of --dev_scores=FILE, --threshold=NUMBER or --threshold_on_test"


def main() -> None:
    given = [_DEV_SCORES.value is not None, _THRESHOLD.value is not None, _ON_TEST.value]
    if sum(given) > 1:
        raise UsageError(_GIVE_ONE)
    if _THRESHOLD.value is not None and not math.isfinite(_THRESHOLD.value):
        raise UsageError(f"--threshold={_THRESHOLD.value} is not a finite number")
    if _same(_SCORES.value, _DEV_SCORES.value):
        raise UsageError("--dev_scores is the reported file itself; if that is meant, give --threshold_on_test instead")

    from phystd_tf.evaluation.score_layout import score_layout
    from phystd_tf.evaluation.scores import at_level, by_instrument
    from phystd_tf.evaluation.summary import as_table, summarize
    from phystd_tf.evaluation.trace_quality import quality_table, read_quality, summarize_quality
    from phystd_tf.files.atomic import write_json
    from phystd_tf.files.outputs import Output, check_outputs, is_object

    if _OUT.value is not None:
        read = [path for path in (_SCORES.value, _DEV_SCORES.value) if path]
        check_outputs([Output(_OUT.value, is_object("scores", "level", "threshold_source"))], read)
    layout = score_layout(_COLUMNS.value, _LABEL_LIVE.value, _LABEL_SPOOF.value, _HIGHER_IS.value)
    rows = _read(_SCORES.value, layout)
    test = at_level(rows, _LEVEL.value)
    if _BY.value == "instrument":
        test = by_instrument(test, _SCORES.value)
    chosen = _chosen(rows, test, layout)
    summary = {"scores": _SCORES.value, "level": _LEVEL.value, "by": _BY.value}
    summary.update(summarize(test, chosen.threshold, chosen.source, _FDR.value, chosen.dev, dev_split=chosen.dev_split))
    summary["warnings"] += chosen.warnings
    print(as_table(summary))
    measured = None
    if layout is not None:
        summary["read_with"] = layout._asdict()
    else:
        measured = read_quality(rows, _SCORES.value)
    if measured is not None:
        summary["trace_quality"] = summarize_quality(measured)
        print(
            f"\nTraces against the truth of {len(measured)} embedded faces\n{quality_table(summary['trace_quality'])}"
        )
    if _OUT.value is not None:
        write_json(summary, _OUT.value)


class _Chosen(NamedTuple):
    """The threshold, its source, the dev scores that it was chosen on (if any), warnings, and the split of these."""

    threshold: float
    source: str
    dev: Any = None
    warnings: Sequence[str] = ()
    dev_split: str = "dev"


def _chosen(rows: Any, test: Any, layout: Any) -> _Chosen:
    from phystd_tf.evaluation.score_details import require_one_scale
    from phystd_tf.evaluation.scores import at_level

    if _THRESHOLD.value is not None:
        threshold = _THRESHOLD.value if layout is None else layout.sign * _THRESHOLD.value
        return _Chosen(threshold, f"--threshold{_in_file(threshold, layout)}")
    if _ON_TEST.value:
        threshold = _of_equal_errors(test, _SCORES.value)
        source = f"EER on the reported scores themselves{_in_file(threshold, layout)} (too good)"
        return _Chosen(threshold, source)
    path = _DEV_SCORES.value
    if path is None:
        if layout is not None:
            raise UsageError(_GIVE_ONE)
        return _stored(rows)
    dev_rows = _read(path, layout)
    warnings = require_one_scale(rows, _SCORES.value, dev_rows, path) if layout is None else ()
    dev = at_level(dev_rows, _LEVEL.value)
    threshold = _of_equal_errors(dev, path)
    source = f"EER on {path}{_in_file(threshold, layout)}"
    return _Chosen(threshold, source, dev, warnings, "dev" if layout is not None else _split_of(path))


def _split_of(path: str) -> str:
    """The split of a score file of tools.score, such as train where there is no dev; "dev" if it is unknown."""
    from phystd_tf.evaluation.score_details import read_details

    details = read_details(path)
    return "dev" if details is None else details.split


def _read(path: str, layout: Any) -> Any:
    """The rows of a score file; if it is from another system, prints how it was read."""
    from phystd_tf.evaluation.scores import read_scores

    rows = read_scores(path, layout)
    if layout is not None:
        print(layout.describe(rows, path))
    return rows


def _in_file(threshold: float, layout: Any) -> str:
    """The threshold as text, on the scale of a file whose scores were negated; empty for other files."""
    if layout is None or layout.sign > 0:
        return ""
    return f" ({layout.columns['score']} <= {-threshold:.5g} in the file)"


def _of_equal_errors(scores: Any, path: str) -> float:
    from phystd_tf.evaluation.metrics import equal_error_rate

    try:
        return equal_error_rate(scores["label"], scores["score"]).threshold
    except ValueError as error:
        raise UsageError(f"{path}: no threshold can be taken from it ({error})") from error


def _stored(rows: Any) -> _Chosen:
    """The threshold stored next to the scores, and where it comes from."""
    from phystd_tf.evaluation.score_details import details_path, read_details, require_description

    stored = read_details(_SCORES.value)
    if stored is None:
        raise UsageError(_GIVE_ONE)
    if stored.split != "test":  # it may have been chosen on these very scores
        raise UsageError(f"{_SCORES.value} holds scores of {stored.split}, not of test; {_GIVE_ONE}")
    require_description(stored, rows, _SCORES.value)
    return _Chosen(stored.threshold, f"{stored.source}, stored in {details_path(_SCORES.value)}")


def _same(path: Optional[str], other: Optional[str]) -> bool:
    return path is not None and other is not None and os.path.realpath(path) == os.path.realpath(other)


def run() -> None:
    """Entry point of phystd-evaluate."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
