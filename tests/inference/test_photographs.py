"""Pictures of traces beside photographs: nothing of a user is replaced, and what was done is kept."""

import csv
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from phystd_tf.files.outputs import OutputError
from phystd_tf.inference.model import Disentangled, Prediction
from phystd_tf.inference.photographs import disentangle_photographs, list_photographs, picture_paths
from phystd_tf.traces import Traces
from tests.killing import tree


class _Model:
    """Finds a face in every file that is not called ``none``, and stops at ``stop``."""

    def disentangle(self, path):
        if "stop" in path:
            raise KeyboardInterrupt
        if "none" in path:
            return Disentangled(Prediction("no_face", f"{path}: no face"))
        face, one = np.zeros((32, 32, 3), np.float32), np.zeros((32, 32, 1), np.float32)
        return Disentangled(Prediction("ok", score=0.5), face, one, Traces(face, face, face, one, face), face, face)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.makedirs("photos/more")
    for name in ("a.jpg", "b.png", "none.png", "more/b.jpg"):
        Image.fromarray(np.full((8, 8, 3), 200, np.uint8)).save(os.path.join("photos", name))
    return tmp_path


def _results(out):
    with open(os.path.join(out, "results.csv"), encoding="utf-8", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def _disentangle(path, out):
    return disentangle_photographs(_Model(), list_photographs(path, out), out)


def test_pictures_are_made_and_made_again(photos):
    for _ in range(2):
        _disentangle("photos", "out")
        assert sorted(os.listdir("out")) == ["a.png", "b.png", "b_2.png", "results.csv"]
    rows = _results("out")
    assert rows[os.path.join("photos", "none.png")]["status"] == "no_face"
    assert cv2.imread("out/a.png").shape[1] > 7 * 128


@pytest.mark.parametrize("path, out, named", [
    ("photos", "photos", "photos/b.png"), ("photos/b.png", "photos", "photos/b.png"), ("photos/b.png", "link", "b.png"),
    ("photos", "photos/more/..", "b.png"),
])  # fmt: skip
def test_a_photograph_is_not_replaced_by_its_picture(photos, path, out, named):
    os.symlink("photos", "link")
    before = tree(photos)
    with pytest.raises(OutputError, match=f"{named} would be overwritten, but it is read"):
        _disentangle(path, out)
    assert tree(photos) == before


@pytest.mark.parametrize(
    "name, text", [("results.csv", "mine"), ("results.csv", "path,mine\nx,1\n"), ("a.png", "mine")]
)
def test_files_of_a_user_are_not_replaced(photos, name, text):
    os.makedirs("out")
    (photos / "out" / name).write_text(text)
    before = tree(photos)
    with pytest.raises(OutputError, match=f"{name} exists and was not written by this program"):
        _disentangle("photos", "out")
    assert tree(photos) == before


def test_pictures_below_the_photographs_are_not_taken_for_photographs(photos):
    for name in ("b.png", "none.png"):
        os.remove(f"photos/{name}")
    for out in ("photos", "photos", "photos/drawn", "photos/drawn"):
        results = _disentangle("photos", out)
        assert [result.path for result in results if "drawn" in result.path] == []
        if out == "photos":
            assert [result.path for result in results] == ["photos/a.jpg", "photos/more/b.jpg"]
            assert len(list_photographs("photos", "out")) == 4  # with those that another folder would not replace


def test_names_that_differ_in_case_only_get_pictures_of_their_own():
    paths = picture_paths(["x/Ann.jpg", "y/ann.png", "ann_2.png", "ANN.jpg"], "out")
    assert [os.path.basename(path) for path in paths] == ["Ann.png", "ann_2.png", "ann_2_2.png", "ANN_3.png"]


def test_what_was_done_before_an_interruption_is_kept(photos):
    os.rename("photos/more", "photos/stop")
    with pytest.raises(KeyboardInterrupt):
        _disentangle("photos", "out")
    assert set(_results("out")) == {"photos/a.jpg", "photos/b.png", "photos/none.png"}


def test_names_that_are_not_utf8_are_photographs_too(photos):
    name = os.fsdecode(b"photos/\xff.jpg")
    os.rename("photos/a.jpg", name)
    _disentangle("photos", "out")
    assert os.path.exists(os.fsdecode(b"out/\xff.png"))
    assert _results("out")["photos/\\xff.jpg"]["picture"] == "out/\\xff.png"
