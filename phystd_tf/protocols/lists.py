"""The user's own copy of lists of clips: one name a line, as they come with a dataset or with published code."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from phystd_tf.files.text import TextFileError, read_lines
from phystd_tf.protocols.clip_facts import prefix_of
from phystd_tf.protocols.rules import ProtocolError

_ENDINGS = (".mov", ".avi", ".mp4", ".dat")


class Names(NamedTuple):
    """What the lines of a list say.

    Attributes:
      lines: number of the line (from 1) -> name like ``Mask_Half_12``, repeated ones too.
      wrong: numbers of the lines that are no such name; empty lines are nothing.
    """

    lines: dict[int, str]
    wrong: list[int]

    @property
    def once(self) -> list[str]:
        """The names in their order, each once: lists repeat them to balance the types, which is of no concern here."""
        return list(dict.fromkeys(self.lines.values()))


def names_in(lines: Sequence[str]) -> Names:
    """The names in the lines of a list; folders before a name and the ending of a video after it are tolerated."""
    names = Names({}, [])
    for number, line in enumerate(lines, start=1):
        stem = line.strip().replace("\\", "/").rsplit("/", 1)[-1]
        if not stem:
            continue
        bare, ending = os.path.splitext(stem)
        stem = bare if ending.lower() in _ENDINGS else stem
        if prefix_of(stem) and stem.rpartition("_")[2].isdigit():
            names.lines[number] = stem
        else:
            names.wrong.append(number)
    return names


def read_stems(path: str) -> list[str]:
    """The names in a list, each once, in their order.

    Args:
      path: of the list; byte order marks and line ends of any system are fine.

    Returns:
      Names like ``Mask_Half_12``.

    Raises:
      ProtocolError: if the file cannot be read, is empty, or a line is no such name.
    """
    try:
        lines = read_lines(path).rows
    except TextFileError as error:
        raise ProtocolError(str(error)) from error
    names = names_in(lines)
    if names.wrong:
        number = names.wrong[0]
        raise ProtocolError(f"{path}, line {number}: '{lines[number - 1].strip()}' is no name like Mask_Half_12")
    if not names.lines:
        raise ProtocolError(f"{path}: the list is empty")
    return names.once


def read_lists(folder: str, files: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The names for each split.

    Args:
      folder: with the lists.
      files: split -> names of the files that make it up.

    Returns:
      Split -> names, each once.

    Raises:
      ProtocolError: if a file is missing or cannot be used.
    """
    missing = [name for names in files.values() for name in names if not has_list(folder, name)]
    if missing:
        why = "" if os.path.isdir(folder) else " (there is no such folder)"
        raise ProtocolError(f"{folder}: lacks {', '.join(missing)}{why}; give the folder of the lists")
    return {
        split: list(dict.fromkeys(stem for name in names for stem in read_stems(os.path.join(folder, name))))
        for split, names in files.items()
    }


def has_list(folder: str, name: str) -> bool:
    """Whether the folder has a list."""
    return os.path.isfile(os.path.join(folder, name))
