"""The layout of OULU-NPU: videos, lists, labels and eye positions as in the real dataset."""

import os
import re

import numpy as np

from phystd_tf.synthetic import truth
from phystd_tf.synthetic.clips import start_clip
from phystd_tf.synthetic.layouts import all_clips
from tests.synthetic.layouts.copies import clips_and_lists, copy_recipe, files_below


def test_oulu_grid_and_counts():
    clips, lists = clips_and_lists("oulu", subjects=55)
    counts = {split: sum(clip.split == split for clip in clips) for split in ("train", "dev", "test")}
    assert counts == {"train": 1800, "dev": 1350, "test": 1800}
    assert sum(clip.spoof_type == "live" for clip in clips) == 990
    assert len(lists) == 42
    # Published numbers of videos and of live videos in each list.
    expected = {
        1: ((1200, 240), (900, 180), (600, 120)),
        2: ((1080, 360), (810, 270), (1080, 360)),
        3: ((1500, 300), (1125, 225), (300, 60)),
        4: ((600, 200), (450, 150), (60, 20)),
    }
    for path, text in lists.items():
        protocol = int(path[len("Protocols/Protocol_")])
        rows = text.splitlines()
        column = ("Train", "Dev", "Test").index(re.split(r"[_.]", os.path.basename(path))[0])
        assert (len(rows), sum(row.startswith("+1,") for row in rows)) == expected[protocol][column], path


def test_oulu_lists_hold_out_as_the_protocols_require():
    _, lists = clips_and_lists("oulu")

    def numbers(path):
        rows = [row.split(",")[1].split("_") for row in lists[f"Protocols/{path}.txt"].splitlines()]
        return [set(map(int, column)) for column in zip(*rows)]

    everything = [set(range(1, 7)), {1, 2, 3}, None, {1, 2, 3, 4, 5}]
    for path, phones, sessions, files in (
        ("Protocol_1/Train", everything[0], {1, 2}, everything[3]),
        ("Protocol_1/Dev", everything[0], {1, 2}, everything[3]),
        ("Protocol_1/Test", everything[0], {3}, everything[3]),
        ("Protocol_2/Dev", everything[0], everything[1], {1, 2, 4}),
        ("Protocol_2/Test", everything[0], everything[1], {1, 3, 5}),
        ("Protocol_3/Train_2", {1, 3, 4, 5, 6}, everything[1], everything[3]),
        ("Protocol_3/Test_2", {2}, everything[1], everything[3]),
        ("Protocol_4/Dev_6", {1, 2, 3, 4, 5}, {1, 2}, {1, 2, 4}),
        ("Protocol_4/Test_6", {6}, {3}, {1, 3, 5}),
    ):
        found = numbers(path)
        assert (found[0], found[1], found[3]) == (phones, sessions, files), path
    users = [numbers(f"Protocol_2/{name}")[2] for name in ("Train", "Dev", "Test")]
    assert users == [{1}, {21}, {36}]


def test_oulu_labels():
    """Only the test lists distinguish prints from replays."""
    _, lists = clips_and_lists("oulu")
    for path, text in lists.items():
        for row in text.splitlines():
            label, name = row.split(",")
            kind = (int(name[-1])) // 2  # 0 live, 1 print, 2 replay
            replay = "-2" if os.path.basename(path).startswith("Test") else "-1"
            assert label == ("+1", "-1", replay)[kind]
            assert re.fullmatch(r"[1-6]_[1-3]_\d\d_[1-5]", name)


def test_oulu_phones_are_cameras_and_sessions_are_places():
    recipe = copy_recipe("oulu")
    cameras, places, instruments = {}, {}, {}
    for clip in all_clips(recipe):
        phone, session, _, file = map(int, clip.path.rsplit("/", 1)[1][:-4].split("_"))
        start = start_clip(recipe, clip)
        assert cameras.setdefault(phone, start.camera) == start.camera
        scene = start.scene
        place = (scene.lights, scene.sky, scene.background_seed)
        assert places.setdefault(session, place) == place
        name = start.parameters.instrument if start.parameters else ""
        assert instruments.setdefault(file, name) == name
    assert len(set(cameras.values())) == 6 and len(set(places.values())) == 3 and len(set(instruments.values())) == 5


def test_eye_positions_are_those_of_the_mesh(made):
    root, seen, failed = made["oulu"], 0, 0
    for path in sorted(files_below(root)):
        if not path.endswith(".txt") or "_files/" not in path:
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            rows = [list(map(int, line.split(","))) for line in file.read().splitlines()]
        assert [row[0] for row in rows] == [0, 1]
        for index, row in enumerate(rows):
            vertices = truth.read(f"{root}/truth/{path[:-4]}/{index:03d}.npz").vertices
            if not any(row[1:]):
                failed += 1
                continue
            seen += 1
            assert row[1] < row[3]
            expected = np.concatenate([vertices[[33, 133]].mean(0), vertices[[362, 263]].mean(0)])
            assert np.abs(np.array(row[1:]) - expected).max() <= 0.501
    assert seen > 80 and 0 < failed < 0.15 * seen
