"""One step of an experiment: a command line, what it needs, and whether it is done.

A finished step leaves a stamp below OUT/steps: its command, how long it took, and the identities of the stamps of the
steps it needs. So a step counts as done only while its outputs exist, its command is the same, and nothing that it was
made from has been made again. The programs themselves decide what to do with unfinished or other outputs: they resume
or refuse; nothing is ever removed here.
"""

import os
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Optional

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import write_json
from phystd_tf.files.json_file import read_json

STEPS_FOLDER = "steps"


class Step(NamedTuple):
    """A call of a program.

    Attributes:
      key: its name, unique in a plan, such as "siwm_1/phystd-full-0/train"; what is before the last slash is its group.
      program: program in ``tools``, such as "train".
      arguments: its options.
      outputs: paths that exist when it is done.
      needs: keys of the steps that must be done before it.
      kind: such as "train small phystd"; steps of one kind take the same time per unit of work.
      work: units of work: iterations, faces or frames.
      accepts: exit codes that count as done.
      fixed: whether its outputs must not be made again by another command in the same place; a finished training, for
        example, would continue if it were given more iterations.
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
    """The record that a finished step leaves.

    Attributes:
      identity: random name of this run of the step.
      command: the program and its options, with the names of folders instead of their paths.
      needs: identity of the stamp of each step that it needed, by key.
      seconds: how long it took; 0 if an earlier run had begun it.
      kind: of the step.
      work: of the step.
    """

    identity: str
    command: list[str]
    needs: dict[str, str]
    seconds: float
    kind: str
    work: float


def faces_place(identity: str) -> str:
    """The name of the prepared folder among the places of ``Stamps``; other faces have another name.

    So a folder of faces can be moved, but what was made from other faces does not count as done.

    Args:
      identity: of the faces.
    """
    return f"DATA, faces {identity}"


def without_faces(command: Iterable[str]) -> list[str]:
    """A stored command with {DATA} for the prepared folder, whichever faces it has."""
    return [re.sub(r"\{DATA[^{}]*\}", "{DATA}", text) for text in command]


class Stamps:
    """The stamps of the steps below one output folder.

    Args:
      out: the output folder.
      places: path by name, such as {"OUT": out, faces_place(identity): prepared}. Commands are compared with the names
        instead of the paths, so that folders can be moved.
    """

    def __init__(self, out: str, places: Mapping[str, str]) -> None:
        self._out = out
        # The longest first: one place may lie within another.
        self._places = sorted(places.items(), key=lambda item: -len(item[1]))

    def path(self, key: str) -> str:
        """The path of the stamp of a step."""
        return self._place(key) + ".json"

    def log_path(self, key: str) -> str:
        """The path of the log of a step."""
        return self._place(key) + ".log"

    def read(self, key: str) -> Optional[Stamp]:
        """The stamp of a step; None if it is missing or unreadable, so that the step is run again."""
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
        """The program and options of a step, with names instead of known folders; used to compare commands."""
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
