"""Trains and compares many models on the embedded faces: seeds, the rows of Table 3, types never seen, a longer run.

Makes the tables of the README. What is finished is not done again, so the same
command resumes where it was stopped, and more parts can be added later.

  demo        the demo's model and the depth-only baseline (auxiliary) at equal iterations and at equal time
  ablations   the other rows of Table 3
  unknown     four types left out of training and tested alone, against the baseline likewise
  recipe      how the training was set up in the first edition, and what each later change does alone
  long        one longer training on more people

    python -m tools.study --out=study --parts=demo,unknown --seeds=0,1,2
"""

import concurrent.futures
import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from . import embedded
from .command import SEEDS, Flags, UsageError, run_program

flags = Flags()

PARTS = ("demo", "ablations", "unknown", "recipe", "long")
# Hyper-parameters of the first edition: D1 and D2 compare a blurred fake with a sharp face; Eq. (20) is a sum; faces
# are drawn by frame; a strong trace asks for inpainting even where P0 forbids it.
PAIRS = ("discriminator_real=image",)
NORMS = ("regularization_reduction=sum", "alpha4=4e-4", "regularization_live_weight=10.0")
DRAWS = ("sampling=frame",)
REGION = ("region_within=crop",)
RECIPES = {
    "first edition": (*PAIRS, *NORMS, *DRAWS, *REGION),
    "and alike pairs": (*NORMS, *DRAWS, *REGION),
    "and one norm": (*PAIRS, *DRAWS, *REGION),
    "and clips": (*PAIRS, *NORMS, *REGION),
    "and allowed region": (*PAIRS, *NORMS, *DRAWS),
    "all four": (),
}
# One of each kind of attack: flat, worn, painted, and in part.
LEFT_OUT = ("print", "silicone_mask", "obfuscation_makeup", "funny_eyeglasses")

_OUT = flags.DEFINE_string("out", None, "Folder for everything the study makes.", required=True)
_PARTS = flags.DEFINE_list("parts", list(PARTS), f"Which comparisons: {', '.join(PARTS)}.")
_SEEDS = flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the trainings; the long one takes the first.")
_SUBJECTS = flags.DEFINE_integer("subjects", 140, "Rendered people to train on.", lower_bound=6)
_TEST_SUBJECTS = flags.DEFINE_integer(
    "test_subjects", embedded.TEST_SUBJECTS, "Rendered people that all models are measured on.", lower_bound=3
)
_ITERATIONS = flags.DEFINE_integer(
    "iterations", None, "Iterations of a training; by default the preset's.", lower_bound=1
)
_LONG = flags.DEFINE_integer("long_iterations", 6000, "Iterations of the long training.", lower_bound=1)
_LONG_SUBJECTS = flags.DEFINE_integer(
    "long_subjects",
    600,
    "Rendered people of the long training; those of the demo are soon learned by heart.",
    lower_bound=6,
)
_FACTOR = flags.DEFINE_float(
    "auxiliary_factor", 5.0, "Iterations of auxiliary that take as long as one of full (see tools.benchmark).",
    lower_bound=1.0,
)  # fmt: skip
_LEFT_OUT = flags.DEFINE_list("left_out", list(LEFT_OUT), "Types of the part 'unknown'.")
_WORKERS = flags.DEFINE_integer(
    "workers", 0, "Trainings side by side, which share the cores; 0 takes one for each core.", lower_bound=0
)
_TABLES_ONLY = flags.DEFINE_boolean("tables_only", False, "Train nothing; write the tables of what is finished.")
_SET = flags.DEFINE_multi_string("set", [], "A hyper-parameter for all trainings, as for tools.train.")


class Job(NamedTuple):
    """One training: its part of the study, its name in the table, and how it is trained."""

    part: str
    model: str
    ablation: str
    iterations: int
    seed: int
    protocol: str = "folder"
    changes: tuple[str, ...] = ()
    same_as: str = ""  # "PART/MODEL" of a training that is this one, and is done once

    @property
    def folder(self) -> str:
        """Where its files go, below the study."""
        return f"{(self.same_as or f'{self.part}/{self.model}').replace(' ', '_')}-{self.seed}"


