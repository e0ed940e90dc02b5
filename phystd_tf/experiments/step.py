"""One step of an experiment: a command line, what it needs, and whether it is done.

A finished step leaves a stamp below OUT/steps: the command that was run, how long it took, and the stamps of the steps
it needs. So a step counts as done only while its outputs are there, its command is the same, and nothing that it was
made from has been made again. The programs themselves decide what to do with unfinished or other outputs: they resume
or refuse; nothing is ever removed here.
"""

import os
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import write_json
from phystd_tf.files.json_file import read_json

STEPS_FOLDER = "steps"


class Step(NamedTuple):
    """A call of a program.

    Attributes:
      key: its name, unique in a plan, such as "siwm_1/phystd-full-0/train"; all before the last slash is its group.
      program: of ``tools``, such as "train".
      arguments: its options.
      outputs: paths that exist when it is done.
      needs: keys of the steps that come before it.
      kind: what takes alike long for each unit of work, such as "train small phystd".
      work: how much there is to do: iterations, faces, frames.
      accepts: exit codes with which it is done.
      fixed: whether what it made may not be made again by another command in the same place, as a training that was
        finished with fewer iterations would go on with more.
    """

    key: str
    program: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    needs: tuple[str, ...] = ()
    kind: str = ""
    work: float = 1.0
    accepts: tuple[int, ...] = (0,)
    fixed: bool = False

    @property
    def group(self) -> str:
        """The part of the key that the steps of one experiment share."""
        return self.key.rpartition("/")[0]


class Stamp(NamedTuple):
    """What a finished step leaves.

    Attributes:
      identity: of this run of the step, random.
      command: the program and its options, with the names of folders in place of their paths.
      needs: identity of the stamp of each step that it needed.
      seconds: how long it took; 0 where it had been begun before.
      kind: of the step.
      work: of the step.
    """

    identity: str
    command: list[str]
    needs: dict[str, str]
    seconds: float
    kind: str
    work: float


class Stamps:
    """The stamps of the steps below one output folder.

    Args:
      out: the output folder.
      places: path by name, such as {"OUT": out, "DATA": prepared}: where they are in a command, their names are
        compared, so that folders can be moved.
    """

    def __init__(self, out: str, places: Mapping[str, str]) -> None:
        self._out = out
        # The longest first: one place may lie within another.
        self._places = sorted(places.items(), key=lambda item: -len(item[1]))

    def path(self, key: str) -> str:
        """Where the stamp of a step is."""
        return self._place(key) + ".json"

    def log_path(self, key: str) -> str:
        """Where the output of a step goes."""
        return self._place(key) + ".log"

    def read(self, key: str) -> Optional[Stamp]:
        """The stamp of a step; None where there is none that can be read: the step is then run again."""
        if not os.path.exists(self.path(key)):
            return None
        try:
            values = read_json(self.path(key), PhystdError)
            return Stamp(**{name: _KINDS[name](values[name]) for name in Stamp._fields})
        except (PhystdError, KeyError, TypeError, ValueError):
            return None

    def write(self, step: Step, seconds: float, needs: Mapping[str, str]) -> Stamp:
        """Marks a step as done."""
        stamp = Stamp(uuid.uuid4().hex, self.command(step), dict(needs), round(seconds, 3), step.kind, step.work)
        os.makedirs(os.path.dirname(self.path(step.key)), exist_ok=True)
        write_json(stamp._asdict(), self.path(step.key))
        return stamp

    def command(self, step: Step) -> list[str]:
        """What is compared of a step: its program and options, with names in place of known folders."""
        return [step.program, *map(self._without_places, step.arguments)]

    def _place(self, key: str) -> str:
        return os.path.join(self._out, STEPS_FOLDER, *key.split("/"))

    def _without_places(self, argument: str) -> str:
        option, separator, value = argument.partition("=")
        for name, place in self._places:
            if value == place or value.startswith(place + os.sep):
                return f"{option}{separator}{{{name}}}{value[len(place) :]}"
        return argument


_KINDS: Mapping[str, Any] = {
    "identity": str, "command": list, "needs": dict, "seconds": float, "kind": str, "work": float,
}  # fmt: skip
