"""Fills in the template of a page; all pages share one style."""

import os
from typing import Any

from phystd_tf.errors import PhystdError

_SHARED = os.path.join(os.path.dirname(__file__), "assets")


def render_page(template: str, **values: Any) -> str:
    """One self-contained HTML page.

    Args:
      template: path of a Jinja template, which may extend ``page.html.j2``. In it, ``source(name)`` is the unescaped
        text of a file next to it, for a style or a script.
      values: values that it shows; all are escaped.

    Raises:
      PhystdError: if jinja2 is not installed.
    """
    try:
        import jinja2
        from markupsafe import Markup
    except ImportError as error:
        raise PhystdError("reports need the extra: pip install 'phystd_tf[report]'") from error
    folder, name = os.path.split(template)
    loader = jinja2.FileSystemLoader([folder, _SHARED])
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.globals["source"] = lambda file: Markup(loader.get_source(environment, file)[0])
    return environment.get_template(name).render(**values)