def main() -> None:
    unknown = sorted(set(_PARTS.value) - set(PARTS))
    if unknown or not _PARTS.value:
        raise UsageError(f"--parts={','.join(_PARTS.value)}: known are {', '.join(PARTS)}")
    try:
        seeds = [int(text) for text in _SEEDS.value]
    except ValueError as error:
        raise UsageError(f"--seeds={','.join(_SEEDS.value)}: want whole numbers, as in 0,1,2") from error
    if not seeds or len(set(seeds)) < len(seeds):
        raise UsageError("--seeds needs different numbers")
    if min(seeds) < SEEDS["lower_bound"] or max(seeds) > SEEDS["upper_bound"]:
        raise UsageError(f"--seeds={','.join(_SEEDS.value)}: want numbers from 0 to {SEEDS['upper_bound']}")

    from tqdm import tqdm

    planned = [job for part in PARTS if part in _PARTS.value for job in _jobs(part, seeds)]
    _check_tables(planned)
    if _TABLES_ONLY.value:
        print(_write_tables(planned))
        return
    for part in {_paths(part): part for part in _PARTS.value}.values():  # most parts share their faces
        _make_faces(part)
    _make_test_faces()
    jobs = list({job.folder: job for job in planned}.values())
    cores = os.cpu_count() or 1
    workers = min(_WORKERS.value or cores, len(jobs))
    threads = max(1, cores // workers)  # of each training
    bar = tqdm(total=len(jobs), unit="model", desc="study")
    with bar, concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(_run, job, threads): job for job in jobs}
        try:
            for done in concurrent.futures.as_completed(running):
                done.result()
                bar.set_postfix_str(running[done].folder, refresh=False)
                bar.update()
        finally:
            for waiting in running:
                waiting.cancel()
    print(_write_tables(planned))


def _jobs(part: str, seeds: list[int]) -> list[Job]:
    from phystd_tf.hparams import ABLATIONS, get_hparams

    usual = _ITERATIONS.value or get_hparams("small").max_iterations
    longer = 100 * round(_FACTOR.value * usual / 100) or usual
    if part == "long":
        return [Job(part, "full", "full", _LONG.value, seeds[0])]
    if part == "ablations":
        done = {"auxiliary": "demo/auxiliary, equal iterations", "full": "demo/full"}
        return [Job(part, name, name, usual, seed, same_as=done.get(name, "")) for name in ABLATIONS for seed in seeds]
    if part == "recipe":
        return [
            Job(part, name, "full", usual, seed, changes=changes, same_as="" if changes else "demo/full")
            for name, changes in RECIPES.items()
            for seed in seeds
        ]
    protocol = "folder" if part == "demo" else f"leave_out_{'+'.join(_LEFT_OUT.value)}"
    models = (
        ("full", "full", usual),
        ("auxiliary, equal iterations", "auxiliary", usual),
        ("auxiliary, equal time", "auxiliary", longer),
    )
    return [Job(part, model, row, its, seed, protocol) for model, row, its in models for seed in seeds]


def _make_faces(part: str) -> None:
    """The faces of a part, prepared; both programs resume where they were stopped, and do nothing twice."""
    faces, prepared = _paths(part)
    subjects = _LONG_SUBJECTS.value if part == "long" else _SUBJECTS.value
    _call("make_synthetic", *embedded.training_faces(faces, subjects, seed=0))
    _call("prepare", *embedded.preparation(faces, prepared), may_be=(0, 1))


def _make_test_faces() -> None:
    """The faces that all models are measured on."""
    faces, prepared = _test_paths()
    _call("make_synthetic", *embedded.test_faces(faces, _TEST_SUBJECTS.value))
    _call("prepare", *embedded.preparation(faces, prepared), may_be=(0, 1))


def _run(job: Job, threads: int) -> None:
    """Trains, scores and evaluates one model, unless that is done; its output goes to a log."""
    _, prepared = _paths(job.part)
    test_faces, test_prepared = _test_paths()
    folder = os.path.join(_OUT.value, job.folder)
    metrics = _metrics_path(job)
    if os.path.exists(metrics):
        trained = _iterations(job)
        if trained != job.iterations:
            raise UsageError(
                f"{folder} was trained for {trained} iterations, not {job.iterations}; remove it, or give another --out"
            )
        return
    os.makedirs(folder, exist_ok=True)
    run = os.path.join(folder, "run")
    changes = [f"--set={text}" for text in (*_SET.value, *job.changes)]
    if job.part == "long":  # the same share of the training at the full rate
        changes.append(f"--set=decay_every={_decay(job.iterations)}")
    with open(os.path.join(folder, "log.txt"), "a", encoding="utf-8") as log:
        names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
        call = functools.partial(_call, log=log, env={**os.environ, **{name: str(threads) for name in names}})
        call(
            "train", f"--data={prepared}", f"--run={run}", "--preset=small", f"--ablation={job.ablation}",
            f"--iterations={job.iterations}", f"--seed={job.seed}", f"--protocol={job.protocol}", *changes,
        )  # fmt: skip
        dev, test = (os.path.join(folder, f"{split}.csv") for split in ("dev", "test"))
        truth = [] if job.ablation == "auxiliary" else [f"--truth={test_faces}"]
        call("score", f"--run={run}", f"--data={prepared}", "--split=dev", f"--out={dev}")
        call("score", f"--run={run}", f"--data={test_prepared}", "--split=test", f"--out={test}", *truth)
        call("evaluate", f"--scores={test}", f"--dev_scores={dev}", f"--out={metrics}")


