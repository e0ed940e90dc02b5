"""Runs the main job on rendered faces, from the faces to a trained, scored and exported PhySTD.

Runs the same commands as for your own photographs, one after the other, and
prints each. A second call resumes where the first was stopped.

  python -m tools.demo --out=demo_output
"""

import os
import shlex
import shutil
import sys
import time
from typing import Optional

from phystd_tf.experiments import embedded_faces
from phystd_tf.experiments.experiment import Experiment, Files, files_of, steps_of
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.presenting import overview
from phystd_tf.experiments.running import program_starter
from phystd_tf.experiments.running import run as run_plan
from phystd_tf.experiments.step import Stamps, Step
from phystd_tf.hparams import get_hparams
from phystd_tf.protocols.choice import ProtocolChoice

from .command import SEEDS, Flags, UsageError, run_program

flags = Flags()

NOTE = (
    "Faces and spoofs here are rendered, not photographed. These figures show that the way works from end to end; "
    "they say nothing about OULU-NPU, SiW, SiW-M or real attacks."
)

TITLES = {
    "faces/render": "Render live faces and their spoofs to train on",
    "faces/prepare": "Find the faces, and fit the 3D model",
    "test_faces/render": "Render other people to be measured on, with the true traces",
    "test_faces/prepare": "Find the test faces, and fit the 3D model",
    "/train": "Train PhySTD",
    "/score_dev": "Score the dev faces",
    "/score_test": "Score the test faces, and compare their traces with the truth",
    "/evaluate": "Error rates",
    "/disentangle": "Disentangle held-out faces",
    "/export": "Export",
    "/report": "Report",
}

_OUT = flags.DEFINE_string("out", "demo_output", "Folder for everything the demo makes.")
_SUBJECTS = flags.DEFINE_integer("subjects", 140, "Rendered people to train on.", lower_bound=6)
_TEST_SUBJECTS = flags.DEFINE_integer(
    "test_subjects",
    embedded_faces.TEST_SUBJECTS,
    "Rendered people to test on; always the same ones.",
    lower_bound=3,
)
_ITERATIONS = flags.DEFINE_integer("iterations", None, "Training iterations; by default the preset's.", lower_bound=1)
_SET = flags.DEFINE_multi_string("set", [], "A hyper-parameter of the training, as for tools.train.")
_PLAN = flags.DEFINE_boolean("plan", False, "Run nothing: print what is done, what is left and how long it takes.")
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the training faces and of the training.", **SEEDS)


def main() -> None:
    out = _OUT.value
    started = time.monotonic()
    faces = [
        *embedded_faces.training_faces(out, _SUBJECTS.value, _SEED.value),
        *embedded_faces.test_faces(out, _TEST_SUBJECTS.value),
    ]
    experiment = _experiment(faces)
    stamps = Stamps(out, {"OUT": out})
    plan = Plan([*faces, *_steps(experiment)], stamps)
    if _PLAN.value:
        print(overview(plan, 1))
        return
    os.makedirs(out, exist_ok=True)
    done = len(plan.done())
    if done:
        print(f"{done} of {len(plan.steps)} steps are done already")
    _carry_out(Plan(faces, stamps))
    _pick_examples(os.path.join(out, "test_faces"), os.path.join(out, "examples"))
    _carry_out(plan)
    files = files_of(experiment, out)
    _print_results(files)
    print(
        f"\nDone in {(time.monotonic() - started) / 60:.1f} minutes.\n"
        f"  report      {os.path.join(out, 'report.html')}\n"
        f"  pictures    {os.path.join(out, 'disentangled.jpg')}, and {os.path.join(out, 'disentangled')}\n"
        f"  scores      {files.chosen_scores} and {files.test_scores}\n"
        f"  SavedModel  {os.path.join(out, 'export')}\n"
        "Try a photograph of your own (this model has seen rendered faces only; its verdict is a toy's):\n"
        f"  {_python()} -m {__package__}.disentangle --model={os.path.join(out, 'export')} --input=PHOTO.jpg "
        f"--out={os.path.join(out, 'mine')}"
    )


def _carry_out(plan: Plan) -> None:
    failures = run_plan(plan, _start, _OUT.value, show=True)
    if failures:
        raise UsageError(failures[0].reason)


