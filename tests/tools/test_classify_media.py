"""tools.classify_media from a run and a prepared folder to the files of Tables 6 and 7."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from tests import program
from tests.killing import tree
from tests.media_classifier.fakes import oulu_clips, siwm_clips, write_clips, write_run


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    for dataset, clips in (("oulu", oulu_clips()), ("siwm", siwm_clips())):
        prepared = write_clips(folder / dataset, dataset, clips)
        write_run(folder / f"{dataset}_run", prepared, f"{dataset}_1")
    return folder


def classify(work, *arguments, code=0):
    done = program.run("tools.classify_media", arguments, work)
    assert done.code == code and "Traceback" not in done.output, done.output
    return done.output


def test_table_6_from_traces(work):
    before = tree(work / "oulu_run")
    command = ["--run=oulu_run", "--data=oulu", "--classes=oulu", "--iterations=1", "--seed=1", "--out=six"]
    said = classify(work, *command)
    summary = json.loads((work / "six" / "confusion.json").read_text())
    clips = pd.read_csv(work / "six" / "clips.csv")
    assert summary["classes"] == ["live", "print_1", "print_2", "replay_1", "replay_2"]
    assert np.sum(summary["counts"], axis=1).tolist() == [2] * 5 and len(clips) == summary["clips"] == 10
    assert summary["accuracy"] == (clips["label"] == clips["prediction"]).mean() <= summary["merged"]["accuracy"]
    assert (summary["input"], summary["seed"], summary["iterations"]) == ("traces", 1, 1)
    assert summary["protocol"]["name"] == "oulu_1" and summary["dev_accuracy"] is not None
    assert summary["run"] == "oulu_run" and summary["subjects"] == 2 and "tensorflow" in summary["versions"]
    assert f"accuracy {100 * summary['accuracy']:.1f} % with 5 classes" in said and "with 3; 10 clips of 2" in said
    assert tree(work / "oulu_run") == before


def test_table_7_from_images_without_a_dev_split_and_again_the_same(work):
    shutil.copytree(work / "siwm", work / "elsewhere")
    command = ["--run=siwm_run", "--data=siwm", "--test_data=elsewhere", "--classes=siwm", "--media_input=image"]
    command += ["--iterations=2", "--out=seven"]
    classify(work, *command)
    summary = json.loads((work / "seven" / "confusion.json").read_text())
    assert len(summary["classes"]) == 6 and np.sum(summary["counts"]) == 12 and summary["merged"] is None
    assert summary["dev_accuracy"] is None and summary["tested_iteration"] == 2 and summary["input"] == "image"
    assert (summary["data"], summary["test_data"]) == ("siwm", "elsewhere")
    first = tree(work / "seven")
    classify(work, *command)  # replaces its own files, and is the same in another process
    assert tree(work / "seven") == first


def test_what_cannot_be_classified_is_said_before_anything_is_written(work):
    siwm, oulu = ("--run=siwm_run", "--data=siwm"), ("--run=oulu_run", "--data=oulu")
    assert "none of the classes 'oulu'" in classify(work, *siwm, "--classes=oulu", "--out=x", code=2)
    said = classify(work, *oulu, "--classes=siwm", "--out=x", code=2)
    assert "'train' of protocol oulu_1 has no face of masks, makeup, partial" in said
    shutil.copytree(work / "oulu", work / "others")
    table = pd.read_csv(work / "others" / "manifest.csv", dtype=str, keep_default_na=False)
    table.assign(left="1.00").to_csv(work / "others" / "manifest.csv", index=False)
    said = classify(work, "--run=oulu_run", "--data=others", "--classes=oulu", "--out=x", code=2)
    assert "oulu_run was not trained on others" in said
    said = classify(work, *oulu, "--test_data=siwm", "--classes=oulu", "--out=x", code=2)
    assert "protocol oulu_1 is one of the dataset oulu" in said
    assert not (work / "x").exists()
    (work / "mine").mkdir()
    (work / "mine" / "confusion.json").write_text("[1]")
    assert "was not written by this program" in classify(work, *oulu, "--classes=oulu", "--out=mine", code=2)
