"""Checks, before any work, that a program will not overwrite its inputs or the files of others."""

import csv
import json
import os
import stat
import zipfile
from collections.abc import Collection, Iterable, Sequence
from typing import Callable, NamedTuple, Optional, Union

from phystd_tf.errors import PhystdError

_START = 4096  # bytes at the start of a text file in which its mark must be


class OutputError(PhystdError):
    """An output cannot be written, or would destroy a file; the message names it."""


class Output(NamedTuple):
    """A file that a program will write.

    Attributes:
      path: path of the file.
      is_own: whether an existing file, given by its path, is one that this program wrote and may therefore replace.
    """

    path: str
    is_own: Callable[[str], bool]


def check_outputs(outputs: Sequence[Output], inputs: Iterable[str] = ()) -> None:
    """Refuses outputs that would destroy something; call it before any work, with all that will be written.

    Files are compared by identity, not by path: a link counts as the file that it leads to.

    Args:
      outputs: all files that will be written, including those written next to others.
      inputs: all files that are read, and paths that belong to something else whether or not they exist yet.

    Raises:
      OutputError: if an output is an input or another output, exists and was not written by this program, or cannot be
        written there.
    """
    read = _known_files(inputs)
    written: dict[Union[str, tuple[int, int]], str] = {}
    for output in outputs:
        path = output.path
        for key in _identities(path):
            if key in read:
                why = f"it is read or belongs to what is read ({read[key]})"
                raise OutputError(f"{path} would be overwritten, but {why}; give another --out")
            if key in written:
                raise OutputError(f"{path} and {written[key]} are one file, but both are written; give another --out")
        written.update(dict.fromkeys(_identities(path), path))
        check_place(path)
        if os.path.lexists(path):
            _check_existing(output)


def check_folder(path: str, own_files: Callable[[str], Optional[Collection[str]]], what: str) -> None:
    """Refuses to replace a folder unless this program wrote everything in it.

    Args:
      path: path of the folder that will be written as a whole; it may be missing or empty.
      own_files: returns, for the path of a folder, the relative paths (with slashes) of the files that this program
        wrote there; None if this program did not write the folder.
      what: name of such a folder for messages, such as "an export".

    Raises:
      OutputError: names what is in the way.
    """
    check_place(path)
    if not os.path.lexists(path):
        return
    if not os.path.isdir(path):
        raise OutputError(f"{path} exists and is not a folder; give another --out")
    found = files_below(path)
    if not found:
        return
    own = own_files(path)
    if own is None:
        raise OutputError(f"{path} exists and is not {what}; give another --out or remove it")
    others = sorted(set(found) - set(own))
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise OutputError(
            f"{path} holds files that are not of {what} ({others[0]}{more}); move them or give another --out"
        )


def check_place(path: str) -> None:
    """Refuses a path whose folder cannot be created or written.

    Raises:
      OutputError: names the folder.
    """
    above = os.path.dirname(os.path.realpath(path))
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    if not os.path.isdir(above):
        raise OutputError(f"{path} cannot be written ({above} is not a folder)")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written (no permission to write in {above})")


def files_below(folder: str) -> list[str]:
    """The relative paths, with slashes, of all files below a folder; links are not followed."""
    found = []
    for place, folders, names in os.walk(folder):
        names += [name for name in folders if os.path.islink(os.path.join(place, name))]
        found += [os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/") for name in names]
    return sorted(found)


def is_table(*columns: str) -> Callable[[str], bool]:
    """For ``Output``: whether a file is a CSV with exactly these columns."""

    def check(path: str) -> bool:
        try:
            with open(path, encoding="utf-8", newline="") as file:
                return next(csv.reader([file.readline(_START)]), None) == list(columns)
        except (OSError, ValueError, csv.Error):
            return False

    return check


def is_object(*keys: str) -> Callable[[str], bool]:
    """For ``Output``: whether a file is a JSON object with all these keys."""

    def check(path: str) -> bool:
        try:
            with open(path, encoding="utf-8") as file:
                value = json.load(file)
        except (OSError, ValueError, RecursionError):
            return False
        return isinstance(value, dict) and set(keys) <= set(value)

    return check


def is_json_lines(*keys: str) -> Callable[[str], bool]:
    """For ``Output``: whether the first line of a file is a JSON object with exactly these keys."""

    def check(path: str) -> bool:
        try:
            with open(path, encoding="utf-8") as file:
                value = json.loads(file.readline(_START))
        except (OSError, ValueError, RecursionError):
            return False
        return isinstance(value, dict) and set(keys) == set(value)

    return check


def is_archive(*names: str) -> Callable[[str], bool]:
    """For ``Output``: whether a file is a zip archive, as .npz are, with all these members."""

    def check(path: str) -> bool:
        try:
            with zipfile.ZipFile(path) as archive:
                return set(names) <= set(archive.namelist())
        except (OSError, ValueError, zipfile.BadZipFile):
            return False

    return check


def has_mark(mark: bytes) -> Callable[[str], bool]:
    """For ``Output``: whether these bytes are at the start of a file."""

    def check(path: str) -> bool:
        try:
            with open(path, "rb") as file:
                return mark in file.read(_START)
        except OSError:
            return False

    return check


def _known_files(paths: Iterable[str]) -> dict[Union[str, tuple[int, int]], str]:
    return {key: path for path in paths for key in _identities(path)}


def _identities(path: str) -> list[Union[str, tuple[int, int]]]:
    """Keys that two paths of one file share: its path without links and, if it exists, its device and inode."""
    keys: list[Union[str, tuple[int, int]]] = [os.path.realpath(path)]
    try:
        found = os.stat(path)
    except OSError:
        return keys
    return [*keys, (found.st_dev, found.st_ino)]


def _check_existing(output: Output) -> None:
    path = output.path
    if os.path.isdir(path):
        raise OutputError(f"{path} cannot be written (it is a folder)")
    if not os.path.exists(path):
        return  # a link to a file that does not exist yet
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise OutputError(f"{path} cannot be written (it is not a regular file)")
    if not os.access(path, os.W_OK):
        raise OutputError(f"{path} cannot be written (it is write-protected)")
    if found.st_size and not output.is_own(path):
        raise OutputError(f"{path} exists and was not written by this program; give another --out or remove it")
