"""How long the steps of a plan will take, based on earlier steps, or else on rough figures."""

import statistics
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from phystd_tf.experiments.step import Stamp, Step

# Seconds per unit of work, for kinds of steps that have not been run here yet: two cores of a 2020 server without AMX.
# Only the order of magnitude matters; the first steps that run replace them. A kind is looked up by its first words.
_ROUGH = {
    "make_synthetic": 0.05,  # per frame
    "prepare": 0.06,  # per frame
    "train small": 0.4,  # per iteration
    "train small phystd auxiliary": 0.08,
    "train small cdcn": 0.4,
    "train small lbp_svm": 0.01,
    "train paper": 9.0,
    "train printed": 9.0,
    "score small": 0.02,  # per face
    "score paper": 0.15,
    "score printed": 0.15,
    "evaluate": 5.0,
}
_UNKNOWN = 10.0
_SHORT = 0.5  # seconds; a shorter step may have found everything done, and is ignored


class Estimate(NamedTuple):
    """How long something will take.

    Attributes:
      seconds: for one job, with as many threads as earlier steps had.
      measured: whether it is based on steps that were run here.
    """

    seconds: float
    measured: bool


def speeds(stamps: Iterable[Stamp]) -> dict[str, float]:
    """Seconds per unit of work, by kind: the median over finished steps."""
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
    """A duration as text, such as "2 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
