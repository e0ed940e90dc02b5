"""A plan: steps, each after those it needs, and which of them are done."""

import os
from collections.abc import Iterable, Sequence
from typing import Optional

from phystd_tf.errors import PhystdError
from phystd_tf.experiments.step import Stamp, Stamps, Step, without_faces


class PlanError(PhystdError):
    """A plan cannot be made or carried out."""


class Plan:
    """Steps and their stamps.

    Attributes:
      steps: the steps, each after those it needs; a step that several experiments share occurs once.

    Args:
      steps: any number, each after those it needs.
      stamps: Stamps.

    Raises:
      PlanError: if two different steps have the same key, or a step comes before one that it needs.
    """

    def __init__(self, steps: Iterable[Step], stamps: Stamps) -> None:
        self._by_key: dict[str, Step] = {}
        self.stamps = stamps
        for step in steps:
            if self._by_key.get(step.key, step) != step:
                raise PlanError(f"two different steps are called {step.key}")
            missing = [key for key in step.needs if key not in self._by_key]
            if missing:
                raise PlanError(f"step {step.key} needs {missing[0]}, which does not come before it")
            self._by_key[step.key] = step
        self.steps: Sequence[Step] = tuple(self._by_key.values())

    def step(self, key: str) -> Step:
        """The step with a key."""
        return self._by_key[key]

    def only(self, groups: Sequence[str]) -> "Plan":
        """A plan of the steps of some groups, and all steps that they need.

        Raises:
          PlanError: if there is no such group.
        """
        known = {step.group for step in self.steps}
        unknown = sorted(set(groups) - known)
        if unknown:
            raise PlanError(f"there is no experiment '{unknown[0]}'; there are {', '.join(sorted(known))}")
        wanted: set[str] = set()
        for step in reversed(self.steps):
            if step.group in groups or step.key in wanted:
                wanted |= {step.key, *step.needs}
        return Plan([step for step in self.steps if step.key in wanted], self.stamps)

    def check(self) -> None:
        """Refuses a plan if existing results are not what it calls them.

        Raises:
          PlanError: if a fixed step was done with another command.
        """
        for step in self.steps:
            stamp = self.stamps.read(step.key) if step.fixed else None
            if stamp is None or not all(os.path.exists(path) for path in step.outputs):
                continue
            before, now = stamp.command, self.stamps.command(step)
            if before != now:
                raise PlanError(
                    f"{step.key.lstrip('/')} was done with {_difference(before, now)}; give another --out, or remove "
                    f"{os.path.dirname(step.outputs[0])}"
                )

    def done(self) -> dict[str, Stamp]:
        """The stamps of the steps that are done, by key."""
        found: dict[str, Stamp] = {}
        for step in self.steps:
            stamp = self._stamp_of(step, found)
            if stamp is not None:
                found[step.key] = stamp
        return found

    def _stamp_of(self, step: Step, done: dict[str, Stamp]) -> Optional[Stamp]:
        if not all(key in done for key in step.needs):
            return None
        stamp = self.stamps.read(step.key)
        if stamp is None or stamp.command != self.stamps.command(step):
            return None
        if stamp.needs != {key: done[key].identity for key in step.needs}:
            return None
        return stamp if all(os.path.exists(path) for path in step.outputs) else None


def _difference(before: Sequence[str], now: Sequence[str]) -> str:
    """What a step was done with, and what is asked for instead."""
    old = [text for text in before if text not in now]
    new = [text for text in now if text not in before]
    if without_faces(before) == without_faces(now):
        if any("{DATA}" in text for text in old):
            return "faces that the version of that time did not note, so they may be others"
        return f"other faces than those of this prepared folder ({' '.join(old)}, now {' '.join(new)})"
    return f"{' '.join(old or new)}, which is not what is asked for now ({' '.join(new) or 'without it'})"
