"""A page that says what was trained on what, how well it does, and shows why."""

import base64
import os
from typing import Any, Dict, List, Mapping, Sequence

from phystd_tf.errors import PhystdError

TEMPLATE = os.path.join(os.path.dirname(__file__), "assets", "report.html.j2")


def render_report(
    facts: Mapping[str, Any],
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    pictures: Sequence[str],
) -> str:
    """The report as one self-contained HTML page.

    Args:
      facts: what was done, by name, in the order to show.
      tables: by title, rows that all have the same columns.
      pictures: paths of PNG files, embedded into the page.

    Returns:
      HTML text.

    Raises:
      PhystdError: if jinja2 is not installed or a picture cannot be read.
    """
    try:
        import jinja2
    except ImportError as error:
        raise PhystdError("reports need the extra: pip install 'phystd_tf[report]'") from error
    with open(TEMPLATE, encoding="utf-8") as file:
        template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(file.read())
    return template.render(facts=facts, tables=tables, pictures=[_embedded(path) for path in pictures])


def save_report(page: str, path: str) -> None:
    """Writes the page under a temporary name, then renames."""
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(f"{path}.tmp", "w", encoding="utf-8") as file:
        file.write(page)
    os.replace(f"{path}.tmp", path)


def list_pictures(folder: str) -> List[str]:
    """The PNG files of a folder, sorted.

    Raises:
      PhystdError: if the folder is missing.
    """
    if not os.path.isdir(folder):
        raise PhystdError(f"{folder}: no such folder of pictures; run `python -m tools.disentangle` first")
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".png"))


def _embedded(path: str) -> Dict[str, str]:
    try:
        with open(path, "rb") as file:
            data = base64.b64encode(file.read()).decode("ascii")
    except OSError as error:
        raise PhystdError(f"{path}: the picture cannot be read ({error.strerror})") from error
    return {"name": os.path.splitext(os.path.basename(path))[0], "data": data}
