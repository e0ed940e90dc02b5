"""What was made from one prepared folder does not count as made from another."""

import os

import pytest

from phystd_tf.data import records
from phystd_tf.data.selection import Selection
from phystd_tf.experiments.plan import PlanError
from phystd_tf.hparams import get_hparams
from tests.tools.conftest import prepared

OPTIONS = ("--table=3", "--systems=phystd")


@pytest.mark.parametrize("change", [{"embedded": False}, {"image_size": 256}, "box"])
def test_another_prepared_folder_is_refused_before_any_work(call, start, datasets, tmp_path, change):
    call("siwm", *OPTIONS)
    start.made.clear()
    other = prepared(tmp_path / "other", "siwm", **({} if change == "box" else change))
    if change == "box":
        path = records.manifest_path(str(other))
        records.write_manifest(path, [{**row, "left": "7"} for row in records.read_manifest(path)])
    datasets["other"] = other
    with pytest.raises(PlanError, match=r"siwm_1/phystd-0/train was done with other faces than those of this prepared"):
        call("other", *OPTIONS)
    assert not start.made


def test_rows_of_other_faces_are_not_in_the_table(call, start, datasets, tmp_path):
    call("siwm", *OPTIONS)
    datasets["real"] = prepared(tmp_path / "real", "siwm", embedded=False)
    out = call("real", "--table=3", "--systems=auxiliary")
    text = (out / "table_3.txt").read_text(encoding="utf-8").replace("\n", " ")
    assert f"iterations: {get_hparams('small').max_iterations} of auxiliary; seeds 0." in text


def test_a_prepared_folder_may_be_moved(call, start, datasets, tmp_path):
    datasets["moved"] = prepared(tmp_path / "first", "siwm")
    call("moved", *OPTIONS)
    start.made.clear()
    datasets["moved"] = tmp_path / "moved"
    os.rename(tmp_path / "first", datasets["moved"])
    call("moved", *OPTIONS)
    assert not start.made


def test_results_whose_faces_are_unknown_are_not_taken_for_those_of_others(call, start, datasets, tmp_path):
    out = call("siwm", *OPTIONS)
    path = out / "steps" / "siwm_1" / "phystd-0" / "train.json"
    text = path.read_text(encoding="utf-8")
    assert "{DATA, faces " in text
    before, _, after = text.partition("{DATA, faces ")
    path.write_text(before + "{DATA}" + after.partition("}")[2], encoding="utf-8")
    with pytest.raises(PlanError, match="train was done with faces that the version of that time did not note"):
        call("siwm", *OPTIONS)


def test_the_manifest_is_read_once_for_each_protocol(call, start, datasets, tmp_path, monkeypatch):
    read = []
    init = Selection.__init__
    monkeypatch.setattr(Selection, "__init__", lambda self, *of: read.append(of) or init(self, *of))
    datasets["new"] = prepared(tmp_path / "new", "siwm")
    call("new", "--table=3,4", "--systems=phystd", "--figure=12")
    protocols = [of[1].name for of in read if len(of) > 1]
    assert len(protocols) == len(set(protocols)) == 14 and len(read) == 15
