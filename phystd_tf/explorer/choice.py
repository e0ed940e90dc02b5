"""Which faces a report shows: the errors first."""

import pandas as pd

RULE = (
    "Errors first, those farthest on the wrong side of the threshold; then faces of all types in turn, those nearest "
    "to the threshold. At most one frame of a clip, its worst. Sorted by how far the score is on the wrong side."
)


def margins(scores: pd.DataFrame, threshold: float) -> pd.Series:
    """How far each score is on the wrong side of the threshold; negative on the right side, 0 at it.

    Args:
      scores: one row per face: label, score.
      threshold: live is ``score >= threshold``.
    """
    return (scores["score"] - threshold) * (1 - 2 * scores["label"])


def choose_faces(scores: pd.DataFrame, threshold: float, count: int) -> pd.DataFrame:
    """Chooses faces by RULE.

    Args:
      scores: one row per face: clip, frame, type, label, score.
      threshold: live is ``score >= threshold``.
      count: maximum number of faces.

    Returns:
      Rows of ``scores``, the worst first, with the columns ``margin`` and ``wrong`` (whether the verdict is wrong).
    """
    wrong = (scores["score"] >= threshold) != (scores["label"] == 1)
    faces = scores.assign(margin=margins(scores, threshold), wrong=wrong)
    faces = faces.sort_values(["wrong", "margin", "clip", "frame"], ascending=[False, False, True, True])
    faces = faces.drop_duplicates("clip")
    right = faces[~faces["wrong"]]
    turns = right.groupby("type").cumcount().sort_values(kind="stable").index
    chosen = [*faces.index[faces["wrong"]], *turns][:count]
    return faces[faces.index.isin(chosen)]
