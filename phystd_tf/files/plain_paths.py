"""Paths for libraries that read patterns into them, or cannot take names that are not text."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

_IN_PATTERNS = set("*?[]{}\\")


@contextlib.contextmanager
def plain_path(folder: str) -> Iterator[str]:
    """Another path to a folder that TensorFlow takes as it is; valid within the block.

    TensorFlow looks for the files of a checkpoint by a pattern, so that a folder named ``run[1]`` seems to be empty,
    and cannot encode a name that is not UTF-8.

    Args:
      folder: path of an existing folder.

    Yields:
      The path itself where nothing in it does harm, else that of a temporary symbolic link to the folder.
    """
    absolute = os.path.abspath(folder)
    if not _IN_PATTERNS & set(absolute) and _is_text(absolute):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="phystd-") as temporary:
        link = os.path.join(temporary, "folder")
        os.symlink(absolute, link)
        yield link


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
