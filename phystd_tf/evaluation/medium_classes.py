"""The classes of spoof media that Tables 6 and 7 distinguish, and the class of a face."""

from collections.abc import Mapping
from typing import NamedTuple

from phystd_tf import spoof_types
from phystd_tf.errors import PhystdError


class MediumClassError(PhystdError):
    """A face belongs to none of the classes, or what is known about it is contradictory; the message names its clip."""


class MediumClasses(NamedTuple):
    """One way of dividing faces into spoof media; "live" is one of the classes.

    Attributes:
      name: as given to a program.
      classes: their names, in the order of the table.
      merged: for each class, the coarser class that it is part of; the same names if nothing is merged.
      of_type: type of a face -> class; empty if the instruments are the classes.
    """

    name: str
    classes: tuple[str, ...]
    merged: tuple[str, ...]
    of_type: Mapping[str, str]


# Table 6: both printers and both displays of OULU-NPU, and with three classes, the types.
OULU = MediumClasses(
    name="oulu",
    classes=("live", "print_1", "print_2", "replay_1", "replay_2"),
    merged=("live", "print", "print", "replay", "replay"),
    of_type={},
)
_SIX = ("live", "print", "replay", "masks", "makeup", "partial")
# Table 7: the groups of types of SiW-M.
SIWM = MediumClasses(
    name="siwm",
    classes=_SIX,
    merged=_SIX,
    of_type={
        spoof_types.LIVE: "live",
        spoof_types.PRINT: "print",
        spoof_types.REPLAY: "replay",
        **dict.fromkeys(spoof_types.MASKS, "masks"),
        **dict.fromkeys(spoof_types.MAKEUPS, "makeup"),
        **dict.fromkeys(spoof_types.PARTIALS + spoof_types.PARTIAL_KINDS, "partial"),
    },
)
MEDIUM_CLASSES = {classes.name: classes for classes in (OULU, SIWM)}


def class_of(classes: MediumClasses, row: Mapping[str, str]) -> int:
    """The class of a face.

    Args:
      classes: MediumClasses.
      row: row of a manifest; clip, type, label ("1" live, "0" spoof) and instrument are used.

    Returns:
      Index into ``classes.classes``.

    Raises:
      MediumClassError: if there is no such class, or if type, label and instrument contradict each other.
    """
    kind, instrument = row["type"], row["instrument"]
    if row["label"] != str(spoof_types.label_of(kind)):
        raise MediumClassError(f"the clip {row['clip']} has the type '{kind}', but the label {row['label']}")
    name = classes.of_type.get(kind, "") if classes.of_type else instrument or kind
    if name not in classes.classes:
        known = ", ".join(classes.classes)
        found = f"the type '{kind}'" + ("" if classes.of_type else f" and the instrument '{instrument}'")
        raise MediumClassError(
            f"the clip {row['clip']} has {found}, which is none of the classes '{classes.name}' ({known})"
        )
    index = classes.classes.index(name)
    if not classes.of_type and classes.merged[index] != kind:
        raise MediumClassError(f"the clip {row['clip']} has the type '{kind}', but the instrument '{instrument}'")
    return index
