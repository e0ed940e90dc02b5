"""Builds the rules of the published protocols from the JSON files of ``protocols/``."""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from phystd_tf.protocols.clip_facts import SPLITS, ClipFacts
from phystd_tf.protocols.data_files import read_data_file
from phystd_tf.protocols.lists import has_list, read_lists
from phystd_tf.protocols.rules import (
    ByLabel,
    Everything,
    FilteredSplit,
    LeftOutTypes,
    ListSplit,
    ProtocolError,
    RandomSplit,
    Rule,
    UnseenInstruments,
)

TYPE = "<type>"  # placeholder in a name in a file, replaced by each of the types of that file
_FILES = ("oulu", "siw", "siwm", "siwmv2", "embedded")
_REQUIRE_LISTS = ("lists", "unknown_of_lists")
_LIVE_TYPE = "live"


class RuleSpec(NamedTuple):
    """The specification of a rule.

    Attributes:
      file: contents of the JSON file that defines the protocol.
      row: entry of the protocol in that file.
      kind: spoof type in the name of the protocol; empty if there is none.
      seed: seed of the rules that divide at random.
      lists: folder of the user's own lists; None if not given.
    """

    file: Mapping[str, Any]
    row: Mapping[str, Any]
    kind: str
    seed: int
    lists: Optional[str]


def build(spec: RuleSpec) -> tuple[Rule, str]:
    """Builds the specified rule.

    Returns:
      The rule, and a sentence that says how it divides the clips.

    Raises:
      ProtocolError: if the rule requires lists that are not given or cannot be
        used, or if lists are given that it does not accept.
    """
    accepted = file_names(spec.row)
    if spec.lists is None and spec.row["rule"] in _REQUIRE_LISTS:
        raise ProtocolError(
            "it requires lists that are not part of this project; "
            f"give the folder of your copy with --lists (needed: {', '.join(sorted(set(accepted)))})"
        )
    if spec.lists is not None and not accepted:
        raise ProtocolError("it does not use lists")
    return _BUILDERS[spec.row["rule"]](spec)


def _where(spec: RuleSpec) -> tuple[Rule, str]:
    conditions = {
        split: [{field: _values(values) for field, values in one.items()} for one in spec.row[split]]
        for split in SPLITS
        if split in spec.row
    }
    sentences = [
        f"{split}: {' or '.join(' and '.join(f'{k} {_worded(v)}' for k, v in one.items()) for one in spec.row[split])}"
        for split in conditions
    ]
    return FilteredSplit(conditions), "; ".join(sentences)


def _draw(spec: RuleSpec) -> tuple[Rule, str]:
    percent = spec.row["train_percent"]
    random_split = RandomSplit(percent, spec.seed)
    at_random = f"{percent} % for training, at random (seed {spec.seed}), type by type, and by subject where known"
    if spec.lists is None:
        return random_split, at_random
    lists = read_lists(spec.lists, spec.row["lists"])
    live_files = spec.row["live_lists"]
    if any(has_list(spec.lists, name) for names in live_files.values() for name in names):
        live = read_lists(spec.lists, live_files)
        return ByLabel(ListSplit(live), ListSplit(lists)), f"as in the lists of {spec.lists}"
    if any(stem.startswith("Live_") for stems in lists.values() for stem in stems):
        return ListSplit(lists), f"as in the lists of {spec.lists}"
    return ByLabel(random_split, ListSplit(lists)), f"spoofs as in the lists of {spec.lists}; live {at_random}"


def _lists(spec: RuleSpec) -> tuple[Rule, str]:
    return ListSplit(read_lists(str(spec.lists), spec.row["lists"])), f"as in the lists of {spec.lists}"


def _unknown(spec: RuleSpec) -> tuple[Rule, str]:
    if "live_folders" in spec.row:
        folders = spec.row["live_folders"]
        live: Rule = FilteredSplit({split: [{"session": frozenset(names)}] for split, names in folders.items()})
        how = "live as in the folders Live/Train and Live/Test"
    else:
        percent = spec.row["live_percent"]
        live = RandomSplit(percent, spec.seed)
        how = f"{percent} % of live for training, at random (seed {spec.seed}), by subject where known"
    rule = LeftOutTypes(ByLabel(live, Everything("train")), _left_out(spec), known=False, whole=True)
    return rule, f"{how}; all clips of {spec.kind} are tested, the other types are trained on"


