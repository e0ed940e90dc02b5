"""A table of published values beside ours, independent of the subject and of the output format."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional

MARK = b"phystd_tf.tables"  # in each file, by which it is recognized

PUBLISHED = "published"
OURS = "ours"
DIFFERENCE = "difference"
PUBLISHED_ONLY = "published only"
NO_RESULT = "ours: no result"
NONE = "none"
NOT_PRINTED = "-"


class Value(NamedTuple):
    """A number of a table.

    Attributes:
      mean: the number.
      deviation: what follows the plus-minus sign, such as the deviation over spoof types; None if nothing does.
      over_seeds: standard deviation of ``mean`` over the seeds of the training; None for a single seed.
    """

    mean: float
    deviation: Optional[float] = None
    over_seeds: Optional[float] = None


class Over(NamedTuple):
    """What a value was measured on, as texts; a range such as "20 to 25" if measurements differ.

    Attributes:
      live: number of live clips.
      spoof: number of spoof clips.
      subjects: number of people.
      threshold: where the threshold comes from.
    """

    live: str = ""
    spoof: str = ""
    subjects: str = ""
    threshold: str = ""


class Cell(NamedTuple):
    """One cell.

    Attributes:
      published: value in the paper; None if it prints none.
      ours: None if there is no result.
      seeds: number of trainings behind ``ours``.
      over: what ``ours`` was measured on.
      part: such as "4 of 13" if ``ours`` is a mean over fewer parts than the published value; else empty.
    """

    published: Optional[Value] = None
    ours: Optional[Value] = None
    seeds: int = 0
    over: Over = Over()
    part: str = ""

    @property
    def difference(self) -> Optional[float]:
        """Ours minus published; None if one of them is missing, or if they are not over the same parts."""
        if self.ours is None or self.published is None or self.part:
            return None
        return self.ours.mean - self.published.mean


class Column(NamedTuple):
    """The title of a column, and the group that it shares with its neighbors, such as "3D Mask"."""

    title: str
    group: str = ""


class Row(NamedTuple):
    """The cells of one method.

    Attributes:
      group: what neighboring rows share, such as the metric or the protocol; empty if all rows are of one kind.
      method: title of the row.
      cells: one per column.
      implemented: whether the method can be trained here; if not, the row has published values only.
    """

    group: str
    method: str
    cells: Sequence[Cell]
    implemented: bool = True


class Table(NamedTuple):
    """A table.

    Attributes:
      name: name of its files, such as "table_3".
      title: one line; says so if ours are of rendered faces.
      corner: titles of ``Row.group`` and ``Row.method``.
      columns: any number.
      rows: rows of one group are adjacent.
      foot: further lines, each a title and one text per column: numbers of clips, for example.
      notes: sentences below the table.
      digits: number of digits after the decimal point.
      differences: whether to show ours minus published; False if the two are not of the same dataset.
    """

    name: str
    title: str
    corner: tuple[str, str]
    columns: Sequence[Column]
    rows: Sequence[Row]
    foot: Sequence[tuple[str, Sequence[str]]] = ()
    notes: Sequence[str] = ()
    digits: int = 1
    differences: bool = True


class Line(NamedTuple):
    """One line of a written table: a row has up to three, for published values, ours, and the difference.

    Attributes:
      group: see Row; empty except in the first line of a group.
      method: see Row; empty except in the first line of a row.
      kind: "published", "ours", "difference", "published only" or "ours: no result".
      texts: one per column.
    """

    group: str
    method: str
    kind: str
    texts: Sequence[str]


def lines_of(table: Table) -> list[Line]:
    """The lines of a written table."""
    lines: list[Line] = []
    for group, rows in itertools.groupby(table.rows, key=lambda row: row.group):
        shown = group
        for row in rows:
            method = row.method
            for kind, texts in _texts(row, table):
                lines.append(Line(shown, method, kind, texts))
                shown = method = ""
    return lines


def label_titles(table: Table) -> list[str]:
    """The titles of the columns to the left of the values."""
    return [*(table.corner if has_groups(table) else table.corner[1:]), "values"]


def has_groups(table: Table) -> bool:
    """Whether rows have groups, so that a column has to name them."""
    return any(row.group for row in table.rows)


def spans(columns: Iterable[Column]) -> list[tuple[str, int]]:
    """The groups of neighboring columns and how many columns each has; empty if no column has a group."""
    found = [(group, len(list(some))) for group, some in itertools.groupby(columns, key=lambda column: column.group)]
    return found if any(group for group, _ in found) else []


def written(value: Value, digits: int) -> str:
    """A value as text, such as "11.5 ± 13.2 [0.4]": mean, deviation, and deviation over seeds."""
    text = f"{value.mean:.{digits}f}"
    if value.deviation is not None:
        text += f" ± {value.deviation:.{digits}f}"
    return text if value.over_seeds is None else f"{text} [{value.over_seeds:.{digits}f}]"


def _texts(row: Row, table: Table) -> list[tuple[str, list[str]]]:
    """Kind and texts of the lines of a row."""

    def of(values: Iterable[Optional[Value]], missing: str) -> list[str]:
        return [missing if value is None else written(value, table.digits) for value in values]

    published = of((cell.published for cell in row.cells), NOT_PRINTED)
    if not row.implemented:
        return [(PUBLISHED_ONLY, published)]
    lines = [(PUBLISHED, published)] if any(cell.published is not None for cell in row.cells) else []
    if all(cell.ours is None for cell in row.cells):
        return [*lines, (NO_RESULT, [""] * len(row.cells))]
    ours = of((cell.ours for cell in row.cells), NONE)
    lines.append((OURS, [f"{text} ({cell.part})" if cell.part else text for text, cell in zip(ours, row.cells)]))
    gaps = [cell.difference for cell in row.cells]
    if table.differences and any(gap is not None for gap in gaps):
        lines.append((DIFFERENCE, ["" if gap is None else f"{gap:+.{table.digits}f}" for gap in gaps]))
    return lines
