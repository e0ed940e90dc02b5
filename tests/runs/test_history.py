"""The losses of a run: no row twice, whatever happened to the file."""

import csv

import pytest

from phystd_tf.runs.history import History

_ONE = "epoch,iteration,L,val_L\n0,10,1.0,2.0\n"
_WHOLE = _ONE + "1,20,0.5,1.0\n"


def _rows(run):
    with open(run / "history.csv", encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (None, []),
        ("", []),
        (_WHOLE, ["10", "20"]),
        (_WHOLE + "2,30,0.4,0.9\n", ["10", "20"]),  # written after the checkpoint at 20: it will be repeated
        (_WHOLE + "2,20,0.4", ["10", "20"]),
        (_WHOLE + "2,20,0.4,0.", ["10", "20"]),
        (_WHOLE + _WHOLE, ["10", "20"]),  # two trainings in one folder
        (_WHOLE + "2,15,nan,\0\n", ["10", "20"]),
        (_ONE + "1,20,0.5\n", ["10"]),  # a cell is missing
        (_ONE + "1,20,nan,1.0\n", ["10"]),
        (_ONE + "1,20,0.5,1.", ["10"]),  # cut off within a number
        ("epoch,L,val_L\n0,1.0,2.0\n", [""]),  # of an earlier version
        ("\udce9 no table\n1\n", []),
    ],
)
def test_rows_are_kept_up_to_the_checkpoint(tmp_path, text, kept):
    if text is not None:
        (tmp_path / "history.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    History(str(tmp_path), 20).append(40, {"L": 0.25, "val_L": 0.125})
    rows = _rows(tmp_path)
    assert [row["iteration"] for row in rows] == [*kept, "40"]
    assert [row["epoch"] for row in rows] == [str(number) for number in range(len(rows))]
    assert rows[-1]["L"] == "0.25" and rows[-1]["val_L"] == "0.125"
