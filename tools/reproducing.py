"""What tools.reproduce trains: on which faces, with which budget, and what of it earlier calls have made."""

import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from phystd_tf.experiments.experiment import Experiment
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.reproduction import (
    Budget,
    Faces,
    evaluated_before,
    experiments,
    faces_identity,
    iterations_of,
    speed_step,
)
from phystd_tf.experiments.step import Stamps, Step, faces_place
from phystd_tf.experiments.systems import FULL, SPEEDS, has_own_time, name_of
from phystd_tf.files.json_file import read_json
from phystd_tf.protocols.choice import ProtocolChoice

from .command import UsageError


class Place(NamedTuple):
    """Where everything is, and how its faces are divided.

    Attributes:
      data: prepared folder.
      out: the output folder.
      protocol_seed: seed of protocols that draw.
      lists: folder of the user's own lists, for protocols that are made of lists.
    """

    data: str
    out: str
    protocol_seed: int = 0
    lists: Optional[str] = None


def plan_of(place: Place, steps: Sequence[Step]) -> Plan:
    """A plan in which steps that were made from other faces do not count as done."""
    from phystd_tf.data.records import load_settings

    identity = faces_identity(_fingerprint(place.data, _changed(place.data)), load_settings(place.data))
    return Plan(steps, Stamps(place.out, {"OUT": place.out, faces_place(identity): place.data}))


def faces_of(place: Place) -> Faces:
    """The faces that models are trained and tested on."""
    changed = _changed(place.data)

    def count(choice: ProtocolChoice, split: str) -> Sequence[int]:
        return _counts(place.data, changed, choice)[split]

    return Faces(place.data, count, place.protocol_seed, place.lists)


def _changed(prepared: str) -> float:
    """When the manifest of a prepared folder was written."""
    from phystd_tf.data.records import manifest_path

    return os.path.getmtime(manifest_path(prepared))


# The manifest of a dataset is long: what is needed of it is kept, for as long as it does not change.
@functools.cache
def _fingerprint(prepared: str, changed: float) -> str:
    from phystd_tf.data.selection import Selection

    return Selection(prepared).fingerprint()


@functools.cache
def _counts(prepared: str, changed: float, choice: ProtocolChoice) -> dict[str, tuple[int, int]]:
    """The numbers of live and of spoof faces, by split."""
    from phystd_tf.data.selection import Selection

    selection = Selection(prepared, choice)
    return {split: selection.count(split) for split in ("train", "dev", "test")}


class Trainings(NamedTuple):
    """How models are trained.

    Attributes:
      preset: name of the hyper-parameters.
      iterations: those of PhySTD; None for the preset's.
      changes: further hyper-parameters, each as name=value.
      seeds: seeds of the trainings.
      equal_time: whether all systems get the time of PhySTD instead of its iterations.
    """

    preset: str
    iterations: Optional[int]
    changes: tuple[str, ...]
    seeds: tuple[int, ...]
    equal_time: bool


def speed_plan(place: Place, trainings: Trainings, names: Iterable[str]) -> Plan:
    """The measurements that equal time needs: each system together with PhySTD, once.

    So the iterations for a table do not depend on other tables.
    """
    paths = _speed_paths(place, names)
    return plan_of(place, [speed_step(name, path, trainings.preset, trainings.changes) for name, path in paths.items()])


def budget_of(place: Place, trainings: Trainings, names: Sequence[str]) -> Budget:
    """The budget of some systems; for equal time, their speeds must have been measured."""
    seconds = None
    if trainings.equal_time:
        found = {name: read_json(path, UsageError)["seconds"] for name, path in _speed_paths(place, names).items()}
        seconds = {FULL: 1.0, **{name: each[name] / each[FULL] for name, each in found.items()}}
    return Budget(
        trainings.preset,
        iterations_of(names, trainings.preset, trainings.iterations, seconds),
        trainings.changes,
        trainings.seeds,
        seconds,
    )


