"""Trains and compares many models on rendered faces: seeds, the rows of Table 3, unseen types, a longer training.

Makes the table of the README. What is finished is not done again, so the same
command resumes where it was stopped, and more parts can be added later.

  demo        the demo's model and the depth-only baseline (auxiliary) at equal iterations and at equal time
  ablations   the other rows of Table 3
  unknown     four types left out of training and tested alone, with the same baselines
  recipe      the training recipe of the first edition, and what each later change does alone
  choices     what the paper leaves open: one of our choices at a time, made the other way
  few         a type of which training has 1, 3 and 10 people: as it is, drawn more often, and with synthesized spoofs
  long        one longer training on more people

    python -m tools.study --out=study --parts=demo,unknown --seeds=0,1,2

On a cluster, --plan=commands prints one command line for each experiment that can start now, for a job array: first
those that render faces. When they are done, the same command prints those that needed them. The command without --plan
then only collects the results.
"""

import os
from typing import Any, NamedTuple, Optional

from phystd_tf.experiments import embedded_faces, synthesized_faces
from phystd_tf.experiments.experiment import Experiment, Files, files_of, steps_of, with_schedule
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.running import program_starter
from phystd_tf.experiments.running import run as run_plan
from phystd_tf.experiments.step import Stamps, Step
from phystd_tf.protocols.choice import ProtocolChoice

from .command import Flags, UsageError, run_program, whole_seeds
from .planning import EXPERIMENT_HELP, define_plan, shown

flags = Flags()

PARTS = ("demo", "ablations", "unknown", "recipe", "choices", "few", "long")
# Hyper-parameters of the first edition: D1 and D2 compare a blurred fake with a sharp face; Eq. (20) is a sum; faces
# are drawn by frame; a strong trace asks for inpainting even where P0 forbids it; beta is that of the paper.
PAIRS = ("discriminator_real=image",)
NORMS = ("regularization_reduction=sum", "alpha4=4e-4", "regularization_live_weight=10.0")
DRAWS = ("sampling=frame",)
REGION = ("region_within=crop",)
BETA = ("beta=0.1",)
RECIPES = {
    "first edition": (*PAIRS, *NORMS, *DRAWS, *REGION, *BETA),
    "and alike pairs": (*NORMS, *DRAWS, *REGION, *BETA),
    "and one norm": (*PAIRS, *DRAWS, *REGION, *BETA),
    "and clips": (*PAIRS, *NORMS, *REGION, *BETA),
    "and allowed region": (*PAIRS, *NORMS, *DRAWS, *BETA),
    "all four": BETA,
    "all four and a lower beta": (),
}
# Each makes one choice the other way (our choices are in the decisions table of WORKSPACE-notes.md).
CHOICES = {
    "ours": (),
    "Eq. (20) as a sum": NORMS,
    "Eq. (19) as a sum": ("mask_reduction=sum",),
    "D1 and D2 see plain live faces": PAIRS,
    "two updates of G": ("generator_updates=two",),
    "P0 open everywhere": ("preliminary_mask=open",),
    "faces drawn by frame": DRAWS,
    "L_H on both halves": ("harder_depth=both",),
    "brightness": ("brightness=0.1",),
}
# One of each kind of attack: flat, worn, painted, and partial.
LEFT_OUT = ("print", "silicone_mask", "obfuscation_makeup", "funny_eyeglasses")
# Part few: numbers of people with the rare type in training, and the sampling of its models "types evenly".
FEW = (1, 3, 10)
EVENLY = ("sampling=type",)

