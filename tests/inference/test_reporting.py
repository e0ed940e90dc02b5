"""Rows and pictures of faces: complete, one per face, and no file of a user is replaced."""

import csv
import json
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from phystd_tf.errors import PhystdError
from phystd_tf.files.images import read_image
from phystd_tf.files.outputs import OutputError
from phystd_tf.files.video import iterate_frames
from phystd_tf.files.video_writing import writing_video
from phystd_tf.inference.drawing import drawn_paths
from phystd_tf.inference.face_pictures import ANNOTATIONS, PANELS, is_drawn, overview_row
from phystd_tf.inference.inputs import CameraError, Input, camera_input, file_input, list_files
from phystd_tf.inference.reporting import Reports, report
from phystd_tf.inference.rows import check_row_suffix
from phystd_tf.report.trace_panel import column_names
from tests.inference.fake_model import FakeModel, picture
from tests.killing import tree


def _save(image, path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    Image.fromarray(image).save(path)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, faces in (("a.png", 1), ("b.png", 2), ("none.png", 0), ("more/b.bmp", 1)):
        _save(picture(faces, 0.25), os.path.join("photos", name))
    return tmp_path


def _inputs(*paths):
    return [file_input(path) for path in list_files(paths, is_drawn)]


def _draw(path, out):
    return report(FakeModel(), _inputs(path), Reports(os.path.join(out, "results.csv"), PANELS, out))


def _rows(path):
    if path.endswith(".jsonl"):
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_face_is_a_row_with_all_that_makes_its_score(photos):
    assert report(FakeModel(), _inputs("photos"), Reports("new/rows.csv")) == 3
    rows = _rows("new/rows.csv")
    said = [(os.path.relpath(row["path"], "photos"), row["face"], row["status"], row["verdict"]) for row in rows]
    assert said == [
        ("a.png", "0", "ok", "spoof"), ("b.png", "0", "ok", "spoof"), ("b.png", "", "low_quality", ""),
        (os.path.join("more", "b.bmp"), "0", "ok", "spoof"), ("none.png", "", "no_face", ""),
    ]  # fmt: skip
    first = rows[0]
    assert [first[side] for side in ("left", "top", "right", "bottom")] == ["10.0", "5.0", "30.0", "25.0"]
    assert (first["threshold"], first["threshold_source"], first["frame"]) == ("0.5", "EER on dev", "0")
    terms = sum(float(first[name]) for name in "BCTP")
    assert float(first["depth"]) + float(first["alpha0"]) * terms == pytest.approx(float(first["score"])) == 0.25
    refused = rows[2]
    assert refused["left"] == "40.0" and refused["reason"] == "the face is upside down"
    assert not any(refused[name] for name in ("score", "threshold", "threshold_source", "alpha0", "depth"))


def test_json_lines_say_the_same_as_the_table(photos):
    for name in ("rows.csv", "rows.jsonl"):
        for _ in range(2):  # written again
            report(FakeModel(), _inputs("photos"), Reports(name))
    table, lines = _rows("rows.csv"), _rows("rows.jsonl")
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in lines] == table
    assert lines[0]["score"] == 0.25 and lines[4]["score"] is None
    with pytest.raises(PhystdError, match=r"must end in \.csv or \.jsonl"):
        check_row_suffix("rows.txt")


def test_without_an_operating_point_there_is_a_score_and_no_verdict(photos):
    report(FakeModel(point=None), _inputs("photos/a.png"), Reports("rows.csv"))
    (row,) = _rows("rows.csv")
    assert (row["score"], row["threshold"], row["verdict"], row["status"], row["alpha0"]) == (
        "0.25",
        "",
        "",
        "ok",
        "0.0",
    )


@pytest.fixture
def video(photos):
    """Scores 0.3, 0.4, none, 0.9."""
    path = os.path.join("photos", "clip.mp4")
    with writing_video(path, "somebody") as write:
        for index, (faces, score) in enumerate(((1, 0.3), (1, 0.4), (0, 0.0), (1, 0.9))):
            write(picture(faces, score), index / 25)
    return path


def test_a_video_has_rows_of_its_frames_and_one_of_the_clip(video):
    shown = []
    inputs = [file_input(video)]
    report(FakeModel(), inputs, Reports("rows.jsonl"), on_row=lambda source, row: shown.append(row))
    rows = _rows("rows.jsonl")
    assert [row._asdict() for row in shown] == rows
    assert [(row["frame"], row["frames"], row["status"], row["verdict"]) for row in rows] == [
        (0, 1, "ok", "spoof"), (1, 1, "ok", "spoof"), (2, 1, "no_face", ""), (3, 1, "ok", "live"),
        (None, 3, "ok", "live"),
    ]  # fmt: skip
    scores = [row["score"] for row in rows if row["frame"] is not None and row["score"] is not None]
    assert rows[-1]["score"] == pytest.approx(np.mean(scores)) == pytest.approx(0.533, abs=0.03)
    report(FakeModel(), [file_input(video, frame_step=3, max_frames=1)], Reports("rows.jsonl"))
    assert [row["frame"] for row in _rows("rows.jsonl")] == [0, None]


