"""How a score file was made; ``tools.score`` stores this in a JSON file next to it."""

import math
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

import numpy as np
import pandas as pd

from phystd_tf.evaluation.score_lines import ScoreFileError
from phystd_tf.files.atomic import write_json
from phystd_tf.files.digest import file_sha256
from phystd_tf.files.json_file import read_json
from phystd_tf.liveness import TERMS, TRACE_TERMS, liveness_score

KEYS = ("run", "data", "split", "operating_point")  # in such a file, among others


class Details(NamedTuple):
    """What is known about a score file.

    Attributes:
      threshold: live is ``score >= threshold``.
      alpha0: weight of the traces in Eq. (10) with which the scores were made.
      source: which scores both were chosen on.
      split: split of the score file.
      weights: fingerprint of the weights of the model; empty if unknown.
      sha256: hashes of the files "scores" and, if it was written, "traces"; empty if unknown.
    """

    threshold: float
    alpha0: float
    source: str
    split: str
    weights: str = ""
    sha256: Mapping[str, str] = {}


def details_path(scores_path: str) -> str:
    """The path of the details of a score file: test.json next to test.csv."""
    return f"{os.path.splitext(scores_path)[0]}.json"


def write_details(details: Mapping[str, Any], scores_path: str, traces_path: Optional[str] = None) -> None:
    """Writes the details of a score file next to it; call it last, when the files that it describes are complete.

    Args:
      details: with KEYS.
      scores_path: path of the score file.
      traces_path: path of the measures of traces that were written with it, if any.
    """
    paths = {"scores": scores_path, **({"traces": traces_path} if traces_path else {})}
    digests = {name: file_sha256(path) for name, path in paths.items()}
    write_json({**details, "sha256": digests}, details_path(scores_path))


def read_details(scores_path: str) -> Optional[Details]:
    """Reads the details stored next to a score file; None if there are none.

    A JSON file without an operating point belongs to something else, such as
    error rates, and is ignored.

    Raises:
      ScoreFileError: if the JSON file is damaged.
    """
    path = details_path(scores_path)
    if not os.path.lexists(path):
        return None
    advice = f"it should say how {scores_path} was made; score again, or remove it"
    details = read_json(path, ScoreFileError, advice)
    if "operating_point" not in details:
        return None
    try:
        point, digests = details["operating_point"], details.get("sha256", {})
        found = Details(
            float(point["threshold"]), float(point["alpha0"]), str(point["source"]), str(details["split"]),
            str(point.get("weights", "")), {str(name): str(digest) for name, digest in digests.items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ScoreFileError(f"{path}: its operating point is damaged ({error}); {advice}") from error
    if not (math.isfinite(found.threshold) and math.isfinite(found.alpha0)):
        raise ScoreFileError(f"{path}: its operating point is damaged (not a finite number); {advice}")
    return found


def describes(details: Details, scores: pd.DataFrame, scores_path: str) -> bool:
    """Whether details describe these scores: files may have been edited, cut off or replaced since.

    Args:
      details: from ``read_details``.
      scores: from ``read_scores``.
      scores_path: path of the score file.
    """
    if "scores" in details.sha256 and details.sha256["scores"] != file_sha256(scores_path):
        return False
    return _is_made_with(scores, details.alpha0)


def require_description(details: Details, scores: pd.DataFrame, scores_path: str) -> None:
    """Refuses details that do not describe these scores.

    Raises:
      ScoreFileError: see ``describes``.
    """
    if not describes(details, scores, scores_path):
        raise ScoreFileError(
            f"{details_path(scores_path)} does not belong to {scores_path}: the scores were changed or replaced since; "
            "score again, or give --dev_scores=FILE"
        )


def require_one_scale(scores: pd.DataFrame, path: str, other: pd.DataFrame, other_path: str) -> list[str]:
    """Refuses two score files whose scores cannot be compared, as of two models or two alpha0.

    Args:
      scores: from ``read_scores``, one row per face.
      path: path of the score file.
      other: other scores, such as those of dev.
      other_path: path of their file.

    Returns:
      Warnings, if it is not known how the scores were made.

    Raises:
      ScoreFileError: if they cannot be compared.
    """
    mine, theirs = _origin(scores, path), _origin(other, other_path)
    if mine.weights and theirs.weights and mine.weights != theirs.weights:
        raise ScoreFileError(f"{other_path} and {path} are not of the same weights; score both with one model")
    unknown = [named for origin, named in ((mine, path), (theirs, other_path)) if origin.alpha0 is None]
    if mine.alpha0 is not None and theirs.alpha0 is not None and not _is_made_with(scores, theirs.alpha0):
        raise ScoreFileError(
            f"{other_path} was made with alpha0 = {theirs.alpha0:.6g}, {path} with {mine.alpha0:.6g}: a threshold of "
            "one says nothing about the other; score both with one operating point"
        )
    warnings = [*mine.warnings, *theirs.warnings]
    if len(unknown) == 1:
        warnings.append(f"{unknown[0]} does not say how it was made: it may be of another model or another alpha0")
    return warnings


class _Origin(NamedTuple):
    alpha0: Optional[float]
    weights: str = ""
    warnings: tuple[str, ...] = ()


def _origin(scores: pd.DataFrame, path: str) -> _Origin:
    details = read_details(path)
    if details is None:
        return _Origin(_alpha0_of(scores))
    if describes(details, scores, path):
        return _Origin(details.alpha0, details.weights)
    return _Origin(_alpha0_of(scores), "", (f"{path} was changed or replaced after {details_path(path)} was written",))


def _alpha0_of(scores: pd.DataFrame) -> Optional[float]:
    """The alpha0 that scores were made with, from the scores alone; None if there is no such number."""
    if not set(TERMS) <= set(scores):
        return None
    traces = scores[list(TRACE_TERMS)].sum(axis=1)
    if not (square := float(traces @ traces)):
        return None
    alpha0 = float((scores["score"] - scores["depth"]) @ traces) / square
    return alpha0 if _is_made_with(scores, alpha0) else None


def _is_made_with(scores: pd.DataFrame, alpha0: float) -> bool:
    """Whether scores are those of Eq. (10) with an alpha0."""
    if not set(TERMS) <= set(scores):
        return False
    expected = liveness_score(*(scores[name] for name in TERMS), alpha0=alpha0)
    # Score files hold nine digits of each number.
    return bool(np.allclose(scores["score"], expected, rtol=1e-5, atol=1e-6))
