"""Who is in which split.

``load_protocol`` gives a published protocol by its name; the rules of each stand
in the JSON files of ``protocols/`` and in ``protocol_rules``. ``assign_splits``
divides data that have no protocol, by subject.
"""

import dataclasses
import functools
import importlib.resources
import json
import re
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from phystd_tf.evaluation.protocol_lists import has_list, read_lists
from phystd_tf.evaluation.protocol_rules import (
    SPLITS,
    ByLabel,
    ClipFacts,
    Drawn,
    Everything,
    Listed,
    Own,
    ProtocolError,
    Rule,
    Unknown,
    UnseenInstruments,
    Where,
)

# Ours, for data without a protocol: most subjects to learn from, as many to
# choose a threshold on as to report on.
SHARES = {"train": 0.6, "dev": 0.2, "test": 0.2}

AS_PREPARED = "folder"
LEAVE_OUT = "leave_out_"  # followed by types with + between them
_FILES = ("oulu", "siw", "siwm", "siwmv2", "embedded")
_TYPE = "<type>"


@dataclasses.dataclass(frozen=True)
class Protocol:
    """One way of dividing a dataset.

    Attributes:
      name: as given to ``load_protocol``.
      dataset: the name of its layout; None where it fits any.
      title: what is unknown in the test, in a few words.
      how: how it divides the clips, a sentence.
      source: where it is defined, or that it is ours.
      rule: that divides the clips.
      max_train_frames: of each training clip only so many frames are used, the first; None for all.
      published: split -> (live clips, spoof clips) of the whole dataset, where they are published.
      grid: every clip of the whole dataset, where its names follow from a rule; their ids are the official ones.
    """

    name: str
    dataset: Optional[str]
    title: str
    how: str
    source: str
    rule: Rule
    max_train_frames: Optional[int] = None
    published: Mapping[str, Tuple[int, int]] = dataclasses.field(default_factory=dict)
    grid: Tuple[ClipFacts, ...] = ()

    def assign(self, clips: Sequence[ClipFacts]) -> Dict[str, str]:
        """Divides clips.

        Args:
          clips: one ClipFacts a clip, in any order.

        Returns:
          "train", "dev" or "test" by the id of the clip; clips that the protocol
          does not use are left out. A dataset without a dev part gets none.

        Raises:
          ProtocolError: if the protocol takes none of the clips, or cannot divide them.
        """
        try:
            splits = self.rule.assign(clips)
        except ProtocolError as error:
            raise ProtocolError(f"protocol {self.name}: {error}") from error
        if not splits:
            raise ProtocolError(
                f"protocol {self.name} takes none of the {len(clips)} clips; is it one of this dataset?"
            )
        return splits


def protocol_names(dataset: Optional[str] = None) -> Tuple[str, ...]:
    """Names of the protocols that fit a dataset; of all by default.

    Beside these there is ``leave_out_<type>+<type>...`` for any types: on the
    dataset's own splits, the types are in test only, and test has no other spoofs.

    Args:
      dataset: name of a layout, as in prepared.json.
    """
    return (AS_PREPARED, *(name for name, (file, _, _) in _table().items() if dataset in (None, file["dataset"])))


def load_protocol(name: str, seed: int = 0, lists: Optional[str] = None) -> Protocol:
    """A protocol by its name.

    Args:
      name: one of ``protocol_names``, or ``leave_out_<type>+<type>...``.
      seed: of the protocols that draw.
      lists: folder with the user's own lists, for the protocols that are made of lists.

    Returns:
      Protocol.

    Raises:
      ProtocolError: if there is no such protocol, or it needs lists and they are
        not there, or it has no use for lists.
    """
    if seed < 0:
        raise ProtocolError(f"the seed of a protocol must not be negative, not {seed}")
    if name == AS_PREPARED or name.startswith(LEAVE_OUT):
        if lists is not None:
            raise ProtocolError(f"protocol {name} is not made of lists")
        return _of_own_splits(name)
    if name not in _table():
        raise ProtocolError(
            f"there is no protocol '{name}'; there are {', '.join(_families())} "
            f"and {LEAVE_OUT}{_TYPE}+{_TYPE}... (types: {', '.join(_spellings())})"
        )
    file, row, kind = _table()[name]
    if lists is None and row["rule"] in _MADE_OF_LISTS:
        needed = sorted(set(_file_names(row)))
        raise ProtocolError(
            f"protocol {name} is made of lists that are not part of this project; "
            f"give the folder of your copy (needed are {', '.join(needed)})"
        )
    if lists is not None and not _file_names(_with_base(row)):
        raise ProtocolError(f"protocol {name} is not made of lists")
    rule, how = _BUILDERS[row["rule"]](_Order(file, row, kind, seed, lists))
    return Protocol(
        name=name,
        dataset=file["dataset"],
        title=f"{file['title']}: {row['title'].replace(_TYPE, kind)}",
        how=how,
        source=file["source"],
        rule=rule,
        max_train_frames=row.get("max_train_frames"),
        published={split: (counts[0], counts[1]) for split, counts in row.get("published", {}).items()},
        grid=_grid(file["grid"]) if "grid" in file else (),
    )


