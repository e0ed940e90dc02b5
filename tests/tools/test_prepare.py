import csv
import os
import signal

import cv2
import matplotlib.cbook
import numpy as np
import pytest
import skimage.data

from phystd_tf.data import records
from phystd_tf.data.readers import READERS
from phystd_tf.files.lock import locked
from tests import program
from tests.killing import Program, check_kills, tree
from tools import prepare

FLAGS = ("--root=in", "--out=out", "--image_size=64", "--map_sizes=64", "--workers=1")
PROGRAM = Program("tools.prepare", watched=("tensorflow:io.TFRecordWriter.write",))


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
    assert records.load_settings(str(tmp_path / "out"))["embedded"] is False
    (drawn,) = (tmp_path / "out" / "drawn").iterdir()
    assert np.ptp(cv2.imread(str(drawn))) > 200


@pytest.mark.parametrize("option, status", [("--nolandmarks68", "ok"), ("--landmarks68", "bad_landmarks")])
def test_landmarks_next_to_images_are_used_or_a_note_says_that_they_are_not(tmp_path, option, status):
    folder = tmp_path / "in" / "live"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "ann.png"), skimage.data.astronaut()[:200, 100:350, ::-1])
    np.save(folder / "ann.npy", np.zeros((140, 2)))
    done = _run(f"--root={tmp_path / 'in'}", f"--out={tmp_path / 'out'}", *FLAGS[2:], option)
    assert ("ann.npy" in done.stdout and "only with --landmarks68" in done.stdout) == (status == "ok"), done.stdout
    with open(tmp_path / "out" / "manifest.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["status"] == status


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


def _save_people(root, change=0):
    """Two clips with two frames of a face; the live clip also has a black frame."""
    astronaut = np.ascontiguousarray(skimage.data.astronaut()[:256, 96:352, ::-1])
    for path in ("live/ann/c/1.png", "live/ann/c/2.png", "spoof/print/bob/c/1.png", "spoof/print/bob/c/2.png"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / path), astronaut // (1 if path.startswith("live") else 2) + change)
    cv2.imwrite(str(root / "live/ann/c/3.png"), np.zeros((64, 64, 3), np.uint8))


def test_a_kill_at_any_point_costs_nothing(tmp_path, kill_points):
    _save_people(tmp_path / "template" / "in")
    arguments = (*FLAGS, "--draw=1")
    check_kills(
        PROGRAM, arguments, tmp_path / "template", tmp_path / "work", lambda work: tree(work / "out"), kill_points
    )


def test_a_kill_costs_nothing_while_changed_photographs_are_prepared_again(tmp_path, kill_points):
    template = tmp_path / "template"
    _save_people(template / "in")
    assert PROGRAM.run(FLAGS, template).code == 1
    _save_people(template / "in", change=20)
    check_kills(PROGRAM, FLAGS, template, tmp_path / "work", lambda work: tree(work / "out"), kill_points)
    run = PROGRAM.run(FLAGS, template)
    assert "note: 2 of 2 clips have changed since and are prepared again: live/ann/c, spoof/print/bob/c" in run.output


def test_an_interruption_by_the_keyboard_costs_nothing(tmp_path, kill_points):
    _save_people(tmp_path / "template" / "in")
    work, points = tmp_path / "work", max(2, kill_points // 3)
    check_kills(PROGRAM, FLAGS, tmp_path / "template", work, lambda work: tree(work / "out"), points, by=signal.SIGINT)


def _run_obeying(folder, *flags):
    return program.run("tools.prepare", [*FLAGS, *flags], folder, count=["tests.permissions:obey"])


def test_a_folder_that_may_not_be_written_is_named_and_a_finished_one_is_as_it_was(tmp_path):
    _save_people(tmp_path / "in")
    (tmp_path / "out").mkdir(mode=0o555)
    for flags, said in (((), "out"), (("--out=out/deeper",), "out/deeper")):
        run = _run_obeying(tmp_path, *flags)
        assert run.code == 2 and f"{said}: " in run.stderr and "Permission denied" in run.stderr, run.output
    (tmp_path / "out").chmod(0o755)
    assert _run_obeying(tmp_path, "--shard=1/2").code == 1
    (tmp_path / "out").chmod(0o555)
    run = _run_obeying(tmp_path)
    assert run.code == 2 and "out cannot be written (Permission denied)" in run.stderr, run.output
    (tmp_path / "out").chmod(0o755)
    whole = _run_obeying(tmp_path)
    (tmp_path / "out").chmod(0o555)
    before = tree(tmp_path)
    again = _run_obeying(tmp_path)
    assert whole.code == again.code == 1 and whole.stdout == again.stdout
    assert tree(tmp_path) == before
    _save_people(tmp_path / "in", change=20)
    run = _run_obeying(tmp_path)
    assert run.code == 2 and "2 clips have changed since, but the folder is read-only" in run.stderr
    assert "Traceback" not in run.output


def test_sources_are_found_from_anywhere_after_the_tree_has_moved(tmp_path):
    first, second = tmp_path / "first", tmp_path / "elsewhere" / "second"
    _save_people(first / "in")
    run = PROGRAM.run(["--root=first/in", "--out=first/out", *FLAGS[2:]], tmp_path)
    assert run.code == 1 and "first/in/live/ann/c/3.png: no_face" in run.output
    second.parent.mkdir()
    first.rename(second)
    for folder in (tmp_path, second, second / "out"):
        prepared = os.path.relpath(second / "out", folder)
        found = program.run("tools.protocols", [f"--data={prepared}", "--protocol=folder", "--hashes"], folder)
        assert found.code == 0 and "no identical file" in found.output, found.output
    sources = [row["source"] for row in records.read_manifest(str(second / "out" / "manifest.csv"))]
    assert sources[0] == os.path.join("..", "in", "live", "ann", "c", "1.png")
    again = PROGRAM.run(FLAGS, second)
    assert again.code == 1 and "prepared again" not in again.output


def test_a_full_disk_is_said_and_costs_nothing(tmp_path):
    for name in ("full", "whole"):
        _save_people(tmp_path / name / "in")
        for path in (tmp_path / name / "in").rglob("*.png"):
            os.utime(path, (1, 1))
    full = PROGRAM.run(FLAGS, tmp_path / "full", limit=8000)
    assert full.code == 2 and "Traceback" not in full.output
    assert "too large" in full.output and "the same command resumes" in full.output
    for name in ("full", "whole"):
        assert PROGRAM.run(FLAGS, tmp_path / name).code == 1
    assert tree(tmp_path / "full") == tree(tmp_path / "whole")


def test_two_programs_do_not_prepare_the_same_clips_at_once(tmp_path):
    _save_people(tmp_path / "in")
    out = tmp_path / "out"
    assert PROGRAM.run([*FLAGS, "--shard=1/2"], tmp_path).code == 1
    for held, flags, code in (
        (out, (), 2),
        (out / "unfinished" / "share-1-of-2", (), 2),
        (out / "unfinished" / "share-1-of-2", ("--shard=1/2",), 2),
        (out / "unfinished" / "share-1-of-2", ("--shard=2/2",), 0),
    ):
        with locked(str(held)):
            run = PROGRAM.run([*FLAGS, *flags], tmp_path)
        assert run.code == code and ("another program is writing in out" in run.output) == (code == 2), run.output
