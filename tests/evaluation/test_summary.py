import json
import re

import numpy as np
import pandas as pd
import pytest

from phystd_tf.evaluation.metrics import equal_error_rate
from phystd_tf.evaluation.summary import as_table, summarize, terms_by_type, terms_table


def _scores(live, subject=None, **spoofs):
    """Presentations with these scores: live ones, and those of each spoof type."""
    rows = [(1, "live", score) for score in live]
    rows += [(0, kind, score) for kind, scores in spoofs.items() for score in scores]
    frame = pd.DataFrame(rows, columns=["label", "type", "score"])
    return frame.assign(subject=[f"{subject or 's'}{i}" for i in range(len(frame))])


def test_the_hand_example():
    scores = _scores([0.9] * 98 + [0.1] * 2, print=[0.2] * 90, replay=[0.8] * 10)
    summary = summarize(scores, 0.5, "by hand", fdr=0.02)
    assert summary["apcer_by_type"] == {"print": 0.0, "replay": 1.0}
    assert (summary["apcer"], summary["bpcer"]) == (1.0, 0.02)
    assert summary["acer"] == pytest.approx(0.51)
    assert summary["pooled_spoof_accept_rate"] == pytest.approx(0.10)
    assert summary["hter"] == pytest.approx(0.06)
    assert (summary["num_live"], summary["num_spoof"]) == (100, 100)
    assert summary["num_by_type"] == {"print": 90, "replay": 10}
    # Two live of 100 may be flagged: the threshold is 0.9 and finds all spoofs.
    assert (summary["tdr_at_fdr"], summary["fdr_reached"]) == (1.0, 0.02)
    assert summary["eer_by_type"] == {"print": pytest.approx(0.01), "replay": pytest.approx(0.01)}


def test_depth_and_traces_each_have_an_error_rate():
    scores = _scores([0.9, 0.8, 0.7, 0.6], print=[0.5, 0.4, 0.3, 0.2])
    terms = {"depth": [4, 3, 2, 1, 4.5, 0, 0, 0], "B": [0, 0, 0, 9, 1, 5, 1, 1], "C": 0.0, "T": 0.0, "P": [1.0] * 8}
    summary = summarize(scores.assign(**terms), 0.5, "by hand", 0.005)
    depth, traces = (equal_error_rate(scores["label"].to_numpy(), np.array(part, float)).eer
                     for part in (terms["depth"], -np.array(terms["B"])))  # fmt: skip
    assert summary["eer_of_parts"] == {"depth": depth, "traces": traces} and depth != traces
    assert f"{100 * depth:.2f} of the depth, {100 * traces:.2f} of the traces" in as_table({**summary, "level": "clip"})
    none = dict.fromkeys(("B", "C", "T", "P"), 0.0)
    assert set(summarize(scores.assign(**{**terms, **none}), 0.5, "", 0.005)["eer_of_parts"]) == {"depth"}
    assert summarize(scores, 0.5, "", 0.005)["eer_of_parts"] == {}


def test_the_threshold_of_dev_is_not_tuned_on_test():
    test = _scores([0.45, 0.40], print=[0.30, 0.10])
    assert summarize(test, 0.5, "dev", 0.005)["acer"] == 0.5  # all live refused
    assert summarize(test, 0.35, "test", 0.005)["acer"] == 0.0


def test_the_threshold_of_tdr_comes_from_dev_where_there_is_one():
    dev = _scores([0.6, 0.7], subject="d", print=[0.1])
    test = _scores([0.3, 0.5, 0.9, 0.9], print=[0.2, 0.4, 0.8])
    with_dev, without = summarize(test, 0.5, "x", 0.005, dev), summarize(test, 0.5, "x", 0.005)
    assert (with_dev["tdr_threshold"], with_dev["tdr_threshold_source"]) == (0.6, "2 dev live")
    assert with_dev["tdr_at_fdr"] == pytest.approx(2 / 3) and with_dev["fdr_reached"] == 0.5
    assert (without["tdr_threshold"], without["tdr_threshold_source"]) == (0.3, "4 test live")
    assert without["tdr_at_fdr"] == pytest.approx(1 / 3) and without["fdr_reached"] == 0.0


def test_the_split_of_the_threshold_is_named_as_what_it_is():
    train = _scores([0.6, 0.7], subject="d", print=[0.1])
    test = _scores([0.3, 0.5, 0.9, 0.9], subject="d", print=[0.2, 0.4, 0.8])
    summary = summarize(test, 0.5, "x", 0.005, train, dev_split="train")
    assert summary["tdr_threshold_source"] == "2 train live"
    text = as_table({"level": "clip", **summary})
    assert "TDR@FDR=0.5 %, train threshold" in text and "TDR %, train" in text and "dev" not in text
    assert any("are in train and in the reported" in warning for warning in summary["warnings"])
    dev = summarize(test, 0.5, "x", 0.005, train)
    assert {name for name in summary if summary[name] != dev[name]} == {"tdr_threshold_source", "warnings"}


