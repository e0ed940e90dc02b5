"""The facts about a clip that a protocol may use."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

SPLITS = ("train", "dev", "test")


class ClipFacts(NamedTuple):
    """The facts about a clip that a protocol may use.

    Attributes:
      clip: ID of the clip.
      subject: the person in the clip; empty, or the ID of the clip, if unknown.
      type: "live" or a spoof type.
      label: 1 live, 0 spoof.
      split: split given by the dataset; empty if it gives none.
      session: recording session, as named by the dataset; empty if unknown.
      device: camera, as named by the dataset; empty if unknown.
      instrument: presentation attack instrument (such as a particular printer or screen), as named by the dataset;
        empty if unknown.
    """

    clip: str
    subject: str
    type: str
    label: int
    split: str
    session: str = ""
    device: str = ""
    instrument: str = ""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "ClipFacts":
        """Takes the facts from a row of a manifest; columns that an older manifest lacks are left empty."""
        values = {name: row[name] for name in ("clip", "subject", "type", "split")}
        values.update({name: row.get(name, "") for name in ("session", "device", "instrument")})
        texts = {name: "" if value is None else str(value) for name, value in values.items()}
        return cls(label=int(row["label"]), **texts)

    @property
    def person(self) -> str:
        """The subject; a clip with an unknown subject counts as a person of its own."""
        return self.subject or self.clip

    @property
    def knows_subject(self) -> bool:
        """Whether the subject is known, that is, given and not just the ID of the clip."""
        return self.subject not in ("", self.clip)

    @property
    def stem(self) -> str:
        """The last part of the ID, which is the name used in the lists that come with datasets."""
        return self.clip.rsplit("/", 1)[-1]


def clip_facts(rows: Sequence[Mapping[str, Any]]) -> list[ClipFacts]:
    """Collects the facts about each clip of a manifest.

    Clips without a usable face are included.

    Args:
      rows: rows of a manifest, one per frame.

    Returns:
      One ClipFacts per clip, in the order of the manifest.
    """
    facts: dict[str, ClipFacts] = {}
    for row in rows:
        facts.setdefault(str(row["clip"]), ClipFacts.of_row(row))
    return list(facts.values())


def prefix_of(stem: str) -> str:
    """The part of a stem before its last number: ``Mask_Paper`` of ``Mask_Paper_12``.

    Prefixes are compared as a whole, so that ``Paper`` does not match ``Mask_Paper``.
    """
    return stem.rpartition("_")[0]
