"""Reads JSON files, with one kind of error for all that can be wrong with them."""

import json
from typing import Any

from phystd_tf.errors import PhystdError


def read_json(path: str, error: type[PhystdError], advice: str = "", kind: type = dict) -> Any:
    """The object, or the list, in a JSON file.

    Args:
      path: of the file.
      error: what is raised where the file is missing, cannot be read, is not JSON, or is not of this kind.
      advice: what the user can do about it, appended to the message.
      kind: dict or list.

    Returns:
      The value.
    """
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror}){_and(advice)}") from problem
    except ValueError as problem:
        raise error(f"{path}: not a JSON file ({problem}){_and(advice)}") from problem
    if not isinstance(value, kind):
        raise error(f"{path}: not a JSON {'object' if kind is dict else 'list'}{_and(advice)}")
    return value


def _and(advice: str) -> str:
    return f"; {advice}" if advice else ""
