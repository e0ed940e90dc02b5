"""The threshold that was stored next to a score file when it was written."""

import json
import math
import os
from typing import NamedTuple, Optional

import numpy as np
import pandas as pd

from phystd_tf.evaluation.scores import ScoreFileError
from phystd_tf.liveness import TERMS, liveness_score


class StoredThreshold(NamedTuple):
    """A threshold and what the scores were made with.

    Attributes:
      threshold: live is ``score >= threshold``.
      alpha0: weight of the traces in Eq. (10) that the scores were made with.
      source: which scores both were chosen on.
      split: which split the score file is of.
    """

    threshold: float
    alpha0: float
    source: str
    split: str


def details_path(scores_path: str) -> str:
    """Where ``tools.score`` says how a score file was made: its neighbor, test.json of test.csv."""
    return f"{os.path.splitext(scores_path)[0]}.json"


def stored_threshold(scores_path: str) -> Optional[StoredThreshold]:
    """The threshold stored next to a score file, or None if there is none.

    A neighbor without an operating point belongs to something else, such as
    error rates, and counts as none.

    Raises:
      ScoreFileError: if there is an operating point and it is damaged.
    """
    path = details_path(scores_path)
    try:
        with open(path, encoding="utf-8") as file:
            details = json.load(file)
    except (OSError, ValueError):
        return None
    if not isinstance(details, dict) or "operating_point" not in details:
        return None
    try:
        point = details["operating_point"]
        stored = StoredThreshold(
            float(point["threshold"]), float(point["alpha0"]), str(point["source"]), str(details["split"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ScoreFileError(f"{path}: its operating point is damaged ({error}); score again") from error
    if not (math.isfinite(stored.threshold) and math.isfinite(stored.alpha0)):
        raise ScoreFileError(f"{path}: its operating point is damaged (not a finite number); score again")
    return stored


def require_made_with(scores: pd.DataFrame, stored: StoredThreshold, scores_path: str) -> None:
    """Refuses a stored threshold that is not of these scores: a file may have been replaced since.

    Raises:
      ScoreFileError: if the scores are not those of Eq. (10) with the stored alpha0.
    """
    if all(name in scores for name in TERMS):
        expected = liveness_score(*(scores[name] for name in TERMS), alpha0=stored.alpha0)
        # Score files hold nine digits of each number.
        if np.allclose(scores["score"], expected, rtol=1e-5, atol=1e-6):
            return
    raise ScoreFileError(
        f"{details_path(scores_path)} does not belong to {scores_path}: these scores were not made with its "
        "alpha0; give --dev_scores=FILE"
    )
