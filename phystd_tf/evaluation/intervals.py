"""95 % intervals of error rates: a bootstrap over subjects.

Clips of one person are not independent, so people, not clips, are drawn with
replacement. A clip of an unknown subject is a person of its own. The rows of a
subject drawn k times count k times, so nothing is sorted or copied again.
"""

from typing import Optional

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from phystd_tf.evaluation import metrics
from phystd_tf.evaluation.progress import progress

ROUNDS = 500
_BLOCKS = 1024  # of thresholds; the one that holds the EER of a draw is found first
Interval = Optional[list[float]]  # 2.5 and 97.5 percentiles; None if there is one subject, or nothing to draw from


def eer_interval(test: pd.DataFrame, seed: int = 0, rounds: int = ROUNDS) -> Interval:
    """Interval of the equal error rate.

    Args:
      test: one row per presentation: subject, label, score.
      seed: seed of the draws.
      rounds: number of draws.
    """
    subject, names = pd.factorize(test["subject"], sort=True)
    if len(names) < 2:
        return None
    scores = test["score"].to_numpy(np.float64)
    order = np.argsort(scores, kind="stable")
    subject, live, scores = subject[order], test["label"].to_numpy()[order] == 1, scores[order]
    place = np.append(0, np.cumsum(scores[1:] != scores[:-1]))  # among the distinct scores
    # Both rates at the edges of the blocks tell in which block they meet; only that block is searched in detail.
    edges = np.unique(np.linspace(0, place[-1] + 1, _BLOCKS + 1).astype(np.int64))
    starts = np.searchsorted(place, edges)
    block = np.repeat(np.arange(len(edges) - 1), np.diff(starts))
    shape = (len(edges) - 1, len(names))
    blocks = [csr_matrix((np.ones(np.sum(c)), (block[c], subject[c])), shape) for c in (live, ~live)]
    rng = np.random.default_rng(seed)
    rates = []
    for _ in progress(range(rounds), "interval of the EER", "draw"):
        times = _times(rng, len(names))
        below = [_from_0(counts @ times) for counts in blocks]
        if below[0][-1] and below[1][-1]:
            at_edges = below[0] / below[0][-1] - 1.0 + below[1] / below[1][-1]
            met = int(np.argmax(at_edges >= 0.0)) - 1  # it is -1 at the first edge and 1 at the last
            rows = slice(starts[met], starts[met + 1])
            weight, where, of_live = times[subject[rows]], place[rows] - edges[met], live[rows]
            within = [
                before[met] + _from_0(np.bincount(where[c], weight[c], edges[met + 1] - edges[met]))
                for before, c in zip(below, (of_live, ~of_live))
            ]
            refused, accepted = within[0] / below[0][-1], 1.0 - within[1] / below[1][-1]
            index = metrics.where_rates_meet(refused, accepted)
            rates.append((refused[index] + accepted[index]) / 2.0)
    return _percentiles(rates)


def rate_intervals(test: pd.DataFrame, threshold: float, seed: int = 0, rounds: int = ROUNDS) -> dict[str, Interval]:
    """Intervals of the rates at a threshold: apcer (worst type), bpcer, acer and hter.

    Each draw has its own worst type. A draw without one of the classes is left out of the rates that need it.

    Args:
      test: one row per presentation: subject, type, label, score.
      threshold: live is ``score >= threshold``.
      seed: seed of the draws.
      rounds: number of draws.
    """
    subject, names = pd.factorize(test["subject"], sort=True)
    drawn: dict[str, list[float]] = {"apcer": [], "bpcer": [], "acer": [], "hter": []}
    if len(names) < 2:
        return dict.fromkeys(drawn)
    live = test["label"].to_numpy() == 1
    wrong = np.where(live, test["score"].to_numpy() < threshold, test["score"].to_numpy() >= threshold)
    # The live faces are one group, and so is each spoof type: numbers of all and of wrong presentations by subject.
    group, kinds = pd.factorize(test["type"], sort=True)
    cells = subject * len(kinds) + group
    shape = (len(names), len(kinds))
    number = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    errors = np.bincount(cells, wrong, shape[0] * shape[1]).reshape(shape)
    is_live = kinds == "live"
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        times = _times(rng, len(names))
        all_, bad = times @ number, times @ errors
        there = ~is_live & (all_ > 0)
        bpcer = bad[is_live].sum() / all_[is_live].sum() if all_[is_live].sum() else None
        apcer = (bad[there] / all_[there]).max() if there.any() else None
        pooled = bad[~is_live].sum() / all_[~is_live].sum() if there.any() else None
        rates = {
            "apcer": apcer, "bpcer": bpcer, "acer": metrics.half_total(apcer, bpcer),
            "hter": metrics.half_total(pooled, bpcer),
        }  # fmt: skip
        for name, value in rates.items():
            if value is not None:
                drawn[name].append(float(value))
    return {name: _percentiles(values) for name, values in drawn.items()}


def _from_0(counts: np.ndarray) -> np.ndarray:
    """Cumulative sums, starting with 0."""
    return np.append(0.0, np.cumsum(counts))


def _times(rng: np.random.Generator, people: int) -> np.ndarray:
    """How often each person is drawn."""
    return np.bincount(rng.integers(0, people, people), minlength=people)


def _percentiles(rates: list[float]) -> Interval:
    return [float(value) for value in np.percentile(rates, [2.5, 97.5])] if rates else None
