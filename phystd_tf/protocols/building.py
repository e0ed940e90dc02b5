"""Builds the rules of the published protocols from the JSON files of ``protocols/``."""

import functools
import importlib.resources
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

from phystd_tf.protocols.clip_facts import SPLITS, ClipFacts
from phystd_tf.protocols.lists import has_list, read_lists
from phystd_tf.protocols.rules import (
    ByLabel,
    Drawn,
    Everything,
    Listed,
    ProtocolError,
    Rule,
    Unknown,
    UnseenInstruments,
    Where,
)

TYPE = "<type>"  # in a name in a file: stands for each of its types
_FILES = ("oulu", "siw", "siwm", "siwmv2", "embedded")
_MADE_OF_LISTS = ("lists", "unknown_of_lists")


class Order(NamedTuple):
    """What a rule is built from: its file and row, the type in its name, and what the user gave."""

    file: Mapping[str, Any]
    row: Mapping[str, Any]
    kind: str
    seed: int
    lists: Optional[str]


def build(order: Order) -> tuple[Rule, str]:
    """The rule that is ordered, and a sentence that says how it divides.

    Raises:
      ProtocolError: if it needs lists and they are not given or cannot be used,
        or it has no use for them.
    """
    needed = file_names(order.row)
    if order.lists is None and order.row["rule"] in _MADE_OF_LISTS:
        raise ProtocolError(
            "it is made of lists that are not part of this project; "
            f"give the folder of your copy with --lists (needed are {', '.join(sorted(set(needed)))})"
        )
    if order.lists is not None and not needed:
        raise ProtocolError("it is not made of lists")
    return _BUILDERS[order.row["rule"]](order)


def _where(order: Order) -> tuple[Rule, str]:
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


def _draw(order: Order) -> tuple[Rule, str]:
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


def _lists(order: Order) -> tuple[Rule, str]:
    return Listed(read_lists(str(order.lists), order.row["lists"])), f"as in the lists of {order.lists}"


def _unknown(order: Order) -> tuple[Rule, str]:
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


def _unknown_of_lists(order: Order) -> tuple[Rule, str]:
    folder, row = str(order.lists), order.row
    base = ByLabel(Listed(read_lists(folder, row["live_lists"])), Listed(read_lists(folder, row["lists"]), told=False))
    unknown = {order.kind: order.file["prefixes"][order.kind]}
    rule = Unknown(base, unknown, known=False, whole=True, by_prefix=True)
    return rule, f"live, and known types for training, as in the lists of {folder}; {order.kind} is tested whole"


def _unknown_people(order: Order) -> tuple[Rule, str]:
    percent = order.row["train_percent"]
    rule = Unknown(Drawn(percent, order.seed), _unknown_types(order), known=False, whole=False)
    how = f"{percent} % of the people for training, by chance (seed {order.seed})"
    return rule, f"{how}, with the other types; the rest is tested, live and {order.kind} only"


def _open(order: Order) -> tuple[Rule, str]:
    file, base, _ = table()[order.row["base"]]
    rule, how = _BUILDERS[base["rule"]](Order(file, base, "", order.seed, order.lists))
    whole = order.row.get("whole", True)
    tested = "tested whole" if whole else "tested"
    return Unknown(rule, _unknown_types(order), known=True, whole=whole), (
        f"as {order.row['base']} ({how}), but {order.kind} is not trained on and {tested}"
    )


def _instruments(order: Order) -> tuple[Rule, str]:
    how = f"the prepared splits; half of the instruments of each type, by chance (seed {order.seed}), are in test only"
    return UnseenInstruments(order.seed), how


_BUILDERS: dict[str, Callable[[Order], tuple[Rule, str]]] = {
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
    """The JSON files of ``protocols/``."""
    try:
        folder = importlib.resources.files("phystd_tf.protocols.published")
        return tuple(json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8")) for name in _FILES)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ProtocolError(
            f"the data of the protocols are not installed ({error}); install phystd_tf again"
        ) from error


@functools.lru_cache(maxsize=1)
def table() -> dict[str, tuple[dict[str, Any], dict[str, Any], str]]:
    """Name -> (file, row, type in the name)."""
    found = {}
    for file in _files():
        for row in file["protocols"]:
            kinds = list(file.get("types", file.get("prefixes", ()))) if TYPE in row["name"] else [""]
            for kind in kinds:
                found[row["name"].replace(TYPE, kind)] = (file, row, kind)
    return found


def families() -> list[str]:
    """The names, those that differ by their type as one."""
    return [row["name"] for file in _files() for row in file["protocols"]]


def spellings() -> dict[str, list[str]]:
    """Spoof type -> the types that count as it: a reader may tell the two kinds of partial_paper apart."""
    (siwm,) = [file for file in _files() if file["dataset"] == "siwm"]
    return siwm["types"]


def _unknown_types(order: Order) -> dict[str, list[str]]:
    return {order.kind: order.file["types"][order.kind]}


def file_names(row: Mapping[str, Any]) -> list[str]:
    """Names of the lists that a row, or the one it starts from, may take; empty if none."""
    row = table()[row["base"]][1] if "base" in row else row
    return [name for key in ("lists", "live_lists") for names in row.get(key, {}).values() for name in names]


def _values(values: Sequence[str]) -> frozenset[str]:
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


def grid_of(grid: Mapping[str, Any]) -> tuple[ClipFacts, ...]:
    """Every clip of a dataset whose names are a full grid of numbers; the ids are the names."""
    clips = []
    for device in sorted(_values(grid["device"])):
        for session in sorted(_values(grid["session"])):
            for subject in sorted(_values(grid["subject"])):
                for file, kind, instrument in grid["file"]:
                    name = grid["name"].format(device=device, session=session, subject=subject, file=file)
                    clips.append(ClipFacts(name, subject, kind, int(kind == "live"), "", session, device, instrument))
    return tuple(clips)
