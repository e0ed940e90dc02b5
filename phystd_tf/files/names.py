"""What the name of a file says of it, and when two names are one."""

import os
import unicodedata
from collections.abc import Iterable
from typing import Union


def has_suffix(path: str, suffixes: Union[str, tuple[str, ...]]) -> bool:
    """Whether a name ends with a suffix, in any case; hidden files and macOS's ``._`` twins do not count.

    Args:
      path: of the file; only its name is looked at.
      suffixes: one, or several, in lower case.
    """
    name = os.path.basename(path)
    return not name.startswith(".") and name.lower().endswith(suffixes)


def folded(name: str) -> str:
    """The form in which names are compared: case, the encoding of accents, and spaces around them do not matter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()


def first_spellings(names: Iterable[str]) -> dict[str, str]:
    """For each name, the first in alphabetical order of those that are the same (see ``folded``)."""
    first: dict[str, str] = {}
    distinct = sorted(set(names))
    for name in distinct:
        first.setdefault(folded(name), name)
    return {name: first[folded(name)] for name in distinct}
