"""Scores the prepared faces of a split: one row per face in a CSV file.

Scoring dev also chooses the operating point, alpha0 of Eq. (10) and the
threshold, and stores it in the run; test is scored with what the run has.

    python -m tools.score --run=RUN --data=PREPARED --split=dev --out=dev.csv
    python -m tools.score --run=RUN --data=PREPARED --split=test --out=test.csv

For faces of the embedded dataset, --truth=FACES (the folder that tools.make_synthetic
made) also measures the traces against the truth; tools.evaluate then shows how right they are.
"""

import os

from phystd_tf.protocols.clip_facts import SPLITS

from .command import Flags, run_program

flags = Flags()

_RUN = flags.DEFINE_string("run", None, "Run folder, made by tools.train.", required=True)
_DATA = flags.DEFINE_string("data", None, "Prepared folder, made by tools.prepare.", required=True)
_SPLIT = flags.DEFINE_enum("split", "test", SPLITS, "Which faces.")
_OUT = flags.DEFINE_string("out", None, "CSV file to write; its .json neighbor says how it was made.", required=True)
_CHECKPOINT = flags.DEFINE_enum(
    "checkpoint", None, ["last", "best"], "Weights; by default those of the operating point, or last."
)
_PROTOCOL = flags.DEFINE_string(
    "protocol", None, "Which faces are train, dev and test; by default as the run was trained."
)
_PROTOCOL_SEED = flags.DEFINE_integer("protocol_seed", 0, "Seed of protocols that draw, with --protocol.")
_LISTS = flags.DEFINE_string("lists", None, "Folder of your own list files, with --protocol.")
_TRUTH = flags.DEFINE_string("truth", None, "Folder of the embedded dataset, to measure the traces against its truth.")


def main() -> None:
    from tqdm import tqdm

    from phystd_tf.data.selection import Selection
    from phystd_tf.evaluation.scores import with_score, write_scores
    from phystd_tf.evaluation.stored_threshold import details_path
    from phystd_tf.evaluation.trace_quality import quality_path, write_quality
    from phystd_tf.files.atomic import write_json
    from phystd_tf.files.versions import package_versions
    from phystd_tf.inference import scoring, trace_measurement
    from phystd_tf.inference.weights import load_generator
    from phystd_tf.runs.operating_point import OperatingPoint

    faces = Selection(_DATA.value, _choice())
    total = faces.require(_SPLIT.value)
    point = OperatingPoint.of_run(_RUN.value)
    checkpoint = _CHECKPOINT.value or (point.checkpoint if point else "last")
    if point is None or point.checkpoint != checkpoint or _SPLIT.value == "dev":
        with tqdm(unit="face", desc="choosing alpha0 and threshold") as bar:
            point = scoring.choose_operating_point(_RUN.value, faces, checkpoint, bar.update)
    generator = load_generator(_RUN.value, checkpoint)
    with tqdm(total=total, unit="face", desc=f"scoring {_SPLIT.value}") as bar:
        terms = scoring.score_split(generator, faces, _SPLIT.value, bar.update)
    traces_path = quality_path(_OUT.value)
    if _TRUTH.value is not None:
        with tqdm(total=total, unit="face", desc="measuring traces") as bar:
            write_quality(
                trace_measurement.measure_split(generator, faces, _TRUTH.value, _SPLIT.value, bar.update), traces_path
            )
        print(f"trace measures in {traces_path}")
    elif os.path.exists(traces_path):
        os.remove(traces_path)  # of the scores that are replaced now
    write_scores(with_score(terms, point.alpha0), _OUT.value)
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
    write_json(details, details_path(_OUT.value))
    print(f"{len(terms)} faces in {_OUT.value}")
    print(f"alpha0 = {point.alpha0:g}, threshold {point.threshold:.5f} ({point.source})")


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
