"""Chooses the operating point, alpha0 of Eq. (10) and the threshold, on scores of train or dev."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from phystd_tf.evaluation.metrics import area_under_curve, equal_error_rate
from phystd_tf.evaluation.scores import ScoreFileError, at_level, require_finite_terms
from phystd_tf.liveness import TERMS, liveness_score

# Candidates for the weight of the traces: the depth term is at most 0.5, and
# the sum of the trace terms of a clear spoof between 0.005 and 0.5.
ALPHA0_CANDIDATES = (0.0, *(-float(value) for value in np.round(np.geomspace(0.1, 100.0, 31), 4)))


class Alpha0Choice(NamedTuple):
    """How alpha0 was chosen.

    Attributes:
      alpha0: weight of the traces in Eq. (10).
      eer: equal error rate with it, on the scores it was chosen on.
      threshold: threshold of this EER.
    """

    alpha0: float
    eer: float
    threshold: float


def choose_alpha0(
    terms: pd.DataFrame, candidates: Sequence[float] = ALPHA0_CANDIDATES, level: str = "clip"
) -> Alpha0Choice:
    """Chooses the alpha0 with the lowest equal error rate; never call it on test data.

    Ties go to the larger area under the curve, then to the larger gap between
    the class means in standard deviations, then to the alpha0 closer to 0.

    Args:
      terms: one row per frame of train or dev, with TERMS, label, clip, subject, type.
      candidates: weights to try, at most 0.
      level: "clip" or "frame": what the error rate counts.

    Raises:
      ScoreFileError: if live or spoof is missing, or a term is not finite.
    """
    require_finite_terms(terms)
    clips = at_level(terms, level)
    labels = clips["label"].to_numpy()
    if len(np.unique(labels)) < 2:
        raise ScoreFileError("alpha0 and the threshold need live and spoof clips to choose them on")
    options: list[dict[str, float]] = []
    for alpha0 in candidates:
        scores = liveness_score(*(clips[name].to_numpy() for name in TERMS), alpha0=alpha0)
        eer, threshold = equal_error_rate(labels, scores)
        live, spoof = scores[labels == 1], scores[labels == 0]
        gap = (live.mean() - spoof.mean()) / (scores.std() + 1e-12)
        auc = area_under_curve(labels, scores)
        options.append({"alpha0": alpha0, "eer": eer, "threshold": threshold, "auc": auc, "gap": gap})
    best = min(options, key=lambda o: (round(o["eer"], 9), -round(o["auc"], 9), -round(o["gap"], 3), -o["alpha0"]))
    return Alpha0Choice(best["alpha0"], best["eer"], best["threshold"])
