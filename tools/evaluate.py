"""Error rates of a score file, at a threshold that was chosen elsewhere.

The threshold is that of the equal error rate of --dev_scores, or --threshold, or,
without either, the one that tools.score stored next to the scores of a test split.
Choosing it on the file that is reported makes results too good; that needs
--threshold_on_test, and is marked. Where tools.score measured traces against their truth
(--truth), their quality is shown too.

    python -m tools.evaluate --scores=test.csv --dev_scores=dev.csv --out=metrics.json
"""

import math
import os
from typing import Any, Optional

from .command import Flags, UsageError, run_program

flags = Flags()

_SCORES = flags.DEFINE_string("scores", None, "Score file to report on (tools.score writes such files).", required=True)
_DEV_SCORES = flags.DEFINE_string("dev_scores", None, "Score file to take the threshold from.")
_OUT = flags.DEFINE_string("out", None, "JSON file for the error rates.")
_LEVEL = flags.DEFINE_enum("level", "clip", ["clip", "frame"], "Clip: mean over the frames of each clip.")
_THRESHOLD = flags.DEFINE_float("threshold", None, "A fixed threshold; live is score >= threshold.")
_ON_TEST = flags.DEFINE_bool("threshold_on_test", False, "Take the threshold from --scores itself, and say so.")
_BY = flags.DEFINE_enum(
    "by", "type", ["type", "instrument"],
    "What APCER is taken of: each spoof type (the rule of OULU-NPU too: print and replay), or each instrument.",
)  # fmt: skip
_FDR = flags.DEFINE_float("fdr", 0.005, "False detection rate of TDR@FDR.", lower_bound=0.0, upper_bound=0.999)

_GIVE_ONE = "give one of --dev_scores=FILE, --threshold=NUMBER or --threshold_on_test"


def main() -> None:
    given = [_DEV_SCORES.value is not None, _THRESHOLD.value is not None, _ON_TEST.value]
    if sum(given) > 1:
        raise UsageError(_GIVE_ONE)
    if _THRESHOLD.value is not None and not math.isfinite(_THRESHOLD.value):
        raise UsageError(f"--threshold={_THRESHOLD.value} is not a finite number")
    if _same(_SCORES.value, _DEV_SCORES.value):
        raise UsageError("--dev_scores is the reported file itself; if that is meant, give --threshold_on_test instead")

    from phystd_tf.evaluation import metrics
    from phystd_tf.evaluation.score_details import require_one_scale
    from phystd_tf.evaluation.scores import at_level, by_instrument, read_scores
    from phystd_tf.evaluation.summary import as_table, summarize
    from phystd_tf.evaluation.trace_quality import quality_table, read_quality, summarize_quality
    from phystd_tf.files.atomic import write_json
    from phystd_tf.files.outputs import Output, check_outputs, is_object

    if _OUT.value is not None:
        read = [path for path in (_SCORES.value, _DEV_SCORES.value) if path]
        check_outputs([Output(_OUT.value, is_object("scores", "level", "threshold_source"))], read)
    rows = read_scores(_SCORES.value)
    test = at_level(rows, _LEVEL.value)
    if _BY.value == "instrument":
        test = by_instrument(test, _SCORES.value)
    dev, warnings = None, []
    if not any(given):
        threshold, source = _stored(rows)
    elif _THRESHOLD.value is not None:
        threshold, source = _THRESHOLD.value, "--threshold"
    else:
        if _ON_TEST.value:
            path, chosen_on, source = _SCORES.value, test, "EER on the reported scores themselves (too good)"
        else:
            path, source = _DEV_SCORES.value, f"EER on {_DEV_SCORES.value}"
            dev_rows = read_scores(path)
            warnings = require_one_scale(rows, _SCORES.value, dev_rows, path)
            chosen_on = dev = at_level(dev_rows, _LEVEL.value)
        try:
            threshold = metrics.equal_error_rate(chosen_on["label"], chosen_on["score"]).threshold
        except ValueError as error:
            raise UsageError(f"{path}: no threshold can be taken from it ({error})") from error
    summary = {"scores": _SCORES.value, "level": _LEVEL.value, "by": _BY.value}
    summary.update(summarize(test, threshold, source, _FDR.value, dev))
    summary["warnings"] += warnings
    print(as_table(summary))
    measured = read_quality(rows, _SCORES.value)
    if measured is not None:
        summary["trace_quality"] = summarize_quality(measured)
        print(
            f"\nTraces against the truth of {len(measured)} embedded faces\n{quality_table(summary['trace_quality'])}"
        )
    if _OUT.value is not None:
        write_json(summary, _OUT.value)


def _stored(rows: Any) -> tuple[float, str]:
    """The threshold stored next to the scores, and where it comes from."""
    from phystd_tf.evaluation.score_details import details_path, read_details, require_description

    stored = read_details(_SCORES.value)
    if stored is None:
        raise UsageError(_GIVE_ONE)
    if stored.split != "test":  # it may have been chosen on these very scores
        raise UsageError(f"{_SCORES.value} holds scores of {stored.split}, not of test; {_GIVE_ONE}")
    require_description(stored, rows, _SCORES.value)
    return stored.threshold, f"{stored.source}, stored in {details_path(_SCORES.value)}"


def _same(path: Optional[str], other: Optional[str]) -> bool:
    return path is not None and other is not None and os.path.realpath(path) == os.path.realpath(other)


def run() -> None:
    """Entry point of phystd-evaluate."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
