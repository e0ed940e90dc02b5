"""Paths for libraries that interpret patterns in them, or do not accept names that are not UTF-8."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

# TensorFlow finds the files of a checkpoint by a glob pattern, OpenCV takes a percent sign for numbered pictures.
_IN_PATTERNS = set("*?[]{}\\%")


@contextlib.contextmanager
def plain_path(path: str) -> Iterator[str]:
    """Gives a path to a file or a folder that every library takes literally; valid within the block.

    Args:
      path: path of a folder, or of a file to be read or written.

    Yields:
      The absolute path if nothing in it does harm, otherwise that of a temporary symbolic link. It starts with a slash,
      so that no library takes it for a URL.
    """
    absolute = os.path.abspath(path)
    if not _IN_PATTERNS & set(absolute) and os.fsencode(absolute).decode("utf-8", "replace") == absolute:
        yield absolute
        return
    with tempfile.TemporaryDirectory(prefix="phystd-") as temporary:
        suffix = os.path.splitext(absolute)[1]
        # Some libraries choose the format by the suffix.
        link = os.path.join(temporary, "link" + (suffix if suffix.isascii() and not _IN_PATTERNS & set(suffix) else ""))
        os.symlink(absolute, link)
        yield link
