"""Tables 6 and 7: what is trained for them, what they show of earlier calls, and faces that they cannot tell apart."""

import csv

import pytest

from phystd_tf.data import records
from tests.tools.conftest import prepared
from tools.command import UsageError


def _rows(out, number):
    """The groups of rows that have ours."""
    with open(out / f"table_{number}.csv", encoding="utf-8", newline="") as file:
        return {row["group"] for row in csv.DictReader(file) if row["ours"]}


def test_rows_of_earlier_calls_with_the_same_budget_stay_in_the_table(call, start):
    options = ("--table=7", "--iterations=7", "--medium_iterations=5")
    call("siwm", *options, "--systems=phystd")
    out = call("siwm", *options, "--systems=step1,stdn")
    assert _rows(out, 7) == {"traces", "traces of Step1", "traces of STDN", "image"}
    text = (out / "table_7.txt").read_text(encoding="utf-8").replace("\n", " ")
    assert "Ours: preset small; iterations: 7 of step1, 7 of stdn, 7 of phystd; seeds 0." in text
    for other, system, row in (("--iterations=8", "despoof", "DeSpoof"), ("--medium_iterations=6", "phystd", "")):
        out = call("siwm", *options, f"--systems={system}", other)
        assert _rows(out, 7) == {f"traces of {row}" if row else "traces", "image"}


def test_cells_say_what_they_were_measured_on(call, start):
    out = call("oulu", "--table=6", "--systems=phystd")
    with open(out / "table_6.csv", encoding="utf-8", newline="") as file:
        rows = {row["method"]: row for row in csv.DictReader(file) if row["group"] == "traces"}
    assert (rows["live"]["live"], rows["live"]["spoof"]) == ("1", "")
    assert (rows["print_2"]["live"], rows["print_2"]["spoof"]) == ("", "1")
    assert (rows["all"]["live"], rows["all"]["spoof"], rows["all"]["subjects"]) == ("1", "4", "1")


@pytest.mark.parametrize("number, dataset", [(6, "oulu"), (7, "siwm")])
@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_faces_of_no_class_are_refused_before_any_work(call, start, datasets, tmp_path, number, dataset, split):
    datasets["own"] = prepared(tmp_path / "own", dataset, dataset="folder")
    path = records.manifest_path(str(datasets["own"]))
    rows = records.read_manifest(path)
    half = 0
    for row in rows:
        half = (half + 1) % 2
        row["split"] = ("train", "test")[half]
    wrong = next(row for row in rows if row["label"] == "0")
    wrong.update(split=split, instrument="laser_office", type="print" if number == 6 else "hologram")
    records.write_manifest(path, rows)
    with pytest.raises(UsageError, match=rf"--table={number}: the clip {wrong['clip']} has .*none of the classes"):
        call("own", f"--table={number}")
    assert not start.made
