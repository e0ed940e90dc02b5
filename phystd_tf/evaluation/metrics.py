"""Error rates of presentation attack detection (ISO/IEC 30107-3), and related ones.

Everywhere: label 1 is live (bona fide), 0 is spoof (attack); a score is a
liveness score, and a presentation is called live when ``score >= threshold``.
A rate over no presentations is undefined, which is None and never 0. A score
that is not finite raises a ValueError in every rate that uses it: it would count
as an accepted spoof or a rejected live face.
"""

from typing import NamedTuple, Optional

import numpy as np
from numpy.typing import ArrayLike


class EqualErrorRate(NamedTuple):
    """The equal error rate and its threshold."""

    eer: float
    threshold: float


def bpcer(live_scores: ArrayLike, threshold: float) -> Optional[float]:
    """Share of bona fide presentations classified as attacks; None if there are none."""
    return _share(_finite(live_scores) < threshold)


def apcer(spoof_scores: ArrayLike, threshold: float) -> Optional[float]:
    """Share of attack presentations of one PAI species classified as bona fide; None if there are none."""
    return _share(_finite(spoof_scores) >= threshold)


def apcer_by_type(labels: ArrayLike, scores: ArrayLike, types: ArrayLike, threshold: float) -> dict[str, float]:
    """APCER of each PAI species, by its name in alphabetical order; empty if there is no attack."""
    values, kinds = np.asarray(scores, np.float64), np.asarray(types)
    spoof = np.asarray(labels) == 0
    rates = {str(kind): apcer(values[spoof & (kinds == kind)], threshold) for kind in np.unique(kinds[spoof])}
    return {kind: rate for kind, rate in rates.items() if rate is not None}


def worst_apcer(by_type: dict[str, float]) -> Optional[float]:
    """APCER as the standard reports it: that of the worst PAI species; None if there is none."""
    return max(by_type.values(), default=None)


def half_total(first: Optional[float], second: Optional[float]) -> Optional[float]:
    """Half the sum of two rates: ACER of APCER and BPCER, HTER of FAR and FRR; None if one is undefined."""
    return None if first is None or second is None else (first + second) / 2.0


def equal_error_rate(labels: ArrayLike, scores: ArrayLike) -> EqualErrorRate:
    """Finds where the rates of accepted spoofs and of rejected live faces meet.

    Candidate thresholds are the scores and one value above them all. With ties
    and few samples, the two rates need not meet exactly. Of the thresholds where
    they differ least, the one with the smallest mean of the two is taken, then
    the highest, which rejects more spoofs; the EER is that mean.

    Args:
      labels: 1 live, 0 spoof.
      scores: liveness scores.

    Returns:
      EqualErrorRate. The threshold lies halfway between neighboring scores, so
      that rounding does not move a sample across it.

    Raises:
      ValueError: if a class is missing or a score is not finite.
    """
    live, spoof = _two_classes(labels, scores)
    values = np.unique(np.concatenate([live, spoof]))
    thresholds = np.append(values, np.nextafter(values[-1], np.inf))
    refused = np.searchsorted(np.sort(live), thresholds, side="left") / len(live)
    accepted = 1.0 - np.searchsorted(np.sort(spoof), thresholds, side="left") / len(spoof)
    index = where_rates_meet(refused, accepted)
    threshold = thresholds[index]
    if 0 < index < len(values):
        threshold = (values[index - 1] + values[index]) / 2.0
        if not values[index - 1] < threshold <= values[index]:  # neighbors in floating point
            threshold = values[index]
    return EqualErrorRate(float(refused[index] + accepted[index]) / 2.0, float(threshold))


def where_rates_meet(refused: np.ndarray, accepted: np.ndarray) -> int:
    """The index of the equal error rate among rates at increasing thresholds, by the rule of ``equal_error_rate``.

    Args:
      refused: share of live faces below each threshold.
      accepted: share of spoofs not below it.
    """
    gap = np.abs(refused - accepted)
    best = np.flatnonzero(gap <= gap.min() + 1e-12)
    mean = (refused[best] + accepted[best]) / 2.0
    return int(best[mean <= mean.min() + 1e-12][-1])


def area_under_curve(labels: ArrayLike, scores: ArrayLike) -> float:
    """Probability that a live face scores above a spoof, ties counted half.

    Raises:
      ValueError: if a class is missing or a score is not finite.
    """
    live, spoof = _two_classes(labels, scores)
    ordered = np.sort(spoof)
    below = np.searchsorted(ordered, live, side="left")
    upto = np.searchsorted(ordered, live, side="right")
    return float((below + upto).sum() / (2.0 * len(live) * len(spoof)))


def threshold_at_fdr(live_scores: ArrayLike, fdr: float) -> float:
    """The highest threshold that flags at most ``fdr`` of live faces as spoof.

    With fewer than 1 / fdr live faces, none may be flagged: the threshold is
    then the lowest live score.

    Raises:
      ValueError: if there is no live score, one is not finite, or fdr is not in [0, 1).
    """
    live = np.sort(_finite(live_scores))
    if not len(live):
        raise ValueError("a threshold at a false detection rate needs live scores")
    if not 0 <= fdr < 1:
        raise ValueError(f"a false detection rate lies in [0, 1), not {fdr}")
    allowed = int(np.floor(fdr * len(live) + 1e-9))
    return float(live[allowed])


def tdr(spoof_scores: ArrayLike, threshold: float) -> Optional[float]:
    """True detection rate: share of spoof faces flagged as spoof; None if there are none."""
    return _share(_finite(spoof_scores) < threshold)


def tdr_by_type(labels: ArrayLike, scores: ArrayLike, types: ArrayLike, threshold: float) -> dict[str, float]:
    """True detection rate of each PAI species, by its name in alphabetical order; empty if there is no attack."""
    return {kind: 1.0 - rate for kind, rate in apcer_by_type(labels, scores, types, threshold).items()}


def acer_by_type(by_type: dict[str, float], live_rate: Optional[float]) -> dict[str, float]:
    """ACER of each PAI species (columns of Table 3): half the sum of its APCER and the BPCER of all live faces.

    Args:
      by_type: from ``apcer_by_type``.
      live_rate: from ``bpcer``, at the same threshold.

    Returns:
      Rates by the name of the species; empty if there is no live face.
    """
    return {} if live_rate is None else {kind: (rate + live_rate) / 2.0 for kind, rate in by_type.items()}


def _two_classes(labels: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    known, values = np.asarray(labels), _finite(scores)
    if not np.isin(known, (0, 1)).all():
        raise ValueError("a label is neither 1 (live) nor 0 (spoof)")
    live, spoof = values[known == 1], values[known == 0]
    if not len(live) or not len(spoof):
        raise ValueError(f"both classes are needed, not {len(live)} live and {len(spoof)} spoof")
    return live, spoof


def _finite(scores: ArrayLike) -> np.ndarray:
    values = np.asarray(scores, np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a score is not finite")
    return values


def _share(hits: np.ndarray) -> Optional[float]:
    return float(hits.mean()) if len(hits) else None
