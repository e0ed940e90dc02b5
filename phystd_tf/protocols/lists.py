"""The user's own copy of lists of clips: one name per line, as shipped with a dataset or with published code."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from phystd_tf.files.text import TextFileError, read_lines
from phystd_tf.protocols.clip_facts import prefix_of
from phystd_tf.protocols.rules import ProtocolError

_SHOWN = 60  # characters of a wrong line
_VIDEO_SUFFIXES = (".mov", ".avi", ".mp4", ".dat")


class Names(NamedTuple):
    """The contents of a list.

    Attributes:
      lines: line number (from 1) -> name such as ``Mask_Half_12``, including repeated names.
      wrong: numbers of the lines that do not hold such a name; empty lines are ignored.
    """

    lines: dict[int, str]
    wrong: list[int]

    @property
    def once(self) -> list[str]:
        """The distinct names in order; lists repeat names to balance the types, which has no effect here."""
        return list(dict.fromkeys(self.lines.values()))


def names_in(lines: Sequence[str]) -> Names:
    """Parses the lines of a list; folders before a name and a video suffix after it are tolerated."""
    names = Names({}, [])
    for number, line in enumerate(lines, start=1):
        stem = line.strip().replace("\\", "/").rsplit("/", 1)[-1]
        if not stem:
            continue
        bare, suffix = os.path.splitext(stem)
        stem = bare if suffix.lower() in _VIDEO_SUFFIXES else stem
        if prefix_of(stem) and stem.rpartition("_")[2].isdigit():
            names.lines[number] = stem
        else:
            names.wrong.append(number)
    return names


def read_stems(path: str) -> list[str]:
    """Reads the distinct names of a list, in order.

    Args:
      path: path of the list; a byte order mark and any kind of line ending are accepted.

    Returns:
      Names such as ``Mask_Half_12``.

    Raises:
      ProtocolError: if the file cannot be read, is empty, or has a line that is not such a name.
    """
    try:
        lines = read_lines(path).rows
    except TextFileError as error:
        raise ProtocolError(str(error)) from error
    names = names_in(lines)
    if names.wrong:
        number = names.wrong[0]
        shown = lines[number - 1].strip()[:_SHOWN]
        raise ProtocolError(f"{path}, line {number}: {shown!r} is not a name such as Mask_Half_12")
    if not names.lines:
        raise ProtocolError(f"{path}: the list is empty")
    return names.once


def read_lists(folder: str, files: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Reads the names of each split.

    Args:
      folder: folder with the lists.
      files: split -> file names of the lists that make it up.

    Returns:
      Split -> distinct names.

    Raises:
      ProtocolError: if a file is missing or cannot be used.
    """
    missing = [name for names in files.values() for name in names if not has_list(folder, name)]
    if missing:
        why = "" if os.path.isdir(folder) else " (no such folder)"
        raise ProtocolError(f"{folder}: lacks {', '.join(missing)}{why}; give the folder of the lists")
    return {
        split: list(dict.fromkeys(stem for name in names for stem in read_stems(os.path.join(folder, name))))
        for split, names in files.items()
    }


def has_list(folder: str, name: str) -> bool:
    """Returns whether the folder holds a list with this file name."""
    return os.path.isfile(os.path.join(folder, name))
