"""Writes a table as text, CSV, LaTeX and HTML, each file completely or not at all."""

import os
from collections.abc import Sequence
from typing import Callable

from phystd_tf.files.atomic import write_text
from phystd_tf.files.outputs import Output, check_outputs, has_mark, is_table
from phystd_tf.tables.csv_table import COLUMNS, as_csv
from phystd_tf.tables.html_table import as_html
from phystd_tf.tables.latex_table import as_latex
from phystd_tf.tables.table import MARK, Table
from phystd_tf.tables.text_table import as_text

# For each format: how it is made, and how a file that was made here is recognized.
_FORMATS: dict[str, tuple[Callable[[Table], str], Callable[[str], bool]]] = {
    "txt": (as_text, has_mark(MARK)),
    "csv": (as_csv, is_table(*COLUMNS)),
    "tex": (as_latex, has_mark(MARK)),
    "html": (as_html, has_mark(MARK)),
}


def table_outputs(name: str, folder: str) -> list[Output]:
    """The files that ``write_table`` will write, for ``check_outputs`` before the work that leads to the table.

    Args:
      name: see ``Table.name``.
      folder: folder to write to.
    """
    return [Output(os.path.join(folder, f"{name}.{ending}"), is_own) for ending, (_, is_own) in _FORMATS.items()]


def write_table(table: Table, folder: str) -> Sequence[str]:
    """Writes <name>.txt, .csv, .tex and .html.

    Args:
      table: Table.
      folder: folder to write to; made if it is missing.

    Returns:
      The paths of the four files.

    Raises:
      OutputError: if one of them would replace a file that is not such a table, or cannot be written.
      PhystdError: if jinja2 is not installed.
    """
    outputs = table_outputs(table.name, folder)
    check_outputs(outputs)
    texts = [make(table) for make, _ in _FORMATS.values()]  # all, before the first is written
    for output, text in zip(outputs, texts):
        write_text(text, output.path)
    return [output.path for output in outputs]
