"""The distribution of scores, for the curves of a page: exact counts on either side of some thresholds."""

from typing import Any

import numpy as np
import pandas as pd

from phystd_tf.spoof_types import LIVE

_MOST = 400  # thresholds; more cannot be told apart on a screen
_BINS = 40


def score_curves(scores: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """The data from which ROC, DET and histogram are drawn.

    Args:
      scores: one row per presentation: type, label, score; any number of rows.
      threshold: threshold of the error rates; live is ``score >= threshold``.

    Returns:
      ``thresholds``, ascending, at most a few hundred: all scores if there are few, else quantiles of live and of
      spoof scores, always with ``threshold`` and one above all; ``threshold``, its index among them; ``edges`` of the
      bins of the histogram; and ``types``, live first: name, number, ``below`` (counts of scores below each threshold)
      and ``bins`` (counts per bin).
    """
    values = scores["score"].to_numpy(np.float64)
    chosen = np.unique(values)
    if len(chosen) > _MOST:
        shares = np.linspace(0, 1, _MOST // 2)
        halves = [values[scores["label"] == label] for label in (0, 1)]
        chosen = np.unique([np.quantile(half, shares, method="lower") for half in halves if len(half)])
    above = np.nextafter(max(chosen[-1], threshold), np.inf)
    thresholds = np.unique([*chosen, threshold, above])
    edges = np.linspace(values.min(), values.max() if np.ptp(values) else values.min() + 1, _BINS + 1)
    types = []
    for kind in sorted(scores["type"].unique(), key=lambda name: (name != LIVE, name)):
        own = np.sort(values[(scores["type"] == kind).to_numpy()])
        types.append({
            "name": str(kind),
            "number": len(own),
            "below": np.searchsorted(own, thresholds, side="left").tolist(),
            "bins": np.histogram(own, edges)[0].tolist(),
        })  # fmt: skip
    return {
        "thresholds": thresholds.tolist(),
        "threshold": int(np.searchsorted(thresholds, threshold)),
        "edges": edges.tolist(),
        "types": types,
    }
