import csv
import pathlib

import cv2
import matplotlib.cbook
import numpy as np
import pytest

from phystd_tf.data.readers import READERS
from tests import program
from tools import prepare

REPOSITORY = pathlib.Path(__file__).parents[2]


def _run(*arguments):
    return program.run("tools.prepare", arguments)


def test_one_photograph_a_class_is_prepared_and_failures_are_listed(tmp_path):
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        hopper = cv2.imread(file.name)
    for path, image in (
        ("live/ann/1.png", hopper),
        ("spoof/print/ann/1.png", hopper // 2),
        ("live/bob/1.png", hopper * 0),
    ):
        (tmp_path / "in" / path).parent.mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "in" / path), image)
    (tmp_path / "in" / "live" / "ann" / "notes.txt").write_text("x")
    flags = ("--image_size=64", "--map_sizes=64", "--draw=1", "--workers=1")
    done = _run(f"--root={tmp_path / 'in'}", f"--out={tmp_path / 'out'}", *flags)
    assert done.code == 1, done.stderr
    assert "Traceback" not in done.stderr
    for said in ("notes.txt", "no_face 1", "live/bob/1.png", "manifest.csv"):
        assert said in done.stdout + done.stderr
    with open(tmp_path / "out" / "manifest.csv", newline="") as file:
        rows = {row["clip"]: row["status"] for row in csv.DictReader(file)}
    assert rows == {"live/ann/1.png": "ok", "spoof/print/ann/1.png": "ok", "live/bob/1.png": "no_face"}
    (drawn,) = (tmp_path / "out" / "drawn").iterdir()
    assert np.ptp(cv2.imread(str(drawn))) > 200


@pytest.mark.parametrize(
    "flags, said",
    [
        (("--out=OUT",), "root"),
        (("--root=nowhere", "--out=OUT"), "nowhere: no such folder"),
        (("--root=IN", "--out=OUT", "--map_sizes=big"), "--map_sizes"),
        (("--root=IN", "--out=OUT", "--frame_step=0"), "frame_step"),
        (("--root=IN", "--out=OUT", "--morphable_model=none.npz"), "none.npz"),
        (("--root=IN", "--out=IN"), "IN"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(tmp_path, flags, said):
    (tmp_path / "IN" / "live").mkdir(parents=True)
    (tmp_path / "IN" / "live" / "1.jpg").write_text("x")
    places = {"OUT": str(tmp_path / "out"), "IN": str(tmp_path / "IN")}
    done = _run(*(name + "=" + places.get(value, value) for name, value in (flag.split("=") for flag in flags)))
    assert done.code == 2
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_no_usable_face_is_exit_code_2(tmp_path):
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "1.jpg").write_text("x")
    done = _run(f"--root={tmp_path}", f"--out={tmp_path / 'out'}", "--workers=1")
    assert done.code == 2 and "Traceback" not in done.stderr


def test_every_reader_is_offered_with_a_frame_step():
    datasets = prepare.DATASETS
    assert set(datasets) == set(READERS) and min(datasets.values()) == 1
