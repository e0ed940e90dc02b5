"""Tables 1 to 5 with invented results under every protocol, compared with an independent computation."""

import numpy as np
import pytest

from phystd_tf.spoof_types import SPOOF_TYPES
from phystd_tf.tables.needed_protocols import NUMBERS, datasets_of, protocols_by_row, protocols_of
from phystd_tf.tables.paper_table import table
from phystd_tf.tables.published import METHODS, published_rows
from phystd_tf.tables.table import Value, lines_of
from phystd_tf.tables.text_table import as_text
from phystd_tf.tables.writing import write_table
from tests.tables.tiny_results import tiny_results

CASES = [(number, dataset) for number in NUMBERS for dataset in datasets_of(number)]


def _row(made, group, method):
    (row,) = [row for row in made.rows if (row.group, row.method) == (group, method)]
    return row


@pytest.mark.parametrize("number, dataset", CASES)
def test_every_table_of_every_dataset_is_made_and_written(number, dataset, tmp_path):
    made = table(number, tiny_results(number, dataset), dataset, rendered=dataset == "folder")
    assert all(len(row.cells) == len(made.columns) for row in made.rows)
    real = dataset == datasets_of(number)[0]
    assert made.differences == real and ("no result on" in made.title) == (not real)
    assert ("rendered faces" in made.title) == (dataset == "folder")
    assert any("cannot be compared" in note for note in made.notes) == (not real)
    kinds = [line.kind for line in lines_of(made)]
    assert "published" in kinds and "ours" in kinds and ("difference" in kinds) == real
    assert len(write_table(made, str(tmp_path))) == 4
    assert (tmp_path / f"table_{number}.txt").read_text("utf-8") == as_text(made)


@pytest.mark.parametrize("number", NUMBERS)
def test_without_results_a_table_is_that_of_the_paper(number):
    made = table(number, [])
    printed = published_rows(number)
    assert [row.method for row in made.rows] == [row.method for row in printed]
    for row, expected in zip(made.rows, printed):
        assert {cell.published for cell in row.cells if cell.published} == set(expected.values.values())
        assert [cell.ours for cell in row.cells] == [None] * len(row.cells)
        assert row.implemented == (row.method in METHODS)
    assert any(note.startswith("No result yet: ") and "PhySTD" in note for note in made.notes)
    only = {row.method for row in made.rows if not row.implemented}
    assert not only or any(
        note.startswith("Published only") and all(name in note for name in only) for note in made.notes
    )


@pytest.mark.parametrize("number, said", [(3, 0), (4, 6), (5, 1)])
def test_printed_averages_that_do_not_follow_from_the_printed_columns_are_named(number, said):
    notes = [note for note in table(number, []).notes if "does not follow" in note]
    assert len(notes) == said
    if number == 5:
        assert notes == [
            "The printed average of TPR of PhySTD, 81.6, does not follow from the printed columns, which give 81.5."
        ]


@pytest.mark.parametrize("number, dataset", [(1, "oulu"), (2, "siw")])
def test_sub_protocols_are_averaged_as_in_tables_1_and_2(number, dataset):
    results = tiny_results(number)
    made = table(number, results)
    metrics = {result.protocol: result.metrics for result in results}
    for group, names in protocols_by_row(number, dataset).items():
        for cell, rate in zip(_row(made, group, "PhySTD").cells, ("apcer", "bpcer", "acer")):
            values = 100 * np.array([metrics[name][rate] for name in names])
            assert cell.ours.mean == pytest.approx(values.mean())
            deviation = np.sqrt(((values - values.mean()) ** 2).sum() / (len(names) - 1)) if len(names) > 1 else None
            assert cell.ours.deviation == pytest.approx(deviation)
            assert cell.difference == pytest.approx(cell.ours.mean - cell.published.mean)
            assert cell.over == ("40", "16", "10", "EER on train.csv")


def test_the_columns_of_table_3_are_rates_of_types_and_its_last_one_is_pooled():
    (result,) = tiny_results(3)
    made = table(3, [result])
    metrics = result.metrics
    keys = {
        "ACER %": ("acer_by_type", "hter"),
        "EER %": ("eer_by_type", "eer"),
        "TPR@FNR=0.5 %": ("tdr_at_roc_point_by_type", "tdr_at_roc_point"),
        "TPR, chosen threshold": ("tdr_at_dev_threshold_by_type", "tdr_at_dev_threshold"),
    }
    for title, (by_type, overall) in keys.items():
        values = [*(metrics[by_type][kind] for kind in SPOOF_TYPES), metrics[overall]]
        cells = _row(made, title, "PhySTD").cells
        assert [cell.ours.mean for cell in cells] == pytest.approx([100 * value for value in values])
        assert all(cell.ours.deviation is None for cell in cells)
    assert metrics["hter"] != metrics["acer"]
    cells = _row(made, "ACER %", "PhySTD").cells
    assert [cell.over.spoof for cell in cells] == ["8"] * 13 + ["104"]
    assert dict(made.foot) == {
        "live clips": ["40"] * 14, "spoof clips": ["8"] * 13 + ["104"], "people": ["4"] * 13 + ["10"],
    }  # fmt: skip
    assert not any(cell.published for cell in _row(made, "TPR, chosen threshold", "PhySTD").cells)


