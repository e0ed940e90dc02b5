"""The main job on embedded data: faces in, a trained, scored and exported PhySTD out.

Runs the same commands that a user runs on photographs of their own, one after
the other, and shows each. A second call resumes where the first was stopped.

  python -m tools.demo --out=demo_output
"""

import os
import shlex
import shutil
import subprocess
import sys
import time

from . import embedded
from .command import SEEDS, Flags, UsageError, run_program

flags = Flags()

NOTE = (
    "Faces and spoofs here are rendered, not photographed. These figures show that the way works from end to end; "
    "they say nothing about OULU-NPU, SiW, SiW-M or real attacks."
)

_OUT = flags.DEFINE_string("out", "demo_output", "Folder for everything the demo makes.")
_SUBJECTS = flags.DEFINE_integer("subjects", 140, "Rendered people to train on.", lower_bound=6)
_TEST_SUBJECTS = flags.DEFINE_integer(
    "test_subjects", embedded.TEST_SUBJECTS, "Rendered people to be measured on; always the same ones.", lower_bound=3
)
_ITERATIONS = flags.DEFINE_integer("iterations", None, "Training iterations in place of the preset's.", lower_bound=1)
_SET = flags.DEFINE_multi_string("set", [], "A hyper-parameter of the training, as for tools.train.")
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the training faces and of the training.", **SEEDS)


def main() -> None:
    out = _OUT.value
    folders = ("faces", "prepared", "test_faces", "test_prepared", "run", "disentangled", "export")
    paths = {name: os.path.join(out, name) for name in folders}
    names = ("dev.csv", "test.csv", "metrics.json", "disentangled.jpg", "report.html")
    files = {name: os.path.join(out, name) for name in names}
    seed = f"--seed={_SEED.value}"
    iterations = [] if _ITERATIONS.value is None else [f"--iterations={_ITERATIONS.value}"]
    os.makedirs(out, exist_ok=True)
    started = time.monotonic()

    _step(
        "Render live faces and their spoofs to train on",
        "make_synthetic", *embedded.training_faces(paths["faces"], _SUBJECTS.value, _SEED.value),
    )  # fmt: skip
    _step(
        "Render other people to be measured on, with the true traces",
        "make_synthetic", *embedded.test_faces(paths["test_faces"], _TEST_SUBJECTS.value),
    )  # fmt: skip
    for kind in ("", "test_"):
        _step(
            f"Find the {kind.replace('_', ' ')}faces, and fit the 3D model",
            "prepare", *embedded.preparation(paths[f"{kind}faces"], paths[f"{kind}prepared"]),
        )  # fmt: skip
    _step(
        "Train PhySTD",
        "train", f"--data={paths['prepared']}", "--preset=small", f"--run={paths['run']}", seed, *iterations,
        *(f"--set={text}" for text in _SET.value),
    )  # fmt: skip
    _step(
        "Score the dev faces",
        "score", f"--run={paths['run']}", f"--data={paths['prepared']}", "--split=dev", f"--out={files['dev.csv']}",
    )  # fmt: skip
    _step(
        "Score the test faces, and compare their traces with the truth",
        "score", f"--run={paths['run']}", f"--data={paths['test_prepared']}", "--split=test",
        f"--out={files['test.csv']}", f"--truth={paths['test_faces']}",
    )  # fmt: skip
    _step(
        "Error rates",
        "evaluate", f"--scores={files['test.csv']}", f"--dev_scores={files['dev.csv']}",
        f"--out={files['metrics.json']}",
    )  # fmt: skip
    _step(
        "Disentangle held-out faces",
        "disentangle", f"--model={paths['run']}", f"--input={_examples(paths['test_faces'], out)}",
        f"--out={paths['disentangled']}", f"--sheet={files['disentangled.jpg']}",
    )  # fmt: skip
    _step("Export", "export", f"--run={paths['run']}", f"--out={paths['export']}")
    _step(
        "Report",
        "report", f"--run={paths['run']}", f"--metrics={files['metrics.json']}",
        f"--scores={files['test.csv']}", f"--pictures={paths['disentangled']}", f"--note={NOTE}",
        f"--out={files['report.html']}",
    )  # fmt: skip
    _print_results(files)
    print(
        f"\nDone in {(time.monotonic() - started) / 60:.1f} minutes.\n"
        f"  report      {files['report.html']}\n"
        f"  pictures    {files['disentangled.jpg']}, and {paths['disentangled']}\n"
        f"  scores      {files['dev.csv']} and {files['test.csv']}\n"
        f"  SavedModel  {paths['export']}\n"
        "Try a photograph of your own (this model has seen rendered faces only; its verdict is a toy's):\n"
        f"  {_python()} -m {__package__}.disentangle --model={paths['export']} --input=PHOTO.jpg --out={out}/mine"
    )


def _print_results(files) -> None:
    """The table that the whole job comes down to, read back from its files."""
    from phystd_tf.evaluation.scores import read_scores
    from phystd_tf.evaluation.summary import as_table, terms_by_type, terms_table
    from phystd_tf.evaluation.trace_quality import quality_table, read_quality, summarize_quality
    from phystd_tf.files.json_file import read_json

    summary = read_json(files["metrics.json"], UsageError)
    print(f"\n== Results on held-out subjects\n{NOTE}\n\n{as_table(summary)}")
    scores = read_scores(files["test.csv"])
    rows = terms_by_type(scores)
    print(f"\nMean terms of the score; traces should be small on live faces\n{terms_table(rows)}")
    quality = summarize_quality(read_quality(scores, files["test.csv"]))
    print(f"\nTraces against the truth, per face\n{quality_table(quality)}")


def _step(title: str, tool: str, *arguments: str) -> None:
    command = ["-m", f"{__package__}.{tool}", *arguments]
    print(f"\n== {title}\n$ {_python()} {shlex.join(command)}", flush=True)
    started = time.monotonic()
    code = subprocess.call([sys.executable, *command])
    if code == 2 or code < 0 or code > 2:
        raise UsageError(f"the step '{title}' failed (exit code {code}); its message is above")
    print(f"   ({time.monotonic() - started:.0f} s)", flush=True)


def _examples(faces: str, out: str) -> str:
    """A folder with the first test face of each type, by hard link or copy."""
    folder = os.path.join(out, "examples")
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
    return folder


def _python() -> str:
    """The interpreter as a user would type it from here."""
    relative = os.path.relpath(sys.executable)
    return sys.executable if relative.startswith("..") else relative


def run() -> None:
    """Entry point of phystd-demo."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
