"""Confusion matrices, Tables 6 and 7: rows are labels, columns are predictions."""

from collections.abc import Sequence

import numpy as np


def confusion_counts(labels: np.ndarray, predictions: np.ndarray, num_classes: int) -> np.ndarray:
    """Counts the samples by label and prediction.

    Args:
      labels: [n] integers in [0, num_classes).
      predictions: [n] integers in [0, num_classes).
      num_classes: k.

    Returns:
      [k, k] int64; row = label, column = prediction.
    """
    counts = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(counts, (labels, predictions), 1)
    return counts


def accuracy(counts: np.ndarray) -> float:
    """Share of correct predictions among the samples of all classes, Sec. 4.4; NaN without a sample."""
    total = counts.sum()
    return float(np.trace(counts) / total) if total else float("nan")


def merge_classes(counts: np.ndarray, merged: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Treats several classes as one, as Sec. 4.4 does with both prints and both replays.

    Args:
      counts: [k, k] confusion matrix.
      merged: for each of the k classes, the name of the class that it becomes part of.

    Returns:
      (names of the m merged classes in order of first appearance, [m, m] confusion matrix).
    """
    names = tuple(dict.fromkeys(merged))
    member = np.array([[name == each for each in merged] for name in names], counts.dtype)  # [m, k]
    return names, member @ counts @ member.T
