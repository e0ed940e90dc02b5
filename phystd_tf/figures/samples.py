"""Which faces a figure shows: drawn by a rule that uses neither the pictures nor the outputs of a model."""

import collections
import random
from collections.abc import Mapping, Sequence

from phystd_tf import spoof_types

Row = Mapping[str, str]


def types_of(rows: Sequence[Row]) -> list[str]:
    """The types of faces: live, the spoof types in the order of Table 3, then others by name.

    Args:
      rows: manifest rows.

    Returns:
      Names as in ``spoof_types.table_type``.
    """
    found = {spoof_types.table_type(row["type"]) for row in rows}
    known = [name for name in (spoof_types.LIVE, *spoof_types.SPOOF_TYPES) if name in found]
    return known + sorted(found - set(known))


def draw_samples(rows: Sequence[Row], counts: Mapping[str, int], seed: int) -> dict[str, list[Row]]:
    """Draws clips of each type, and takes the middle frame of each.

    The clips of a type are shuffled; the order depends on their names, the type and the seed only. Clips of the people
    who are shown least so far, over all types, come first.

    Args:
      rows: manifest rows.
      counts: number of clips by type, in the order of drawing; all clips of a type if it has fewer.
      seed: any integer.

    Returns:
      By type, at most that many rows.
    """
    frames: dict[str, dict[str, list[Row]]] = {name: collections.defaultdict(list) for name in counts}
    for row in rows:
        kind = spoof_types.table_type(row["type"])
        if kind in frames:
            frames[kind][row["clip"]].append(row)
    shown: collections.Counter[str] = collections.Counter()
    drawn: dict[str, list[Row]] = {}
    for kind, count in counts.items():
        clips = sorted(frames[kind])
        random.Random(f"{seed}/{kind}").shuffle(clips)
        drawn[kind] = []
        while clips and len(drawn[kind]) < count:
            clip = min(clips, key=lambda name: shown[_person(frames[kind][name][0])])  # ties: the first
            clips.remove(clip)
            ordered = sorted(frames[kind][clip], key=lambda row: int(row["frame"]))
            drawn[kind].append(ordered[len(ordered) // 2])
            shown[_person(ordered[0])] += 1
    return drawn


def rule_of(count: int, seed: int) -> str:
    """The rule of ``draw_samples`` in words."""
    clips = "one clip" if count == 1 else f"{count} clips"
    return (
        f"{clips} of each type, drawn with seed {seed} from all clips of the split, those of people who are shown "
        "least so far first; of each clip the middle frame. The rule sees neither pictures nor scores."
    )


def _person(row: Row) -> str:
    return row["subject"] or row["clip"]