class _Order(NamedTuple):
    """What a rule is built from: its file and row, the type in its name, and what the user gave."""

    file: Mapping[str, Any]
    row: Mapping[str, Any]
    kind: str
    seed: int
    lists: Optional[str]


def _of_own_splits(name: str) -> Protocol:
    ours = "ours"
    if name == AS_PREPARED:
        return Protocol(name, None, "as prepared", "the splits of the prepared folder", ours, Own())
    kinds = name[len(LEAVE_OUT) :].split("+")
    if not all(re.fullmatch(r"[^\W_]+(_[^\W_]+)*", kind) for kind in kinds) or "live" in kinds:
        raise ProtocolError(
            f"protocol '{name}': want {LEAVE_OUT}{_TYPE}, or several types with + between them, as in "
            f"{LEAVE_OUT}half_mask+print (types: {', '.join(_spellings())})"
        )
    unknown = {kind: _spellings().get(kind, [kind]) for kind in kinds}
    how = f"the splits of the prepared folder; {', '.join(kinds)} in test only, where no other spoofs are"
    rule = Unknown(Own(), unknown, known=False, whole=False)
    return Protocol(name, None, f"unknown {', '.join(kinds)}", how, ours, rule)


def _where(order: _Order) -> Tuple[Rule, str]:
    conditions = {
        split: [{field: _values(values) for field, values in one.items()} for one in order.row[split]]
        for split in SPLITS
        if split in order.row
    }
    said = [
        f"{split}: {' or '.join(' and '.join(f'{k} {_worded(v)}' for k, v in one.items()) for one in order.row[split])}"
        for split in conditions
    ]
    return Where(conditions), "; ".join(said)


def _draw(order: _Order) -> Tuple[Rule, str]:
    percent = order.row["train_percent"]
    drawn = Drawn(percent, order.seed)
    by_chance = f"{percent} % for training, by chance (seed {order.seed}), type by type, and by subject where known"
    if order.lists is None:
        return drawn, by_chance
    lists = read_lists(order.lists, order.row["lists"])
    live_files = order.row["live_lists"]
    if any(has_list(order.lists, name) for names in live_files.values() for name in names):
        live = read_lists(order.lists, live_files)
        return ByLabel(Listed(live), Listed(lists)), f"as in the lists of {order.lists}"
    if any(stem.startswith("Live_") for stems in lists.values() for stem in stems):
        return Listed(lists), f"as in the lists of {order.lists}"
    return ByLabel(drawn, Listed(lists)), f"spoofs as in the lists of {order.lists}; live {by_chance}"


def _lists(order: _Order) -> Tuple[Rule, str]:
    return Listed(read_lists(str(order.lists), order.row["lists"])), f"as in the lists of {order.lists}"


def _unknown(order: _Order) -> Tuple[Rule, str]:
    if "live_folders" in order.row:
        folders = order.row["live_folders"]
        live: Rule = Where({split: [{"session": frozenset(names)}] for split, names in folders.items()})
        how = "live as in the folders Live/Train and Live/Test"
    else:
        percent = order.row["live_percent"]
        live = Drawn(percent, order.seed)
        how = f"{percent} % of live for training, by chance (seed {order.seed}), by subject where known"
    rule = Unknown(ByLabel(live, Everything("train")), _unknown_types(order), known=False, whole=True)
    return rule, f"{how}; {order.kind} is tested whole, the other types are trained on"


def _unknown_of_lists(order: _Order) -> Tuple[Rule, str]:
    folder, row = str(order.lists), order.row
    base = ByLabel(Listed(read_lists(folder, row["live_lists"])), Listed(read_lists(folder, row["lists"]), told=False))
    unknown = {order.kind: order.file["prefixes"][order.kind]}
    rule = Unknown(base, unknown, known=False, whole=True, by_prefix=True)
    return rule, f"live, and known types for training, as in the lists of {folder}; {order.kind} is tested whole"


def _unknown_people(order: _Order) -> Tuple[Rule, str]:
    percent = order.row["train_percent"]
    rule = Unknown(Drawn(percent, order.seed), _unknown_types(order), known=False, whole=False)
    how = f"{percent} % of the people for training, by chance (seed {order.seed})"
    return rule, f"{how}, with the other types; the rest is tested, live and {order.kind} only"


def _open(order: _Order) -> Tuple[Rule, str]:
    file, base, _ = _table()[order.row["base"]]
    rule, how = _BUILDERS[base["rule"]](_Order(file, base, "", order.seed, order.lists))
    whole = order.row.get("whole", True)
    tested = "tested whole" if whole else "tested"
    return Unknown(rule, _unknown_types(order), known=True, whole=whole), (
        f"as {order.row['base']} ({how}), but {order.kind} is not trained on and {tested}"
    )