def test_both_ways_to_take_tdr_have_their_own_names():
    dev = _scores([0.6, 0.7], subject="d", print=[0.1])
    test = _scores([0.3, 0.5, 0.9, 0.9], print=[0.2, 0.4], replay=[0.8, 0.1])
    with_dev, without = summarize(test, 0.5, "x", 0.005, dev), summarize(test, 0.5, "x", 0.005)
    for summary in (with_dev, without):
        assert summary["tdr_at_roc_point"] == 0.5 and summary["roc_point_threshold"] == 0.3
        assert summary["tdr_at_roc_point_by_type"] == {"print": 0.5, "replay": 0.5}
    assert with_dev["tdr_at_dev_threshold"] == with_dev["tdr_at_fdr"] == 0.75
    assert with_dev["tdr_at_dev_threshold_by_type"] == {"print": 1.0, "replay": 0.5}
    assert without["tdr_at_dev_threshold"] is None and without["tdr_at_dev_threshold_by_type"] == {}
    assert without["tdr_at_fdr"] == without["tdr_at_roc_point"]
    text = as_table({"level": "clip", **with_dev})
    assert re.search(r"TDR@FDR=0.5 %, dev threshold +75.00 +4 spoof, threshold from 2 dev live", text)
    assert re.search(r"TDR@FDR=0.5 %, test ROC +50.00 +4 spoof, threshold from 4 test live", text)


def test_the_pooled_acer_is_the_mean_of_those_of_the_types_weighted_by_clips():
    test = _scores([0.9] * 8 + [0.1] * 2, print=[0.2] * 9 + [0.8], replay=[0.8, 0.3])
    summary = summarize(test, 0.5, "x", 0.005)
    assert summary["acer_by_type"] == {
        "print": pytest.approx((0.1 + 0.2) / 2),
        "replay": pytest.approx((0.5 + 0.2) / 2),
    }
    weighted = sum(summary["num_by_type"][kind] * rate for kind, rate in summary["acer_by_type"].items()) / 12
    assert summary["hter"] == pytest.approx(weighted)
    assert summary["acer"] == max(summary["acer_by_type"].values())  # as in the standard: of the worst type


def test_people_are_counted_in_each_type():
    test = _scores([0.9] * 4, print=[0.1] * 4, replay=[0.2] * 2)
    test["subject"] = ["a", "a", "b", "c", "a", "b", "b", "b", "c", "c"]
    summary = summarize(test, 0.5, "x", 0.005)
    assert summary["num_subjects_by_type"] == {"print": 2, "replay": 1} and summary["num_live_subjects"] == 3
    assert summary["num_subjects"] == 3


@pytest.mark.parametrize(
    "scores, undefined, defined",
    [
        (
            _scores([0.4, 0.6]),
            ("apcer", "acer", "hter", "eer", "auc", "tdr_at_fdr", "tdr_at_roc_point"),
            "bpcer",
        ),
        (
            _scores([], print=[0.4, 0.6]),
            ("bpcer", "acer", "hter", "eer", "auc", "tdr_at_fdr", "fdr_reached", "tdr_at_roc_point"),
            "apcer",
        ),
    ],
)
def test_a_missing_class_makes_rates_undefined_not_0(scores, undefined, defined):
    summary = summarize(scores, 0.5, "x", 0.005)
    assert {name: summary[name] for name in undefined} == dict.fromkeys(undefined)
    assert summary[defined] == 0.5
    assert "undefined" in as_table({"level": "clip", **summary})
    assert any("undefined" in warning for warning in summary["warnings"])
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


@pytest.mark.parametrize(
    "test, dev, said",
    [
        (_scores([0.1] * 3, print=[0.9] * 3), None, "reported live scores are below"),
        (_scores([0.9] * 3, print=[0.1] * 3), _scores([0.1], "d", print=[0.9]), "dev live scores are below"),
        (_scores([0.5] * 3, print=[0.5] * 3), None, "hardly differ"),
        (_scores([0.2, 0.8], print=[0.1, 0.9]), None, "hardly tell live from spoof (AUC 50.0 %)"),
        (_scores([0.9] * 3, print=[0.1] * 3), None, "cannot be resolved by 3 test live"),
        (_scores([0.9] * 300, print=[0.1]), _scores([0.9], "d", print=[0.1]), "cannot be resolved by 1 dev live"),
        (_scores([0.9], print=[0.1]), _scores([0.9] * 300, "d", print=[0.1]), "cannot be resolved by 1 test live"),
        (_scores([0.9], print=[0.1]), _scores([0.8], print=[0.2]), "2 subject(s) are in dev and"),
    ],
)
def test_what_makes_the_rates_doubtful_is_said(test, dev, said):
    warnings = summarize(test, 0.5, "x", 0.005, dev)["warnings"]
    assert any(said in warning for warning in warnings)


def test_good_scores_of_enough_faces_need_no_warning():
    test, dev = (_scores([0.9] * 200, subject, print=[0.1] * 20) for subject in "td")
    assert summarize(test, 0.5, "dev", 0.005, dev)["warnings"] == []


def test_reversed_scores_are_not_flipped():
    summary = summarize(_scores([0.1, 0.2], print=[0.8, 0.9]), 0.5, "x", 0.005)
    assert (summary["auc"], summary["eer"], summary["acer"]) == (0.0, 1.0, 1.0)


