"""The rates that the tables print, and the corresponding measures of ``tools.evaluate``."""

from typing import NamedTuple

from phystd_tf.spoof_types import MAKEUPS, MASKS, PARTIALS, SPOOF_TYPES
from phystd_tf.tables.needed_protocols import OVERALL, RATES
from phystd_tf.tables.table import Column


class Measure(NamedTuple):
    """A group of rows of Tables 3 to 5.

    Attributes:
      key: group of the published rows; matches none if only ours are shown.
      title: title in the table.
      of_all: name of the rate over all clips in the metrics of ``tools.evaluate``.
      by_type: name of the rates by type there, for Table 3.
    """

    key: str
    title: str
    of_all: str
    by_type: str


_ACER = Measure("acer", "ACER %", "hter", "acer_by_type")  # pooled, Sec. 4.5; for one type, as in ISO/IEC 30107-3
_EER = Measure("eer", "EER %", "eer", "eer_by_type")
_TPR = Measure("tpr_at_fnr_0.5", "TPR@FNR=0.5 %", "tdr_at_roc_point", "tdr_at_roc_point_by_type")
# What a user gets with a threshold from live faces of dev or train; never published.
_TPR_CHOSEN = Measure(
    "tpr_at_chosen_threshold",
    "TPR, chosen threshold",
    "tdr_at_dev_threshold",
    "tdr_at_dev_threshold_by_type",
)
MEASURES = {
    3: (_ACER, _EER, _TPR, _TPR_CHOSEN),
    4: (
        Measure("apcer", "APCER %", "apcer", ""),
        Measure("bpcer", "BPCER %", "bpcer", ""),
        _ACER, _EER, _TPR, _TPR_CHOSEN,
    ),
    5: (_ACER, _EER, _TPR, _TPR_CHOSEN),
}  # fmt: skip

# Tables 1 and 2: APCER is that of the worst type, as in ISO/IEC 30107-3 and in the program of OULU-NPU.
RATE_COLUMNS = {rate: Column(f"{rate.upper()} %") for rate in RATES}

_SHORT = {
    "half_mask": "Half", "silicone_mask": "Silic.", "transparent_mask": "Trans.", "paper_mask": "Paper",
    "mannequin": "Mann.", "obfuscation_makeup": "Ob.", "impersonation_makeup": "Im.", "cosmetic_makeup": "Cos.",
    "funny_eyeglasses": "Funny.", "paper_glasses": "Papergls.", "partial_paper": "Paper",
}  # fmt: skip
_GROUPS = {
    **dict.fromkeys(MASKS, "3D Mask"),
    **dict.fromkeys(MAKEUPS, "Makeup"),
    **dict.fromkeys(PARTIALS, "Partial Attacks"),
}


def needed_metrics(number: int) -> tuple[str, ...]:
    """The names of all metrics of ``tools.evaluate`` that a table shows; an older evaluation may lack some."""
    if number not in MEASURES:
        return RATES
    names = [name for measure in MEASURES[number] for name in (measure.of_all, measure.by_type) if name]
    return tuple(dict.fromkeys(names))


def type_columns(number: int) -> dict[str, Column]:
    """The columns of Tables 3 to 5, with printed titles, by spoof type; the last one by OVERALL."""
    columns = {kind: Column(_SHORT.get(kind, kind.capitalize()), _GROUPS.get(kind, "")) for kind in SPOOF_TYPES}
    return {**columns, OVERALL: Column("Average" if number == 4 else "Overall")}