def _instruments(order: _Order) -> Tuple[Rule, str]:
    how = f"the prepared splits; half of the instruments of each type, by chance (seed {order.seed}), are in test only"
    return UnseenInstruments(order.seed), how


_BUILDERS: Dict[str, Callable[[_Order], Tuple[Rule, str]]] = {
    "where": _where,
    "draw": _draw,
    "lists": _lists,
    "unknown": _unknown,
    "unknown_of_lists": _unknown_of_lists,
    "unknown_people": _unknown_people,
    "open": _open,
    "instruments": _instruments,
}
_MADE_OF_LISTS = ("lists", "unknown_of_lists")


@functools.lru_cache(maxsize=1)
def _files() -> Tuple[Dict[str, Any], ...]:
    """The JSON files of ``protocols/``."""
    try:
        folder = importlib.resources.files("protocols")
        return tuple(json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8")) for name in _FILES)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ProtocolError(
            f"the data of the protocols are not installed ({error}); install phystd_tf again"
        ) from error


@functools.lru_cache(maxsize=1)
def _table() -> Dict[str, Tuple[Dict[str, Any], Dict[str, Any], str]]:
    """Name -> (file, row, type in the name)."""
    table = {}
    for file in _files():
        for row in file["protocols"]:
            kinds = list(file.get("types", file.get("prefixes", ()))) if _TYPE in row["name"] else [""]
            for kind in kinds:
                table[row["name"].replace(_TYPE, kind)] = (file, row, kind)
    return table


def _families() -> List[str]:
    """The names, those that differ by their type as one."""
    return [AS_PREPARED, *(row["name"] for file in _files() for row in file["protocols"])]


def _spellings() -> Dict[str, List[str]]:
    """Spoof type -> the types that count as it: a reader may tell the two kinds of partial_paper apart."""
    (siwm,) = [file for file in _files() if file["dataset"] == "siwm"]
    return siwm["types"]


def _unknown_types(order: _Order) -> Dict[str, List[str]]:
    return {order.kind: order.file["types"][order.kind]}


def _file_names(row: Mapping[str, Any]) -> List[str]:
    return [name for key in ("lists", "live_lists") for names in row.get(key, {}).values() for name in names]


def _with_base(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return _table()[row["base"]][1] if "base" in row else row


def _values(values: Sequence[str]) -> FrozenSet[str]:
    """The values themselves; ``01-20`` stands for a range of numbers, written as wide."""
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


def _grid(grid: Mapping[str, Any]) -> Tuple[ClipFacts, ...]:
    clips = []
    for device in sorted(_values(grid["device"])):
        for session in sorted(_values(grid["session"])):
            for subject in sorted(_values(grid["subject"])):
                for file, kind, instrument in grid["file"]:
                    name = grid["name"].format(device=device, session=session, subject=subject, file=file)
                    clips.append(ClipFacts(name, subject, kind, int(kind == "live"), "", session, device, instrument))
    return tuple(clips)


class Member(NamedTuple):
    """What a split depends on: who is seen, and whether live (1) or spoof (0)."""

    subject: str
    label: int


def assign_splits(members: Sequence[Member], seed: int) -> List[str]:
    """Splits by subject, disjoint, each with live and spoof where possible.

    Subjects are grouped by what they have (live, spoof, or both) and each group
    is divided by SHARES, so that the classes keep their proportion. A group of
    few subjects is given to train, test and dev in that order.

    Args:
      members: one Member a clip.
      seed: of the random order of subjects.

    Returns:
      One of SPLITS for each member; all members of a subject get the same.
    """
    kinds: Dict[str, set] = {}
    for member in members:
        kinds.setdefault(member.subject, set()).add(member.label)
    rng = np.random.default_rng(seed)
    split_of: Dict[str, str] = {}
    for kind in ({0, 1}, {1}, {0}):
        subjects = sorted(subject for subject, labels in kinds.items() if labels == kind)
        order = rng.permutation(len(subjects))
        for position, split in enumerate(_sequence(len(subjects))):
            split_of[subjects[order[position]]] = split
    return [split_of[member.subject] for member in members]


def _sequence(count: int) -> List[str]:
    """``count`` splits in SHARES; few are given to train, then test, then dev."""
    sizes = dict.fromkeys(SPLITS, 0)
    for split in ("train", "test", "dev")[:count]:
        sizes[split] = 1
    for _ in range(count - sum(sizes.values())):
        most_wanting = max(SPLITS, key=lambda split: SHARES[split] * count - sizes[split])
        sizes[most_wanting] += 1
    return [split for split in SPLITS for _ in range(sizes[split])]


def shared_subjects(members: Sequence[Member], splits: Sequence[str]) -> Optional[str]:
    """A subject that is in more than one split, or None: such a leak makes results too good."""
    seen: Dict[str, str] = {}
    for member, split in zip(members, splits):
        if seen.setdefault(member.subject, split) != split:
            return member.subject
    return None
