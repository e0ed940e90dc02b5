"""How long the steps of a plan will take, from those that were run before, or from rough figures."""

import statistics
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from phystd_tf.experiments.step import Stamp, Step

# Seconds for a unit of work, for what has not been run here yet: two cores of a server of 2020 without AMX. Only the
# order of magnitude is meant; the first steps that are run replace them. A kind is looked up by its first words.
_ROUGH = {
    "make_synthetic": 0.05,  # for a frame
    "prepare": 0.06,  # for a frame
    "train small": 0.4,  # for an iteration
    "train small phystd auxiliary": 0.08,
    "train small cdcn": 0.4,
    "train small lbp_svm": 0.01,
    "train paper": 9.0,
    "train printed": 9.0,
    "score small": 0.02,  # for a face
    "score paper": 0.15,
    "score printed": 0.15,
    "evaluate": 5.0,
}
_UNKNOWN = 10.0
_SHORT = 0.5  # seconds; a step that found everything done says nothing about how long it takes


class Estimate(NamedTuple):
    """How long something will take.

    Attributes:
      seconds: on one job, with the threads that the steps before it had.
      measured: whether it comes from steps that were run here.
    """

    seconds: float
    measured: bool


def speeds(stamps: Iterable[Stamp]) -> dict[str, float]:
    """Seconds for a unit of work, by kind: the median over the steps that were run."""
    found: dict[str, list[float]] = {}
    for stamp in stamps:
        if stamp.kind and stamp.work > 0 and stamp.seconds > _SHORT:
            found.setdefault(stamp.kind, []).append(stamp.seconds / stamp.work)
    return {kind: statistics.median(values) for kind, values in found.items()}


def estimate(step: Step, measured: Mapping[str, float]) -> Estimate:
    """How long a step takes.

    Args:
      step: Step.
      measured: see ``speeds``.
    """
    if step.kind in measured:
        return Estimate(step.work * measured[step.kind], True)
    words = step.kind.split()
    for length in range(len(words), 0, -1):
        rough = _ROUGH.get(" ".join(words[:length]))
        if rough is not None:
            return Estimate(step.work * rough, False)
    return Estimate(_UNKNOWN, False)


def in_words(seconds: float) -> str:
    """A duration for people, such as "2 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
