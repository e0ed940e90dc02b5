"""Kinds of fields of a frozen dataclass: each field carries its type and its limits, and both are checked.

The numbers themselves are in ``phystd_tf.hparams``.
"""

import dataclasses
import typing
from typing import Any, Callable, Optional

from phystd_tf.errors import PhystdError

Ints = tuple[int, ...]


class HParamsError(PhystdError, ValueError):
    """A hyper-parameter is unknown, of the wrong type, or impossible."""


def positive(default: float) -> Any:
    """A number above 0."""
    return _field(default, lambda value: value > 0, "must be positive")


def below_1(default: float) -> Any:
    """A number in [0, 1)."""
    return _field(default, lambda value: 0 <= value < 1, "must be below 1, and not negative")


def probability(default: float) -> Any:
    """A number in [0, 1]."""
    return _field(default, lambda value: 0 <= value <= 1, "is a probability")


def signed(default: Optional[float]) -> Any:
    """A number of either sign; without this, a number must not be negative."""
    return _field(default, lambda value: True, "")


def one_of(*choices: Any) -> Any:
    """One of ``choices``; the first is the default."""
    names = ", ".join(map(str, choices))
    return _field(choices[0], lambda value: value in choices, f"must be one of {names}", choices=choices)


def counts(default: Ints, length: Optional[int] = None, what: str = "entries") -> Any:
    """Positive whole numbers, ``length`` of them."""

    def fits(value: Ints) -> bool:
        return all(item > 0 for item in value) and len(value) == (length or len(value)) and bool(value)

    needed = "" if length is None else f", {_IN_WORDS[length]} {what}"
    return _field(default, fits, f"must be positive throughout{needed}")


_MOST = 1_000_000_000  # no sensible number is larger, and larger ones overflow
_IN_WORDS = {3: "three", 4: "four"}


def _field(default: Any, fits: Callable[[Any], bool], what: str, **more: Any) -> Any:
    return dataclasses.field(default=default, metadata={"fits": fits, "what": what, **more})


def check_types(hparams: Any) -> None:
    """Checks that each field of a dataclass has a value of its type.

    Raises:
      HParamsError: names the field, what it must be and what it is.
    """
    hints = typing.get_type_hints(type(hparams))
    for field in dataclasses.fields(hparams):
        value = getattr(hparams, field.name)
        hint = hints[field.name]
        if typing.get_origin(hint) is typing.Union:  # Optional[...]
            if value is None:
                continue
            hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
        if hint == Ints:
            good = isinstance(value, tuple) and all(type(item) is int for item in value)
            wanted = "a list of whole numbers"
        elif hint is float:
            good = type(value) in (int, float) and value == value and abs(value) != float("inf")
            wanted = "a finite number"
        else:
            good = type(value) is hint
            wanted = {int: "a whole number", str: "a string", bool: "true or false"}[hint]
        if not good:
            raise HParamsError(f"{field.name} must be {wanted}, not {value!r}")


def check_limits(hparams: Any) -> None:
    """Checks that each field of a dataclass is within its limits; numbers must not be negative unless ``signed``.

    Raises:
      HParamsError: names the field, its limit and its value.
    """
    for field in dataclasses.fields(hparams):
        value = getattr(hparams, field.name)
        numbers = value if isinstance(value, tuple) else (value,)
        if any(type(number) in (int, float) and abs(number) > _MOST for number in numbers):
            raise HParamsError(f"{field.name} must not exceed {_MOST:,}, not {value!r}")
        if field.metadata:
            if value is not None and not field.metadata["fits"](value):
                raise HParamsError(f"{field.name} {field.metadata['what']}, not {value!r}")
        elif type(value) in (int, float) and value < 0:
            raise HParamsError(f"{field.name} must not be negative, not {value!r}")
