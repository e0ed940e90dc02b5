"""The program that makes the embedded dataset."""

import os
import re
import shutil
import signal

import cv2
import matplotlib.cbook
import numpy as np
import pytest
import skimage.data

from phystd_tf.files.lock import locked
from phystd_tf.synthetic.layouts import LAYOUTS
from tests import program
from tests.killing import Program, check_kills, tree

PROGRAM = Program("tools.make_synthetic")


def _run(*arguments):
    return program.run("tools.make_synthetic", arguments)


def test_makes_a_dataset_and_a_contact_sheet(tmp_path):
    out, sheet = str(tmp_path / "set"), str(tmp_path / "sheet.png")
    small = ("--subjects=3", "--clips_per_subject=1", "--frames_per_clip=1", "--size=96", "--types=replay")
    done = _run(f"--out={out}", f"--sheet={sheet}", "--sheet_subjects=2", "--sheet_tile=64", "--workers=1", *small)
    assert done.code == 0, done.stderr
    assert "9 frames of 3 people" in done.stdout
    assert cv2.imread(sheet).shape == (3 * 64, 2 * 64, 3)
    assert os.listdir(os.path.join(out, "test", "spoof")) == ["replay"]


def test_makes_a_copy_of_a_real_layout(tmp_path):
    out = str(tmp_path / "set")
    done = _run(f"--out={out}", "--layout=siwm", "--subjects=2", "--frames_per_clip=1", "--size=96", "--types=print")
    assert done.code == 0, done.stderr
    assert os.listdir(os.path.join(out, "Live", "Train")) and os.path.isfile(os.path.join(out, "trainlist.txt"))
    assert _run(f"--out={tmp_path / 'other'}", "--layout=oulu", "--subjects=90").code == 2


def test_the_program_offers_the_layouts_that_there_are():
    done = _run("--out=nowhere", "--layout=folder")
    assert done.code != 0
    offered = re.search(r"should be one of <([^>]*)>", done.stdout + done.stderr).group(1)
    assert offered.split("|") == list(LAYOUTS)


def test_photographs_take_the_place_of_rendered_people(tmp_path):
    photographs, out, sheet = tmp_path / "photographs", str(tmp_path / "set"), str(tmp_path / "sheet.png")
    (photographs / "crew").mkdir(parents=True)
    astronaut = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        shutil.copy(file.name, photographs / "grace.jpg")
    cv2.imwrite(str(photographs / "crew" / "a.png"), astronaut)
    cv2.imwrite(str(photographs / "mirrored.png"), astronaut[:, ::-1])
    cv2.imwrite(str(photographs / "wall.png"), np.full((200, 200, 3), 120, np.uint8))
    small = ("--clips_per_subject=1", "--frames_per_clip=1", "--size=96", "--types=print", "--workers=1")
    done = _run(f"--photographs={photographs}", f"--out={out}", f"--sheet={sheet}", "--sheet_tile=64", *small)
    assert done.code == 0, done.stderr
    assert "9 frames of 3 people" in done.stdout and "wall.png: left out, no_face" in done.stderr
    assert cv2.imread(sheet).shape == (3 * 64, 3 * 64, 3)
    with open(os.path.join(out, "photographs.csv"), encoding="utf-8") as file:
        assert "crew/a.png,crew,s0000,ok," in file.read().splitlines()
    for arguments, words in (
        ((f"--photographs={tmp_path / 'nowhere'}",), "no such folder"),
        ((f"--photographs={out}/truth",), "no photograph"),
        ((f"--photographs={photographs}", "--subjects=9"), "shows 3 people"),
    ):
        done = _run(f"--out={tmp_path / 'other'}", *arguments)
        assert done.code == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_wrong_use_is_one_sentence(tmp_path):
    for arguments, words in (
        ((), "--out"),
        ((f"--out={tmp_path / 'a'}", "--types=hologram"), "hologram"),
        ((f"--out={tmp_path / 'b'}", "--subjects=1"), "subjects"),
    ):
        done = _run(*arguments)
        assert done.code == 2 and words in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("layout", ["--subjects=3", "--layout=siwm"])  # folders; videos, annotations and lists
def test_a_kill_at_any_point_costs_nothing(tmp_path, kill_points, layout):
    small = ("--clips_per_subject=1", "--live_clips_per_subject=1", "--frames_per_clip=1", "--types=print")
    arguments = ["--out=set", "--size=96", "--workers=1", *small, layout]
    check_kills(PROGRAM, arguments, None, tmp_path / "work", tree, kill_points)


_SMALL = ["--subjects=3", "--clips_per_subject=1", "--frames_per_clip=1", "--types=print", "--size=96", "--workers=1"]


def test_an_interruption_by_the_keyboard_costs_nothing(tmp_path, kill_points):
    points, arguments = max(2, kill_points // 3), ["--out=set", *_SMALL]
    check_kills(PROGRAM, arguments, None, tmp_path / "work", tree, points, by=signal.SIGINT)


def test_a_folder_that_may_not_be_written_is_named_and_a_finished_one_is_as_it_was(tmp_path):
    def run(*flags):
        arguments = ["--out=set", *_SMALL, *flags]
        return program.run("tools.make_synthetic", arguments, tmp_path, count=["tests.permissions:obey"])

    (tmp_path / "set").mkdir(mode=0o555)
    for flags, said in (((), "set"), (("--out=set/deeper",), "set/deeper")):
        done = run(*flags)
        assert done.code == 2 and said in done.stderr and "Permission denied" in done.stderr, done.output
    (tmp_path / "set").chmod(0o755)
    whole = run()
    (tmp_path / "set").chmod(0o555)
    before = tree(tmp_path)
    again = run()
    assert whole.code == again.code == 0 and whole.stdout == again.stdout
    assert tree(tmp_path) == before
    clip = next((tmp_path / "set").glob("train/live/s*/*"))
    (tmp_path / "set").chmod(0o755)
    shutil.rmtree(clip)
    (tmp_path / "set").chmod(0o555)
    done = run()
    assert done.code == 2 and "set cannot be written (Permission denied)" in done.stderr, done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("layout", ["--subjects=3", "--layout=siwm"])
def test_a_full_disk_is_said_and_costs_nothing(tmp_path, layout):
    small = ("--clips_per_subject=1", "--live_clips_per_subject=1", "--frames_per_clip=1", "--types=print")
    arguments = ["--out=set", "--size=96", "--workers=1", *small, layout]
    for name in ("small", "whole"):
        (tmp_path / name).mkdir()
    full = PROGRAM.run(arguments, tmp_path / "small", limit=2000)
    assert full.code == 2 and "Traceback" not in full.output and "File too large" in full.output
    for name in ("small", "whole"):
        assert PROGRAM.run(arguments, tmp_path / name).code == 0
    assert tree(tmp_path / "small") == tree(tmp_path / "whole")


def test_a_folder_in_which_another_program_works_is_refused(tmp_path):
    arguments = [f"--out={tmp_path}", "--subjects=3", "--clips_per_subject=1", "--frames_per_clip=1", "--size=96"]
    with locked(str(tmp_path)):
        done = _run(*arguments, "--types=print", "--workers=1")
    assert done.code == 2 and "another program is writing" in done.stderr and str(tmp_path) in done.stderr
