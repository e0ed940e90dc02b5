"""The embedded copies of the layouts of real datasets are read completely."""

import os

import pytest

from phystd_tf import spoof_types
from phystd_tf.data.readers import READERS
from phystd_tf.data.readers.face_hints import read_hints
from phystd_tf.data.readers.oulu import read_official_lists
from phystd_tf.data.readers.siwm import absent_stems, read_siwmv2_lists
from phystd_tf.files.video import iterate_frames
from phystd_tf.synthetic import dataset
from phystd_tf.synthetic.layouts import all_clips
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.recipe import Recipe
from tests.synthetic.layouts.copies import COPIES, FRAMES, SIZE, make_copies, one_phone, small_recipe


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Layout -> (its root, its clips)."""
    sets = {}
    with one_phone():
        for layout, root in make_copies(tmp_path_factory, "none").items():
            clips = all_clips(small_recipe(layout, "none"))
            sets[layout] = root, {os.path.splitext(clip.path)[0]: clip for clip in clips}
    return sets


@pytest.mark.parametrize("layout", COPIES)
def test_every_clip_is_read_back(made, layout):
    root, clips = made[layout]
    listing = READERS[layout](root)
    found = {clip.id: clip for clip in listing.clips}
    assert len(found) == len(listing.clips) and set(found) == set(clips)
    assert not listing.ignored
    for name, clip in clips.items():
        one = found[name]
        # The copies have both kinds of partial paper as one type; the names distinguish them.
        kind = "partial_paper" if one.type in spoof_types.PARTIAL_KINDS else one.type
        assert (kind, one.label) == (clip.spoof_type, spoof_types.label_of(clip.spoof_type))
        assert one.paths == (os.path.join(root, *clip.path.split("/")),)
        if layout in ("oulu", "siw"):
            assert (one.split, one.subject) == (clip.split, clip.subject_name)
        else:
            assert (one.split, one.subject) == (None, None)
        assert (one.side is not None) == (layout != "siwmv2")


@pytest.mark.parametrize("layout", ["oulu", "siw"])
def test_sessions_cameras_and_instruments(made, layout):
    """Clips of the same camera, place or medium have the same value, and others have different values."""
    root, clips = made[layout]
    instruments = {}
    for one in READERS[layout](root).clips:
        clip = clips[one.id]
        assert one.device == str(clip.conditions.device)
        if layout == "oulu":
            assert one.session == str(clip.conditions.place)
        else:
            assert one.session == one.id.split("-")[4].split(".")[0]
        medium = clip.conditions.instruments or (clip.conditions.changing_light,)
        assert instruments.setdefault(medium, one.instrument) == one.instrument
    assert len(set(instruments.values())) == len(instruments) == {"oulu": 5, "siw": 8}[layout]


def test_sessions_of_siwm_are_the_folders_of_live_videos(made):
    root, clips = made["siwm"]
    for one in READERS["siwm"](root).clips:
        assert one.session == (clips[one.id].split.capitalize() if one.label else "")
        assert (one.device, one.instrument) == ("", "")


@pytest.mark.parametrize("layout", ["oulu", "siw", "siwm"])
def test_side_files_are_hints_within_the_frame(made, layout):
    root, _ = made[layout]
    counts = []
    for clip in READERS[layout](root).clips:
        hints = read_hints(clip.side)
        counts.append(len(hints))
        for index, (left, top, right, bottom) in hints.items():
            assert index in range(FRAMES)
            middle = (left + right) / 2, (top + bottom) / 2
            assert all(0.2 * SIZE < value < 0.8 * SIZE for value in middle)
            assert 0.2 * SIZE < right - left < SIZE
    assert max(counts) == FRAMES and sum(counts) > 0.8 * FRAMES * len(counts)


def test_videos_of_all_containers_can_be_read(made):
    for layout in COPIES:
        by_ending = {os.path.splitext(clip.paths[0])[1]: clip for clip in READERS[layout](made[layout][0]).clips}
        for clip in by_ending.values():
            assert len(list(iterate_frames(clip.paths[0]))) == FRAMES
    assert set(by_ending) == {".mov", ".avi", ".mp4"}


def test_lists_name_what_is_there(made):
    root, clips = made["oulu"]
    notes = []
    lists = read_official_lists(root, notes)
    assert notes == [] and set(lists) == {"oulu_1", "oulu_2", "oulu_3_4", "oulu_4_4"}
    there = {name.rsplit("/", 1)[1]: clip.split for name, clip in clips.items()}
    for own in lists.values():
        assert set(own) == {"train", "dev", "test"}
        assert all(there[name] == split for split, names in own.items() for name in names)
    root, clips = made["siwmv2"]
    lists = read_siwmv2_lists(root, notes)
    assert len(lists) == 14 and not absent_stems(lists, READERS["siwmv2"](root).clips)
    assert any("repeated names count once" in note for note in notes) == any(
        len(rows) != len(set(rows)) for rows in _rows(root, lists)
    )
    lists = read_siwmv2_lists(made["siwm"][0], notes)
    assert set(lists) == {"trainlist", "testlist"} and "CRLF line ends" in notes[-1]


def _rows(root, lists):
    for name in lists:
        with open(os.path.join(root, "pro_3_text", f"{name}.txt"), encoding="utf-8") as file:
            yield file.read().split()


def test_instruments_of_the_own_layout(tmp_path):
    recipe = Recipe(subjects=3, clips_per_subject=1, types=("print",), frames_per_clip=1, size=SIZE, truth="none")
    dataset.make_dataset(str(tmp_path / "set"), recipe)
    clips = READERS["folder"](str(tmp_path / "set")).clips
    assert len(clips) == 9
    assert all((clip.instrument in MEDIA["print"].INSTRUMENTS) == (clip.label == 0) for clip in clips)
