"""What tools.reproduce trains: on which faces, with which budget, and what of it earlier calls have made."""

import functools
import os
from collections.abc import Sequence
from typing import NamedTuple, Optional

from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.reproduction import Faces, faces_identity
from phystd_tf.experiments.step import Stamps, Step, faces_place
from phystd_tf.protocols.choice import ProtocolChoice


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
