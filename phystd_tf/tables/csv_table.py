"""A table as CSV for programs: one row per cell, numbers with six significant digits."""

import csv
import io
from typing import Optional

from phystd_tf.tables.table import Table

COLUMNS = (
    "table", "title", "group", "method", "column_group", "column", "implemented", "published", "published_deviation",
    "ours", "ours_deviation", "deviation_over_seeds", "seeds", "part", "difference", "live", "spoof", "subjects",
    "threshold",
)  # fmt: skip


def as_csv(table: Table) -> str:
    """The cells, row by row; missing values are empty, and so are differences if the table shows none."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells):
            published, ours = cell.published, cell.ours
            difference = cell.difference if table.differences else None
            writer.writerow(
                [
                    table.name, table.title, row.group, row.method, column.group, column.title, int(row.implemented),
                    _number(published and published.mean), _number(published and published.deviation),
                    _number(ours and ours.mean), _number(ours and ours.deviation), _number(ours and ours.over_seeds),
                    cell.seeds, cell.part, _number(difference), *cell.over,
                ]
            )  # fmt: skip
    return file.getvalue()


def _number(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.6g}"
