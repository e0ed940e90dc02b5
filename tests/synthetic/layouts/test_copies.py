"""All copies of real datasets: names, videos, annotations and ground truth."""

import hashlib
import os
import re

import numpy as np
import pytest

from phystd_tf.files.video import iterate_frames
from phystd_tf.synthetic import dataset, truth
from phystd_tf.synthetic.layouts import LAYOUTS, all_clips, annotations
from phystd_tf.synthetic.layouts.layout import split_counts
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip, SyntheticError
from tests.synthetic.layouts.copies import COPIES, PATTERNS, clips_and_lists, copy_recipe, files_below, is_allowed


@pytest.mark.parametrize("layout", COPIES)
def test_all_files_have_names_of_the_real_dataset(made, layout):
    files = files_below(made[layout])
    strange = [path for path in files if not is_allowed(layout, path)]
    assert files and not strange
    # Each pattern matches a file, if all types are simulated.
    if set(LAYOUTS[layout].types) <= set(MEDIA):
        for pattern in PATTERNS[layout]:
            assert any(re.fullmatch(pattern, path) for path in files), pattern


@pytest.mark.parametrize("layout", COPIES)
def test_full_datasets_have_names_of_the_real_dataset(layout):
    """Checks the largest number of subjects of each layout; nothing is rendered."""
    most = {"oulu": 55, "siw": 165, "siwm": 13, "siwmv2": 10}[layout]
    clips, lists = clips_and_lists(layout, subjects=most)
    paths = [clip.path for clip in clips]
    assert len(set(paths)) == len(paths) and all(is_allowed(layout, path) for path in [*paths, *lists])
    assert len({(clip.subject, clip.spoof_type, clip.number) for clip in clips}) == len(clips)
    people = {}
    for clip in clips:
        assert people.setdefault(clip.subject, clip.split) == clip.split


@pytest.mark.parametrize("layout", COPIES)
def test_videos_are_readable_and_have_annotations_and_truth(made, layout):
    suffix = LAYOUTS[layout].annotation_suffix
    files = files_below(made[layout])
    videos = [path for path in files if path.endswith((".avi", ".mov", ".mp4"))]
    assert len(videos) == len({os.path.splitext(path)[0] for path in videos}) >= 10
    for path in videos[::7]:
        frames = [frame for _, frame in iterate_frames(os.path.join(made[layout], path))]
        assert [frame.shape for frame in frames] == [(96, 96, 3)] * 2
    for path in videos:
        stem = os.path.splitext(path)[0]
        assert not suffix or stem + suffix in files
        assert {f"truth/{stem}/000.npz", f"truth/{stem}/001.npz"} <= files
    assert not any(path.endswith(".face") for path in files) or suffix == ".face"


@pytest.mark.parametrize("path", ["oulu/Train_files/4_2_01_3.avi", "siw/Train/live/003/003-2-1-1-2.mov"])
def test_frames_of_a_video_match_its_truth(made, path):
    """A live video shows the face at its true position; a spoof resembles its live counterpart, not another one."""
    layout, _, rest = path.partition("/")
    root = made[layout]
    stored = [truth.read(f"{root}/truth/{os.path.splitext(rest)[0]}/{n:03d}.npz") for n in (0, 1)]
    frames = [frame.astype(float) for _, frame in iterate_frames(os.path.join(root, rest))]
    for one, frame in enumerate(frames):
        if stored[one].live_camera is not None:
            gaps = [np.abs(frame - other.live_camera).mean() for other in stored]
            assert gaps[one] < gaps[1 - one]
        else:
            box = [stored[one].vertices.min(0), stored[one].vertices.max(0)]
            inside = frame[int(box[0][1]) : int(box[1][1]), int(box[0][0]) : int(box[1][0])]
            assert np.abs(inside.mean((0, 1)) - frame[:8].mean((0, 1))).max() > 10


def test_same_recipe_gives_same_videos(made, tmp_path):
    again = str(tmp_path / "again")
    dataset.make_dataset(again, copy_recipe("siwmv2", truth="camera", subjects=2))
    assert files_below(again) == files_below(made["siwmv2"])
    for path in files_below(again):
        hashes = []
        for root in (again, made["siwmv2"]):
            with open(os.path.join(root, path), "rb") as file:
                hashes.append(hashlib.sha256(file.read()).hexdigest())
        assert hashes[0] == hashes[1], path


def test_a_failure_is_a_row_of_zeros_in_both_formats(monkeypatch):
    monkeypatch.setattr(annotations, "_FAILURES", 1.1)
    vertices = [np.full((468, 2), 30.0)] * 2
    clip = SyntheticClip("train", "live", 0, 0)
    assert annotations.eye_lines(clip, vertices) == "0,0,0,0,0\n1,0,0,0,0\n"
    assert annotations.box_lines(clip, vertices) == "0 0 0 0\n0 0 0 0\n"


def test_unsupported_recipes_are_rejected():
    for changes, words in (
        ({"layout": "oulu", "subjects": 56}, "3 to 55"),
        ({"layout": "oulu", "types": ("paper_glasses",)}, "does not support paper_glasses"),
        ({"layout": "siw", "subjects": 1}, "2 to 165"),
        ({"layout": "replay-attack"}, "unknown layout 'replay-attack'"),
    ):
        with pytest.raises(SyntheticError, match=words):
            all_clips(Recipe(**{"types": ("print", "replay"), "subjects": 3, **changes}))


def test_small_numbers_of_subjects_are_divided_among_splits():
    assert split_counts(3, (20, 15, 20)) == [1, 1, 1]
    for count in range(3, 56):
        shares = split_counts(count, (20, 15, 20))
        assert sum(shares) == count and all(1 <= n <= most for n, most in zip(shares, (20, 15, 20)))
    for count in range(2, 166):
        shares = split_counts(count, (90, 75))
        assert sum(shares) == count and all(1 <= n <= most for n, most in zip(shares, (90, 75)))
