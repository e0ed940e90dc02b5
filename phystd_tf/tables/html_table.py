"""A table as one self-contained HTML page."""

import os

from phystd_tf.report.page import render_page
from phystd_tf.tables.table import Table, has_groups, lines_of, spans

_TEMPLATE = os.path.join(os.path.dirname(__file__), "assets", "table.html.j2")


def as_html(table: Table) -> str:
    """The page.

    Raises:
      PhystdError: if jinja2 is not installed.
    """
    return render_page(
        _TEMPLATE, table=table, grouped=has_groups(table), spans=spans(table.columns), lines=lines_of(table)
    )
