"""The losses of a run, one row per epoch, in history.csv."""

import csv
import io
import math
import os
from collections.abc import Mapping

from phystd_tf.files.atomic import write_text
from phystd_tf.runs.folder import history_path

_ITERATION = "iteration"


class History:
    """The rows of a run up to an iteration, and those that are appended.

    The file is rewritten with each row, so it is always complete. Invalid rows are dropped, such as those cut off or
    repeated, and a second header. Rows of earlier versions have no iteration; they are kept.

    Args:
      run: path of the run folder.
      iteration: that of the checkpoint from which training resumes; later rows are appended again.
    """

    def __init__(self, run: str, iteration: int) -> None:
        self._path = history_path(run)
        self._rows: list[dict[str, str]] = []
        before = -1.0
        for row in _read(self._path):
            if _ITERATION not in row:
                self._rows.append(row)
            elif before < float(row[_ITERATION]) <= iteration:
                before = float(row[_ITERATION])
                self._rows.append(row)

    def append(self, iteration: int, losses: Mapping[str, float]) -> None:
        """Adds the means of an epoch that ended at an iteration, and writes the file."""
        row = {_ITERATION: str(iteration), **{name: repr(float(losses[name])) for name in sorted(losses)}}
        self._rows.append(row)
        columns = dict.fromkeys(name for row in [row, *self._rows] for name in row if name != "epoch")
        text = io.StringIO()
        writer = csv.DictWriter(text, ["epoch", *columns], restval="", lineterminator="\n")
        writer.writeheader()
        for epoch, row in enumerate(self._rows):
            writer.writerow({**row, "epoch": epoch})
        write_text(text.getvalue(), self._path)

    def values(self) -> list[dict[str, float]]:
        """The rows as numbers by column name, the first epoch first."""
        return [{name: float(cell) for name, cell in row.items()} for row in self._rows]


def _read(path: str) -> list[dict[str, str]]:
    """The rows of a file in which each cell is a number or empty; empty cells are left out."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as file:
        *lines, _ = file.read().split("\n")  # what follows the last line end is empty, or a row that was cut off
    table = [line.split(",") for line in lines]
    if not table or "epoch" not in table[0]:
        return []
    whole = [cells for cells in table[1:] if len(cells) == len(table[0]) and all(map(_is_number, cells))]
    return [{name: cell for name, cell in zip(table[0], cells) if cell} for cells in whole]


def _is_number(cell: str) -> bool:
    try:
        return not cell or math.isfinite(float(cell))
    except ValueError:
        return False
