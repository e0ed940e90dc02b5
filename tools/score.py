"""Scores the prepared faces of a split: one row per face in a CSV file.

Scores use the operating point of the run: alpha0 of Eq. (10) and the threshold,
which tools.train has chosen on dev (or train, if dev lacks a class). Scoring keeps
it, unless --calibrate chooses it anew, on the data that the run was trained on.

    python -m tools.score --run=RUN --data=PREPARED --split=dev --out=dev.csv
    python -m tools.score --run=RUN --data=PREPARED --split=test --out=test.csv

For faces of the embedded dataset, --faces=FACES (the folder that tools.make_synthetic
made) also compares the traces with the truth; tools.evaluate then prints their quality.
"""

import os

from phystd_tf.protocols.clip_facts import SPLITS

from .command import SEEDS, Flags, UsageError, run_program

flags = Flags()

_RUN = flags.DEFINE_string("run", None, "Run folder, made by tools.train.", required=True)
_DATA = flags.DEFINE_string("data", None, "Prepared folder, made by tools.prepare.", required=True)
_SPLIT = flags.DEFINE_enum("split", "test", SPLITS, "Split to score.")
_OUT = flags.DEFINE_string("out", None, "CSV file to write; a .json next to it says how it was made.", required=True)
_CHECKPOINT = flags.DEFINE_enum(
    "checkpoint", None, ["last", "best"], "Weights; by default those of the operating point, or last."
)
_PROTOCOL = flags.DEFINE_string(
    "protocol", None, "Which faces are train, dev and test; by default the protocol of the run."
)
_PROTOCOL_SEED = flags.DEFINE_integer("protocol_seed", 0, "Seed of protocols that draw, with --protocol.", **SEEDS)
_LISTS = flags.DEFINE_string("lists", None, "Folder of your own list files, with --protocol.")
_CALIBRATE = flags.DEFINE_bool(
    "calibrate", False, "Choose alpha0 and the threshold of the run anew, on dev (or train, if dev lacks a class)."
)
_ANY_DATA = flags.DEFINE_bool(
    "calibrate_on_other_data", False, "With --calibrate: also on faces or a protocol that the run was not trained on."
)
_FACES = flags.DEFINE_string(
    "faces", None, "Folder made by tools.make_synthetic, to compare the traces with its truth."
)


def main() -> None:
    if _ANY_DATA.value and not _CALIBRATE.value:
        raise UsageError("--calibrate_on_other_data needs --calibrate")

    from tqdm import tqdm

    from phystd_tf.data.selection import Selection
    from phystd_tf.evaluation.score_details import write_details
    from phystd_tf.evaluation.scores import with_score, write_scores
    from phystd_tf.evaluation.trace_quality import quality_path, write_quality
    from phystd_tf.files.versions import package_versions
    from phystd_tf.inference import calibration, scoring, trace_measurement
    from phystd_tf.inference.weights import load_generator

    _check_outputs()
    faces = Selection(_DATA.value, _choice())
    total = faces.require(_SPLIT.value)
    terms = {}
    if _CALIBRATE.value:
        if not (_ANY_DATA.value or calibration.is_data_of_run(_RUN.value, faces)):
            raise UsageError(
                f"{_RUN.value} was not trained on {_DATA.value} with this protocol; scores of the run before and after "
                "could not be compared. If that is meant, give --calibrate_on_other_data too"
            )
        checkpoint = _CHECKPOINT.value or calibration.usual_checkpoint(_RUN.value)
        generator, split = load_generator(_RUN.value, checkpoint), calibration.calibration_split(faces)
        with tqdm(total=sum(faces.count(split)), unit="face", desc=f"scoring {split}") as bar:
            terms[split] = scoring.score_split(generator, faces, split, bar.update)
        on = f"{split} of {_DATA.value}" if _ANY_DATA.value else split
        point = calibration.store_choice(_RUN.value, generator, terms[split], on, checkpoint)
    else:
        generator, stored = calibration.load_with_point(_RUN.value, _CHECKPOINT.value)
        if stored is None:
            raise UsageError(f"{_RUN.value} has no operating point yet; finish its training, or give --calibrate")
        point = stored
    if _SPLIT.value not in terms:
        with tqdm(total=total, unit="face", desc=f"scoring {_SPLIT.value}") as bar:
            terms[_SPLIT.value] = scoring.score_split(generator, faces, _SPLIT.value, bar.update)
    scores = with_score(terms[_SPLIT.value], point.alpha0)
    traces_path = quality_path(_OUT.value)
    if _FACES.value is not None:
        with tqdm(total=total, unit="face", desc="measuring traces") as bar:
            quality = trace_measurement.measure_split(generator, faces, _FACES.value, _SPLIT.value, bar.update)
        write_quality(quality, traces_path)
        print(f"trace measures in {traces_path}")
    elif os.path.lexists(traces_path):
        os.remove(traces_path)  # it belongs to the scores that are replaced now
    write_scores(scores, _OUT.value)
    details = {
        "run": _RUN.value,
        "data": _DATA.value,
        "split": _SPLIT.value,
        "protocol": faces.choice._asdict(),
        "operating_point": point._asdict(),
        "score": "liveness: higher is more live; score = depth + alpha0 * (B + C + T + P)",
        "label": "1 live, 0 spoof",
        "versions": package_versions(),
    }
    write_details(details, _OUT.value, traces_path if _FACES.value is not None else None)
    print(f"{len(scores)} faces in {_OUT.value}")
    print(f"alpha0 = {point.alpha0:g}, threshold {point.threshold:.5f} ({point.source})")


def _check_outputs() -> None:
    from phystd_tf.evaluation import score_details
    from phystd_tf.evaluation.scores import SCORE_COLUMNS
    from phystd_tf.evaluation.trace_quality import KEYS, MEASURES, quality_path
    from phystd_tf.files.outputs import Output, check_outputs, is_object, is_table
    from phystd_tf.runs.folder import own_files

    outputs = [
        Output(_OUT.value, is_table(*SCORE_COLUMNS)),
        Output(score_details.details_path(_OUT.value), is_object(*score_details.KEYS)),
        Output(quality_path(_OUT.value), is_table(*KEYS, *MEASURES)),
    ]
    check_outputs(outputs, own_files(_RUN.value))


def _choice():
    from phystd_tf.protocols.choice import ProtocolChoice
    from phystd_tf.runs.folder import load_protocol_choice

    if _PROTOCOL.value is not None:
        return ProtocolChoice(_PROTOCOL.value, _PROTOCOL_SEED.value, _LISTS.value)
    return load_protocol_choice(_RUN.value) or ProtocolChoice()


def run() -> None:
    """Entry point of phystd-score."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
