"""Makes the paper's tables and figures, ours beside published values: trains, scores and evaluates what is missing.

One command per table. It resumes where it was stopped, and does nothing twice:

    python -m tools.reproduce --table=3 --data=PREPARED --out=DIR --plan
    python -m tools.reproduce --table=3 --data=PREPARED --out=DIR

Tables 1 and 6 need OULU-NPU, Table 2 needs SiW, and Tables 3, 4, 5 and 7 need SiW-M, prepared by tools.prepare. The
results say so if the faces are of a rendered copy (tools.make_synthetic --layout=...). Figures 5, 8, 9, 10, 11 and 12
take any dataset.

On a cluster, --plan=commands prints one command line for each training that can start now, for a job array; the command
without --plan then only collects the results:

    python -m tools.reproduce --table=4 --data=PREPARED --out=DIR --plan=commands > jobs.txt
"""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Callable, NamedTuple, Union

from phystd_tf.experiments.experiment import Experiment
from phystd_tf.experiments.running import program_starter
from phystd_tf.experiments.running import run as run_plan
from phystd_tf.experiments.step import Step
from phystd_tf.experiments.systems import FULL, SPEEDS, WITH_TRACES, name_of
from phystd_tf.files.outputs import Output, check_outputs

from .command import SEEDS, Flags, UsageError, run_program, whole_seeds
from .draw import FIGURES
from .planning import EXPERIMENT_HELP, define_plan, shown
from .reproducing import (
    Place,
    Trainings,
    budget_notes,
    budget_of,
    check_media,
    faces_of,
    made_before,
    plan_of,
    speed_plan,
)  # fmt: skip

flags = Flags()

# By dataset, the protocol of the models of figures and of Tables 6 and 7, unless --protocol gives another.
_USUAL_PROTOCOLS = {"folder": "folder", "oulu": "oulu_1", "siw": "siw_1", "siwm": "siwm_1", "siwmv2": "siwmv2_1"}

_BESIDE = ("stdn", "step1_step2_single_trace")  # (g) and (h) of Fig. 8

_PROGRAM = f"{__package__}.reproduce"
TABLES = ("1", "2", "3", "4", "5", "6", "7")
_MEDIA = (6, 7)  # those that classify spoof media