class Made(NamedTuple):
    """What earlier calls and this one have made with one budget.

    Attributes:
      budget: of the systems among them.
      experiments: Experiments.
      done: keys of their steps that are done.
    """

    budget: Budget
    experiments: list[Experiment]
    done: set[str]


def made_before(
    place: Place,
    trainings: Trainings,
    names: Iterable[str],
    protocols: Sequence[str],
    steps_for: Callable[[Experiment], Sequence[Step]],
    results: Sequence[str],
) -> Made:
    """The experiments with results, whichever rows and columns the calls that made them were for.

    Args:
      place: Place.
      trainings: Trainings.
      names: names of the systems and ablations that a table may show.
      protocols: names of the protocols that it may show.
      steps_for: the steps of an experiment.
      results: names of the steps that make results, such as "evaluate"; one of them is enough.
    """
    paths = _speed_paths(place, names) if trainings.equal_time else {}
    known = [name for name in names if name not in paths or os.path.exists(paths[name])]
    stamps = plan_of(place, []).stamps
    before = evaluated_before(stamps, protocols, known, trainings.seeds, trainings.equal_time, results)
    budget = budget_of(place, trainings, list(dict.fromkeys(name for there in before.values() for name in there)))
    faces = faces_of(place)
    candidates = [one for protocol, there in before.items() for one in experiments(faces, [protocol], there, budget)]
    done = set(plan_of(place, [step for one in candidates for step in steps_for(one)]).done())
    found = [one for one in candidates if any(f"{one.name}/{result}" in done for result in results)]
    systems = {name_of(one.system, one.ablation) for one in found}
    iterations = {name: count for name, count in budget.iterations.items() if name in systems}
    return Made(budget._replace(iterations=iterations), found, done)


def budget_notes(budget: Budget, settings: Mapping[str, Any]) -> list[str]:
    """The notes of a table on the budget, and on faces that may be real or simulated.

    Args:
      budget: of the systems in the table.
      settings: prepared.json of the faces.
    """
    notes = []
    if budget.iterations:
        iterations = ", ".join(
            f"{count} of {name}" if count else f"{name} fitted at once" for name, count in budget.iterations.items()
        )
        more = f" and {', '.join(budget.changes)}" if budget.changes else ""
        seeds = ", ".join(map(str, budget.seeds))
        equal = "" if budget.seconds is None else ", equal time"
        notes.append(f"Ours: preset {budget.preset}{more}{equal}; iterations: {iterations}; seeds {seeds}.")
        timed = [f"{budget.seconds[name]:.2f} for {name}" for name in budget.iterations
                 if budget.seconds is not None and name in budget.seconds and name != FULL]  # fmt: skip
        if timed:
            notes.append(f"Time of an iteration, relative to PhySTD: {', '.join(timed)}; measured on one machine.")
    if "embedded" not in settings:
        notes.append("The prepared folder does not say whether its faces are simulated.")
    return notes


def check_media(place: Place, number: int, classes: str, protocol: str) -> None:
    """Refuses faces that Table 6 or 7 cannot tell apart, since they belong to none of its classes.

    Args:
      place: Place.
      number: of the table.
      classes: name of its classes.
      protocol: name of the protocol.

    Raises:
      UsageError: names a clip.
    """
    from phystd_tf.data.selection import Selection
    from phystd_tf.evaluation.medium_classes import MEDIUM_CLASSES, MediumClassError, class_of

    selection = Selection(place.data, ProtocolChoice(protocol, place.protocol_seed, place.lists))
    try:
        for split in ("train", "dev", "test"):
            for row in selection.rows(split):
                class_of(MEDIUM_CLASSES[classes], row)
    except MediumClassError as error:
        raise UsageError(
            f"--table={number}: {error}; give --data that has these classes only, or a --protocol without such clips"
        ) from error


def _speed_paths(place: Place, names: Iterable[str]) -> dict[str, str]:
    """Where the speeds of the systems are kept, without those that need not be measured."""
    return {name: os.path.join(place.out, SPEEDS, f"{name}.json") for name in names if has_own_time(name)}