def _decay(iterations: int) -> int:
    from phystd_tf.hparams import get_hparams

    small = get_hparams("small")
    return round(iterations * small.decay_every / small.max_iterations)


def _check_tables(jobs: list[Job]) -> None:
    """Refuses tables that would replace files of others, before any work."""
    from phystd_tf.files.outputs import Output, check_outputs, has_mark, is_object

    for part in dict.fromkeys(job.part for job in jobs):
        stem = os.path.join(_OUT.value, part)
        is_table = is_object("overall", "eer_by_type", "traces_by_type")
        check_outputs([Output(f"{stem}.json", is_table), Output(f"{stem}.md", has_mark(f"## {part}\n".encode()))])


def _write_tables(jobs: list[Job]) -> str:
    """Writes PART.json and PART.md from the metrics of the jobs, and returns the latter, joined."""
    from phystd_tf.files.atomic import write_json, write_text
    from phystd_tf.report import study_table

    texts = []
    for part in dict.fromkeys(job.part for job in jobs):
        finished = [job for job in jobs if job.part == part and os.path.exists(_metrics_path(job))]
        outcomes = [study_table.Outcome(job.model, job.seed, _iterations(job), _measures(job)) for job in finished]
        if not outcomes:
            continue
        first = outcomes[0].metrics
        rows = study_table.collect(outcomes, study_table.COLUMNS)
        kinds = study_table.type_columns(outcomes)
        by_type = study_table.collect(outcomes, kinds)
        main_model = next((job.model for job in finished if job.ablation == "full" and not job.changes), "")
        traces = study_table.traces_by_type([one for one in outcomes if one.model == main_model])
        data = {"overall": rows, "eer_by_type": by_type, "traces_by_type": traces}
        write_json(data, os.path.join(_OUT.value, f"{part}.json"))
        texts.append(
            f"## {part}\n\n{first['num_live']} live and {first['num_spoof']} spoof {first['level']}s of "
            f"{first['num_subjects']} subjects; mean ± standard deviation over seeds.\n\n"
            f"{study_table.markdown(rows)}\n\n"
            f"EER in %, by type:\n\n{study_table.transposed(by_type, list(kinds))}\n"
        )
        if traces:
            texts[-1] += f"\nTraces of the model '{main_model}', by type:\n\n{study_table.markdown(traces)}\n"
        write_text(texts[-1], os.path.join(_OUT.value, f"{part}.md"))
    return "\n".join(texts)


def _measures(job: Job) -> dict[str, Any]:
    """What tools.evaluate wrote of a model, and the losses at the end of its training."""
    import pandas as pd

    from phystd_tf.files.json_file import read_json
    from phystd_tf.runs.folder import history_path

    metrics = read_json(_metrics_path(job), UsageError, "remove it, and the model is measured again")
    losses = pd.read_csv(history_path(os.path.join(_OUT.value, job.folder, "run"))).iloc[-1]
    return {**metrics, "losses": losses.to_dict()}


def _iterations(job: Job) -> int:
    """How many iterations a model was trained for, which is not what the flags of a later call say."""
    from phystd_tf.runs.folder import load_hparams

    return load_hparams(os.path.join(_OUT.value, job.folder, "run")).max_iterations


def _metrics_path(job: Job) -> str:
    return os.path.join(_OUT.value, job.folder, "metrics.json")


def _paths(part: str) -> tuple[str, str]:
    """(faces, prepared) of a part: the long training has its own, the others those of the demo."""
    names = ("long_faces", "long_prepared") if part == "long" else ("faces", "prepared")
    return os.path.join(_OUT.value, names[0]), os.path.join(_OUT.value, names[1])


def _test_paths() -> tuple[str, str]:
    """(faces, prepared) that all models are measured on."""
    return os.path.join(_OUT.value, "test_faces"), os.path.join(_OUT.value, "test_prepared")


def _call(tool: str, *arguments: str, log=None, env: Optional[Mapping[str, str]] = None, may_be=(0,)) -> None:
    code = subprocess.call(
        [sys.executable, "-m", f"{__package__}.{tool}", *arguments],
        stdout=log, stderr=subprocess.STDOUT if log else None, env=env,
    )  # fmt: skip
    if code not in may_be:
        where = f"; see {log.name}" if log else ""
        raise UsageError(f"tools.{tool} failed (exit code {code}){where}; the same command resumes from there")


def run() -> None:
    """Entry point of phystd-study."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
