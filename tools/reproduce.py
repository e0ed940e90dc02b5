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
from collections.abc import Iterable, Sequence
from typing import Any, Callable, NamedTuple

from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.running import program_starter
from phystd_tf.experiments.running import run as run_plan
from phystd_tf.experiments.step import Step
from phystd_tf.experiments.systems import FITTED, FULL, SPEEDS, WITH_TRACES, name_of
from phystd_tf.files.outputs import Output, check_outputs

from .command import SEEDS, Flags, UsageError, run_program, whole_seeds
from .draw import FIGURES
from .planning import EXPERIMENT_HELP, define_plan, shown
from .reproducing import Place, faces_of, plan_of

flags = Flags()

# By dataset, the protocol of the models of figures and of Tables 6 and 7, unless --protocol gives another.
_USUAL_PROTOCOLS = {"folder": "folder", "oulu": "oulu_1", "siw": "siw_1", "siwm": "siwm_1", "siwmv2": "siwmv2_1"}

_BESIDE = ("stdn", "step1_step2_single_trace")  # (g) and (h) of Fig. 8

TABLES = ("1", "2", "3", "4", "5", "6", "7")

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
      write: takes the keys of the steps that are done, and writes and prints what can be made from them; does nothing
        for a figure, which is a step itself.
    """

    steps: list[Step]
    outputs: Sequence[Output] = ()
    write: Callable[[set[str]], None] = lambda done: None


def main() -> None:
    tables, figures = _numbers("table", _TABLES.value, TABLES), _numbers("figure", _FIGURES.value, FIGURES)
    if not tables and not figures:
        raise UsageError("give --table=N or --figure=N")
    seeds = tuple(dict.fromkeys(whole_seeds(_SEEDS.value)))

    from phystd_tf.data.records import load_settings

    out = _OUT.value
    settings = load_settings(_DATA.value)
    works = [_confusions(int(number), settings, seeds) if number in ("6", "7") else _table(int(number), settings, seeds)
             for number in tables]  # fmt: skip
    works += [_figure(number, settings, seeds) for number in figures]
    if _EXPERIMENT.value == [SPEEDS] and _EQUAL.value == "time":
        return  # the speeds were measured for the budget
    check_outputs([output for work in works for output in work.outputs])
    plan = _plan([step for work in works for step in work.steps])
    if _EXPERIMENT.value:
        plan = plan.only(_EXPERIMENT.value)
    if shown(_PLAN.value, plan, _JOBS.value, f"{__package__}.reproduce"):
        return
    failures = run_plan(plan, program_starter(__package__), out, _JOBS.value)
    if not _EXPERIMENT.value:  # several such calls may end at the same time
        done = set(plan.done())
        for work in works:
            work.write(done)
    if failures:
        raise UsageError(f"{len(failures)} step(s) failed, see above; the same command resumes from there")


def _table(number: int, settings: dict[str, Any], seeds: tuple[int, ...]) -> _Work:
    """Table 1, 2, 3, 4 or 5."""
    from phystd_tf.experiments.experiment import files_of, steps_of
    from phystd_tf.experiments.reproduction import experiments
    from phystd_tf.files.json_file import read_json
    from phystd_tf.tables.needed_protocols import planned_columns
    from phystd_tf.tables.paper_table import table
    from phystd_tf.tables.published import METHODS, published_rows
    from phystd_tf.tables.results import Result
    from phystd_tf.tables.writing import table_outputs

    names = _SYSTEMS.value
    if names is None:
        rows = dict.fromkeys(row.method for row in published_rows(number) if row.method in METHODS)
        names = [name_of(*METHODS[method]) for method in rows]
    columns = planned_columns(number, settings["dataset"])
    planned = experiments(_faces(), _chosen(columns), names, _budget(names, seeds))

    def write(_: set[str]) -> None:
        budget, evaluated = _evaluated(names, [protocol for protocol, _ in columns], seeds)
        results = [
            Result(one.system, one.ablation, one.protocol.name, one.seed, one.iterations,
                   read_json(files_of(one, _OUT.value).metrics, UsageError))
            for one in evaluated
        ]  # fmt: skip
        notes = _notes(settings, budget)
        _write(table(number, results, settings["dataset"], settings.get("embedded", False), notes))

    steps = [step for one in planned for step in steps_of(one, _OUT.value)]
    return _Work(steps, table_outputs(f"table_{number}", _OUT.value), write)


def _evaluated(names: Sequence[str], protocols: Sequence[str], seeds: tuple[int, ...]):
    """The budget of the systems of a table, and its evaluated experiments.

    These include experiments of earlier calls with the same budget for other rows and columns.
    """
    from phystd_tf.experiments.experiment import steps_of
    from phystd_tf.experiments.reproduction import evaluated_before, experiments
    from phystd_tf.tables.published import METHODS

    every = dict.fromkeys([*names, *(name_of(*of) for of in METHODS.values())])
    paths = _speed_paths(every) if _EQUAL.value == "time" else {}
    known = [name for name in every if name not in paths or os.path.exists(paths[name])]
    before = evaluated_before(_plan([]).stamps, protocols, known, seeds)
    budget = _budget(list(dict.fromkeys(name for there in before.values() for name in there)), seeds)
    candidates = [one for protocol, there in before.items() for one in experiments(_faces(), [protocol], there, budget)]
    done = _plan([step for one in candidates for step in steps_of(one, _OUT.value)]).done()
    found = [one for one in candidates if f"{one.name}/evaluate" in done]
    systems = {name_of(one.system, one.ablation) for one in found}
    iterations = {name: count for name, count in budget.iterations.items() if name in systems}
    return budget._replace(iterations=iterations), found


def _confusions(number: int, settings: dict[str, Any], seeds: tuple[int, ...]) -> _Work:
    """Table 6 or 7: spoof media classified by the traces of PhySTD and of other systems, and by the images."""
    from phystd_tf.evaluation.confusion_file import read_confusion
    from phystd_tf.experiments.media import classifications
    from phystd_tf.experiments.reproduction import experiments
    from phystd_tf.tables.confusion import confusion_classes, confusion_table
    from phystd_tf.tables.writing import table_outputs

    classes = confusion_classes(number, settings["dataset"])
    names = _SYSTEMS.value or ([FULL, "despoof"] if number == 6 else [FULL])
    without = [name for name in names if name not in WITH_TRACES]
    if without:
        raise UsageError(
            f"--systems={without[0]}: Table {number} classifies traces, which only {', '.join(WITH_TRACES)} estimate"
        )
    protocol = _PROTOCOL.value or _USUAL_PROTOCOLS[settings["dataset"]]
    trainings: list[Step] = []
    classified: list[Step] = []
    for one in experiments(_faces(), [protocol], names, _budget(names, seeds)):
        # The images are the same for all systems.
        inputs = ("traces", "image") if name_of(one.system, one.ablation) == names[0] else ("traces",)
        training, found = classifications(one, _OUT.value, classes, inputs, _MEDIUM_ITERATIONS.value)
        trainings.append(training)
        classified += found

    def write(done: set[str]) -> None:
        results = [read_confusion(step.outputs[0]) for step in classified if step.key in done]
        _write(confusion_table(number, results, settings.get("embedded", False)))

    return _Work([*trainings, *classified], table_outputs(f"table_{number}", _OUT.value), write)


def _write(made) -> None:
    """Writes a table in all formats, and prints it."""
    from phystd_tf.tables.text_table import as_text
    from phystd_tf.tables.writing import write_table

    paths = write_table(made, _OUT.value)
    print(f"\n{as_text(made)}\n{', '.join(paths)}")


def _figure(number: str, settings: dict[str, Any], seeds: tuple[int, ...]) -> _Work:
    """A figure, drawn from PhySTD with the first seed; for Fig. 8 also from the systems that it is compared with."""
    from phystd_tf.experiments.experiment import files_of, steps_of
    from phystd_tf.experiments.reproduction import experiments

    protocol = _PROTOCOL.value or _USUAL_PROTOCOLS[settings["dataset"]]
    names = [FULL, *(_BESIDE if number == "8" else ())]
    model, *others = experiments(_faces(), [protocol], names, _budget(names, seeds[:1]))
    run, *beside = [files_of(one, _OUT.value).run for one in (model, *others)]
    trainings = [steps_of(one, _OUT.value)[0] for one in others]
    drawing = Step(
        f"figures/{number}", "draw",
        (f"--figure={number}", f"--run={run}", f"--data={_DATA.value}", f"--out={_OUT.value}", f"--seed={seeds[0]}",
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


def _faces():
    return faces_of(_place())


def _budget(names: Sequence[str], seeds: tuple[int, ...]):
    from phystd_tf.experiments.reproduction import Budget, iterations_of

    seconds = _seconds(names) if _EQUAL.value == "time" else None
    return Budget(
        _PRESET.value, iterations_of(names, _PRESET.value, _ITERATIONS.value, seconds), tuple(_SET.value), seeds
    )


def _notes(settings: dict[str, Any], budget) -> list[str]:
    """The notes of a table on the budget, and on faces that may be real or simulated."""
    notes = []
    if budget.iterations:
        iterations = ", ".join(
            f"{count} of {name}" if count else f"{name} fitted at once" for name, count in budget.iterations.items()
        )
        more = f" and {', '.join(budget.changes)}" if budget.changes else ""
        seeds = ", ".join(map(str, budget.seeds))
        notes.append(f"Ours: preset {budget.preset}{more}; iterations: {iterations}; seeds {seeds}.")
    if "embedded" not in settings:
        notes.append("The prepared folder does not say whether its faces are simulated.")
    return notes


def _seconds(names: Sequence[str]) -> dict[str, float]:
    """The time of an iteration of each system relative to PhySTD; measured once and kept in the output folder.

    Each is timed together with PhySTD, so that the iterations for a table do not depend on other tables.
    """
    from phystd_tf.experiments.reproduction import speed_step
    from phystd_tf.files.json_file import read_json

    paths = _speed_paths(names)
    plan = _plan([speed_step(name, path, _PRESET.value) for name, path in paths.items()])
    if _PLAN.value != "false" and len(plan.done()) < len(plan.steps):
        raise UsageError(f"--equal=time needs the speeds of the systems; --experiment={SPEEDS} measures them alone")
    failures = run_plan(plan, program_starter(__package__), _OUT.value)
    if failures:
        raise UsageError(failures[0].reason)
    found = {name: read_json(path, UsageError)["seconds"] for name, path in paths.items()}
    return {FULL: 1.0, **{name: seconds[name] / seconds[FULL] for name, seconds in found.items()}}


def _speed_paths(names: Iterable[str]) -> dict[str, str]:
    """Where the speeds of the systems are kept, without those that need not be measured."""
    return {name: os.path.join(_OUT.value, SPEEDS, f"{name}.json") for name in names if name not in (FULL, *FITTED)}


def _plan(steps: Sequence[Step]) -> Plan:
    return plan_of(_place(), steps)


def _place() -> Place:
    return Place(_DATA.value, _OUT.value, _PROTOCOL_SEED.value, _LISTS.value)


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
