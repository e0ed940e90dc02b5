"""What a protocol may know of a clip."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

SPLITS = ("train", "dev", "test")


class ClipFacts(NamedTuple):
    """What a protocol may know of a clip.

    Attributes:
      clip: its id.
      subject: who is seen; empty, or the id of the clip, where nobody knows.
      type: "live" or a spoof type.
      label: 1 live, 0 spoof.
      split: the dataset's own; empty where it has none.
      session: of the recording, in the dataset's own words; empty where it does not say.
      device: the camera, likewise.
      instrument: of the spoof (this printer, that screen), likewise.
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
    def of_row(cls, row: Mapping[str, object]) -> "ClipFacts":
        """From a row of a manifest; columns that an older one does not have are empty."""
        values = {name: row[name] for name in ("clip", "subject", "type", "split")}
        values.update({name: row.get(name, "") for name in ("session", "device", "instrument")})
        texts = {name: "" if value is None else str(value) for name, value in values.items()}
        return cls(label=int(row["label"]), **texts)

    @property
    def person(self) -> str:
        """Who is seen; a clip of somebody unknown is a person of its own."""
        return self.subject or self.clip

    @property
    def knows_subject(self) -> bool:
        """Whether the subject is more than the clip itself."""
        return self.subject not in ("", self.clip)

    @property
    def stem(self) -> str:
        """The last part of the id, as in the lists that come with datasets."""
        return self.clip.rsplit("/", 1)[-1]


def clip_facts(rows: Sequence[Mapping[str, object]]) -> list[ClipFacts]:
    """What a manifest says of each clip, in its order; a clip without a usable face is a clip too."""
    facts: dict[str, ClipFacts] = {}
    for row in rows:
        facts.setdefault(str(row["clip"]), ClipFacts.of_row(row))
    return list(facts.values())


def prefix_of(stem: str) -> str:
    """``Mask_Paper`` of ``Mask_Paper_12``: all before the last number, so that ``Paper`` is never found in it."""
    return stem.rpartition("_")[0]
