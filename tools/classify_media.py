"""Classifies spoof media by the traces of a run alone, or by the images: Tables 6 and 7.

A small AlexNet-like network is trained on the train faces of the run's own protocol, and tested on the test faces. Its
input is the additive traces {B, C, T} of the frozen run, or the images.

    python -m tools.classify_media --run=RUN --data=PREPARED --classes=siwm --media_input=traces --out=FOLDER

FOLDER/confusion.json has the confusion matrix and the accuracies, FOLDER/clips.csv the decision for each clip.
"""

from .command import SEEDS, Flags, UsageError, run_program

flags = Flags()

_RUN = flags.DEFINE_string("run", None, "Run folder, made by tools.train.", required=True)
_DATA = flags.DEFINE_string("data", None, "Prepared folder that the run was trained on.", required=True)
_TEST_DATA = flags.DEFINE_string("test_data", None, "Prepared folder of the test faces, if it is not --data.")
_CLASSES = flags.DEFINE_enum(
    "classes",
    None,
    ["oulu", "siwm"],
    "oulu: live, two printers, two displays (Table 6); siwm: live and five groups of types (Table 7).",
    required=True,
)
_INPUT = flags.DEFINE_enum("media_input", "traces", ["traces", "image"], "Input of the network.")
_OUT = flags.DEFINE_string("out", None, "Folder for confusion.json and clips.csv.", required=True)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of weights and draws.", **SEEDS)
_ITERATIONS = flags.DEFINE_integer("iterations", 400, "Batches of 32 faces to train on.", lower_bound=1)
_CHECKPOINT = flags.DEFINE_enum(
    "checkpoint", None, ["last", "best"], "Weights of the run; by default those of its operating point, or last."
)


def main() -> None:
    from tabulate import tabulate
    from tqdm import tqdm

    from phystd_tf.data.selection import Selection
    from phystd_tf.evaluation.confusion_file import confusion_outputs, summarize, write_confusion
    from phystd_tf.evaluation.medium_classes import MEDIUM_CLASSES, MediumClassError
    from phystd_tf.files.outputs import check_outputs
    from phystd_tf.files.versions import package_versions
    from phystd_tf.inference import calibration
    from phystd_tf.inference.weights import load_generator
    from phystd_tf.media_classifier.classification import classify
    from phystd_tf.protocols.choice import ProtocolChoice
    from phystd_tf.runs.folder import load_protocol_choice, own_files
    from phystd_tf.training.determinism import make_deterministic

    classes = MEDIUM_CLASSES[_CLASSES.value]
    check_outputs(confusion_outputs(_OUT.value, classes), own_files(_RUN.value))
    choice = load_protocol_choice(_RUN.value) or ProtocolChoice()
    faces = Selection(_DATA.value, choice)
    if not calibration.is_data_of_run(_RUN.value, faces):
        raise UsageError(f"{_RUN.value} was not trained on {_DATA.value}; give the --data of the run")
    test_faces = faces if _TEST_DATA.value is None else Selection(_TEST_DATA.value, choice)
    make_deterministic()
    checkpoint = _CHECKPOINT.value or calibration.usual_checkpoint(_RUN.value)
    generator = load_generator(_RUN.value, checkpoint)
    with tqdm(total=_ITERATIONS.value, unit="it", desc="training") as bar:
        try:
            result = classify(
                generator, faces, test_faces, classes, _INPUT.value, _SEED.value, _ITERATIONS.value, bar.update
            )
        except MediumClassError as error:
            raise UsageError(f"{error}; give other --classes, or a run on another protocol") from error
    details = {
        "input": _INPUT.value,
        "run": _RUN.value,
        "system": generator.hparams.system,
        "ablation": generator.hparams.ablation,
        "checkpoint": checkpoint,
        "data": _DATA.value,
        "test_data": test_faces.prepared,
        "protocol": choice._asdict(),
        "seed": _SEED.value,
        "iterations": _ITERATIONS.value,
        "tested_iteration": result.iteration,
        "dev_accuracy": result.dev_accuracy,
        "versions": package_versions(),
    }
    summary = summarize(result.clips, classes, details)
    path = write_confusion(summary, result.clips, _OUT.value)
    rows = [[name, *row] for name, row in zip(summary["classes"], summary["counts"])]
    print(tabulate(rows, headers=["label", *summary["classes"]]))
    print(f"accuracy {100 * summary['accuracy']:.1f} % with {len(rows)} classes", end="")
    merged = summary["merged"]
    print(f", {100 * merged['accuracy']:.1f} % with {len(merged['classes'])}" if merged else "", end="; ")
    print(f"{summary['clips']} clips of {summary['subjects']} people, in {path}")


def run() -> None:
    """Entry point of phystd-classify-media."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
