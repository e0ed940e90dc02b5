import json
import os
import pathlib

import pytest

from phystd_tf.files.atomic import UNFINISHED_PREFIX, other_files, remove_unfinished, replacing, write_json, write_text


def test_a_file_appears_whole_in_a_folder_that_is_made(tmp_path):
    path = tmp_path / "new" / "a.json"
    write_json({"a": [1, 2.5, None]}, str(path))
    assert json.loads(path.read_text()) == {"a": [1, 2.5, None]}
    assert [entry.name for entry in path.parent.iterdir()] == ["a.json"]


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    write_text("old", str(path))
    with pytest.raises(RuntimeError), replacing(str(path)) as temporary:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write("half")
        assert path.read_text() == "old"
        raise RuntimeError
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_the_temporary_name_keeps_the_ending_and_is_hidden(tmp_path):
    with replacing(str(tmp_path / "shard-1.png")) as temporary:
        assert temporary.endswith(".png") and not (tmp_path / "shard-1.png").exists()
        assert list(tmp_path.glob("shard-*")) == []
        pathlib.Path(temporary).write_text("x")
        assert pathlib.Path(temporary).name.startswith(UNFINISHED_PREFIX)
    assert [entry.name for entry in tmp_path.iterdir()] == ["shard-1.png"]


def test_the_longest_name_of_a_file_system_can_be_written(tmp_path):
    path = tmp_path / ("n" * 251 + ".txt")
    write_text("a", str(path))
    assert path.read_text() == "a"


def test_what_a_killed_process_left_counts_as_nothing_and_can_be_removed(tmp_path):
    write_text("a", str(tmp_path / "a.txt"))
    (tmp_path / f"{UNFINISHED_PREFIX}1.txt").write_text("half")
    assert other_files(str(tmp_path)) == ["a.txt"]
    remove_unfinished(str(tmp_path))
    assert os.listdir(tmp_path) == ["a.txt"]


def test_numbers_that_json_does_not_know_are_refused(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(float("nan"), str(tmp_path / "a.json"))
    assert not list(tmp_path.iterdir())
