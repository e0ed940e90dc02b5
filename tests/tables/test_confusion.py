"""Tables 6 and 7 from the files of tools.classify_media."""

import numpy as np
import pytest

from phystd_tf.evaluation.medium_classes import MEDIUM_CLASSES
from phystd_tf.tables.confusion import confusion_table
from phystd_tf.tables.needed_protocols import TableError
from phystd_tf.tables.text_table import as_text
from phystd_tf.tables.writing import write_table


def result(name="oulu", seen="traces", seed=0, counts=None, protocol=None):
    k = len(MEDIUM_CLASSES[name].classes)
    counts = np.array(4 * np.eye(k, dtype=int) if counts is None else counts)
    return {
        "name": name, "classes": list(MEDIUM_CLASSES[name].classes), "counts": counts.tolist(), "input": seen,
        "run": "run", "seed": seed, "iterations": 400, "clips": int(counts.sum()), "subjects": 2,
        "protocol": {"name": protocol or f"{name}_1"},
    }  # fmt: skip


def cells(table, group, method):
    (row,) = (row for row in table.rows if (row.group, row.method) == (group, method))
    return dict(zip([column.title for column in table.columns], row.cells))


def test_published_rows_are_percentages_of_the_printed_counts():
    table = confusion_table(6, [])
    row = cells(table, "traces", "print_1")  # 0 43 11 3 3
    assert [round(row[name].published.mean, 1) for name in ("live", "print_1", "print_2")] == [0.0, 71.7, 18.3]
    assert row["5 classes"].published.mean == row["print_1"].published.mean
    assert row["3 classes"].published.mean == pytest.approx(100 * 54 / 60)
    whole = cells(table, "traces", "all")
    assert (whole["5 classes"].published.mean, whole["3 classes"].published.mean) == (83.3, 92.0)
    assert whole["print_2"].published.mean == pytest.approx(100 * 65 / 300)
    image = cells(table, "image", "all")
    assert image["5 classes"].published.mean == 80.6 and image["3 classes"].published is None
    assert all(cell.ours is None for row in table.rows for cell in row.cells)


def test_the_matrix_that_table_6_compares_with_follows_from_the_printed_changes():
    table = confusion_table(6, [])
    row = cells(table, "traces of DeSpoof", "print_2")  # 0 9(-25) 48(+37) 1(-8) 2(-4) of 60
    assert [round(row[name].published.mean * 60 / 100) for name in ("live", "print_1", "print_2", "replay_1")] == [
        0, 34, 11, 9
    ]  # fmt: skip
    accuracy = cells(table, "traces of DeSpoof", "all")
    assert accuracy["5 classes"].published.mean == pytest.approx(83.3 - 29) and accuracy["3 classes"].published is None
    assert any("improvement of 29 %" in note for note in table.notes)
    assert {row.group for row in confusion_table(7, []).rows} == {"traces", "image"}


def test_traces_of_other_systems_have_their_own_rows():
    other = {**result(), "system": "despoof"}
    third = {**result(), "system": "phystd", "ablation": "step1"}
    table = confusion_table(6, [result(seen="image"), other, third])
    assert list(dict.fromkeys(row.group for row in table.rows)) == [
        "traces", "traces of DeSpoof", "traces of Step1", "image"
    ]  # fmt: skip
    assert cells(table, "traces", "all")["5 classes"].ours is None
    assert cells(table, "traces of DeSpoof", "all")["5 classes"].difference == pytest.approx(100 - 54.3)
    step1 = cells(table, "traces of Step1", "all")["5 classes"]
    assert step1.ours.mean == 100 and step1.published is None
    assert any(note.startswith("Ours by traces of DeSpoof: protocol oulu_1") for note in table.notes)


def test_ours_are_means_over_seeds_with_their_deviation():
    wrong = 4 * np.eye(5, dtype=int)
    wrong[1, 1:3] = 1, 3
    table = confusion_table(6, [result(), result(seed=1, counts=wrong), result(seen="image", counts=wrong)])
    cell = cells(table, "traces", "print_1")["print_1"]
    assert cell.ours.mean == pytest.approx((100 + 25) / 2) and cell.seeds == 2
    assert cell.ours.over_seeds == pytest.approx(75 / np.sqrt(2))
    whole = cells(table, "traces", "all")
    assert whole["5 classes"].ours.mean == pytest.approx((100 + 85) / 2) and whole["3 classes"].ours.mean == 100
    image = cells(table, "image", "all")["5 classes"]
    assert image.ours.mean == pytest.approx(85) and image.ours.over_seeds is None
    assert image.difference == pytest.approx(85 - 80.6)
    text = as_text(table)
    assert "tested on 20 clips of 2 people (4 live, 4 print_1" in text and "400 iterations of the classifier" in text


def test_where_people_are_unknown_clips_are_not_taken_for_them():
    text = as_text(confusion_table(7, [{**result("siwm"), "subjects": 24}]))
    assert "tested on 24 clips of unknown people" in text


def test_a_printed_accuracy_that_does_not_follow_is_marked():
    said = "The printed accuracy, 92.0 %, does not follow from the printed counts, which give 91.6 %."
    assert said in confusion_table(7, []).notes
    assert not any("does not follow" in note for note in confusion_table(6, []).notes)
    assert cells(confusion_table(7, []), "traces", "all")["6 classes"].published.mean == 92.0


@pytest.mark.parametrize("rendered, protocol", [(True, "siwm_1"), (False, "folder")])
def test_nothing_is_compared_across_datasets(rendered, protocol, tmp_path):
    table = confusion_table(7, [result("siwm", protocol=protocol)], rendered)
    assert not table.differences and "Ours are of" in table.title
    assert any("cannot be compared" in note for note in table.notes)
    assert len(write_table(table, str(tmp_path))) == 4
    assert confusion_table(7, [result("siwm")]).differences


def test_a_class_without_a_test_clip_has_no_percentages():
    counts = 4 * np.eye(5, dtype=int)
    counts[2] = 0
    row = cells(confusion_table(6, [result(counts=counts)]), "traces", "print_2")
    assert all(cell.ours is None for cell in row.values())


def test_what_does_not_belong_into_the_table_is_named():
    with pytest.raises(TableError, match="Table 6 has the classes 'oulu', not 'siwm'"):
        confusion_table(6, [result("siwm")])
    with pytest.raises(TableError, match="run by traces, seed 0 is there twice"):
        confusion_table(6, [result(), result()])
    with pytest.raises(TableError, match="no Table 5 of confusion"):
        confusion_table(5, [])
