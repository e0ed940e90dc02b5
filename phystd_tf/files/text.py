"""Small text files that accompany data, as written by people and programs on any system."""

import codecs
import re
from typing import NamedTuple

from phystd_tf.errors import PhystdError


class TextFileError(PhystdError):
    """A text file cannot be read; the message names it."""


class Lines(NamedTuple):
    """A text file.

    Attributes:
      rows: its lines, without line ends; the first one is number 1 in messages.
      oddities: unusual features that are accepted: "a byte order mark", "CRLF line ends".
    """

    rows: list[str]
    oddities: list[str]


def read_lines(path: str) -> Lines:
    """Reads the lines of a text file in UTF-8 (or UTF-16 with a byte order mark), with line ends of any system.

    Invalid bytes become replacement characters, so that the caller finds the line invalid.

    Raises:
      TextFileError: if the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise TextFileError(f"{path}: cannot be read ({error.strerror})") from error
    oddities = []
    encoding = "utf-8"
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            encoding = name
            oddities.append("a byte order mark")
    text = data.decode(encoding, "replace")
    if "\r" in text:
        oddities.append("CRLF line ends")
    rows = re.split(r"\r\n|\r|\n", text)
    return Lines(rows[:-1] if not rows[-1] else rows, oddities)
