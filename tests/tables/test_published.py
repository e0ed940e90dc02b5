"""The transcribed tables compared with the text of the paper, and how they are read."""

import pytest

from phystd_tf.hparams import ABLATIONS
from phystd_tf.spoof_types import SPOOF_TYPES
from phystd_tf.tables.needed_protocols import TableError
from phystd_tf.tables.published import (
    METHODS,
    is_implemented,
    method_of,
    published_rows,
    published_title,
    read_published,
)
from phystd_tf.tables.table import Value

PUBLISHED = read_published()
TABLES = {number: table["rows"] for number, table in PUBLISHED["tables"].items()}
# Half a unit of the last digit of the ACER, and as much for the mean of APCER and BPCER.
ROUNDING = 0.1 + 1e-9


def _triples():
    """(where, apcer, bpcer, acer) of all rows that print the three."""
    for table in ("1", "2"):
        for row in TABLES[table]:
            if row["apcer"] is not None:
                where = (table, row["protocol"], row["method"])
                yield where, row["apcer"], row["bpcer"], row["acer"]
    rows = {(row["metric"], row["method"]): row for row in TABLES["4"]}
    for metric, method in rows:
        if metric == "acer" and ("apcer", method) in rows:
            three = [rows[name, method] for name in ("apcer", "bpcer", "acer")]
            for position, column in enumerate(PUBLISHED["types"]):
                yield (("4", column, method), *(row["by_type"][position] for row in three))
            yield (("4", "overall", method), *(row["overall"] for row in three))


def test_acer_is_half_the_sum_but_for_the_listed_misprints():
    triples = list(_triples())
    assert len(triples) == 36 + 24 - 3 + 8 * 14  # STASN prints no APCER in Table 2
    broken = {where: acer for where, apcer, bpcer, acer in triples if abs((apcer + bpcer) / 2 - acer) > ROUNDING}
    listed = {
        (item["table"], item.get("protocol", item.get("column")), item["method"]): item["printed"]
        for item in PUBLISHED["printed_exceptions"]
    }
    assert broken == listed


def test_every_row_is_there_with_its_13_types():
    assert PUBLISHED["types"] == list(SPOOF_TYPES)
    assert {number: len(rows) for number, rows in TABLES.items()} == {"1": 36, "2": 24, "3": 17, "4": 34, "5": 6}
    for number in "345":
        for row in TABLES[number]:
            assert len(row["by_type"]) == 13
            assert all(0 <= rate <= 100 for rate in (*row["by_type"], row["overall"]))
            # Rates over all types together lie between those of single types.
            assert min(row["by_type"]) - ROUNDING <= row["overall"] <= max(row["by_type"]) + ROUNDING


def test_no_row_is_there_twice():
    for number, rows in TABLES.items():
        keys = [(row.get("protocol"), row.get("metric"), row["method"]) for row in rows]
        assert len(set(keys)) == len(keys), number


@pytest.mark.parametrize(
    "table, chosen, value",
    [
        ("1", {"protocol": 1, "method": "PhySTD"}, 0.4),
        ("1", {"protocol": 4, "method": "PhySTD"}, 3.6),
        ("2", {"protocol": 3, "method": "PhySTD"}, 7.4),
        ("3", {"metric": "eer", "method": "PhySTD"}, 2.5),
        ("3", {"metric": "tpr_at_fnr_0.5", "method": "STDN"}, 70.4),
        ("4", {"metric": "tpr_at_fnr_0.5", "method": "PhySTD"}, 53.7),
        ("5", {"metric": "acer", "method": "PhySTD"}, 4.7),
    ],
)
def test_figures_that_the_text_of_the_paper_leans_on(table, chosen, value):
    (row,) = [row for row in TABLES[table] if chosen.items() <= row.items()]
    assert row.get("acer", row.get("overall")) == value


