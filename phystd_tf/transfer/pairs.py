"""Which spoof gives its traces to which live face: drawn by a seed, people and clips evenly."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from phystd_tf.files.names import folded

# Warps beyond these are refused by default; see ``WarpQuality``.
MAX_FOLDED, MAX_OFFSET = 0.02, 0.1

Row = Mapping[str, str]


class Pair(NamedTuple):
    """A spoof face and the live face of another person that gets its traces.

    Attributes:
      number: of the pair within its type, from 0.
      source: row of the manifest of a spoof face.
      target: row of the manifest of a live face.
    """

    number: int
    source: Row
    target: Row


def draw_pairs(sources: Sequence[Row], targets: Sequence[Row], seed: str) -> Iterator[Pair]:
    """Draws pairs without end; the n-th depends only on the rows and the seed.

    Every source clip is used once before any is used again, and so is every target clip; a frame of each is
    drawn.

    Args:
      sources: rows of spoof faces of one type.
      targets: rows of live faces.
      seed: of the draws.

    Yields:
      Pairs of two people; none at all if there are no two.
    """
    people = {person_of(row) for row in targets}
    # Whose only possible target is the own face gives nothing.
    sources = [row for row in sources if people - {person_of(row)}]
    if not sources:
        return
    chance = random.Random(seed)
    givers, takers = _turns(sources, chance), _turns(targets, chance)
    for number, source in enumerate(givers):
        target = next(row for row in takers if person_of(row) != person_of(source))
        yield Pair(number, source, target)


def person_of(row: Row) -> str:
    """Who is seen; a clip whose subject is not known is a person of its own."""
    return folded(row["subject"] or row["clip"])


def _turns(rows: Sequence[Row], chance: random.Random) -> Iterator[Row]:
    """Takes a frame of each clip in turn, in another order each time."""
    clips: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: int(row["frame"])):
        clips.setdefault(row["clip"], []).append(row)
    names = sorted(clips)
    while True:
        for name in chance.sample(names, len(names)):
            yield chance.choice(clips[name])
