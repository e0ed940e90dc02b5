"""Checks that each line of a score file is one row, before the values are parsed.

A CSV reader takes a stray quotation mark as the start of a value that continues on the next lines, and silently
merges rows. A score file has no such values, so each line can be checked on its own.
"""

import collections
import csv
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from phystd_tf.errors import PhystdError
from phystd_tf.evaluation.progress import progress

# Column separators of other programs, with their names for messages.
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}

# A value in quotation marks, or one without any; joined by commas.
_VALUE = r'(?: *"(?:[^"]|"")*"|[^",]*)'
_ROW = re.compile(f"{_VALUE}(?:,{_VALUE})*")
_LONGEST = 2**17  # characters of a line; rows are shorter, and a file without line ends does not fill the memory


class ScoreFileError(PhystdError):
    """A score file cannot be used; the message names it and says why."""


class CheckedLines(NamedTuple):
    """The lines of a score file.

    Attributes:
      header: the names in its first line.
      rows: number of all further lines, including empty ones.
    """

    header: list[str]
    rows: int


def check_lines(path: str) -> CheckedLines:
    """Checks that each line of a score file is a row with as many values as the header has names; empty lines pass.

    Args:
      path: path of the file, in UTF-8.

    Returns:
      CheckedLines.

    Raises:
      ScoreFileError: names the file and the line.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise ScoreFileError(f"{path}: not a score file that can be read (it is not a regular file)")
    try:
        with open(path, encoding="utf-8-sig") as file:
            header = _header(file.readline(_LONGEST), path)
            lines, number = iter(lambda: file.readline(_LONGEST), ""), 1
            for number, line in enumerate(progress(lines, "checking lines", "row", unit_scale=True), start=2):
                plain = '"' not in line and "\0" not in line
                count = line.count(",") + 1 if plain else len(_values(line, path, number))
                if count != len(header) and line.strip():
                    raise ScoreFileError(f"{path}, line {number}: {_wrong_count(count, header)}")
    except UnicodeDecodeError as error:
        raise ScoreFileError(f"{path}: not a score file that can be read (not UTF-8: {error.reason})") from error
    except OSError as error:
        raise ScoreFileError(f"{path}: not a score file that can be read ({error.strerror})") from error
    return CheckedLines(header, number - 1)


def refuse_rows(bad: pd.Series, path: str, why: str) -> None:
    """Refuses a score file if some of its rows are wrong.

    Args:
      bad: which rows are wrong; its index is the position of each row below the header, from 0.
      path: path of the file.
      why: what is wrong with them.

    Raises:
      ScoreFileError: names the first lines, if there is a bad row.
    """
    lines = [index + 2 for index in bad.index[bad]]  # line 1 is the header
    if lines:
        more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
        raise ScoreFileError(f"{path}, line {', '.join(map(str, lines[:3]))}{more}: {why}")


def refuse_lacking(missing: Sequence[str], present: Sequence[str], path: str) -> None:
    """Refuses a score file that lacks columns.

    Args:
      missing: names of the columns that it lacks.
      present: names of the columns that it has.
      path: path of the file.

    Raises:
      ScoreFileError: names both, if one is missing.
    """
    if missing:
        raise ScoreFileError(f"{path} lacks the column(s) {', '.join(missing)}; it has {', '.join(present)}")


def _header(line: str, path: str) -> list[str]:
    if not line.strip():
        raise ScoreFileError(f"{path}: not a score file that can be read (its first line is empty)")
    for separator, name in _OTHER_SEPARATORS.items():
        if separator in line and "," not in line:
            raise ScoreFileError(
                f"{path}: its columns are separated by {name}; a score file has commas between columns, and points in "
                "numbers (some spreadsheets write ';' and decimal commas: export it as CSV of the English language)"
            )
    if len(line) == _LONGEST:
        raise ScoreFileError(f"{path}: not a score file that can be read (its first line is endless)")
    names = [name.strip() or f"column {number}" for number, name in enumerate(_values(line, path, 1))]
    twice = sorted(name for name, times in collections.Counter(names).items() if times > 1)
    if twice:
        raise ScoreFileError(f"{path} has the column '{twice[0]}' twice")
    return names


def _values(line: str, path: str, number: int) -> list[str]:
    """The values of a line, which may be in quotation marks."""
    line = line.rstrip("\r\n")
    if "\0" in line:
        raise ScoreFileError(f"{path}, line {number}: not text (a byte of zero)")
    if not _ROW.fullmatch(line):
        raise ScoreFileError(
            f"{path}, line {number}: a stray quotation mark; a value that holds one, or a comma, must be enclosed in "
            "quotation marks, and each one within it written twice"
        )
    return next(csv.reader([line], skipinitialspace=True), [""])


def _wrong_count(count: int, header: Sequence[str]) -> str:
    if count > len(header):
        more = f"{count} values, more than the {len(header)} names in the header"
        return f"{more} (a decimal comma, or a comma in a name without quotation marks?)"
    return f"{count} values, but the header has {len(header)} names; the line is cut off, or a value was left out"
