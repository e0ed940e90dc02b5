"""A table as text for the terminal."""

from tabulate import SEPARATING_LINE, tabulate

from phystd_tf.tables.table import MARK, Table, has_groups, label_titles, lines_of


def as_text(table: Table) -> str:
    """The title, the table and its notes."""
    grouped = has_groups(table)
    labels = label_titles(table)
    headers = labels + ["\n".join([*column.group.split(), column.title]) for column in table.columns]
    rows: list[list[str]] = []
    for line in lines_of(table):
        if line.group and rows:
            rows.append([SEPARATING_LINE])
        rows.append([*([line.group] if grouped else []), line.method, line.kind, *line.texts])
    if table.foot:
        rows.append([SEPARATING_LINE])
    rows += [[title, *[""] * (len(labels) - 1), *texts] for title, texts in table.foot]
    align = ["left"] * len(labels) + ["right"] * len(table.columns)
    body = tabulate(rows, headers, tablefmt="simple", disable_numparse=True, colalign=align)
    notes = "".join(f"\n{note}" for note in table.notes)
    return f"{table.title}\n(written by {MARK.decode()})\n\n{body}\n{notes}\n"
