import os

import pytest

from phystd_tf.data.readers.listing import FolderLayoutError
from phystd_tf.data.readers.stdn import list_clips


def test_a_folder_is_a_clip_of_frames_in_order(put):
    frames = [f"live/a/{n}.{end}" for n in (10, 2, 1) for end in ("png", "npy")]
    root = put(*frames, "spoof/b/1.png", "spoof/b/1.npy")
    listing = list_clips(root)
    live, spoof = listing.clips
    assert [os.path.basename(path) for path in live.paths] == ["1.png", "2.png", "10.png"]
    assert (live.id, live.type, live.label, live.subject, live.split) == ("live/a", "live", 1, None, None)
    assert (spoof.id, spoof.type, spoof.label) == ("spoof/b", "unknown", 0)
    assert not listing.ignored and not listing.notes


def test_names_of_the_datasets_say_more(put):
    root = put(
        *("live/003-1-1-2-1/1.png", "live/1_3_21_1/1.png", "live/Live_3/1.png", "live/me/1.jpg"),
        *("spoof/003-2-2-1-1/1.png", "spoof/6_1_40_5/1.png", "spoof/Mask_Paper_3/1.png", "spoof/Paper_3/1.png"),
    )
    found = {os.path.basename(clip.id): clip for clip in list_clips(root).clips}
    assert {name: (clip.type, clip.subject, clip.instrument) for name, clip in found.items()} == {
        "003-1-1-2-1": ("live", "003", "live_2"),
        "1_3_21_1": ("live", "21", ""),
        "Live_3": ("live", None, ""),
        "me": ("live", None, ""),
        "003-2-2-1-1": ("print", "003", "print_1"),
        "6_1_40_5": ("replay", "40", "replay_2"),
        "Mask_Paper_3": ("paper_mask", None, ""),
        "Paper_3": ("print", None, ""),
    }
    assert (found["6_1_40_5"].session, found["6_1_40_5"].device) == ("1", "6")


def test_splits(put):
    root = put("train/live/a/1.png", "Train/spoof/b/1.png", "test/live/c/1.png", "test/other/d/1.png", "x/live/1.png")
    listing = list_clips(root)
    assert {clip.id: clip.split for clip in listing.clips} == {
        "train/live/a": "train",
        "Train/spoof/b": "train",
        "test/live/c": "test",
    }
    assert sorted(os.path.basename(path) for path, _ in listing.ignored) == ["other", "x"]


def test_irregular_folders(put, notes_of):
    root = put(
        *("live/a/1.png", "live/a/1.png.npy", "live/a/2.png", "live/a/._2.png", "live/1.png", "live/a/1.txt"),
        *("spoof/Live_4/1.png", "live/1_1_01_2/1.png", "spoof/x.mov/1.png", "spoof/b/inner/1.png"),
    )
    listing = list_clips(root)
    assert [clip.id for clip in listing.clips] == ["live/a", "spoof/b/inner"]
    assert {os.path.basename(path): why for path, why in listing.ignored} == {
        "1.png": "not in the folder of a clip",
        "1.txt": "neither an image nor landmarks, by its suffix",
        "Live_4": "its name says live, its folder spoof",
        "1_1_01_2": "its name says print, its folder live",
        "x.mov": "a folder, not a video",
    }
    assert "2 of 3 frames have no landmark file" in notes_of(listing) and "live/a/2.png" in notes_of(listing)


def test_other_folders_are_refused(put):
    with pytest.raises(FolderLayoutError, match="live,spoof"):
        list_clips(put("real/a/1.png"))
    with pytest.raises(FolderLayoutError, match="no frame found"):
        list_clips(put("live/1.png", below="2"))
