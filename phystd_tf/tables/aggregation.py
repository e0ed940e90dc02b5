"""Mean and deviation over sub-protocols, spoof types and seeds, as in the tables of the paper."""

from collections.abc import Sequence
from typing import Optional

import numpy as np

from phystd_tf.tables.table import Over, Value


def deviation(values: Sequence[float]) -> Optional[float]:
    """Sample standard deviation, with n - 1, which reproduces Tables 4 and 5 (n does not). None for one value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def over_parts(values: Sequence[float]) -> Value:
    """Mean and deviation over the sub-protocols of Tables 1 and 2, or over the spoof types of Tables 4 and 5.

    Args:
      values: at least one.
    """
    return Value(float(np.mean(values)), deviation(values))


def over_seeds(values: Sequence[Value]) -> Value:
    """Combines the values of several seeds: the mean of their means, and the mean of their deviations.

    Args:
      values: one per seed, at least one.

    Returns:
      Value; its ``over_seeds`` is the deviation of the means.
    """
    means = [value.mean for value in values]
    within = [value.deviation for value in values if value.deviation is not None]
    return Value(float(np.mean(means)), float(np.mean(within)) if within else None, deviation(means))


def over_measurements(overs: Sequence[Over]) -> Over:
    """What several values were measured on: numbers, as a range if they differ, and all thresholds."""
    return Over(
        live=_range([over.live for over in overs]),
        spoof=_range([over.spoof for over in overs]),
        subjects=_range([over.subjects for over in overs]),
        threshold="; ".join(dict.fromkeys(over.threshold for over in overs if over.threshold)),
    )


def _range(texts: Sequence[str]) -> str:
    numbers = sorted({int(part) for text in texts if text for part in text.split(" to ")})
    if not numbers:
        return ""
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
