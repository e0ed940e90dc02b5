"""What a protocol makes of a set of clips: counts, what is missing, and what is on both sides."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Optional

from phystd_tf.protocols.clip_facts import SPLITS, ClipFacts
from phystd_tf.protocols.protocol import Protocol

# Protocol -> split -> names of clips, as the reader of OULU-NPU gives its official lists.
OfficialLists = Mapping[str, Mapping[str, Sequence[str]]]
_LIVE = 1
_NAMED = 3  # clips in a sentence


class Count(NamedTuple):
    """One row: clips of a type in a split.

    Attributes:
      split: train, dev or test.
      type: "live" or a spoof type.
      label: 1 live, 0 spoof.
      clips: how many.
      subjects: different known people; 0 where nobody is known.
      instruments: different instruments, sorted; empty where none is recorded.
    """

    split: str
    type: str
    label: int
    clips: int
    subjects: int
    instruments: list[str]


class ProtocolReport(NamedTuple):
    """What ``report_on`` finds.

    Attributes:
      counts: list of Count, in the order of splits, live first, then types by name.
      subjects: split -> known person -> number of clips.
      unused: ids of the clips that the protocol leaves out.
      expected: number of clips that the protocol has by its lists, or on the whole dataset; as many as are there
        where that is not known.
      missing: names of the expected clips that are not there.
      leaks: a sentence each: a person, or the same file, on several sides.
      notes: sentences on what a user would not expect.
    """

    counts: list[Count]
    subjects: dict[str, dict[str, int]]
    unused: list[str]
    expected: int
    missing: list[str]
    leaks: list[str]
    notes: list[str]


def report_on(
    protocol: Protocol,
    clips: Sequence[ClipFacts],
    hashes: Optional[Mapping[str, Sequence[str]]] = None,
    official: Optional[OfficialLists] = None,
) -> ProtocolReport:
    """Describes a protocol on a set of clips.

    Args:
      protocol: Protocol.
      clips: one ClipFacts a clip.
      hashes: id of a clip -> hashes of the contents of its files; finds identical files on several sides.
      official: official lists, to compare with the rule.

    Returns:
      ProtocolReport.

    Raises:
      ProtocolError: if the protocol cannot divide these clips.
    """
    splits = protocol.assign(clips)
    used = [fact for fact in clips if fact.clip in splits]
    people: dict[str, dict[str, int]] = {split: {} for split in SPLITS}
    for fact in used:
        if fact.knows_subject:
            own = people[splits[fact.clip]]
            own[fact.subject] = own.get(fact.subject, 0) + 1
    lists = (official or {}).get(protocol.name, {})
    expected = _expected(protocol, lists, clips, splits)
    there = {fact.stem for fact in clips}
    missing = [name for name in expected if name not in there]
    leaks = shared_people(used, splits)
    if hashes is not None:
        leaks += _shared_files(used, splits, hashes)
    counts = _counts(used, splits)
    notes = (
        protocol.rule.remarks(clips)
        + _lacking(counts)
        + _unlike_published(protocol, counts)
        + _unlike_official(protocol, lists, clips)
    )
    unused = [fact.clip for fact in clips if fact.clip not in splits]
    return ProtocolReport(counts, people, unused, len(expected), missing, leaks, notes)


def _counts(used: Sequence[ClipFacts], splits: Mapping[str, str]) -> list[Count]:
    groups: dict[tuple, list[ClipFacts]] = {}
    for fact in used:
        groups.setdefault((SPLITS.index(splits[fact.clip]), -fact.label, fact.type), []).append(fact)
    return [
        Count(
            SPLITS[split],
            kind,
            -label,
            len(own),
            len({fact.subject for fact in own if fact.knows_subject}),
            sorted({fact.instrument for fact in own if fact.instrument}),
        )
        for (split, label, kind), own in sorted(groups.items())
    ]


def _lacking(counts: Sequence[Count]) -> list[str]:
    """Training needs both classes, and so do error rates."""
    there = {(row.split, row.label) for row in counts}
    splits = ["train", "test", *(["dev"] if any(row.split == "dev" for row in counts) else [])]
    return [
        f"{split} has no {name} clips"
        for split in splits
        for label, name in ((_LIVE, "live"), (0, "spoof"))
        if (split, label) not in there
    ]


def _expected(
    protocol: Protocol, lists: Mapping[str, Sequence[str]], clips: Sequence[ClipFacts], splits: Mapping[str, str]
) -> list[str]:
    """Names of the clips that the protocol has, by the official lists, the rule on the whole grid, or its own lists."""
    if lists:
        return [name for split in SPLITS for name in lists.get(split, ())]
    if protocol.grid:
        whole = protocol.assign(protocol.grid)
        return [fact.clip for fact in protocol.grid if fact.clip in whole]
    return protocol.rule.absent(clips) + [fact.stem for fact in clips if fact.clip in splits]


def shared_people(used: Sequence[ClipFacts], splits: Mapping[str, str]) -> list[str]:
    """A sentence for each known person with clips in several splits: such a leak makes results too good."""
    seen: dict[str, dict[str, list[str]]] = {}
    for fact in used:
        if fact.knows_subject:
            seen.setdefault(fact.subject, {}).setdefault(splits[fact.clip], []).append(fact.clip)
    return [
        f"subject {subject} is in {_sides(by_split)}" for subject, by_split in sorted(seen.items()) if len(by_split) > 1
    ]


def _shared_files(
    used: Sequence[ClipFacts], splits: Mapping[str, str], hashes: Mapping[str, Sequence[str]]
) -> list[str]:
    owners: dict[str, list[str]] = {}
    for fact in used:
        for value in dict.fromkeys(hashes.get(fact.clip, ())):
            owners.setdefault(value, []).append(fact.clip)
    # Frames that are the same pair of clips again are told once.
    told: dict[tuple, int] = {}
    for own in owners.values():
        if len({splits[clip] for clip in own}) > 1:
            told[tuple(own)] = told.get(tuple(own), 0) + 1
    leaks = []
    for own, files in told.items():
        by_split: dict[str, list[str]] = {}
        for clip in own:
            by_split.setdefault(splits[clip], []).append(clip)
        leaks.append(f"{'the same file' if files == 1 else f'{files} same files'} in {_sides(by_split)}")
    return leaks


def _sides(by_split: Mapping[str, Sequence[str]]) -> str:
    return " and ".join(f"{split} ({some(by_split[split])})" for split in SPLITS if split in by_split)


def _unlike_published(protocol: Protocol, counts: Sequence[Count]) -> list[str]:
    notes = []
    for split, published in protocol.published.items():
        found = tuple(
            sum(row.clips for row in counts if row.split == split and row.label == label) for label in (_LIVE, 0)
        )
        if found != published:
            notes.append(
                f"{split}: {found[0]} live and {found[1]} spoof clips, published are {published[0]} and {published[1]}"
            )
    return notes


def _unlike_official(protocol: Protocol, lists: Mapping[str, Sequence[str]], clips: Sequence[ClipFacts]) -> list[str]:
    """Where the official lists and the rule differ: for the clips that are there, and for those that are listed."""
    if not lists:
        return []
    listed = {name: split for split in SPLITS for name in lists.get(split, ())}
    by_name = {fact.stem: fact for fact in protocol.grid}
    found = {fact.stem: fact for fact in clips}
    names = sorted({*listed, *found})
    known: list[ClipFacts] = [by_name.get(name) or found[name] for name in names if name in by_name or name in found]
    ruled = {fact.stem: split for fact, split in _divided(protocol, known)}
    differing: dict[tuple, list[str]] = {}
    for name in names:
        sides = listed.get(name), ruled.get(name)
        if sides[0] != sides[1]:
            differing.setdefault(sides, []).append(name)
    return [
        f"the official list of {protocol.name} has {len(own)} clips in {in_list or 'no split'} that the rule has in "
        f"{in_rule or 'no split'}: {some(own)}"
        for (in_list, in_rule), own in differing.items()
    ]


def _divided(protocol: Protocol, facts: Sequence[ClipFacts]) -> list[tuple]:
    splits = protocol.rule.assign(facts)
    return [(fact, splits[fact.clip]) for fact in facts if fact.clip in splits]


def some(names: Sequence[str], most: int = _NAMED) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
