"""The look of all figures: fonts, sizes for a printed page, and colors that color-blind readers can tell apart."""

from typing import Any, NamedTuple

from phystd_tf import spoof_types

# Inches: the text area of a two-column page, with room for a caption.
TEXT_WIDTH, TEXT_HEIGHT = 7.16, 9.0
PNG_DPI = 500  # the smallest pictures, of 0.53 inches, keep the 256 pixels of the preset `paper`
FONT_SIZE = 8.0  # points

# For matplotlib. The fonts come with it and are embedded, so that a figure looks the same everywhere.
RC: dict[str, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": FONT_SIZE,
    "pdf.fonttype": 42,
    "axes.linewidth": 0.5,
}

# Signed traces are weak, so they are amplified around mid-gray: 0.5 + 0.5 * TRACE_GAIN * trace.
TRACE_GAIN = 4.0

# Okabe and Ito's colors, https://jfly.uni-koeln.de/color/.
MARKED = "#D55E00"  # frames around details


class Look(NamedTuple):
    """How the points of a type are drawn.

    Attributes:
      color: color of its group of types.
      marker: matplotlib marker, distinct within the group.
    """

    color: str
    marker: str


_GROUPS = (
    ("#000000", (spoof_types.LIVE,)),
    ("#0072B2", (spoof_types.PRINT,)),
    ("#56B4E9", (spoof_types.REPLAY,)),
    ("#D55E00", spoof_types.MASKS),
    ("#CC79A7", spoof_types.MAKEUPS),
    ("#009E73", spoof_types.PARTIALS),
)
_OTHERS = "#E69F00"  # types that are not in the paper
_MARKERS = "osD^vPX*"


def looks(types: list[str]) -> dict[str, Look]:
    """Colors by group (live, print, replay, masks, makeup, partial attacks, others), markers within a group.

    Args:
      types: names of types, as in ``spoof_types.table_type``.

    Returns:
      The Look of each type; that of a known type does not depend on the other types.
    """
    found = {name: Look(color, _MARKERS[place]) for color, names in _GROUPS for place, name in enumerate(names)}
    others = [name for name in types if name not in found]
    found.update({name: Look(_OTHERS, _MARKERS[place % len(_MARKERS)]) for place, name in enumerate(others)})
    return {name: found[name] for name in types}


def label_of(kind: str) -> str:
    """The readable name of a type, such as "Half mask" for ``half_mask``."""
    return kind.replace("_", " ").capitalize()