def test_a_clip_without_a_face_and_one_that_cannot_be_read_are_rows(photos):
    with writing_video("empty.mp4", "somebody") as write:
        for index in range(3):
            write(picture(0, 0.0), index / 25)
    (photos / "text.mp4").write_text("no video")
    assert report(FakeModel(), _inputs("empty.mp4", "text.mp4"), Reports("rows.csv")) == 0
    rows = _rows("rows.csv")
    assert [(row["path"], row["frame"], row["status"]) for row in rows] == [
        ("empty.mp4", "0", "no_face"), ("empty.mp4", "1", "no_face"), ("empty.mp4", "2", "no_face"),
        ("empty.mp4", "", "no_face"), ("text.mp4", "", "unreadable"),
    ]  # fmt: skip
    assert "no frame of 3" in rows[3]["reason"] and rows[4]["reason"].startswith("not a video")


def test_annotated_pictures_show_the_boxes_and_videos_keep_their_frames(photos, video):
    inputs = _inputs("photos")
    for _ in range(2):
        report(FakeModel(), inputs, Reports("rows.csv", ANNOTATIONS, "drawn"))
    assert sorted(os.listdir("drawn")) == ["a.png", "b.png", "b_2.png", "clip.mp4", "none.png"]
    drawn = read_image("drawn/a.png")
    assert drawn.shape[1] >= 7 * 80 and drawn.shape[0] > 40 + 80
    np.testing.assert_array_equal(drawn[-18:, : 7 * 82], column_names(80))  # below the traces
    assert drawn[20, 10, 0] > 200 and tuple(drawn[20, 20]) == (125, 0, 0)  # the box, and inside it
    assert read_image("drawn/none.png").shape == (40, 60, 3)
    frames = [frame for _, frame in iterate_frames("drawn/clip.mp4")]
    assert len(frames) == 4 and len({frame.shape for frame in frames}) == 1
    pictures = {row["path"]: row["picture"] for row in _rows("rows.csv")}
    assert pictures[video] == "drawn/clip.mp4" and pictures["photos/a.png"] == "drawn/a.png"
    os.rename("drawn", "photos/drawn")
    assert len(_inputs("photos")) == len(inputs)  # drawn pictures are not inputs


class _Capture:
    """A stand-in for ``cv2.VideoCapture``: BGR frames, then an end or an interruption."""

    def __init__(self, frames, is_there=True):
        self.frames, self.is_there, self.released = list(frames), is_there, False

    def __call__(self, number):
        self.number = number
        return self

    def isOpened(self):
        return self.is_there

    def set(self, *_):
        return True

    def grab(self):
        self.now = self.frames.pop(0) if self.frames else None
        return self.now is not None

    def retrieve(self):
        return True, np.ascontiguousarray(self.now[..., ::-1])

    def release(self):
        self.released = True


def test_a_camera_is_judged_until_it_is_stopped(photos, monkeypatch):
    stop = np.full((40, 60, 3), 255, np.uint8)
    capture = _Capture([picture(1, 0.25), picture(0, 0.0), picture(1, 0.75), stop, picture(1, 0.25)])
    monkeypatch.setattr(cv2, "VideoCapture", capture)
    assert report(FakeModel(), [camera_input(2)], Reports("rows.csv", ANNOTATIONS, "drawn")) == 1
    rows = _rows("rows.csv")
    assert [(row["path"], row["frame"], row["verdict"]) for row in rows] == [
        ("camera2", "0", "spoof"), ("camera2", "1", ""), ("camera2", "2", "live"), ("camera2", "", "live"),
    ]  # fmt: skip
    assert float(rows[-1]["score"]) == 0.5 and capture.number == 2 and capture.released
    assert len(list(iterate_frames("drawn/camera2.mp4"))) == 3


def test_frames_of_a_camera_are_chosen_and_limited(photos, monkeypatch):
    capture = _Capture([picture(1, score / 100) for score in range(20)])
    monkeypatch.setattr(cv2, "VideoCapture", capture)
    frames = list(camera_input(0, frame_step=3, max_frames=4).frames())
    assert [frame.number for frame in frames] == [0, 3, 6, 9]
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [100, 103, 106, 109]
    assert [frame.seconds for frame in frames] == sorted(frame.seconds for frame in frames)


