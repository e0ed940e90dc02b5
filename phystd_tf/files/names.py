"""What the name of a file says about it, and when two names are the same."""

import os
import stat
import unicodedata
from collections.abc import Iterable
from typing import Optional, Union


def has_suffix(path: str, suffixes: Union[str, tuple[str, ...]]) -> bool:
    """Whether a name ends with a suffix, in any case, and the file is neither hidden nor a ``._`` file of macOS.

    Args:
      path: path of the file; only its name is used.
      suffixes: one or several, in lower case.
    """
    name = os.path.basename(path)
    return not name.startswith(".") and name.lower().endswith(suffixes)


def folded(name: str) -> str:
    """The form in which names are compared: case, the encoding of accents, and spaces around them do not matter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()


def first_spellings(names: Iterable[str]) -> dict[str, str]:
    """Maps each name to the alphabetically first of those that are the same (see ``folded``)."""
    first: dict[str, str] = {}
    distinct = sorted(set(names))
    for name in distinct:
        first.setdefault(folded(name), name)
    return {name: first[folded(name)] for name in distinct}


def printable(text: str) -> str:
    """A file name, or a sentence with one, as text for files in UTF-8; bytes that are not valid UTF-8 are escaped."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def not_a_file(path: str) -> Optional[str]:
    """Why a path is not a file that can be read, such as "no such file"; None if it is one."""
    try:
        status = os.stat(path)
    except OSError as error:
        if is_dangling(path):
            return f"a link to {os.readlink(path)}, which does not exist"
        return "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
    if stat.S_ISDIR(status.st_mode):
        return "a folder"
    if not stat.S_ISREG(status.st_mode):
        return "a pipe or a device"  # reading may never end
    return None if status.st_size else "the file is empty"


def is_dangling(path: str) -> bool:
    """Whether a path is a link to something that does not exist."""
    return os.path.islink(path) and not os.path.exists(path)
