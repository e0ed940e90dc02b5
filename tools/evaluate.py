"""Error rates of a score file, at a threshold that was chosen elsewhere.

The threshold is that of the equal error rate of --dev_scores, or --threshold.
Choosing it on the file that is reported makes results too good; that needs
--threshold_on_test, and is marked.

    python -m tools.evaluate --scores=test.csv --dev_scores=dev.csv --out=metrics.json
"""

import json
import os

from absl import flags

from tools.command import UsageError, run_program

_SCORES = flags.DEFINE_string("scores", None, "Score file to report on (tools.score writes such files).", required=True)
_DEV_SCORES = flags.DEFINE_string("dev_scores", None, "Score file to take the threshold from.")
_OUT = flags.DEFINE_string("out", None, "JSON file for the error rates.")
_LEVEL = flags.DEFINE_enum("level", "clip", ["clip", "frame"], "Clip: mean over the frames of each clip.")
_THRESHOLD = flags.DEFINE_float("threshold", None, "A fixed threshold; live is score >= threshold.")
_ON_TEST = flags.DEFINE_bool("threshold_on_test", False, "Take the threshold from --scores itself, and say so.")
_FDR = flags.DEFINE_float("fdr", 0.005, "False detection rate of TDR@FDR.", lower_bound=0.0, upper_bound=0.999)


def main() -> None:
    given = [_DEV_SCORES.value is not None, _THRESHOLD.value is not None, _ON_TEST.value]
    if sum(given) != 1:
        raise UsageError("give one of --dev_scores=FILE, --threshold=NUMBER or --threshold_on_test")

    from phystd_tf.evaluation import metrics
    from phystd_tf.evaluation.scores import read_scores, to_clips
    from phystd_tf.evaluation.summary import as_table, summarise

    level = to_clips if _LEVEL.value == "clip" else lambda scores: scores
    test = level(read_scores(_SCORES.value))
    fdr_threshold = None
    if _THRESHOLD.value is not None:
        threshold, source = _THRESHOLD.value, "--threshold"
    else:
        path = _SCORES.value if _ON_TEST.value else _DEV_SCORES.value
        dev = level(read_scores(path))
        try:
            threshold = metrics.equal_error_rate(dev["label"], dev["score"]).threshold
        except ValueError as error:
            raise UsageError(f"{path}: no threshold can be taken from it ({error})") from error
        if _ON_TEST.value:
            source = "EER on the reported scores themselves (too good)"
        else:
            source = f"EER on {path}"
            fdr_threshold = metrics.threshold_at_fdr(dev["score"][dev["label"] == 1], _FDR.value)
    summary = {"scores": _SCORES.value, "level": _LEVEL.value}
    summary.update(summarise(test, threshold, source, _FDR.value, fdr_threshold))
    print(as_table(summary))
    if _OUT.value:
        folder = os.path.dirname(_OUT.value)
        if folder:
            os.makedirs(folder, exist_ok=True)
        with open(f"{_OUT.value}.tmp", "w", encoding="utf-8") as file:
            json.dump(summary, file, indent=2)
        os.replace(f"{_OUT.value}.tmp", _OUT.value)


def run() -> None:
    """Entry point of phystd-evaluate."""
    run_program(main)


if __name__ == "__main__":
    run()
