"""The result of a protocol on a set of clips: counts, missing clips, and leaks between splits."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Optional

from phystd_tf.files.names import folded
from phystd_tf.protocols.clip_facts import SPLITS, ClipFacts
from phystd_tf.protocols.protocol import Protocol

# Protocol -> split -> names of clips, as returned by the reader of OULU-NPU for its official lists.
OfficialLists = Mapping[str, Mapping[str, Sequence[str]]]
_LIVE_LABEL, _SPOOF_LABEL = 1, 0
_NAMED = 3  # number of clips named in a sentence


class Count(NamedTuple):
    """The clips of one type in one split.

    Attributes:
      split: train, dev or test.
      type: "live" or a spoof type.
      label: 1 live, 0 spoof.
      clips: number of clips.
      subjects: number of different known subjects; 0 if none is known.
      instruments: different instruments, sorted; empty if none is recorded.
    """

    split: str
    type: str
    label: int
    clips: int
    subjects: int
    instruments: list[str]


class ProtocolReport(NamedTuple):
    """The result of ``report_on``.

    Attributes:
      counts: list of Count, in the order of splits, live first, then types by name.
      subjects: split -> known subject -> number of clips.
      unused: IDs of the clips that the protocol leaves out.
      expected: number of clips of the protocol according to its lists, or on the whole dataset; the number of clips
        that are present if neither is known.
      missing: names of the expected clips that are not present.
      leaks: one sentence for each person or identical file in several splits.
      notes: sentences about anything that a user would not expect.
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
    """Applies a protocol to a set of clips and describes the result.

    Args:
      protocol: Protocol.
      clips: one ClipFacts per clip.
      hashes: ID of a clip -> hashes of the contents of its files, to find identical files in several splits.
      official: official lists, to be compared with the rule.

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
            in_split = people[splits[fact.clip]]
            in_split[fact.subject] = in_split.get(fact.subject, 0) + 1
    lists = (official or {}).get(protocol.name, {})
    expected = _expected(protocol, lists, clips, splits)
    present = {fact.stem for fact in clips}
    missing = [name for name in expected if name not in present]
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
    groups: dict[tuple[int, int, str], list[ClipFacts]] = {}
    for fact in used:
        groups.setdefault((SPLITS.index(splits[fact.clip]), -fact.label, fact.type), []).append(fact)
    return [
        Count(
            SPLITS[split],
            kind,
            -label,
            len(group),
            len({folded(fact.subject) for fact in group if fact.knows_subject}),
            sorted({fact.instrument for fact in group if fact.instrument}),
        )
        for (split, label, kind), group in sorted(groups.items())
    ]


def _lacking(counts: Sequence[Count]) -> list[str]:
    """Notes each split that lacks a class, since training and error rates need both."""
    present = {(row.split, row.label) for row in counts}
    splits = ["train", "test", *(["dev"] if any(row.split == "dev" for row in counts) else [])]
    return [
        f"{split} has no {name} clips"
        for split in splits
        for label, name in ((_LIVE_LABEL, "live"), (_SPOOF_LABEL, "spoof"))
        if (split, label) not in present
    ]


def _expected(
    protocol: Protocol, lists: Mapping[str, Sequence[str]], clips: Sequence[ClipFacts], splits: Mapping[str, str]
) -> list[str]:
    """Names the clips of the protocol, by the official lists, the rule on the whole grid, or the lists of the rule."""
    if lists:
        return [name for split in SPLITS for name in lists.get(split, ())]
    if protocol.grid:
        whole = protocol.assign(protocol.grid)
        return [fact.clip for fact in protocol.grid if fact.clip in whole]
    return protocol.rule.absent(clips) + [fact.stem for fact in clips if fact.clip in splits]


def shared_people(used: Sequence[ClipFacts], splits: Mapping[str, str]) -> list[str]:
    """Reports each known subject with clips in several splits; such a leak makes results too good.

    Names that differ only in case count as one person: ``live/Dave`` and ``spoof/print/dave``.

    Args:
      used: clips that are in a split.
      splits: ID of a clip -> split.

    Returns:
      One sentence per subject.
    """
    seen: dict[str, dict[str, list[str]]] = {}
    spellings: dict[str, dict[str, None]] = {}
    for fact in used:
        if fact.knows_subject:
            person = folded(fact.subject)
            seen.setdefault(person, {}).setdefault(splits[fact.clip], []).append(fact.clip)
            spellings.setdefault(person, {})[fact.subject] = None
    return [
        f"subject {' = '.join(sorted(spellings[person]))} is in {_sides(by_split)}"
        for person, by_split in sorted(seen.items())
        if len(by_split) > 1
    ]


def _shared_files(
    used: Sequence[ClipFacts], splits: Mapping[str, str], hashes: Mapping[str, Sequence[str]]
) -> list[str]:
    owners: dict[str, list[str]] = {}
    for fact in used:
        for value in dict.fromkeys(hashes.get(fact.clip, ())):
            owners.setdefault(value, []).append(fact.clip)
    # Several identical frames of the same clips are reported in one sentence.
    shared: dict[tuple[str, ...], int] = {}
    for clips in owners.values():
        if len({splits[clip] for clip in clips}) > 1:
            shared[tuple(clips)] = shared.get(tuple(clips), 0) + 1
    leaks = []
    for group, files in shared.items():
        by_split: dict[str, list[str]] = {}
        for clip in group:
            by_split.setdefault(splits[clip], []).append(clip)
        leaks.append(f"{'the same file' if files == 1 else f'{files} identical files'} in {_sides(by_split)}")
    return leaks


def _sides(by_split: Mapping[str, Sequence[str]]) -> str:
    return " and ".join(f"{split} ({some(by_split[split])})" for split in SPLITS if split in by_split)


def _unlike_published(protocol: Protocol, counts: Sequence[Count]) -> list[str]:
    notes = []
    for split, published in protocol.published.items():
        live, spoof = (
            sum(row.clips for row in counts if row.split == split and row.label == label)
            for label in (_LIVE_LABEL, _SPOOF_LABEL)
        )
        if (live, spoof) != published:
            notes.append(
                f"{split}: {live} live and {spoof} spoof clips; the published counts are {published[0]} and "
                f"{published[1]}"
            )
    return notes


def _unlike_official(protocol: Protocol, lists: Mapping[str, Sequence[str]], clips: Sequence[ClipFacts]) -> list[str]:
    """Reports where the official lists and the rule differ, for all clips that are present or listed."""
    if not lists:
        return []
    listed = {name: split for split in SPLITS for name in lists.get(split, ())}
    by_name = {fact.stem: fact for fact in protocol.grid}
    found = {fact.stem: fact for fact in clips}
    names = sorted({*listed, *found})
    known: list[ClipFacts] = [by_name.get(name) or found[name] for name in names if name in by_name or name in found]
    ruled = {fact.stem: split for fact, split in _divided(protocol, known)}
    differing: dict[tuple[Optional[str], Optional[str]], list[str]] = {}
    for name in names:
        sides = listed.get(name), ruled.get(name)
        if sides[0] != sides[1]:
            differing.setdefault(sides, []).append(name)
    return [
        f"the official list of {protocol.name} has {len(group)} clips in {in_list or 'no split'} that the rule puts "
        f"into {in_rule or 'no split'}: {some(group)}"
        for (in_list, in_rule), group in differing.items()
    ]


def _divided(protocol: Protocol, facts: Sequence[ClipFacts]) -> list[tuple[ClipFacts, str]]:
    splits = protocol.rule.assign(facts)
    return [(fact, splits[fact.clip]) for fact in facts if fact.clip in splits]


def some(names: Sequence[str], most: int = _NAMED) -> str:
    """Joins the first ``most`` names, and says how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
