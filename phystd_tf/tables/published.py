"""The published values of the paper's tables, and which of their methods can be trained here."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from phystd_tf.protocols.data_files import read_data_file
from phystd_tf.tables.needed_protocols import OVERALL, RATES, TableError, datasets_of
from phystd_tf.tables.table import Value

# The methods that can be trained here: title in the tables -> system, and ablation of PhySTD ("full" for others).
METHODS: Mapping[str, tuple[str, str]] = {
    "LBP+SVM": ("lbp_svm", "full"),
    "Auxiliary": ("phystd", "auxiliary"),
    "DeSpoof": ("despoof", "full"),
    "CDCN": ("cdcn", "full"),
    "CDCN++": ("cdcn++", "full"),
    "STDN": ("stdn", "full"),
    "Step1": ("phystd", "step1"),
    "Step1+Step2 w/ single trace": ("phystd", "step1_step2_single_trace"),
    "Step1+Step2": ("phystd", "step1_step2"),
    "PhySTD": ("phystd", "full"),
}
_TITLES = {of: title for title, of in METHODS.items()}


class PublishedRow(NamedTuple):
    """One printed row.

    Attributes:
      group: number of the protocol (Tables 1 and 2), or the metric: apcer, bpcer, acer, eer or tpr_at_fnr_0.5.
      method: title; "PhySTD" is what the paper calls "Ours".
      reference: number in the references of the paper; None for the paper's own.
      values: column ("apcer", "bpcer", "acer", or spoof types and "overall") -> percent, for printed columns only.
    """

    group: str
    method: str
    reference: Optional[int]
    values: Mapping[str, Value]


def is_implemented(method: str) -> bool:
    """Whether a method can be trained here; of the others, only published values are shown."""
    return method in METHODS


def method_of(system: str, ablation: str = "full") -> str:
    """The title that a trained system has in the tables.

    Args:
      system: see ``HParams.system``.
      ablation: of PhySTD; other systems have none.

    Raises:
      TableError: if no table has it.
    """
    title = _TITLES.get((system, ablation if system == "phystd" else "full"))
    if title is None:
        raise TableError(f"no table has a row for the system '{system}' with ablation '{ablation}'")
    return title


@functools.lru_cache(maxsize=1)
def read_published() -> dict[str, Any]:
    """published_tables.json as it is; Tables 6 and 7 are its ``confusion_matrices``. Must not be modified."""
    return read_data_file("published_tables")


def published_title(number: int) -> str:
    """The title of a table, such as "SiW, three protocols"."""
    return _table(number)["title"]


def published_rows(number: int) -> list[PublishedRow]:
    """The rows of a table, in the printed order.

    Args:
      number: 1 to 5.

    Raises:
      TableError: if there is no such table of error rates.
    """
    return [_row(row) for row in _table(number)["rows"]]


def _table(number: int) -> dict[str, Any]:
    datasets_of(number)  # refuses other numbers
    return read_published()["tables"][str(number)]


def _row(row: Mapping[str, Any]) -> PublishedRow:
    if "protocol" in row:
        group = str(row["protocol"])
        printed = {rate: (row[rate], row.get(f"{rate}_std")) for rate in RATES}
    else:
        group = row["metric"]
        printed = {kind: (value, None) for kind, value in zip(read_published()["types"], row["by_type"])}
        printed[OVERALL] = (row["overall"], row["overall_std"])
    values = {name: Value(mean, std) for name, (mean, std) in printed.items() if mean is not None}
    return PublishedRow(group, row["method"], row["reference"], values)
