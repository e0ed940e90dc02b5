import os

import pytest

from phystd_tf.files.outputs import (
    Output,
    OutputError,
    check_folder,
    check_outputs,
    files_below,
    has_mark,
    is_archive,
    is_object,
    is_table,
)


def _foreign(path):
    return False


def _own(path):
    return True


def _refused(outputs, inputs=()):
    with pytest.raises(OutputError) as caught:
        check_outputs(outputs, inputs)
    return str(caught.value)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "user.csv").write_text("mine")
    return tmp_path


def test_new_files_own_files_and_empty_files_may_be_written(place):
    (place / "empty.csv").touch()
    (place / "link.csv").symlink_to("not_yet.csv")
    names = ["new.csv", "deep/er/new.csv", "empty.csv", "link.csv"]
    check_outputs([Output(name, _foreign) for name in names], ["user.csv", "elsewhere/x"])
    check_outputs([Output("user.csv", _own)], ["other.csv"])
    assert sorted(os.listdir(place)) == ["empty.csv", "link.csv", "user.csv"]  # nothing was made


def test_what_others_wrote_is_not_replaced(place):
    assert "user.csv exists and was not written by this program" in _refused([Output("user.csv", _foreign)])


def test_an_output_is_never_an_input_however_the_path_is_written(place):
    (place / "folder").mkdir()
    (place / "symbolic.csv").symlink_to("user.csv")
    os.link("user.csv", "hard.csv")
    for path in ("user.csv", "./user.csv", "folder/../user.csv", str(place / "user.csv"), "symbolic.csv", "hard.csv"):
        assert "user.csv)" in _refused([Output(path, _own)], ["other.csv", "user.csv"])
    # A path that does not exist yet, such as a file that a folder reserves for itself.
    assert "later.json)" in _refused([Output("folder/../later.json", _own)], [str(place / "later.json")])


def test_two_outputs_are_two_files(place):
    said = _refused([Output("a.json", _own), Output("./a.json", _own)])
    assert said == "./a.json and a.json are one file, but both are written; give another --out"


def test_places_that_cannot_be_written_are_refused_at_the_start(place, monkeypatch):
    (place / "folder").mkdir()
    os.mkfifo("pipe")
    assert "folder cannot be written (it is a folder)" in _refused([Output("folder", _own)])
    for special in ("pipe", os.devnull):  # a file would replace it
        assert "not a regular file" in _refused([Output(special, _own)])
    assert "user.csv is not a folder" in _refused([Output("user.csv/a/b.csv", _own)])
    # Permissions do not restrict root, who may run the tests.
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("folder"))
    assert "no permission to write in" in _refused([Output("folder/new/a.csv", _own)])
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("user.csv"))
    assert "write-protected" in _refused([Output("user.csv", _own)])


def test_many_outputs_are_checked_at_once(place):
    check_outputs([Output(f"{i}.png", _own) for i in range(20000)], [f"in/{i}.png" for i in range(20000)])


def test_marks_tell_own_files(place):
    (place / "table.csv").write_text('"a",b\n1,2\n')
    assert is_table("a", "b")("table.csv") and not is_table("a")("table.csv") and not is_table("a", "b")("user.csv")
    (place / "object.json").write_text('{"a": 1, "b": 2}')
    (place / "deep.json").write_text("[" * 100000)
    (place / "binary").write_bytes(b"\xff\xfe mark \0")
    assert is_object("a")("object.json") and is_object("a", "b")("object.json") and not is_object("c")("object.json")
    assert has_mark(b"mark")("binary") and not has_mark(b"mark")("user.csv")
    for path in ("user.csv", "deep.json", "binary", "none", "."):
        assert (
            not is_archive()(path)
            and not is_object("a")(path)
            and not is_table("a")(path)
            and not has_mark(b"other")(path)
        )


def _listed(path):
    return ["made.txt", "in/made.txt"] if os.path.exists(os.path.join(path, "made.txt")) else None


def test_a_folder_is_replaced_only_if_all_in_it_is_own(place):
    check_folder("new", _listed, "an export")
    (place / "old" / "in").mkdir(parents=True)
    check_folder("old", _listed, "an export")  # folders without files
    (place / "old" / "made.txt").touch()
    (place / "old" / "in" / "made.txt").touch()
    check_folder("old", _listed, "an export")
    (place / "old" / "in" / "notes.txt").touch()
    (place / "old" / "link").symlink_to(place)
    assert files_below("old") == ["in/made.txt", "in/notes.txt", "link", "made.txt"]
    for path, said in (
        ("old", r"not of an export \(in/notes.txt and 1 more\)"),
        (".", "exists and is not an export"),
        ("user.csv", "is not a folder"),
        ("user.csv/deeper", "user.csv is not a folder"),
    ):
        with pytest.raises(OutputError, match=said):
            check_folder(path, _listed, "an export")


def test_names_that_are_not_utf8_are_paths_too(place):
    name = os.fsdecode(b"\xff.csv")
    (place / name).write_text("mine")
    assert "not written by this program" in _refused([Output(name, _foreign)])
    assert files_below(".") == ["user.csv", name]
