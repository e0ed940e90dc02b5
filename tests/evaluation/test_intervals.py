"""Intervals of rates compared with files that actually contain the rows of the drawn people."""

import numpy as np
import pandas as pd
import pytest

from phystd_tf.evaluation import intervals, metrics
from phystd_tf.evaluation.intervals import eer_interval, rate_intervals


def _scores(seed, rows=80, people=7):
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["live", "print", "replay"], rows)
    label = (kinds == "live").astype(int)
    return pd.DataFrame(
        {
            "subject": rng.integers(0, people, rows).astype(str),
            "type": kinds,
            "label": label,
            "score": np.round(label + rng.normal(0, 1, rows), 1),
        }
    )


def _rates(rows, threshold):
    live, spoof = rows[rows["label"] == 1]["score"], rows[rows["label"] == 0]["score"]
    by_type = metrics.apcer_by_type(rows["label"], rows["score"], rows["type"], threshold)
    apcer, bpcer = metrics.worst_apcer(by_type), metrics.bpcer(live, threshold)
    hter = metrics.half_total(metrics.apcer(spoof, threshold), bpcer)
    return {"apcer": apcer, "bpcer": bpcer, "acer": metrics.half_total(apcer, bpcer), "hter": hter}


@pytest.mark.parametrize("seed", range(3))
def test_rates_are_those_of_files_with_the_rows_of_the_drawn_people(seed):
    scores, rounds = _scores(seed), 60
    names = np.unique(scores["subject"])
    people = [scores[scores["subject"] == name] for name in names]
    rng = np.random.default_rng(5)
    drawn = [
        _rates(pd.concat([people[i] for i in rng.integers(0, len(names), len(names))]), 0.5) for _ in range(rounds)
    ]
    found = rate_intervals(scores, 0.5, seed=5, rounds=rounds)
    for name in ("apcer", "bpcer", "acer", "hter"):
        values = [rates[name] for rates in drawn if rates[name] is not None]
        assert found[name] == pytest.approx(list(np.percentile(values, [2.5, 97.5]))), name


@pytest.mark.parametrize("blocks", [1, 2, 7, 1024])
@pytest.mark.parametrize("seed", range(3))
def test_eers_are_those_of_files_with_the_rows_of_the_drawn_people(seed, blocks, monkeypatch):
    monkeypatch.setattr(intervals, "_BLOCKS", blocks)
    scores, rounds = _scores(seed, rows=(12, 80, 300)[seed], people=4), 60
    names = np.unique(scores["subject"])
    people = [scores[scores["subject"] == name] for name in names]
    rng = np.random.default_rng(5)
    drawn = [pd.concat([people[i] for i in rng.integers(0, len(names), len(names))]) for _ in range(rounds)]
    rates = [
        metrics.equal_error_rate(rows["label"], rows["score"])[0] for rows in drawn if rows["label"].nunique() == 2
    ]
    assert eer_interval(scores, seed=5, rounds=rounds) == pytest.approx(list(np.percentile(rates, [2.5, 97.5])))


def test_the_rate_itself_lies_within_and_more_people_make_it_narrower():
    few, many = _scores(1, rows=100, people=10), _scores(1, rows=10000, people=1000)
    widths = []
    for scores in (few, many):
        found = rate_intervals(scores, 0.5)
        for name, value in _rates(scores, 0.5).items():
            if name != "acer" and name != "apcer":  # the worst of several draws is biased upwards
                assert found[name][0] <= value <= found[name][1]
        widths.append(found["bpcer"][1] - found["bpcer"][0])
    assert widths[1] < widths[0] / 5


def test_what_cannot_be_had_is_none():
    scores = _scores(0)
    assert set(rate_intervals(scores.assign(subject="one"), 0.5).values()) == {None}
    assert eer_interval(scores.assign(subject="one")) is None
    live = rate_intervals(scores[scores["label"] == 1], 0.5)
    assert live["bpcer"] is not None and live["apcer"] is live["acer"] is live["hter"] is None
    spoof = rate_intervals(scores[scores["label"] == 0], 0.5)
    assert spoof["apcer"] is not None and spoof["bpcer"] is spoof["acer"] is None


def test_draws_are_the_same_each_time():
    scores = _scores(2)
    assert rate_intervals(scores, 0.5, seed=1) == rate_intervals(scores, 0.5, seed=1)
    assert rate_intervals(scores, 0.5, seed=1) != rate_intervals(scores, 0.5, seed=2)