def _experiment(faces: list[Step]) -> Experiment:
    """The training of the demo."""
    out = _OUT.value
    return Experiment(
        name="",  # its files are directly in the output folder
        data=embedded_faces.prepared_folder(out),
        protocol=ProtocolChoice(),
        iterations=_ITERATIONS.value or get_hparams("small").max_iterations,
        seed=_SEED.value,
        changes=tuple(_SET.value),
        test_data=embedded_faces.prepared_folder(out, "test_faces"),
        truth=os.path.join(out, "test_faces"),
        needs=tuple(step.key for step in faces),
        counts=embedded_faces.face_counts(_SUBJECTS.value, _TEST_SUBJECTS.value),
    )


def _steps(experiment: Experiment) -> list[Step]:
    """The steps of the experiment, and of what the demo makes with its model."""
    out = _OUT.value
    files = files_of(experiment, out)
    pictures, sheet = os.path.join(out, "disentangled"), os.path.join(out, "disentangled.jpg")
    export, report = os.path.join(out, "export"), os.path.join(out, "report.html")
    disentangle = Step(
        "/disentangle", "disentangle",
        (f"--model={files.run}", f"--input={os.path.join(out, 'examples')}", f"--out={pictures}", f"--sheet={sheet}"),
        (sheet,), ("/train",), accepts=(0, 1),
    )  # fmt: skip
    return [
        *steps_of(experiment, out),
        disentangle,
        Step("/export", "export", (f"--run={files.run}", f"--out={export}"), (export,), ("/train",)),
        Step(
            "/report", "report",
            (
                f"--run={files.run}", f"--metrics={files.metrics}", f"--scores={files.test_scores}",
                f"--data={experiment.test_data}", f"--pictures={pictures}", f"--note={NOTE}", f"--out={report}",
            ),
            (report,), ("/evaluate", disentangle.key),
        ),
    ]  # fmt: skip


def _start(step: Step, output: Optional[int], environment: dict[str, str]) -> int:
    """Runs a step, and prints its command and its time."""
    command = ["-m", f"{__package__}.{step.program}", *step.arguments]
    print(f"\n== {TITLES[step.key]}\n$ {_python()} {shlex.join(command)}", flush=True)
    started = time.monotonic()
    code = program_starter(__package__)(step, output, environment)
    print(f"   ({time.monotonic() - started:.0f} s)", flush=True)
    return code


def _print_results(files: Files) -> None:
    """Prints the results of the demo, read from its files."""
    from phystd_tf.evaluation.scores import read_scores
    from phystd_tf.evaluation.summary import as_table, terms_by_type, terms_table
    from phystd_tf.evaluation.trace_quality import quality_table, read_quality, summarize_quality
    from phystd_tf.files.json_file import read_json

    summary = read_json(files.metrics, UsageError)
    print(f"\n== Results on held-out subjects\n{NOTE}\n\n{as_table(summary)}")
    scores = read_scores(files.test_scores)
    rows = terms_by_type(scores)
    print(f"\nMean terms of the score; traces should be small on live faces\n{terms_table(rows)}")
    quality = summarize_quality(read_quality(scores, files.test_scores))
    print(f"\nTraces against the truth, per face\n{quality_table(quality)}")


def _pick_examples(faces: str, folder: str) -> None:
    """Copies the first test face of each of two people per type."""
    os.makedirs(folder, exist_ok=True)
    test = os.path.join(faces, "test")
    kinds = {"live": os.path.join(test, "live")}
    spoof = os.path.join(test, "spoof")
    kinds.update({kind: os.path.join(spoof, kind) for kind in sorted(os.listdir(spoof))})
    for kind, root in kinds.items():
        subjects = sorted(os.listdir(root))[:2]
        for subject in subjects:
            first = next(
                os.path.join(where, name)
                for where, _, names in sorted(os.walk(os.path.join(root, subject)))
                for name in sorted(names)
            )
            shutil.copy(first, os.path.join(folder, f"{kind}_{subject}{os.path.splitext(first)[1]}"))


def _python() -> str:
    """The interpreter as a user would type it in the current folder."""
    relative = os.path.relpath(sys.executable)
    return sys.executable if relative.startswith("..") else relative


def run() -> None:
    """Entry point of phystd-demo."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