def _unknown_of_lists(spec: RuleSpec) -> tuple[Rule, str]:
    folder, row = str(spec.lists), spec.row
    base = ByLabel(
        ListSplit(read_lists(folder, row["live_lists"])),
        ListSplit(read_lists(folder, row["lists"]), remark_unlisted=False),
    )
    left_out = {spec.kind: spec.file["prefixes"][spec.kind]}
    rule = LeftOutTypes(base, left_out, known=False, whole=True, by_prefix=True)
    return rule, (
        f"live, and known types for training, as in the lists of {folder}; all clips of {spec.kind} are tested"
    )


def _unknown_people(spec: RuleSpec) -> tuple[Rule, str]:
    percent = spec.row["train_percent"]
    rule = LeftOutTypes(RandomSplit(percent, spec.seed), _left_out(spec), known=False, whole=False)
    how = f"{percent} % of the people for training, at random (seed {spec.seed})"
    return rule, f"{how}, with the other types; the other people are tested, live and {spec.kind} only"


def _open(spec: RuleSpec) -> tuple[Rule, str]:
    file, base, _ = table()[spec.row["base"]]
    rule, how = _BUILDERS[base["rule"]](RuleSpec(file, base, "", spec.seed, spec.lists))
    whole = spec.row.get("whole", True)
    tested = f"all clips of {spec.kind} are tested" if whole else f"{spec.kind} is tested"
    return LeftOutTypes(rule, _left_out(spec), known=True, whole=whole), (
        f"as {spec.row['base']} ({how}), but {tested} and not trained on"
    )


def _instruments(spec: RuleSpec) -> tuple[Rule, str]:
    how = f"the prepared splits; half of the instruments of each type, at random (seed {spec.seed}), are in test only"
    return UnseenInstruments(spec.seed), how


_BUILDERS: dict[str, Callable[[RuleSpec], tuple[Rule, str]]] = {
    "where": _where,
    "draw": _draw,
    "lists": _lists,
    "unknown": _unknown,
    "unknown_of_lists": _unknown_of_lists,
    "unknown_people": _unknown_people,
    "open": _open,
    "instruments": _instruments,
}


@functools.lru_cache(maxsize=1)
def _files() -> tuple[dict[str, Any], ...]:
    """Reads the JSON files of ``protocols/``."""
    return tuple(read_data_file(name) for name in _FILES)


@functools.lru_cache(maxsize=1)
def table() -> dict[str, tuple[dict[str, Any], dict[str, Any], str]]:
    """Returns name of a protocol -> (file, row, type in the name), see RuleSpec."""
    found = {}
    for file in _files():
        for row in file["protocols"]:
            kinds = list(file.get("types", file.get("prefixes", ()))) if TYPE in row["name"] else [""]
            for kind in kinds:
                found[row["name"].replace(TYPE, kind)] = (file, row, kind)
    return found


def families() -> list[str]:
    """Returns the names of the protocols; those that differ only in their type are one name with a placeholder."""
    return [row["name"] for file in _files() for row in file["protocols"]]


def spellings() -> dict[str, list[str]]:
    """Returns spoof type -> types that count as it, since a reader may distinguish the two kinds of partial_paper."""
    (siwm,) = [file for file in _files() if file["dataset"] == "siwm"]
    return siwm["types"]


def _left_out(spec: RuleSpec) -> dict[str, list[str]]:
    return {spec.kind: spec.file["types"][spec.kind]}


def file_names(row: Mapping[str, Any]) -> list[str]:
    """Returns the file names of the lists that a row, or the row it is based on, accepts; empty if none."""
    row = table()[row["base"]][1] if "base" in row else row
    return [name for key in ("lists", "live_lists") for names in row.get(key, {}).values() for name in names]


def _values(values: Sequence[str]) -> frozenset[str]:
    """Returns the values; ``01-20`` stands for a range of numbers, zero-padded like its first number."""
    found = []
    for value in values:
        numbers = re.fullmatch(r"(\d+)-(\d+)", value)
        if numbers:
            first, last = numbers.groups()
            found += [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]
        else:
            found.append(value)
    return frozenset(found)


def _worded(values: Sequence[str]) -> str:
    return ", ".join(value or "none" for value in values)


def grid_of(grid: Mapping[str, Any]) -> tuple[ClipFacts, ...]:
    """Enumerates all clips of a dataset whose names form a full grid of numbers; the IDs are the names."""
    clips = []
    for device in sorted(_values(grid["device"])):
        for session in sorted(_values(grid["session"])):
            for subject in sorted(_values(grid["subject"])):
                for file, kind, instrument in grid["file"]:
                    name = grid["name"].format(device=device, session=session, subject=subject, file=file)
                    label = int(kind == _LIVE_TYPE)
                    clips.append(ClipFacts(name, subject, kind, label, "", session, device, instrument))
    return tuple(clips)
