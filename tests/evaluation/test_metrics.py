import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from phystd_tf.evaluation import metrics


def _random_sets(count, seed):
    """Score sets of all sizes and overlaps; coarse rounding makes ties, within and across the classes."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        live = rng.normal(rng.uniform(-1, 3), 1, rng.integers(1, 30))
        spoof = rng.normal(0, rng.uniform(0.3, 2), rng.integers(1, 30))
        scores = np.round(np.concatenate([live, spoof]), rng.integers(0, 4))
        labels = np.repeat([1, 0], [len(live), len(spoof)])
        order = rng.permutation(len(labels))
        yield labels[order], scores[order]


def _counted(labels, scores, threshold):
    """(share of live refused, share of spoof accepted), one comparison at a time."""
    refused = sum(1 for label, score in zip(labels, scores) if label == 1 and not score >= threshold)
    accepted = sum(1 for label, score in zip(labels, scores) if label == 0 and score >= threshold)
    return refused / sum(label == 1 for label in labels), accepted / sum(label == 0 for label in labels)


def test_eer_is_the_best_of_all_thresholds_by_counting():
    for labels, scores in _random_sets(1000, seed=1):
        candidates = sorted(set(scores.tolist())) + [scores.max() + 1]
        rates = [_counted(labels, scores, threshold) for threshold in candidates]
        gap, mean = min((round(abs(r - a), 9), (r + a) / 2) for r, a in rates)
        found = metrics.equal_error_rate(labels, scores)
        assert found.eer == pytest.approx(mean, abs=1e-9)
        # The threshold really has that rate: nothing lies between it and its neighbors.
        refused, accepted = _counted(labels, scores, found.threshold)
        assert abs(refused - accepted) == pytest.approx(gap, abs=1e-8)
        assert (refused + accepted) / 2 == pytest.approx(mean, abs=1e-9)


def test_of_two_equally_good_thresholds_the_one_that_refuses_more_spoofs_is_taken():
    labels, scores = [1, 1, 0, 0], [0.5, 0.5, 0.5, 0.5]
    found = metrics.equal_error_rate(labels, scores)
    assert found.eer == 0.5 and found.threshold > 0.5
    assert metrics.apcer([0.5], found.threshold) == 0.0


def test_auc_and_eer_agree_with_scikit_learn():
    for labels, scores in _random_sets(1000, seed=2):
        assert metrics.area_under_curve(labels, scores) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores))
        accepted, kept, _ = sklearn_metrics.roc_curve(labels, scores, drop_intermediate=False)
        gaps = np.abs(accepted + kept - 1)
        eer = ((accepted + 1 - kept) / 2)[gaps <= gaps.min() + 1e-9].min()
        assert metrics.equal_error_rate(labels, scores).eer == pytest.approx(eer)


def test_tdr_at_fdr_agrees_with_scikit_learn_and_flags_at_most_that_many():
    for labels, scores in _random_sets(1000, seed=3):
        live, spoof = scores[labels == 1], scores[labels == 0]
        for fdr in (0.0, 0.005, 0.1, 0.5):
            threshold = metrics.threshold_at_fdr(live, fdr)
            assert metrics.bpcer(live, threshold) <= fdr
            # Positive = spoof: detection rate at the highest allowed false detection rate.
            flagged, detected, _ = sklearn_metrics.roc_curve(1 - labels, -scores, drop_intermediate=False)
            assert metrics.tdr(spoof, threshold) == pytest.approx(detected[flagged <= fdr + 1e-12].max())


def test_the_standards_rates_by_hand():
    scores = [0.9] * 98 + [0.1] * 2 + [0.2] * 90 + [0.8] * 10
    types = ["live"] * 100 + ["print"] * 90 + ["replay"] * 10
    labels = [1] * 100 + [0] * 100
    by_type = metrics.apcer_by_type(labels, scores, types, 0.5)
    assert by_type == {"print": 0.0, "replay": 1.0}
    worst, bpcer = metrics.worst_apcer(by_type), metrics.bpcer(scores[:100], 0.5)
    assert (worst, bpcer) == (1.0, 0.02)
    assert metrics.half_total(worst, bpcer) == pytest.approx(0.51)
    assert metrics.apcer(scores[100:], 0.5) == pytest.approx(0.10)


def test_rates_of_a_type_by_hand():
    scores, labels = [0.9, 0.1, 0.2, 0.8, 0.3], [1, 1, 0, 0, 0]
    types = ["live", "live", "print", "print", "replay"]
    assert metrics.tdr_by_type(labels, scores, types, 0.5) == {"print": 0.5, "replay": 1.0}
    assert metrics.acer_by_type({"print": 0.5, "replay": 0.0}, 0.2) == {"print": 0.35, "replay": 0.1}
    assert metrics.acer_by_type({"print": 0.5}, None) == {}


def test_a_score_at_the_threshold_is_live():
    assert metrics.bpcer([0.5], 0.5) == 0.0
    assert metrics.apcer([0.5], 0.5) == 1.0
    assert metrics.tdr([0.5], 0.5) == 0.0


@pytest.mark.parametrize(
    "live, spoof, eer, auc",
    [
        ([0.8, 0.9], [0.1, 0.2], 0.0, 1.0),  # perfect
        ([0.1, 0.2], [0.8, 0.9], 1.0, 0.0),  # inverted
        ([0.5, 0.5, 0.5], [0.5], 0.5, 0.5),  # all equal
        ([1.0, 3.0], [0.0, 2.0], 0.5, 0.75),
        ([2.0], [2.0 + 1e-15], 1.0, 0.0),  # equal except for the last digits
    ],
)
def test_eer_and_auc_of_sets_known_by_hand(live, spoof, eer, auc):
    labels = [1] * len(live) + [0] * len(spoof)
    assert metrics.equal_error_rate(labels, live + spoof).eer == eer
    assert metrics.area_under_curve(labels, live + spoof) == auc


def test_a_perfect_threshold_lies_in_the_middle_of_the_gap():
    assert metrics.equal_error_rate([1, 1, 0, 0], [0.8, 0.9, 0.1, 0.2]).threshold == pytest.approx(0.5)


def test_neighbours_in_floating_point_have_nothing_between_them():
    low = 1.0  # halfway to the next number rounds back to this one
    high = float(np.nextafter(low, 2.0))
    threshold = metrics.equal_error_rate([1, 0], [high, low]).threshold
    assert metrics.apcer([low], threshold) == 0.0 and metrics.bpcer([high], threshold) == 0.0


def test_scale_and_offset_of_the_scores_do_not_matter():
    for labels, scores in _random_sets(30, seed=4):
        one = metrics.equal_error_rate(labels, scores)
        other = metrics.equal_error_rate(labels, 1000 * scores - 5e5)
        assert one.eer == other.eer
        np.testing.assert_array_equal(scores >= one.threshold, 1000 * scores - 5e5 >= other.threshold)


def test_only_the_order_of_the_scores_counts():
    for labels, scores in _random_sets(100, seed=5):
        for rising in (np.exp, np.cbrt, lambda x: x**3 + x):
            one, other = (metrics.equal_error_rate(labels, values) for values in (scores, rising(scores)))
            assert one.eer == other.eer
            np.testing.assert_array_equal(scores >= one.threshold, rising(scores) >= other.threshold)
            assert metrics.area_under_curve(labels, scores) == metrics.area_under_curve(labels, rising(scores))


def test_rates_over_nothing_are_undefined_not_0():
    assert metrics.bpcer([], 0.5) is None and metrics.apcer([], 0.5) is None and metrics.tdr([], 0.5) is None
    assert metrics.apcer_by_type([1, 1], [0.1, 0.2], ["live", "live"], 0.5) == {}
    assert metrics.worst_apcer({}) is None
    assert metrics.half_total(None, 0.5) is None and metrics.half_total(0.5, None) is None


@pytest.mark.parametrize("rate", [metrics.equal_error_rate, metrics.area_under_curve])
@pytest.mark.parametrize(
    "labels, scores, said",
    [
        ([1, 1], [0.1, 0.2], "2 live and 0 spoof"),
        ([0], [0.1], "0 live and 1 spoof"),
        ([1, 0], [0.1, np.nan], "not finite"),
        ([1, 0], [0.1, np.inf], "not finite"),
        ([1, -1], [0.1, 0.2], "label"),
        ([], [], "0 live"),
    ],
)
def test_what_has_no_rate_is_refused(rate, labels, scores, said):
    with pytest.raises(ValueError, match=said):
        rate(labels, scores)


@pytest.mark.parametrize("rate", [metrics.bpcer, metrics.apcer, metrics.tdr, metrics.threshold_at_fdr])
def test_a_score_that_is_no_number_is_refused_by_every_rate(rate):
    with pytest.raises(ValueError, match="not finite"):
        rate([0.1, np.nan], 0.5)


@pytest.mark.parametrize("live, fdr", [([], 0.1), ([0.1], 1.0), ([0.1], -0.1)])
def test_false_detection_rates_that_cannot_be(live, fdr):
    with pytest.raises(ValueError):
        metrics.threshold_at_fdr(live, fdr)


def test_200_live_faces_resolve_half_a_percent():
    live = np.arange(200.0)
    assert metrics.threshold_at_fdr(live, 0.005) == 1.0  # one of them is flagged
    assert metrics.threshold_at_fdr(live[:199], 0.005) == 0.0  # none
    assert metrics.threshold_at_fdr(live[:100], 0.29) == 29.0  # in floating point, 0.29 * 100 is 28.999999999999996
    ties = np.zeros(200)
    assert metrics.bpcer(ties, metrics.threshold_at_fdr(ties, 0.005)) == 0.0  # all or none can be flagged: none is