def test_improvements_that_the_text_states_follow_from_the_tables():
    def overall(table, metric, method):
        return next(r["overall"] for r in TABLES[table] if (r["metric"], r["method"]) == (metric, method))

    def change(table, metric):
        return overall(table, metric, "PhySTD") / overall(table, metric, "STDN") - 1

    assert change("3", "eer") == pytest.approx(-0.479, abs=5e-4)
    assert change("3", "tpr_at_fnr_0.5") == pytest.approx(0.295, abs=5e-4)
    assert change("4", "eer") == pytest.approx(-0.117, abs=5e-4)
    assert change("4", "acer") == pytest.approx(-0.190, abs=5e-4)
    assert change("4", "tpr_at_fnr_0.5") == pytest.approx(0.504, abs=5e-4)


def _accuracy(counts):
    return 100 * sum(row[i] for i, row in enumerate(counts)) / sum(map(sum, counts))


def test_confusion_matrices_give_the_accuracies_of_the_text():
    tables = PUBLISHED["confusion_matrices"]
    assert {number: len(table["classes"]) for number, table in tables.items()} == {"6": 5, "7": 6}
    for table in tables.values():
        stated = table.get("accuracy_of_counts", table["accuracy"])
        assert _accuracy(table["counts"]) == pytest.approx(stated, abs=0.05)
        assert all(len(row) == len(table["classes"]) for row in table["counts"])
    media = tables["6"]["counts"]
    assert [sum(row) for row in media] == [60] * 5  # five classes of 60 test clips
    groups = ((0,), (1, 2), (3, 4))
    merged = [[sum(media[i][j] for i in rows for j in columns) for columns in groups] for rows in groups]
    assert _accuracy(merged) == pytest.approx(tables["6"]["merged_accuracy"], abs=0.05)


def test_the_changes_of_table_6_give_the_improvement_of_the_text():
    table = PUBLISHED["confusion_matrices"]["6"]
    changes = [[change or 0 for change in row] for row in table["change"]]
    before = [[n - change for n, change in zip(*rows)] for rows in zip(table["counts"], changes)]
    assert all(n >= 0 for row in before for n in row)
    assert [sum(row) for row in changes] == [0, 0, 0, 3, 0]  # replay_1, as printed
    gained = _accuracy(table["counts"]) - 100 * sum(row[i] for i, row in enumerate(before)) / 300
    assert gained == pytest.approx(table["improvement"], abs=0.5)


def test_rows_are_read_in_their_order_with_what_is_printed():
    assert [len(published_rows(number)) for number in range(1, 6)] == [36, 24, 17, 34, 6]
    stasn, auxiliary = published_rows(1)[0], published_rows(1)[19]
    assert stasn == ("1", "STASN", 21, {"apcer": Value(1.2), "bpcer": Value(2.5), "acer": Value(1.9)})
    assert (auxiliary.group, auxiliary.method, auxiliary.values["acer"]) == ("3", "Auxiliary", Value(2.9, 1.5))
    assert set(published_rows(2)[1].values) == {"acer"}  # STASN prints no more there
    assert list(published_rows(5)[1].values) == [*SPOOF_TYPES, "overall"]
    assert published_rows(5)[1].values["overall"] == Value(4.7, 2.4)
    assert published_rows(3)[0].values["overall"] == Value(6.3, None)
    assert published_title(2) == "SiW, three protocols"
    with pytest.raises(TableError, match="no Table 6"):
        published_rows(6)


def test_every_printed_method_is_trained_here_or_stays_published():
    printed = {row.method for number in range(1, 6) for row in published_rows(number)}
    assert set(METHODS) <= printed
    assert {method for method in printed if not is_implemented(method)} == {"STASN", "DRL", "HMP", "Meta-FAS-DR", "DTL"}


def test_every_system_has_its_title():
    assert {method_of("phystd", ablation) for ablation in ABLATIONS} == {
        "Auxiliary", "Step1", "Step1+Step2 w/ single trace", "Step1+Step2", "PhySTD",
    }  # fmt: skip
    titles = ["STDN", "DeSpoof", "CDCN", "CDCN++", "LBP+SVM"]
    assert [method_of(system) for system in ("stdn", "despoof", "cdcn", "cdcn++", "lbp_svm")] == titles
    for system, ablation in (("phystd", "none"), ("hmp", "full")):
        with pytest.raises(TableError, match=f"no table has a row for the system '{system}'"):
            method_of(system, ablation)
