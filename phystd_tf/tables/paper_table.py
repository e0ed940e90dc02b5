"""Tables 1 to 5 of the paper with the results of models that were trained here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Callable, Optional

from phystd_tf.spoof_types import SPOOF_TYPES
from phystd_tf.tables.aggregation import over_measurements, over_parts, over_seeds
from phystd_tf.tables.measures import MEASURES, RATE_COLUMNS, Measure, type_columns
from phystd_tf.tables.needed_protocols import RATES, datasets_of, protocols_by_row, protocols_by_type
from phystd_tf.tables.notes import Made, notes_of, title_of
from phystd_tf.tables.published import METHODS, PublishedRow, is_implemented, published_rows
from phystd_tf.tables.results import BySeed, Result, by_method, measured_on, percent
from phystd_tf.tables.table import Cell, Over, Row, Table, Value

_RateOf = Callable[[Result], Optional[float]]
_OverOf = Callable[[Result], Over]
# The cells of one method in one group of rows, without their published values.
_CellsOf = Callable[[BySeed, str], list[Cell]]


def table(
    number: int, results: Sequence[Result], dataset: str = "", rendered: bool = False, notes: Sequence[str] = ()
) -> Table:
    """A table of the paper: each printed row, ours below it if the method can be trained here, and the difference.

    Methods that a group does not print come at its end if they have results. Missing results are marked as such.

    Args:
      number: 1 to 5.
      results: any number. For several seeds, the mean and the deviation over the seeds are shown.
      dataset: layout of the data, see ``datasets_of``; empty for that of the paper.
      rendered: whether the faces are rendered, in this layout. If so, or if the dataset is not that of the paper, the
        title says so and no difference is shown.
      notes: more sentences to put below the table, such as the budget.

    Returns:
      Table.

    Raises:
      TableError: if there is no such table of this dataset, or a result does not belong in it.
    """
    dataset = dataset or datasets_of(number)[0]
    found = by_method(results, number, dataset)
    made = Made(number, dataset, rendered, found)
    if number in MEASURES:
        measures = {measure.key: measure for measure in MEASURES[number]}
        protocols = protocols_by_type(number, dataset)
        titles = {key: measure.title for key, measure in measures.items()}
        columns = type_columns(number)

        def cells_of(seeds: BySeed, key: str) -> list[Cell]:
            return _type_cells(number, measures[key], protocols, seeds)
    else:
        parts = protocols_by_row(number, dataset)
        titles = {row.group: row.group for row in published_rows(number)}
        columns = dict(RATE_COLUMNS)

        def cells_of(seeds: BySeed, key: str) -> list[Cell]:
            return [_over_protocols(seeds, parts.get(key, ()), _rate(rate), _of_all) for rate in RATES]

    rows = [row for key, title in titles.items() for row in _group(number, key, title, list(columns), found, cells_of)]
    return Table(
        name=f"table_{number}",
        title=title_of(made),
        corner=("metric" if number in MEASURES else "protocol", "method"),
        columns=list(columns.values()),
        rows=rows,
        foot=_foot(rows) if number in MEASURES else (),
        notes=(*notes, *notes_of(made, rows)),
        differences=made.is_of_the_paper,
    )


def _group(
    number: int, key: str, title: str, columns: Sequence[str], found: Mapping[str, BySeed], cells_of: _CellsOf
) -> Iterator[Row]:
    """The printed rows of a group, then the methods with results that are not printed there."""
    printed = {row.method: row for row in published_rows(number) if row.group == key}
    for method in (*printed, *(method for method in METHODS if method in found and method not in printed)):
        cells = cells_of(found.get(method, {}), key)
        if method in printed or any(cell.ours is not None for cell in cells):
            yield Row(title, method, _with_published(cells, printed.get(method), columns), is_implemented(method))


def _with_published(cells: Sequence[Cell], row: Optional[PublishedRow], columns: Sequence[str]) -> list[Cell]:
    if row is None:
        return list(cells)
    return [cell._replace(published=row.values.get(column)) for cell, column in zip(cells, columns)]


def _type_cells(number: int, measure: Measure, protocols: Mapping[str, str], seeds: BySeed) -> list[Cell]:
    """The cells of a method: one for each of the 13 types, then the overall one."""
    if number == 3:  # all columns are of one protocol
        known = next(iter(protocols.values()))
        kinds = [_over_protocols(seeds, [known], _rate(measure.by_type, kind), _of_type(kind)) for kind in SPOOF_TYPES]
        return [*kinds, _over_protocols(seeds, [known], _rate(measure.of_all), _of_all)]
    kinds = [_over_protocols(seeds, [protocols[kind]], _rate(measure.of_all), _of_all) for kind in SPOOF_TYPES]
    return [*kinds, _over_protocols(seeds, list(protocols.values()), _rate(measure.of_all), _of_all)]


def _rate(name: str, kind: str = "") -> _RateOf:
    return lambda result: percent(result.metrics, name, kind)


def _of_all(result: Result) -> Over:
    return measured_on(result.metrics)


def _of_type(kind: str) -> _OverOf:
    return lambda result: measured_on(result.metrics, kind)


def _over_protocols(seeds: BySeed, protocols: Sequence[str], rate_of: _RateOf, over_of: _OverOf) -> Cell:
    """The mean of a rate over protocols, for the seeds with the most protocols, and what it was measured on."""
    rates: dict[int, dict[str, float]] = {}
    for seed, results in seeds.items():
        defined = {name: rate_of(results[name]) for name in protocols if name in results}
        rates[seed] = {name: rate for name, rate in defined.items() if rate is not None}
    most = max(rates.values(), key=len, default={})
    if not most:
        return Cell()
    used = {seed: values for seed, values in rates.items() if set(values) == set(most)}
    values: list[Value] = [over_parts(list(values.values())) for values in used.values()]
    overs = [over_of(seeds[seed][name]) for seed in used for name in most]
    part = "" if len(most) == len(protocols) else f"{len(most)} of {len(protocols)}"
    return Cell(None, over_seeds(values), len(used), over_measurements(overs), part)


def _foot(rows: Sequence[Row]) -> list[tuple[str, list[str]]]:
    """Numbers of clips and people of each column."""
    overs = [over_measurements([cell.over for cell in column]) for column in zip(*(row.cells for row in rows))]
    if not any(over.spoof for over in overs):
        return []
    return [
        ("live clips", [over.live for over in overs]),
        ("spoof clips", [over.spoof for over in overs]),
        ("people", [over.subjects for over in overs]),
    ]