def test_a_camera_that_is_not_there_is_named(photos, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", _Capture([], is_there=False))
    with pytest.raises(CameraError, match="camera 7 cannot be opened"):
        report(FakeModel(), [camera_input(7)], Reports("rows.csv"))
    assert not os.path.exists("rows.csv")


def test_files_that_are_named_are_taken_once_and_in_order(photos):
    paths = list_files(["photos/none.png", "photos", "photos/a.png"])
    assert paths == [os.path.join("photos", name) for name in ("none.png", "a.png", "b.png", "more/b.bmp")]
    os.makedirs("empty")
    for missing in ("empty", "nowhere"):
        with pytest.raises(PhystdError, match=missing):
            list_files(["photos", missing])


def test_pictures_are_made_and_made_again(photos):
    for _ in range(2):
        _draw("photos", "out")
        assert sorted(os.listdir("out")) == ["a.png", "b.png", "b_2.png", "results.csv"]
    rows = {row["path"]: row for row in _rows("out/results.csv")}
    assert rows[os.path.join("photos", "none.png")]["status"] == "no_face"
    assert cv2.imread("out/a.png").shape[1] > 7 * 128


def test_a_video_of_traces_is_made_of_a_video(video):
    _draw(video, "out")
    frames = [frame for _, frame in iterate_frames("out/clip.mp4")]
    assert len(frames) == 3 and frames[0].shape[1] > 7 * 128


def test_the_rows_of_an_overview_have_one_size(photos):
    rows = []
    report(FakeModel(), _inputs("photos"), Reports(), on_frame=lambda _, judged: rows.append(overview_row(judged, "x")))
    assert len(rows) == 4 and len({row.shape for row in rows}) == 1


@pytest.mark.parametrize("path, out, named", [
    ("photos", "photos", "photos/a.png"), ("photos/b.png", "photos", "photos/b.png"), ("photos/b.png", "link", "b.png"),
    ("photos", "photos/more/..", "a.png"),
])  # fmt: skip
def test_a_photograph_is_not_replaced_by_its_picture(photos, path, out, named):
    os.symlink("photos", "link")
    before = tree(photos)
    with pytest.raises(OutputError, match=f"{named} would be overwritten, but it is read"):
        _draw(path, out)
    assert tree(photos) == before


@pytest.mark.parametrize(
    "name, text", [("results.csv", "mine"), ("results.csv", "path,mine\nx,1\n"), ("a.png", "mine")]
)
def test_files_of_a_user_are_not_replaced(photos, name, text):
    os.makedirs("out")
    (photos / "out" / name).write_text(text)
    before = tree(photos)
    with pytest.raises(OutputError, match=f"{name} exists and was not written by this program"):
        _draw("photos", "out")
    assert tree(photos) == before


def test_pictures_below_the_photographs_are_not_taken_for_photographs(photos):
    for name in ("a.png", "none.png", "b.png"):
        os.remove(f"photos/{name}")
    _save(picture(1, 0.25), "photos/a.bmp")
    for out in ("photos", "photos", "photos/drawn", "photos/drawn"):
        _draw("photos", out)
        assert {row["path"] for row in _rows(f"{out}/results.csv")} == {"photos/a.bmp", "photos/more/b.bmp"}


def test_names_that_differ_in_case_only_get_pictures_of_their_own():
    names = ["x/Ann.jpg", "y/ann.png", "ann_2.png", "ANN.jpg", "ann.mp4"]
    paths = drawn_paths([Input(name, name.endswith("mp4"), iter) for name in names], "out")
    assert [os.path.basename(path) for path in paths] == [
        "Ann.png",
        "ann_2.png",
        "ann_2_2.png",
        "ANN_3.png",
        "ann_4.mp4",
    ]


def test_what_was_done_before_an_interruption_is_kept(photos):
    _save(np.full((9, 9, 3), 255, np.uint8), "photos/stop.png")
    with pytest.raises(KeyboardInterrupt):
        _draw("photos", "out")
    assert {row["path"] for row in _rows("out/results.csv")} == {
        "photos/a.png", "photos/b.png", "photos/more/b.bmp", "photos/none.png"
    }  # fmt: skip


def test_names_that_are_not_utf8_are_photographs_too(photos):
    name = os.fsdecode(b"photos/\xff.png")
    os.rename("photos/a.png", name)
    _draw("photos", "out")
    assert os.path.exists(os.fsdecode(b"out/\xff.png"))
    rows = {row["path"]: row for row in _rows("out/results.csv")}
    assert rows["photos/\\xff.png"]["picture"] == "out/\\xff.png"