def test_the_interval_is_over_subjects_and_the_same_each_time():
    scores = _scores([0.1, 0.6, 0.7, 0.9] * 5, print=[0.2, 0.3, 0.5, 0.8] * 5)
    one, other = (summarize(scores, 0.5, "x", 0.005)["eer_interval95"] for _ in range(2))
    assert one == other and one[0] < summarize(scores, 0.5, "x", 0.005)["eer"] < one[1]
    # Twenty copies of every row of the same subject are no more evidence than one.
    copies = pd.concat([scores] * 20)
    assert summarize(copies, 0.5, "x", 0.005)["eer_interval95"] == pytest.approx(one, abs=0.02)
    assert summarize(scores.assign(subject="only"), 0.5, "x", 0.005)["eer_interval95"] is None


def test_the_interval_is_that_of_files_with_the_rows_of_the_drawn_subjects():
    rng = np.random.default_rng(0)
    for digits in (0, 1, 2):  # with and without ties
        label = rng.integers(0, 2, 60)
        scores = pd.DataFrame({"label": label, "score": np.round(rng.normal(label, 1.0), digits)})
        scores["type"] = np.where(label == 1, "live", "print")
        scores["subject"] = rng.integers(0, 7, 60).astype(str)
        people = [rows for _, rows in scores.groupby("subject")]
        draws, rates = np.random.default_rng(3), []
        for _ in range(500):
            drawn = pd.concat([people[i] for i in draws.integers(0, len(people), len(people))])
            if drawn["label"].nunique() == 2:
                rates.append(equal_error_rate(drawn["label"], drawn["score"]).eer)
        found = summarize(scores, 0.5, "x", 0.005, seed=3)["eer_interval95"]
        assert found == pytest.approx(list(np.percentile(rates, [2.5, 97.5])), abs=1e-9)


def test_the_table_says_what_each_rate_is_over_and_where_the_threshold_is_from():
    scores = _scores([0.9] * 98 + [0.1] * 2, print=[0.2] * 90, replay=[0.8] * 10)
    lines = as_table({"level": "clip", **summarize(scores, 0.5, "EER on dev.csv", 0.005)}).splitlines()
    parts = [re.split("  +", line) for line in lines]
    text = {first: " ".join(rest).split() for first, *rest in parts}
    assert lines[0] == "clips: 100 live, 100 spoof, 200 subjects"
    assert "0.50000 from EER on dev.csv" in lines[1]
    assert text["APCER (worst type)"][:3] == ["100.00", "10", "replay"]
    assert text["BPCER"][:3] == ["2.00", "100", "live"]
    assert text["ACER"][0] == "51.00" and text["pooled spoof accept rate"] == ["10.00", "100", "spoof"]
    # APCER, ACER and EER of the type, its TDR with the test's own threshold, clips and subjects.
    assert text["replay"] == ["100.00", "51.00", "1.00", "0.00", "10", "10"]
    assert text["TDR@FDR=0.5 %, test ROC"][:2] == ["0.00", "100"] and not any("dev threshold" in line for line in lines)
    assert any("cannot be resolved by 100 test live" in line for line in lines)


def test_tdr_is_given_at_the_usual_rates_too():
    live = np.arange(400) / 400
    spoof = np.linspace(-0.01, 0.03, 401)
    summary = summarize(_scores(live, print=spoof), 0.5, "x", 0.1)
    at = {"0.005": live[2], "0.01": live[4], "0.02": live[8]}
    assert summary["tdr_at_usual_fdrs"] == {fdr: pytest.approx(np.mean(spoof < limit)) for fdr, limit in at.items()}
    assert "at 0.5 %" in as_table({**summary, "level": "clip"}) and "at 2 %" in as_table({**summary, "level": "clip"})
    assert summarize(_scores([], print=spoof), 0.5, "x", 0.1)["tdr_at_usual_fdrs"] == {}


def test_means_of_each_type_live_first():
    scores = pd.DataFrame(
        [("print", 0.0, 1.0, 2.0, 3.0, 4.0), ("live", 0.5, 0.1, 0.0, 0.0, 0.0), ("print", 0.2, 3.0, 2.0, 3.0, 4.0)],
        columns=["type", "depth", "B", "C", "T", "P"],
    )
    rows = terms_by_type(scores)
    assert [row["type"] for row in rows] == ["live", "print"]
    assert [row["faces"] for row in rows] == [1, 2]
    assert rows[1]["depth"] == pytest.approx(0.1) and rows[1]["B"] == pytest.approx(2.0)
    assert rows[1]["traces"] == pytest.approx(11.0)
    lines = terms_table(rows).splitlines()
    assert len(lines) == 3 and "11.0000" in lines[2] and lines[1].startswith("live")


def test_a_person_in_dev_and_in_the_reported_scores_is_found_however_the_name_is_written():
    test, dev = (_scores([0.9], print=[0.1]).assign(subject=names) for names in (["Ann", "bob"], ["ann", "eve"]))
    assert any("1 subject(s) are in dev and" in text for text in summarize(test, 0.5, "", 0.01, dev)["warnings"])
