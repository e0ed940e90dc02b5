"""How long the steps of a plan will take, based on earlier steps, or else on rough figures."""

import statistics
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Optional

from phystd_tf.experiments.step import Stamp, Step

# Seconds per unit of work, for kinds of steps that have not been run here yet: a core of a 2020 server without AMX.
# Only the order of magnitude matters; the first steps that run replace them. A kind is looked up by its first words.
# Trainings that were not measured are guessed from the operations of their convolutions.
_ROUGH = {
    "make_synthetic": 0.06,  # per frame
    "prepare": 0.03,  # per frame
    "synthesize": 0.2,  # per image
    "train small": 0.46,  # per iteration
    "train small phystd auxiliary": 0.08,
    "train small stdn": 1.1,
    "train small despoof": 1.9,
    "train small cdcn": 1.1,
    "train small cdcn++": 1.1,
    "train small lbp_svm": 0.02,  # per face: it is fitted at once
    "train paper": 9.0,
    "train paper phystd auxiliary": 3.7,
    "train paper phystd step1": 4.3,
    "train paper stdn": 17.0,
    "train paper despoof": 37.0,
    "train paper cdcn": 18.0,
    "train paper cdcn++": 20.0,
    "train paper lbp_svm": 0.03,
    "score small": 0.012,  # per face
    "score paper": 0.15,
    "score and measure small": 0.05,
    "score and measure paper": 0.3,
    "classify_media small traces": 0.5,  # per iteration: 32 faces pass through the generator
    "classify_media small image": 0.1,
    "classify_media paper traces": 6.0,
    "classify_media paper image": 1.0,
    "benchmark small": 60.0,
    "benchmark paper": 600.0,
    "evaluate": 0.8,
    "draw": 60.0,
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
    rough = figure_of(step.kind)
    return Estimate(_UNKNOWN if rough is None else step.work * rough, False)


def figure_of(kind: str) -> Optional[float]:
    """The rough figure for a kind of steps, in seconds per unit of work; None if there is none."""
    words = kind.replace(" printed", " paper").split()  # they have the same networks
    for length in range(len(words), 0, -1):
        rough = _ROUGH.get(" ".join(words[:length]))
        if rough is not None:
            return rough
    return None


def in_words(seconds: float) -> str:
    """A duration as text, such as "2 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
