"""Which protocols a table needs, and which rows or columns each protocol feeds."""

from collections.abc import Sequence

from phystd_tf.errors import PhystdError
from phystd_tf.spoof_types import SPOOF_TYPES

RATES = ("apcer", "bpcer", "acer")  # the columns of Tables 1 and 2
OVERALL = "overall"  # the last column of Tables 3 to 5
NUMBERS = (1, 2, 3, 4, 5)

# For each table and dataset, the protocols by the rows (Tables 1 and 2: protocol) or columns (3 to 5: spoof type) that
# they feed. The first dataset of a table is that of the paper. "folder" is the embedded dataset, with fewer protocols.
_ROWS: dict[int, dict[str, dict[str, tuple[str, ...]]]] = {
    1: {
        "oulu": {
            "1": ("oulu_1",),
            "2": ("oulu_2",),
            "3": tuple(f"oulu_3_{phone}" for phone in range(1, 7)),
            "4": tuple(f"oulu_4_{phone}" for phone in range(1, 7)),
        },
        "folder": {"2": ("embedded_instruments",)},
    },
    2: {
        "siw": {
            "1": ("siw_1",),
            "2": tuple(f"siw_2_{medium}" for medium in range(1, 5)),
            "3": ("siw_3_1", "siw_3_2"),
        },
        "folder": {"3": ("embedded_siw_3_1", "embedded_siw_3_2")},
    },
}
_KNOWN = {3: {"siwm": "siwm_1", "siwmv2": "siwmv2_1", "folder": "embedded_siwm_1"}}
_LEFT_OUT = {
    4: {"siwm": "siwm_2_", "siwmv2": "siwmv2_2_", "folder": "embedded_2_"},
    5: {"siwm": "siwm_3_", "folder": "embedded_3_"},
}


class TableError(PhystdError):
    """A table cannot be made; the message says why."""


def datasets_of(number: int) -> tuple[str, ...]:
    """The datasets that a table can be made of, by the names of their layouts; that of the paper comes first.

    Raises:
      TableError: if there is no such table here.
    """
    for tables in (_ROWS, _KNOWN, _LEFT_OUT):
        if number in tables:
            return tuple(tables[number])
    raise TableError(f"there is no Table {number} of error rates; there are {', '.join(map(str, NUMBERS))}")


def protocols_by_row(number: int, dataset: str) -> dict[str, tuple[str, ...]]:
    """The sub-protocols whose mean is a row of Table 1 or 2.

    Args:
      number: 1 or 2.
      dataset: one of ``datasets_of``.

    Returns:
      Printed number of a protocol -> names of its sub-protocols.
    """
    _check(number, dataset)
    return dict(_ROWS[number][dataset])


def protocols_by_type(number: int, dataset: str) -> dict[str, str]:
    """Spoof type -> the protocol that feeds its column of Tables 3 to 5; in Table 3 the same for all types."""
    _check(number, dataset)
    if number in _KNOWN:
        return dict.fromkeys(SPOOF_TYPES, _KNOWN[number][dataset])
    return {kind: _LEFT_OUT[number][dataset] + kind for kind in SPOOF_TYPES}


def planned_columns(number: int, dataset: str = "") -> list[tuple[str, tuple[str, ...]]]:
    """What must be trained for a table: the protocols, each with the columns that it feeds.

    Args:
      number: 1 to 5.
      dataset: one of ``datasets_of``; empty for that of the paper.

    Returns:
      Names of protocols and of columns: rates for Tables 1 and 2, spoof types and "overall" for Tables 3 to 5.

    Raises:
      TableError: if there is no such table, or none of this dataset.
    """
    dataset = dataset or datasets_of(number)[0]
    _check(number, dataset)
    if number in _ROWS:
        return [(name, RATES) for names in _ROWS[number][dataset].values() for name in names]
    feeds: dict[str, tuple[str, ...]] = {}
    for kind, name in protocols_by_type(number, dataset).items():
        feeds[name] = (*feeds.get(name, ()), kind)
    return [(name, (*kinds, OVERALL)) for name, kinds in feeds.items()]


def protocols_of(number: int, dataset: str = "") -> Sequence[str]:
    """The names of the protocols of ``planned_columns``."""
    return [name for name, _ in planned_columns(number, dataset)]


def _check(number: int, dataset: str) -> None:
    known = datasets_of(number)
    if dataset not in known:
        raise TableError(f"Table {number} has no protocol of the dataset '{dataset}'; it is made of {', '.join(known)}")