_OUT = flags.DEFINE_string("out", None, "Folder for everything the study makes.", required=True)
_PARTS = flags.DEFINE_list("parts", list(PARTS), f"Comparisons to make: {', '.join(PARTS)}.")
_SEEDS = flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the trainings; the long one uses the first.")
_SUBJECTS = flags.DEFINE_integer("subjects", 140, "Rendered people to train on.", lower_bound=6)
_TEST_SUBJECTS = flags.DEFINE_integer(
    "test_subjects", embedded_faces.TEST_SUBJECTS, "Rendered people that all models are tested on.", lower_bound=3
)
_ITERATIONS = flags.DEFINE_integer("iterations", None, "Training iterations; by default the preset's.", lower_bound=1)
_LONG = flags.DEFINE_integer("long_iterations", 10000, "Iterations of the long training.", lower_bound=1)
_LONG_SUBJECTS = flags.DEFINE_integer(
    "long_subjects",
    600,
    "Rendered people of the long training; it would soon memorize those of the demo.",
    lower_bound=6,
)
_FACTOR = flags.DEFINE_float(
    "auxiliary_factor", 5.0, "Iterations of auxiliary that take as long as one of full (see tools.benchmark).",
    lower_bound=1.0,
)  # fmt: skip
_LEFT_OUT = flags.DEFINE_list("left_out", list(LEFT_OUT), "Types of the part 'unknown'.")
_FEW_TYPE = flags.DEFINE_string("few_type", "funny_eyeglasses", "The rare type of the part 'few'.")
_FEW_IMAGES = flags.DEFINE_integer(
    "few_images",
    100,
    "Number of synthesized spoofs of the rare type; the default is about as many as other types have.",
    lower_bound=1,
)
_JOBS = flags.DEFINE_integer(
    "jobs", 0, "Steps that run side by side on this machine; 0 means one per core.", lower_bound=0
)
_PLAN = define_plan(flags)
_EXPERIMENT = flags.DEFINE_multi_string("experiment", [], f"{EXPERIMENT_HELP} No table is written then.")
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
    same_as: str = ""  # "PART/MODEL" of an identical training, which is run only once
    protocol_seed: int = 0
    traces_of: Optional["Job"] = None  # the job whose run synthesizes spoofs for this one

    @property
    def folder(self) -> str:
        """The folder of its files, below that of the study."""
        return f"{(self.same_as or f'{self.part}/{self.model}').replace(' ', '_')}-{self.seed}"


def main() -> None:
    unknown = sorted(set(_PARTS.value) - set(PARTS))
    if unknown or not _PARTS.value:
        raise UsageError(f"--parts={','.join(_PARTS.value)}: known are {', '.join(PARTS)}")
    seeds = whole_seeds(_SEEDS.value)
    if len(set(seeds)) < len(seeds):
        raise UsageError("--seeds needs different numbers")

    planned = [job for part in PARTS if part in _PARTS.value for job in _jobs(part, seeds)]
    _check_tables(planned)
    if not _TABLES_ONLY.value:
        out = _OUT.value
        plan = Plan([step for job in planned for step in _steps(job)], Stamps(out, {"OUT": out}))
        jobs = min(_JOBS.value or os.cpu_count() or 1, len({job.folder for job in planned}))
        if _EXPERIMENT.value:
            plan = plan.only(_EXPERIMENT.value)
        if shown(_PLAN.value, plan, jobs, f"{__package__}.study"):
            return
        failures = run_plan(plan, program_starter(__package__), out, jobs)
        if failures:
            raise UsageError(f"{len(failures)} step(s) failed, see above; the same command resumes from there")
    if not _EXPERIMENT.value:  # several such calls may end at the same time
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
    if part == "few":
        return [job for count in FEW for model in _few(count, usual, seeds) for job in model]
    if part in ("recipe", "choices"):
        return [
            Job(part, name, "full", usual, seed, changes=changes, same_as="" if changes else "demo/full")
            for name, changes in {"recipe": RECIPES, "choices": CHOICES}[part].items()
            for seed in seeds
        ]
    protocol = "folder" if part == "demo" else f"leave_out_{'+'.join(_LEFT_OUT.value)}"
    models = (
        ("full", "full", usual),
        ("auxiliary, equal iterations", "auxiliary", usual),
        ("auxiliary, equal time", "auxiliary", longer),
    )
    return [Job(part, model, row, its, seed, protocol) for model, row, its in models for seed in seeds]


