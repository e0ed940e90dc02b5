import numpy as np
import pandas as pd
import pytest

from phystd_tf.evaluation import metrics
from phystd_tf.report.curves import score_curves


def _scores(live, spoof):
    rng = np.random.default_rng(4)
    kinds = ["live"] * live + rng.choice(["print", "replay"], spoof).tolist()
    labels = np.array([1] * live + [0] * spoof)
    return pd.DataFrame({"type": kinds, "label": labels, "score": rng.normal(labels, 0.6).round(3)})


@pytest.mark.parametrize("live, spoof", [(20, 30), (4000, 7000), (0, 30), (20, 0)])
def test_rates_at_every_threshold_are_those_of_the_metrics(live, spoof):
    scores = _scores(live, spoof)
    curves = score_curves(scores, 0.4321)
    thresholds = curves["thresholds"]
    assert thresholds == sorted(set(thresholds)) and len(thresholds) < 500
    assert thresholds[curves["threshold"]] == 0.4321
    assert [entry["name"] for entry in curves["types"]] == sorted(set(scores["type"]), key=lambda n: (n != "live", n))
    for entry in curves["types"]:
        own = scores["score"][scores["type"] == entry["name"]].to_numpy()
        assert entry["number"] == len(own) == sum(entry["bins"]) == entry["below"][-1]
        for place in range(0, len(thresholds), 7):
            assert entry["below"][place] / len(own) == pytest.approx(metrics.bpcer(own, thresholds[place]))


def test_few_scores_are_all_thresholds_and_many_are_evenly_spread_over_both_classes():
    few = _scores(20, 30)
    assert set(few["score"]) <= set(score_curves(few, 0.5)["thresholds"])
    many = score_curves(_scores(4000, 7000), 0.5)
    for entry in many["types"]:
        assert np.max(np.diff([0, *entry["below"]])) < 0.02 * entry["number"]


def test_equal_scores_have_a_histogram_too():
    curves = score_curves(_scores(2, 2).assign(score=0.25), 0.25)
    assert [sum(entry["bins"]) for entry in curves["types"]][0] == 2 and curves["edges"][0] < curves["edges"][-1]