_TABLES = flags.DEFINE_list("table", [], "Numbers of tables, separated by commas: 1 to 7.")
_FIGURES = flags.DEFINE_list("figure", [], f"Numbers of figures, separated by commas: {', '.join(FIGURES)}.")
_DATA = flags.DEFINE_string("data", None, "Prepared folder, made by tools.prepare.", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder for the runs, tables and figures.", required=True)
_SYSTEMS = flags.DEFINE_list(
    "systems", None, "Rows to train, such as phystd,auxiliary,cdcn; by default all of a table that can be trained here."
)
_COLUMNS = flags.DEFINE_list(
    "table_columns", None,
    "Columns to fill, such as print,half_mask in Table 4, or protocols such as oulu_4_2; by default all. The"
    " table says which are empty.",
)  # fmt: skip
_SEEDS = flags.DEFINE_list("seeds", ["0"], "Seeds of the trainings; several give mean and deviation.")
_PRESET = flags.DEFINE_string("preset", "paper", "Hyper-parameters: paper (256 px) or small (128 px, for a CPU).")
_ITERATIONS = flags.DEFINE_integer("iterations", None, "Training iterations; by default the preset's.", lower_bound=1)
_EQUAL = flags.DEFINE_enum(
    "equal", "iterations", ["iterations", "time"], "What is equal for all systems. For time, an iteration of each is"
    " timed first, once, on this machine.",
)  # fmt: skip
_SET = flags.DEFINE_multi_string("set", [], "A hyper-parameter for all trainings, as for tools.train.")
_MEDIUM_ITERATIONS = flags.DEFINE_integer(
    "medium_iterations", 400, "Training iterations of the classifier of Tables 6 and 7.", lower_bound=1
)
_PROTOCOL = flags.DEFINE_string("protocol", None, "Protocol of the models for figures and for Tables 6 and 7.")
_PROTOCOL_SEED = flags.DEFINE_integer("protocol_seed", 0, "Seed of protocols that draw, such as siwm_1.", **SEEDS)
_LISTS = flags.DEFINE_string("lists", None, "Folder of your own list files, for protocols that are made of lists.")
_JOBS = flags.DEFINE_integer("jobs", 1, "Steps that run side by side on this machine.", lower_bound=1)
_EXPERIMENT = flags.DEFINE_multi_string(
    "experiment", [], f"{EXPERIMENT_HELP} {SPEEDS} only measures what --equal=time needs."
)
_PLAN = define_plan(flags)


class _Work(NamedTuple):
    """A table or a figure.

    Attributes:
      steps: the steps it needs.
      outputs: files that are written after them, for ``check_outputs``.
      write: writes and prints what can be made from the steps that are done; does nothing for a figure, which is a
        step itself.
    """

    steps: list[Step]
    outputs: Sequence[Output] = ()
    write: Callable[[], None] = lambda: None


def main() -> None:
    tables, figures = _numbers("table", _TABLES.value, TABLES), _numbers("figure", _FIGURES.value, FIGURES)
    if not tables and not figures:
        raise UsageError("give --table=N or --figure=N")
    whole_seeds(_SEEDS.value)

    from phystd_tf.data.records import load_settings

    out = _OUT.value
    settings = load_settings(_DATA.value)
    systems = {int(number): _systems(int(number), settings) for number in tables}
    beside = {number: _BESIDE if number == "8" else () for number in figures}
    names = [name for of_table in systems.values() for name in of_table]
    names += [name for number in figures for name in (FULL, *beside[number])]
    if _EQUAL.value == "time" and not _speeds_are_known(dict.fromkeys(names)):
        return
    works = [
        (_confusions if number in _MEDIA else _table)(number, of_table, settings)
        for number, of_table in systems.items()
    ]
    works += [_figure(number, beside[number], settings) for number in figures]
    check_outputs([output for work in works for output in work.outputs])
    plan = plan_of(_place(), [step for work in works for step in work.steps])
    if _EXPERIMENT.value:
        plan = plan.only(_EXPERIMENT.value)
    if shown(_PLAN.value, plan, _JOBS.value, _PROGRAM):
        return
    failures = run_plan(plan, program_starter(__package__), out, _JOBS.value)
    if not _EXPERIMENT.value:  # several such calls may end at the same time
        for work in works:
            work.write()
    if failures:
        raise UsageError(f"{len(failures)} step(s) failed, see above; the same command resumes from there")


def _systems(number: int, settings: dict[str, Any]) -> list[str]:
    """The systems to train for a table; refuses, before any work, what the table cannot show."""
    if number in _MEDIA:
        return _systems_with_traces(number, settings)
    from phystd_tf.tables.published import METHODS, published_rows

    if _SYSTEMS.value is not None:
        return list(_SYSTEMS.value)
    rows = dict.fromkeys(row.method for row in published_rows(number) if row.method in METHODS)
    return [name_of(*METHODS[method]) for method in rows]


def _systems_with_traces(number: int, settings: dict[str, Any]) -> list[str]:
    from phystd_tf.tables.confusion import confusion_classes

    classes = confusion_classes(number, settings["dataset"])
    names = list(_SYSTEMS.value or ([FULL, "despoof"] if number == 6 else [FULL]))
    without = [name for name in names if name not in WITH_TRACES]
    if without:
        raise UsageError(
            f"--systems={without[0]}: Table {number} classifies traces, which only {', '.join(WITH_TRACES)} estimate"
        )
    check_media(_place(), number, classes, _usual_protocol(settings))
    return names


def _speeds_are_known(names: Iterable[str]) -> bool:
    """Measures the speeds of systems; False if nothing else is to be done, or can be said yet."""
    alone = _EXPERIMENT.value == [SPEEDS]
    plan = speed_plan(_place(), _trainings(), names)
    if _PLAN.value != "false":
        if not alone and len(plan.done()) == len(plan.steps):
            return True
        shown(_PLAN.value, plan, 1, _PROGRAM)
        print("the trainings depend on these speeds; once they are measured, the same command shows the rest",
              file=sys.stderr)  # fmt: skip
        return False
    failures = run_plan(plan, program_starter(__package__), _OUT.value)
    if failures:
        raise UsageError(failures[0].reason)
    return not alone


def _table(number: int, names: Sequence[str], settings: dict[str, Any]) -> _Work:
    """Table 1, 2, 3, 4 or 5."""
    from phystd_tf.experiments.experiment import files_of, steps_of
    from phystd_tf.experiments.reproduction import experiments
    from phystd_tf.files.json_file import read_json
    from phystd_tf.tables.needed_protocols import planned_columns
    from phystd_tf.tables.paper_table import table
    from phystd_tf.tables.published import METHODS
    from phystd_tf.tables.results import Result
    from phystd_tf.tables.writing import table_outputs

    place = _place()
    columns = planned_columns(number, settings["dataset"])
    planned = experiments(faces_of(place), _chosen(columns), names, budget_of(place, _trainings(), names))

    def write() -> None:
        every = dict.fromkeys([*names, *(name_of(*of) for of in METHODS.values())])
        protocols = [protocol for protocol, _ in columns]
        made = made_before(place, _trainings(), every, protocols, lambda one: steps_of(one, place.out), ["evaluate"])
        results = [
            Result(one.system, one.ablation, one.protocol.name, one.seed, one.iterations,
                   read_json(files_of(one, place.out).metrics, UsageError))
            for one in made.experiments
        ]  # fmt: skip
        notes = budget_notes(made.budget, settings)
        _write(table(number, results, settings["dataset"], settings.get("embedded", False), notes))

    steps = [step for one in planned for step in steps_of(one, place.out)]
    return _Work(steps, table_outputs(f"table_{number}", place.out), write)


def _confusions(number: int, names: Sequence[str], settings: dict[str, Any]) -> _Work:
    """Table 6 or 7: spoof media classified by the traces of PhySTD and of other systems, and by the images."""
    from phystd_tf.evaluation.confusion_file import read_confusion
    from phystd_tf.experiments.media import INPUTS, classifications, step_name
    from phystd_tf.experiments.reproduction import experiments
    from phystd_tf.tables.confusion import confusion_classes, confusion_table
    from phystd_tf.tables.writing import table_outputs

    place, protocol = _place(), _usual_protocol(settings)
    classes = confusion_classes(number, settings["dataset"])

    def steps_for(one: Experiment, inputs: Sequence[str] = INPUTS) -> list[Step]:
        training, classified = classifications(one, place.out, classes, inputs, _MEDIUM_ITERATIONS.value)
        return [training, *classified]

    def write() -> None:
        every = dict.fromkeys([*names, *WITH_TRACES])
        made = made_before(place, _trainings(), every, [protocol], steps_for, [step_name(seen) for seen in INPUTS])
        results: dict[Union[int, str], dict[str, Any]] = {}
        for one in made.experiments:
            for step in steps_for(one):
                # The images are the same for all systems; several calls may have classified them.
                whose = one.seed if step.key.endswith(step_name("image")) else one.name
                if step.key in made.done and step.program == "classify_media":
                    results.setdefault(whose, read_confusion(step.outputs[0]))
        notes = budget_notes(made.budget, settings)
        _write(confusion_table(number, list(results.values()), settings.get("embedded", False), notes))

    planned = experiments(faces_of(place), [protocol], names, budget_of(place, _trainings(), names))
    first = [name_of(one.system, one.ablation) == names[0] for one in planned]
    steps = [step for one, images in zip(planned, first) for step in steps_for(one, INPUTS if images else INPUTS[:1])]
    return _Work(steps, table_outputs(f"table_{number}", place.out), write)


def _write(made) -> None:
    """Writes a table in all formats, and prints it."""
    from phystd_tf.tables.text_table import as_text
    from phystd_tf.tables.writing import write_table

    paths = write_table(made, _OUT.value)
    print(f"\n{as_text(made)}\n{', '.join(paths)}")


def _figure(number: str, compared: Sequence[str], settings: dict[str, Any]) -> _Work:
    """A figure, drawn from PhySTD with the first seed; for Fig. 8 also from the systems that it is compared with."""
    from phystd_tf.experiments.experiment import files_of, steps_of
    from phystd_tf.experiments.reproduction import experiments

    place, wanted = _place(), _trainings()
    seed = wanted.seeds[0]
    names = [FULL, *compared]
    budget = budget_of(place, wanted._replace(seeds=(seed,)), names)
    model, *others = experiments(faces_of(place), [_usual_protocol(settings)], names, budget)
    run, *beside = [files_of(one, _OUT.value).run for one in (model, *others)]
    trainings = [steps_of(one, _OUT.value)[0] for one in others]
    drawing = Step(
        f"figures/{number}", "draw",
        (f"--figure={number}", f"--run={run}", f"--data={_DATA.value}", f"--out={_OUT.value}", f"--seed={seed}",
         *(f"--beside={other}" for other in beside)),
        tuple(os.path.join(_OUT.value, f"figure_{number}.{ending}") for ending in ("pdf", "png", "txt")),
        (f"{model.name}/train", *(step.key for step in trainings)), "draw",
    )  # fmt: skip
    return _Work([*steps_of(model, _OUT.value), *trainings, drawing])


def _chosen(planned: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """The protocols that --table_columns asks for."""
    if _COLUMNS.value is None:
        return [protocol for protocol, _ in planned]
    known = dict.fromkeys(name for protocol, feeds in planned for name in (protocol, *feeds))
    unknown = [name for name in _COLUMNS.value if name not in known]
    if unknown:
        raise UsageError(f"--table_columns={unknown[0]}: there are {', '.join(known)}")
    return [protocol for protocol, feeds in planned if {protocol, *feeds} & set(_COLUMNS.value)]


def _usual_protocol(settings: dict[str, Any]) -> str:
    """The protocol of the models of figures and of Tables 6 and 7."""
    return _PROTOCOL.value or _USUAL_PROTOCOLS[settings["dataset"]]


def _place() -> Place:
    return Place(_DATA.value, _OUT.value, _PROTOCOL_SEED.value, _LISTS.value)


def _trainings() -> Trainings:
    seeds = tuple(dict.fromkeys(whole_seeds(_SEEDS.value)))
    return Trainings(_PRESET.value, _ITERATIONS.value, tuple(_SET.value), seeds, _EQUAL.value == "time")


def _numbers(option: str, given: Sequence[str], known: Sequence[str]) -> list[str]:
    unknown = [number for number in given if number not in known]
    if unknown:
        raise UsageError(f"--{option}={unknown[0]}: there are {', '.join(known)}")
    return list(dict.fromkeys(given))


def run() -> None:
    """Entry point of phystd-reproduce."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
