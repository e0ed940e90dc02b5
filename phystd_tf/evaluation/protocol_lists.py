"""The user's own copy of lists of clips: one name a line, as they come with a dataset or with published code."""

import os
from typing import Dict, List, Mapping, Sequence

from phystd_tf.evaluation.protocol_rules import ProtocolError, prefix_of

_ENDINGS = (".mov", ".avi", ".mp4", ".dat")


def read_stems(path: str) -> List[str]:
    """The names in a list, each once, in their order.

    Lists repeat names to balance the types; that is of no concern here. Byte order
    marks, Windows line ends, folders before a name and the ending of a video after
    it are tolerated.

    Args:
      path: of the list.

    Returns:
      Names like ``Mask_Half_12``.

    Raises:
      ProtocolError: if the file cannot be read, is empty, or a line is no such name.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProtocolError(f"{path}: the list cannot be read ({error})") from error
    stems: Dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        stem = line.strip().replace("\\", "/").rsplit("/", 1)[-1]
        if not stem:
            continue
        bare, ending = os.path.splitext(stem)
        if ending.lower() in _ENDINGS:
            stem = bare
        if not prefix_of(stem) or not stem.rpartition("_")[2].isdigit():
            raise ProtocolError(f"{path}, line {number}: '{line.strip()}' is no name like Mask_Half_12")
        stems[stem] = None
    if not stems:
        raise ProtocolError(f"{path}: the list is empty")
    return list(stems)


def read_lists(folder: str, files: Mapping[str, Sequence[str]]) -> Dict[str, List[str]]:
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
