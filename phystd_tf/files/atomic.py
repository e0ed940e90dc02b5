"""Files that are either whole or not there."""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

UNFINISHED_PREFIX = ".unfinished-"


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
    """A temporary name to write ``path`` under; it is renamed when the block ends without an error.

    Folders on the way are made. The temporary name is hidden, so that no pattern
    finds it, and keeps the ending, by which some writers choose the format.

    Args:
      path: of the file to write or to replace.

    Yields:
      The temporary path, in the same folder.
    """
    folder, name = os.path.split(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f"{UNFINISHED_PREFIX}{os.getpid()}-{name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def write_text(text: str, path: str) -> None:
    """Writes a text file as UTF-8, atomically."""
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(text)


def write_json(value: Any, path: str) -> None:
    """Writes readable JSON atomically.

    Raises:
      ValueError: if a number is not finite: JSON cannot express it.
    """
    write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", path)
