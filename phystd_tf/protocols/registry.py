"""Protocols by name: the published ones, from the JSON files of ``protocols/``, and those that fit any dataset."""

import re
from typing import Optional

from phystd_tf.protocols.building import TYPE, RuleSpec, build, families, file_names, grid_of, spellings, table
from phystd_tf.protocols.protocol import Protocol
from phystd_tf.protocols.rules import FewPeople, LeftOutTypes, OfficialSplit, ProtocolError

AS_PREPARED = "folder"
LEAVE_OUT = "leave_out_"  # followed by types joined with +
FEW = "few_"  # followed by a number and a type


def protocol_names(dataset: Optional[str] = None) -> tuple[str, ...]:
    """Lists the names of the protocols that fit a dataset, or of all protocols.

    In addition, ``leave_out_<type>+<type>...`` exists for any types: it keeps the
    dataset's own splits, but uses these types in test only, and no other spoofs
    there. ``few_<number>_<type>`` keeps only this number of people of a spoof type in
    train, and none in dev.

    Args:
      dataset: name of a layout, as in prepared.json; None for the protocols of all datasets.
    """
    return (AS_PREPARED, *(name for name, (file, _, _) in table().items() if dataset in (None, file["dataset"])))


def takes_lists(name: str) -> bool:
    """Returns whether a protocol requires or accepts the user's own lists."""
    return name in table() and bool(file_names(table()[name][1]))


def load_protocol(name: str, seed: int = 0, lists: Optional[str] = None) -> Protocol:
    """Builds a protocol from its name.

    Args:
      name: one of ``protocol_names``, ``leave_out_<type>+<type>...`` or ``few_<number>_<type>``.
      seed: non-negative seed of the protocols that divide at random.
      lists: folder with the user's own lists, for the protocols that are defined by lists.

    Returns:
      Protocol.

    Raises:
      ProtocolError: if there is no such protocol, if it requires lists that are
        not there, or if lists are given that it does not accept.
    """
    if seed < 0:
        raise ProtocolError(f"the seed of a protocol must not be negative, not {seed}")
    if name == AS_PREPARED or name.startswith((LEAVE_OUT, FEW)):
        if lists is not None:
            raise ProtocolError(f"protocol {name} does not use lists")
        return _few_people(name, seed) if name.startswith(FEW) else _of_own_splits(name)
    if name not in table():
        raise ProtocolError(
            f"there is no protocol '{name}'; there are {AS_PREPARED}, {', '.join(families())}, "
            f"{LEAVE_OUT}{TYPE}+{TYPE}... and {FEW}<number>_{TYPE} (types: {', '.join(spellings())})"
        )
    file, row, kind = table()[name]
    try:
        rule, how = build(RuleSpec(file, row, kind, seed, lists))
    except ProtocolError as error:
        raise ProtocolError(f"protocol {name}: {error}") from error
    return Protocol(
        name=name,
        dataset=file["dataset"],
        title=f"{file['title']}: {row['title'].replace(TYPE, kind)}",
        how=how,
        source=file["source"],
        rule=rule,
        max_train_frames=row.get("max_train_frames"),
        published={split: (counts[0], counts[1]) for split, counts in row.get("published", {}).items()},
        grid=grid_of(file["grid"]) if "grid" in file else (),
    )


def _of_own_splits(name: str) -> Protocol:
    ours = "ours"
    if name == AS_PREPARED:
        return Protocol(name, None, "as prepared", "the splits of the prepared folder", ours, OfficialSplit())
    kinds = name[len(LEAVE_OUT) :].split("+")
    if not all(re.fullmatch(r"[^\W_]+(_[^\W_]+)*", kind) for kind in kinds) or "live" in kinds:
        raise ProtocolError(
            f"protocol '{name}': expected {LEAVE_OUT}{TYPE}, or several types joined with +, such as "
            f"{LEAVE_OUT}half_mask+print (types: {', '.join(spellings())})"
        )
    left_out = {kind: spellings().get(kind, [kind]) for kind in kinds}
    how = f"the splits of the prepared folder; {', '.join(kinds)} in test only, without other spoofs there"
    rule = LeftOutTypes(OfficialSplit(), left_out, known=False, whole=False)
    return Protocol(name, None, f"unknown {', '.join(kinds)}", how, ours, rule)


def _few_people(name: str, seed: int) -> Protocol:
    match = re.fullmatch(rf"{FEW}([1-9][0-9]{{0,5}})_([^\W_]+(?:_[^\W_]+)*)", name)
    if match is None or match[2] == "live":
        raise ProtocolError(f"protocol '{name}': expected {FEW}<number>_{TYPE}, such as {FEW}3_half_mask")
    count, kind = int(match[1]), match[2]
    rule = FewPeople(OfficialSplit(), spellings().get(kind, [kind]), count, seed)
    how = f"the splits of the prepared folder; {kind} of {count} people in train, drawn at random, and none in dev"
    return Protocol(name, None, f"{count} people of {kind}", how, "ours", rule)
