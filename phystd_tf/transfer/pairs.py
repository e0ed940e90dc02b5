"""Which spoof gives its traces to which live face of another person: drawn by a seed, clips evenly."""

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
      number: number of the pair within its type, from 0.
      source: manifest row of a spoof face.
      target: manifest row of a live face.
    """

    number: int
    source: Row
    target: Row


def draw_pairs(sources: Sequence[Row], targets: Sequence[Row], seed: str) -> Iterator[Pair]:
    """Draws endless pairs; the n-th depends only on the rows and the seed.

    Every source clip is used once before any is used again. So is every target clip, except that clips of the
    person of the source are skipped. The frame of each clip is drawn.

    Args:
      sources: rows of spoof faces of one type.
      targets: rows of live faces.
      seed: for the draws.

    Yields:
      Pairs of two different people; none if there are no two.
    """
    people = {person_of(row) for row in targets}
    # A person without live faces of other people gives nothing.
    sources = [row for row in sources if people - {person_of(row)}]
    if not sources:
        return
    chance = random.Random(seed)
    givers, takers = _turns(sources, chance), _turns(targets, chance)
    for number, source in enumerate(givers):
        target = next(row for row in takers if person_of(row) != person_of(source))
        yield Pair(number, source, target)


def person_of(row: Row) -> str:
    """The person in a row; a clip whose subject is not known is a person of its own."""
    return folded(row["subject"] or row["clip"])


def _turns(rows: Sequence[Row], chance: random.Random) -> Iterator[Row]:
    """Takes a frame of each clip in turn, in a new order each round."""
    clips: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: int(row["frame"])):
        clips.setdefault(row["clip"], []).append(row)
    names = sorted(clips)
    while True:
        for name in chance.sample(names, len(names)):
            yield chance.choice(clips[name])
