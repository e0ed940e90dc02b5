import json

import numpy as np
import pandas as pd
import pytest

from phystd_tf.evaluation.score_details import (
    Details,
    details_path,
    read_details,
    require_description,
    require_one_scale,
    write_details,
)
from phystd_tf.evaluation.score_lines import ScoreFileError
from phystd_tf.liveness import TERMS, liveness_score

POINT = {"alpha0": -0.5, "threshold": 0.31, "source": "EER of 3.00 % on dev", "checkpoint": "last"}


def _beside(folder, details):
    (folder / "test.json").write_text(details if isinstance(details, str) else json.dumps(details))
    return str(folder / "test.csv")


def test_what_was_stored_beside_the_scores_is_read(tmp_path):
    scores = _beside(tmp_path, {"operating_point": POINT, "split": "test", "run": "RUN"})
    assert details_path(scores) == str(tmp_path / "test.json")
    assert read_details(scores) == Details(0.31, -0.5, "EER of 3.00 % on dev", "test")


@pytest.mark.parametrize("details", [None, {}, {"threshold": 0.5, "split": "test"}])
def test_a_neighbour_of_another_kind_is_none(tmp_path, details):
    if details is None:
        assert read_details(str(tmp_path / "test.csv")) is None
    else:
        assert read_details(_beside(tmp_path, details)) is None


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
    with pytest.raises(
        ScoreFileError, match=r"test\.json: (its operating point is damaged|not a JSON file).*score again, or remove"
    ):
        read_details(_beside(tmp_path, details))


@pytest.mark.parametrize("text", ["no JSON", "[]", "", '{"operating_point": NaN}', "[" * 100000, '"\\ud800"'])
def test_a_neighbour_that_is_not_json_is_refused_by_name(tmp_path, text):
    """It may be a damaged description of the scores; to ignore it silently would give a wrong threshold."""
    with pytest.raises(ScoreFileError, match=r"test\.json: .*it should say how"):
        read_details(_beside(tmp_path, text))


def _made(alpha0, seed=0, rows=6):
    terms = np.random.default_rng(seed).random((rows, 5)) * 0.3
    frame = pd.DataFrame(terms, columns=list(TERMS)).assign(label=[1, 0] * (rows // 2))
    return frame.assign(score=liveness_score(*(frame[name] for name in TERMS), alpha0=alpha0))


def _written(folder, name, scores, alpha0=-0.5, **point):
    path = str(folder / f"{name}.csv")
    scores.to_csv(path, index=False)
    write_details({"operating_point": {**POINT, "alpha0": alpha0, **point}, "split": name}, path)
    return path


def test_details_are_of_the_very_file_that_they_were_written_with(tmp_path):
    scores = _made(-0.5)
    path = _written(tmp_path, "test", scores)
    require_description(read_details(path), scores, path)
    with open(path, "a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(ScoreFileError, match=r"test\.json does not belong to .*test\.csv"):
        require_description(read_details(path), scores, path)


def test_scores_of_another_alpha0_or_of_another_system_are_not_its_own():
    stored = Details(0.31, -0.5, "EER on dev", "test")
    made = pd.DataFrame([(0.4, 0.1, 0.0, 0.2, 0.1, 0.2), (0.1, 0.0, 0.0, 0.0, 0.0, 0.1)], columns=[*TERMS, "score"])
    require_description(stored, made, "test.csv")
    for other in (made.assign(score=[0.2, 0.2]), made[["score"]], made.drop(columns="P")):
        with pytest.raises(ScoreFileError, match=r"test\.json does not belong to test\.csv"):
            require_description(stored, other, "test.csv")


@pytest.mark.parametrize("with_details", [True, False])
def test_scores_of_two_alpha0_are_not_mixed(tmp_path, with_details):
    test, dev = _made(-0.5), _made(-2.0, seed=1)
    paths = [_written(tmp_path, "test", test), _written(tmp_path, "dev", dev, alpha0=-2.0)]
    if not with_details:  # the terms in the scores also reveal it
        (tmp_path / "test.json").unlink()
        (tmp_path / "dev.json").unlink()
    with pytest.raises(ScoreFileError, match=r"dev\.csv was made with alpha0 = -2, .*test\.csv with -0\.5"):
        require_one_scale(test, paths[0], dev, paths[1])
    same = _made(-0.5, seed=1)
    assert require_one_scale(test, paths[0], same, _written(tmp_path, "dev", same)) == []


def test_scores_of_two_models_are_not_mixed(tmp_path):
    test, dev = _made(-0.5), _made(-0.5, seed=1)
    first, second = _written(tmp_path, "test", test, weights="a"), _written(tmp_path, "dev", dev, weights="b")
    with pytest.raises(ScoreFileError, match="not of the same weights"):
        require_one_scale(test, first, dev, second)


def test_what_is_not_known_of_scores_is_said(tmp_path):
    test, foreign = _made(-0.5), _made(-0.5)[["label", "score"]]
    path, other = _written(tmp_path, "test", test), str(tmp_path / "other.csv")
    (warning,) = require_one_scale(test, path, foreign, other)
    assert warning.startswith(f"{other} does not say how it was made")
    assert require_one_scale(foreign, other, foreign, other) == []  # from one other system, as far as can be known
    changed = test.iloc[:4]
    changed.to_csv(path, index=False)
    (warning,) = require_one_scale(changed, path, test, str(tmp_path / "dev.csv"))
    assert "test.csv was changed or replaced after" in warning
