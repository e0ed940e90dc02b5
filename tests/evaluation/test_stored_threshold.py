import json

import pandas as pd
import pytest

from phystd_tf.evaluation.scores import ScoreFileError
from phystd_tf.evaluation.stored_threshold import StoredThreshold, details_path, require_made_with, stored_threshold
from phystd_tf.liveness import TERMS

POINT = {"alpha0": -0.5, "threshold": 0.31, "source": "EER of 3.00 % on dev", "checkpoint": "last"}


def _beside(folder, details):
    (folder / "test.json").write_text(details if isinstance(details, str) else json.dumps(details))
    return str(folder / "test.csv")


def test_what_was_stored_beside_the_scores_is_read(tmp_path):
    scores = _beside(tmp_path, {"operating_point": POINT, "split": "test", "run": "RUN"})
    assert details_path(scores) == str(tmp_path / "test.json")
    assert stored_threshold(scores) == StoredThreshold(0.31, -0.5, "EER of 3.00 % on dev", "test")


@pytest.mark.parametrize("details", [None, "no JSON", [], {}, {"threshold": 0.5, "split": "test"}])
def test_a_neighbour_of_another_kind_is_none(tmp_path, details):
    if details is None:
        assert stored_threshold(str(tmp_path / "test.csv")) is None
    else:
        assert stored_threshold(_beside(tmp_path, details)) is None


@pytest.mark.parametrize(
    "details",
    [
        {"operating_point": POINT},
        {"operating_point": None, "split": "test"},
        {"operating_point": {**POINT, "threshold": None}, "split": "test"},
        {"operating_point": {**POINT, "threshold": "high"}, "split": "test"},
        {"operating_point": {**POINT, "threshold": float("nan")}, "split": "test"},
        {"operating_point": {**POINT, "alpha0": float("inf")}, "split": "test"},
        {"operating_point": {"threshold": 0.3, "alpha0": 0.0}, "split": "test"},
    ],
)
def test_a_damaged_operating_point_is_refused_by_name(tmp_path, details):
    with pytest.raises(ScoreFileError, match=r"test\.json: its operating point is damaged"):
        stored_threshold(_beside(tmp_path, details))


def test_scores_of_another_alpha0_or_of_another_system_are_not_its_own():
    stored = StoredThreshold(0.31, -0.5, "EER on dev", "test")
    made = pd.DataFrame([(0.4, 0.1, 0.0, 0.2, 0.1, 0.2), (0.1, 0.0, 0.0, 0.0, 0.0, 0.1)], columns=[*TERMS, "score"])
    require_made_with(made, stored, "test.csv")
    for other in (made.assign(score=[0.2, 0.2]), made[["score"]], made.drop(columns="P")):
        with pytest.raises(ScoreFileError, match=r"test\.json does not belong to test\.csv"):
            require_made_with(other, stored, "test.csv")
