"""Files that are either complete or absent."""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

UNFINISHED_PREFIX = ".unfinished-"
LOCK_FILE = ".lock"  # see ``phystd_tf.files.lock``


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
    """Yields a temporary path, which is renamed to ``path`` if the block ends without an error.

    Missing folders are created. The temporary name is hidden, so that no pattern
    matches it, and keeps the suffix, by which some writers choose the format.

    Args:
      path: path of the file to write or to replace.

    Yields:
      The temporary path, in the same folder.
    """
    folder, name = os.path.split(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    # Without the name, which may have the maximum length already; random, since machines may share the folder.
    temporary = os.path.join(folder, f"{UNFINISHED_PREFIX}{os.urandom(8).hex()}{os.path.splitext(name)[1]}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def remove_unfinished(folder: str) -> None:
    """Removes what a killed process was writing in a folder, if it exists; no other process may be working in it."""
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.startswith(UNFINISHED_PREFIX):
            os.remove(os.path.join(folder, name))


def other_files(folder: str) -> list[str]:
    """The names in a folder, without its lock file and unfinished files."""
    return [name for name in os.listdir(folder) if not name.startswith(UNFINISHED_PREFIX) and name != LOCK_FILE]


def write_text(text: str, path: str) -> None:
    """Writes a text file as UTF-8, atomically."""
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def write_json(value: Any, path: str) -> None:
    """Writes readable JSON atomically.

    Raises:
      ValueError: if a number is not finite, which JSON cannot express.
    """
    write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", path)
