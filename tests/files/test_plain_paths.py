import os
import pathlib

import pytest

from phystd_tf.files.plain_paths import plain_path


@pytest.mark.parametrize("name", [b"\xff.txt", b"a[1].txt", b"%03d.txt", b"*.txt"])
def test_a_plain_path_can_be_written_and_takes_nothing_away(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    with plain_path(str(path)) as plain:
        assert plain.isascii() and plain.endswith(".txt") and not set("[]%*") & set(plain)
        pathlib.Path(plain).write_text("x")
    assert path.read_text() == "x" and not os.path.lexists(plain)


def test_a_name_without_harm_stays_but_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with plain_path("über.mp4") as plain:
        assert plain == str(tmp_path / "über.mp4")
