import os
import pathlib

import pytest

from phystd_tf.files.atomic_folder import replacing_folder


def _write(path, text):
    with replacing_folder(str(path)) as pending:
        (pathlib.Path(pending) / "in").mkdir()
        (pathlib.Path(pending) / "in" / "a.txt").write_text(text)


def test_a_folder_appears_whole_and_replaces_the_earlier_one(tmp_path):
    path = tmp_path / "above" / "out"
    _write(path, "first")
    (path / "more.txt").touch()
    _write(path, "second")
    assert [str(each.relative_to(tmp_path)) for each in sorted(tmp_path.rglob("*"))] == [
        "above", "above/out", "above/out/in", "above/out/in/a.txt",
    ]  # fmt: skip
    assert (path / "in" / "a.txt").read_text() == "second"


def test_a_failure_leaves_the_earlier_folder_and_no_other(tmp_path, monkeypatch):
    _write(tmp_path / "out", "first")
    with pytest.raises(RuntimeError), replacing_folder(str(tmp_path / "out")):
        raise RuntimeError
    rename = os.rename

    def fail(source, target):
        if source.endswith("new"):
            raise OSError("no")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="no"):
        _write(tmp_path / "out", "second")
    assert os.listdir(tmp_path) == ["out"] and (tmp_path / "out" / "in" / "a.txt").read_text() == "first"


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    _write(tmp_path / "real", "first")
    (tmp_path / "link").symlink_to("real")
    _write(tmp_path / "link", "second")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "in" / "a.txt").read_text() == "second"


def test_what_a_killed_process_left_is_removed_and_what_another_writes_is_not(tmp_path):
    name = "n" * 255  # as long as a name can be
    with replacing_folder(str(tmp_path / name)) as other:
        left = pathlib.Path(other).parent.with_name(pathlib.Path(other).parent.name + "x")
        (left / "new").mkdir(parents=True)
        (tmp_path / ".unfinished-of-somebody").mkdir()
        _write(tmp_path / name, "mine")
        assert os.path.isdir(other) and not left.exists()
        (pathlib.Path(other) / "theirs.txt").touch()
    assert os.listdir(tmp_path / name) == ["theirs.txt"]
    assert sorted(os.listdir(tmp_path)) == [".unfinished-of-somebody", name]
