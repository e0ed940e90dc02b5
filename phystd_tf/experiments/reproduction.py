"""The experiments behind the paper's tables and figures."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from phystd_tf.experiments.experiment import Experiment, FaceCounts, with_schedule
from phystd_tf.experiments.step import Stamps, Step
from phystd_tf.experiments.systems import FITTED, FULL, SPEEDS, has_own_time, split_name
from phystd_tf.hparams import get_hparams
from phystd_tf.protocols.choice import ProtocolChoice

# What of a preparation says which faces a prepared folder has, besides their clips, frames and boxes.
_SETTINGS = ("dataset", "embedded", "image_size", "map_sizes", "depth_size")


def faces_identity(fingerprint: str, settings: Mapping[str, Any]) -> str:
    """A short text that tells the faces of one prepared folder from those of another, wherever the folders are.

    Args:
      fingerprint: ``Selection.fingerprint`` of the folder.
      settings: its prepared.json.
    """
    known = {name: settings.get(name) for name in _SETTINGS}
    return hashlib.sha256(f"{fingerprint} {json.dumps(known, sort_keys=True)}".encode()).hexdigest()[:12]


class Budget(NamedTuple):
    """How models are trained.

    Attributes:
      preset: name of the hyper-parameters.
      iterations: by system; see ``iterations_of``.
      changes: further hyper-parameters, each as name=value.
      seeds: seeds of the trainings.
      seconds: time of an iteration of each system, relative to PhySTD, if all are trained for equal time; None if they
        are trained for equal iterations.
    """

    preset: str
    iterations: dict[str, int]
    changes: tuple[str, ...]
    seeds: tuple[int, ...]
    seconds: Optional[Mapping[str, float]] = None


class Faces(NamedTuple):
    """The faces that models are trained and tested on.

    Attributes:
      prepared: prepared folder.
      count_faces: maps a protocol and a split to its numbers of live and spoof faces.
      protocol_seed: seed of protocols that draw.
      lists: folder of the user's own lists, for protocols that are made of lists.
    """

    prepared: str
    count_faces: Callable[[ProtocolChoice, str], Sequence[int]]
    protocol_seed: int = 0
    lists: Optional[str] = None


def experiments(faces: Faces, protocols: Iterable[str], names: Sequence[str], budget: Budget) -> list[Experiment]:
    """One experiment per protocol, system or ablation, and seed.

    Args:
      faces: Faces.
      protocols: names of protocols.
      names: names of systems and ablations.
      budget: Budget.

    Raises:
      PhystdError: if a protocol does not fit the prepared faces.
    """
    found = []
    for protocol in protocols:
        choice = ProtocolChoice(protocol, faces.protocol_seed, faces.lists)
        split = "dev" if all(faces.count_faces(choice, "dev")) else "train"
        counts = FaceCounts(*(sum(faces.count_faces(choice, name)) for name in (split, "test", "train")))
        for name in names:
            system, ablation = split_name(name)
            iterations = budget.iterations[name]
            found += [
                Experiment(
                    name=_name(protocol, name, seed, budget.seconds is not None),
                    data=faces.prepared,
                    protocol=choice,
                    iterations=iterations,
                    system=system,
                    ablation=ablation,
                    seed=seed,
                    preset=budget.preset,
                    changes=with_schedule(budget.preset, iterations, budget.changes, system),
                    threshold_split=split,
                    counts=counts,
                )
                for seed in budget.seeds
            ]
    return found


def evaluated_before(
    stamps: Stamps,
    protocols: Iterable[str],
    names: Sequence[str],
    seeds: Sequence[int],
    equal_time: bool = False,
    results: Sequence[str] = ("evaluate",),
) -> dict[str, list[str]]:
    """What earlier calls have evaluated, perhaps with another budget: names of systems and ablations by protocol.

    Args:
      stamps: Stamps.
      protocols: names of protocols.
      names: names of systems and ablations.
      seeds: seeds of the trainings; an evaluation for one of them is enough.
      equal_time: whether they were trained for equal time.
      results: names of the steps that make results; one of them is enough.
    """
    found = {
        protocol: [
            name for name in names
            if any(stamps.read(f"{_name(protocol, name, seed, equal_time)}/{result}") is not None
                   for seed in seeds for result in results)
        ]
        for protocol in protocols
    }  # fmt: skip
    return {protocol: there for protocol, there in found.items() if there}


def _name(protocol: str, name: str, seed: int, equal_time: bool) -> str:
    """The name of an experiment; both budgets of a system have a place in one output folder."""
    return f"{protocol}/{name}-{seed}{'-equal_time' if equal_time and has_own_time(name) else ''}"


def speed_step(name: str, path: str, preset: str, changes: Sequence[str] = ()) -> Step:
    """Times an iteration of a system and one of PhySTD; a fixed step, since trainings are planned by it."""
    arguments = (
        "--parts=training", f"--preset={preset}", f"--systems={FULL},{name}", f"--out={path}",
        *(f"--set={change}" for change in changes),
    )  # fmt: skip
    return Step(f"{SPEEDS}/{name}", "benchmark", arguments, (path,), (), f"benchmark {preset}", fixed=True)


def iterations_of(
    names: Sequence[str], preset: str, iterations: Optional[int], seconds: Optional[dict[str, float]] = None
) -> dict[str, int]:
    """The number of training iterations of each system; 0 for those that are fitted at once.

    Args:
      names: names of systems and ablations.
      preset: name of the hyper-parameters, whose iterations are the default.
      iterations: those of PhySTD; None for the preset's.
      seconds: time per iteration of each, including PhySTD, for trainings that take equally long; None for equal
        iterations.
    """
    usual = iterations or get_hparams(preset).max_iterations

    def of(name: str) -> int:
        if name in FITTED:
            return 0
        return usual if seconds is None else max(1, round(usual * seconds[FULL] / seconds[name]))

    return {name: of(name) for name in names}
