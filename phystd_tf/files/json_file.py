"""Reads JSON files, with one kind of error for all problems."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any, Callable, TypeVar

from phystd_tf.errors import PhystdError

Record = TypeVar("Record")


def read_json(path: str, error: type[PhystdError], advice: str = "", kind: type = dict) -> Any:
    """Reads the object or the list in a JSON file.

    Args:
      path: path of the file.
      error: type of the error if the file is missing, cannot be read, is not JSON, or is not of this kind.
      advice: what the user can do about it, appended to the message.
      kind: dict or list.

    Returns:
      The value.
    """
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file, parse_constant=_refuse_constant)
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror}){_and(advice)}") from problem
    except (ValueError, RecursionError) as problem:
        raise error(f"{path}: not a JSON file ({problem}){_and(advice)}") from problem
    if not isinstance(value, kind):
        raise error(f"{path}: not a JSON {'object' if kind is dict else 'list'}{_and(advice)}")
    return value


def read_record(path: str, kind: Callable[..., Record], error: type[PhystdError], what: str, advice: str) -> Record:
    """Reads a JSON object as the named tuple from which it was written.

    Args:
      path: path of the file.
      kind: the named tuple.
      error: as in ``read_json``; also raised if the keys are not the fields of the tuple.
      what: what the file should be, for the message.
      advice: as in ``read_json``.
    """
    values = read_json(path, error, advice)
    try:
        return kind(**values)
    except TypeError as problem:
        raise error(f"{path}: not {what} ({problem}); {advice}") from problem


@contextlib.contextmanager
def expected_form(path: str, what: str, error: type[PhystdError], advice: str = "") -> Iterator[None]:
    """Wraps a block that uses the values of a JSON file: if they have another form, the error names the file.

    Args:
      path: path of the file.
      what: what the file should be, for the message.
      error: type of the error.
      advice: as in ``read_json``.
    """
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise error(f"{path}: not {what} ({type(problem).__name__}: {problem}){_and(advice)}") from problem


def _refuse_constant(name: str) -> None:
    """Rejects NaN and Infinity, which Python would read: they are neither JSON nor usable numbers."""
    raise ValueError(f"{name} is not a number of JSON")


def _and(advice: str) -> str:
    return f"; {advice}" if advice else ""
