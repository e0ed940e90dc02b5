"""Confusion matrices compared with counts by hand, and their files."""

import json
import math
import pathlib

import numpy as np
import pandas as pd
import pytest

from phystd_tf.errors import PhystdError
from phystd_tf.evaluation.confusion import accuracy, confusion_counts, merge_classes
from phystd_tf.evaluation.confusion_file import confusion_outputs, read_confusion, summarize, write_confusion
from phystd_tf.evaluation.medium_classes import OULU, SIWM
from phystd_tf.files.outputs import OutputError, check_outputs

PUBLISHED = pathlib.Path(__file__).parents[2] / "protocols" / "published_tables.json"
DETAILS = {"input": "traces", "run": "r", "iterations": 3, "seed": 0}


def test_rows_are_labels_and_columns_predictions():
    counts = confusion_counts(np.array([0, 0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 0, 2]), 3)
    assert counts.tolist() == [[1, 2, 0], [0, 1, 0], [1, 0, 1]]
    assert accuracy(counts) == 3 / 6
    assert math.isnan(accuracy(np.zeros((2, 2), np.int64)))


def test_merged_classes_add_their_rows_and_columns():
    names, counts = merge_classes(np.array([[1, 2, 4], [8, 16, 32], [64, 128, 256]]), ("spoof", "live", "spoof"))
    assert names == ("spoof", "live") and counts.tolist() == [[1 + 4 + 64 + 256, 2 + 128], [8 + 32, 16]]


def test_the_printed_accuracies_follow_from_the_printed_counts_but_for_one():
    tables = json.loads(PUBLISHED.read_text(encoding="utf-8"))["confusion_matrices"]
    counts = {number: np.array(table["counts"]) for number, table in tables.items()}
    assert round(100 * accuracy(counts["6"]), 1) == tables["6"]["accuracy"]
    assert round(100 * accuracy(merge_classes(counts["6"], OULU.merged)[1]), 1) == tables["6"]["merged_accuracy"]
    assert round(100 * accuracy(counts["7"]), 1) == tables["7"]["accuracy_of_counts"] != tables["7"]["accuracy"]


def _clips(classes, labels, predictions):
    clips = pd.DataFrame({"clip": range(len(labels)), "subject": "ab", "label": labels, "prediction": predictions})
    clips["subject"] = ["a", "b", "a", "c"][: len(labels)]
    return clips.assign(frames=2, **dict.fromkeys(classes.classes, 0.2))


def test_a_summary_has_counts_accuracies_and_what_they_are_of(tmp_path):
    labels, predictions = ["live", "print_1", "print_2", "replay_2"], ["live", "print_2", "print_2", "live"]
    clips = _clips(OULU, labels, predictions)
    path = write_confusion(summarize(clips, OULU, DETAILS), clips, str(tmp_path / "new"))
    summary = read_confusion(path)
    assert np.array(summary["counts"])[[0, 1, 2, 4], [0, 2, 2, 0]].tolist() == [1] * 4
    assert np.sum(summary["counts"]) == summary["clips"] == 4 and summary["subjects"] == 3
    assert (summary["accuracy"], summary["merged"]["accuracy"]) == (0.5, 0.75)
    assert summary["merged"]["classes"] == ["live", "print", "replay"] and summary["input"] == "traces"
    assert pd.read_csv(tmp_path / "new" / "clips.csv")["prediction"].tolist() == predictions
    check_outputs(confusion_outputs(str(tmp_path / "new"), OULU))  # results for the same classes may be replaced
    with pytest.raises(OutputError, match="clips.csv exists"):
        check_outputs(confusion_outputs(str(tmp_path / "new"), SIWM))
    assert summarize(_clips(SIWM, ["live"], ["masks"]), SIWM, DETAILS)["merged"] is None


@pytest.mark.parametrize("change", [{"counts": [[1, 2]]}, {"counts": 3}, {"classes": None}, {"seed": "missing"}])
def test_a_damaged_file_is_named(change, tmp_path):
    summary = {**summarize(_clips(SIWM, ["live"], ["live"]), SIWM, DETAILS), **change}
    if change.get("seed"):
        del summary["seed"]
    path = tmp_path / "confusion.json"
    path.write_text(json.dumps(summary))
    with pytest.raises(PhystdError, match="confusion.json: not the result of a medium classification"):
        read_confusion(str(path))