@pytest.mark.parametrize(
    "number, rates",
    [
        (
            4,
            {
                "APCER %": "apcer",
                "BPCER %": "bpcer",
                "ACER %": "acer",
                "EER %": "eer",
                "TPR@FNR=0.5 %": "tdr_at_roc_point",
            },
        ),
        (5, {"ACER %": "hter", "EER %": "eer", "TPR@FNR=0.5 %": "tdr_at_roc_point"}),
    ],
)
def test_a_column_of_tables_4_and_5_is_a_model_and_the_last_one_spreads_them(number, rates):
    results = tiny_results(number)
    made = table(number, results)
    for title, rate in rates.items():
        values = 100 * np.array([result.metrics[rate] for result in results])
        cells = _row(made, title, "PhySTD").cells
        assert [cell.ours.mean for cell in cells[:-1]] == pytest.approx(values)
        assert cells[-1].ours == Value(pytest.approx(values.mean()), pytest.approx(values.std(ddof=1)), None)
        assert cells[-1].part == ""


def test_seeds_are_spread():
    results = tiny_results(4, seeds=(0, 1, 5))
    cell = _row(table(4, results), "EER %", "PhySTD").cells[-1]
    eers = 100 * np.array([result.metrics["eer"] for result in results]).reshape(3, 13)
    assert cell.seeds == 3 and cell.ours.mean == pytest.approx(eers.mean())
    assert cell.ours.deviation == pytest.approx(eers.std(1, ddof=1).mean())
    assert cell.ours.over_seeds == pytest.approx(eers.mean(1).std(ddof=1))


def test_sampled_columns_are_said_and_not_compared():
    some = protocols_of(4)[:4]
    made = table(4, tiny_results(4, protocols=some), notes=["Four columns were drawn."])
    cells = _row(made, "ACER %", "PhySTD").cells
    assert [cell.ours is not None for cell in cells] == [True] * 4 + [False] * 9 + [True]
    assert cells[0].difference is not None and cells[-1].part == "4 of 13" and cells[-1].difference is None
    assert made.notes[0] == "Four columns were drawn."
    assert "SiW-M does not say who is who: each of its clips counts as one person." in made.notes
    assert any(f"4 of 13 protocols: {', '.join(some)}" in note for note in made.notes)
    text = as_text(made)
    assert "(4 of 13)" in text and "none" in text and '"none": no result' in text


def test_a_seed_that_is_not_finished_does_not_change_the_mean():
    whole = tiny_results(5)
    begun = tiny_results(5, seeds=(1,), protocols=protocols_of(5)[:2])
    alone, both = (_row(table(5, results), "EER %", "PhySTD").cells for results in (whole, whole + begun))
    assert both[-1] == alone[-1] and both[0].seeds == 2 and both[2] == alone[2]


def test_methods_that_a_table_does_not_print_follow_in_their_groups():
    made = table(5, [*tiny_results(5, system="cdcn"), *tiny_results(5, ablation="step1")])
    acer = [row.method for row in made.rows if row.group == "ACER %"]
    assert acer == ["Auxiliary", "PhySTD", "CDCN", "Step1"]
    assert all(cell.published is None for cell in _row(made, "ACER %", "CDCN").cells)


def test_a_type_that_test_lacks_is_none_and_not_0():
    (result,) = tiny_results(3)
    without = {
        name: {kind: rate for kind, rate in value.items() if kind != "mannequin"}
        if name.endswith("_by_type")
        else value
        for name, value in result.metrics.items()
    }
    cells = _row(table(3, [result._replace(metrics=without)]), "EER %", "PhySTD").cells
    assert [cell.ours is None for cell in cells] == [kind == "mannequin" for kind in SPOOF_TYPES] + [False]


def test_budget_seeds_and_thresholds_are_said():
    results = tiny_results(2, seeds=(0, 1)) + tiny_results(2, ablation="auxiliary")
    results[-1] = results[-1]._replace(iterations=10_000)
    notes = table(2, results).notes
    assert "PhySTD: 2,000 iterations, seeds 0, 1." in notes
    assert "Auxiliary: 2,000 and 10,000 iterations, seed 0." in notes
    assert "The paper trains PhySTD for 150,000 iterations." in notes
    assert "Thresholds of APCER, BPCER and ACER: EER on train.csv." in notes
    assert "Protocol 2: 40 live and 16 spoof clips of 10 people in each part." in notes
    long = [result._replace(iterations=150_000) for result in results]
    fitted = [result._replace(iterations=0) for result in tiny_results(2, system="lbp_svm")]
    notes = table(2, long + fitted).notes
    assert not any("The paper trains" in note for note in notes) and "LBP+SVM: fitted at once, seed 0." in notes