def _few(count: int, iterations: int, seeds: list[int]) -> list[list[Job]]:
    """The models of part few for a number of people: different people for each seed."""
    name = f"{count} {'person' if count == 1 else 'people'}"
    protocol = f"few_{count}_{_FEW_TYPE.value}"
    plain = [Job("few", name, "full", iterations, seed, protocol, protocol_seed=seed) for seed in seeds]
    evenly = [job._replace(model=f"{name}, types evenly", changes=EVENLY) for job in plain]
    synthesized = [
        Job("few", f"{name}, with synthesized", "full", iterations, job.seed, traces_of=job) for job in plain
    ]
    return [plain, evenly, synthesized]


def _steps(job: Job) -> list[Step]:
    """The steps of one model: faces, training, scores, error rates."""
    before = _faces(job) if job.traces_of is None else [*_steps(job.traces_of), *_own_faces(job)]
    return [*before, *steps_of(_experiment(job), _OUT.value)]


def _own_faces(job: Job) -> list[Step]:
    """The steps that make the training faces of a model with synthesized spoofs."""
    assert job.traces_of is not None
    base = _experiment(job.traces_of)
    return synthesized_faces.synthesized_faces(job.folder, base, _FEW_TYPE.value, _FEW_IMAGES.value, _OUT.value)


def _training_faces(job: Job) -> tuple[str, int]:
    """The folder of the faces that a model is trained on, without synthesized ones, and their number of people."""
    return ("long_faces", _LONG_SUBJECTS.value) if job.part == "long" else ("faces", _SUBJECTS.value)


def _faces(job: Job) -> list[Step]:
    """The steps that render and prepare the faces of a model, and those that all models are tested on."""
    name, subjects = _training_faces(job)
    return [
        *embedded_faces.training_faces(_OUT.value, subjects, 0, name),
        *embedded_faces.test_faces(_OUT.value, _TEST_SUBJECTS.value),
    ]


def _experiment(job: Job) -> Experiment:
    out = _OUT.value
    name, subjects = _training_faces(job)
    data = embedded_faces.prepared_folder(out, name)
    needs = _faces(job)
    if job.traces_of is not None:
        data, needs = synthesized_faces.prepared_folder(job.folder, out), [*needs, *_own_faces(job)]
    return Experiment(
        name=job.folder,
        data=data,
        protocol=ProtocolChoice(job.protocol, job.protocol_seed),
        iterations=job.iterations,
        ablation=job.ablation,
        seed=job.seed,
        changes=with_schedule("small", job.iterations, (*_SET.value, *job.changes)),
        test_data=embedded_faces.prepared_folder(out, "test_faces"),
        truth=None if job.ablation == "auxiliary" else os.path.join(out, "test_faces"),
        needs=tuple(step.key for step in needs),
        counts=embedded_faces.face_counts(subjects, _TEST_SUBJECTS.value),
    )


def _check_tables(jobs: list[Job]) -> None:
    """Refuses, before any work, tables that would replace files of other programs."""
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
        finished = [job for job in jobs if job.part == part and os.path.exists(_files(job).metrics)]
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
    """What tools.evaluate wrote for a model, and the losses at the end of its training."""
    import pandas as pd

    from phystd_tf.files.json_file import read_json
    from phystd_tf.runs.folder import history_path

    metrics = read_json(_files(job).metrics, UsageError, "remove it, and the model is measured again")
    losses = pd.read_csv(history_path(_files(job).run)).iloc[-1]
    return {**metrics, "losses": losses.to_dict()}


def _iterations(job: Job) -> int:
    """The number of iterations that a model was trained for; the flags of a later call may differ."""
    from phystd_tf.runs.folder import load_hparams

    return load_hparams(_files(job).run).max_iterations


def _files(job: Job) -> Files:
    return files_of(_experiment(job), _OUT.value)


def run() -> None:
    """Entry point of phystd-study."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
