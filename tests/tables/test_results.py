import pytest

from phystd_tf.tables.needed_protocols import TableError
from phystd_tf.tables.paper_table import table
from phystd_tf.tables.results import Result, by_method, measured_on, percent
from tests.tables.tiny_results import tiny_metrics, tiny_results


def test_results_are_found_by_method_seed_and_protocol():
    results = [*tiny_results(2, seeds=(0, 3)), *tiny_results(2, system="cdcn++", protocols=("siw_1",))]
    found = by_method(results, 2, "siw")
    assert list(found) == ["PhySTD", "CDCN++"] and list(found["PhySTD"]) == [0, 3] and list(found["CDCN++"]) == [0]
    assert len(found["PhySTD"][3]) == 7 and found["CDCN++"][0]["siw_1"] is results[-1]


@pytest.mark.parametrize(
    "change, said",
    [
        ({"protocol": "oulu_1"}, "Table 2 of siw does not use it, but siw_1, siw_2_1"),
        ({"ablation": "none"}, "no table has a row for the system 'phystd' with ablation 'none'"),
        ({"metrics": {"level": "frame"}}, "was evaluated with --level=frame; tables need --level=clip"),
        ({"metrics": {"by": "instrument"}}, "was evaluated with --by=instrument; tables need --by=type"),
        ({"metrics": {"fdr": 0.01}}, "was evaluated with --fdr=0.01; tables need --fdr=0.005"),
    ],
)
def test_what_does_not_belong_into_a_table_is_refused(change, said):
    result = Result("phystd", "full", "siw_1", 4, 2000, tiny_metrics(["print"], 0, **change.pop("metrics", {})))
    with pytest.raises(TableError, match=said):
        by_method([result._replace(**change)], 2, "siw")


def test_an_older_evaluation_and_a_second_result_are_refused():
    result = tiny_results(2)[0]
    old = {name: value for name, value in result.metrics.items() if name != "acer"}
    with pytest.raises(TableError, match="PhySTD on protocol siw_1, seed 0 has no acer: an older version"):
        by_method([result._replace(metrics=old)], 2, "siw")
    with pytest.raises(TableError, match="PhySTD on protocol siw_1, seed 0 is there twice"):
        by_method([result, result._replace(iterations=10)], 2, "siw")


class _Read(dict):
    """Metrics that note which of them are read."""

    def __init__(self, metrics):
        super().__init__(metrics)
        self.read = set()

    def __getitem__(self, name):
        self.read.add(name)
        return super().__getitem__(name)


@pytest.mark.parametrize("number, dataset", [(1, "oulu"), (2, "siw"), (3, "siwm"), (4, "siwm"), (5, "siwm")])
def test_each_metric_that_a_table_reads_may_be_missing_from_an_older_evaluation(number, dataset):
    result = tiny_results(number)[0]
    metrics = _Read(result.metrics)
    table(number, [result._replace(metrics=metrics)], dataset)
    assert len(metrics.read) > 8
    for name in metrics.read:
        old = {key: value for key, value in result.metrics.items() if key != name}
        with pytest.raises(TableError, match=f"seed 0 has no {name}: an older version"):
            table(number, [result._replace(metrics=old)], dataset)


def test_rates_are_in_percent_and_undefined_ones_stay_so():
    metrics = {"acer": 0.125, "eer": None, "eer_by_type": {"print": 0.5}}
    assert percent(metrics, "acer") == 12.5 and percent(metrics, "eer") is None
    assert percent(metrics, "eer_by_type", "print") == 50.0 and percent(metrics, "eer_by_type", "replay") is None


def test_what_a_rate_was_measured_on_is_of_its_type():
    metrics = tiny_metrics(["print", "replay"], 0)
    assert measured_on(metrics) == ("40", "16", "10", "EER on train.csv")
    assert measured_on(metrics, "print") == ("40", "8", "4", "EER on train.csv")
    assert measured_on(metrics, "half_mask")[1:3] == ("0", "0")
    assert measured_on({**metrics, "threshold_source": "--threshold"}).threshold == "--threshold"
