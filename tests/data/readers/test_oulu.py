import collections
import itertools
import os

import pytest

from phystd_tf.data.readers.listing import FolderLayoutError
from phystd_tf.data.readers.oulu import list_clips, read_official_lists, stem_facts

USERS = {"Train": range(1, 21), "Dev": range(21, 36), "Test": range(36, 56)}


def _names(part, phones=range(1, 7), sessions=range(1, 4), files=range(1, 6)):
    return [f"{p}_{s}_{u:02d}_{f}" for p, s, u, f in itertools.product(phones, sessions, USERS[part], files)]


def test_the_whole_set(put):
    paths = [f"{part}_files/{name}{end}" for part in USERS for name in _names(part) for end in (".avi", ".txt")]
    listing = list_clips(put(*paths))
    clips = listing.clips
    assert len(clips) == len({clip.id for clip in clips}) == 4950
    assert collections.Counter(clip.split for clip in clips) == {"train": 1800, "dev": 1350, "test": 1800}
    live = [clip for clip in clips if clip.label]
    assert collections.Counter(clip.split for clip in live) == {"train": 360, "dev": 270, "test": 360}
    assert collections.Counter(clip.type for clip in clips) == {"live": 990, "print": 1980, "replay": 1980}
    assert collections.Counter(clip.instrument for clip in clips) == dict.fromkeys(
        ("", "print_1", "print_2", "replay_1", "replay_2"), 990
    )
    assert all(clip.side == clip.paths[0][:-4] + ".txt" for clip in clips)
    assert not listing.ignored and not listing.notes


def test_a_name_says_everything(put):
    (clip,) = list_clips(put("Test_files/6_3_55_5.avi")).clips
    assert clip[:1] + clip[2:] == ("Test_files/6_3_55_5", "55", "replay", 0, "test", "3", "6", "replay_2", None)
    assert [stem_facts(f"1_2_03_{file}")[0] for file in range(1, 6)] == ["live", "print", "print", "replay", "replay"]


def test_absent_videos_and_eyes_are_notes(put, notes_of):
    names = [name for name in _names("Dev") if name not in ("3_1_28_4", "6_3_35_5")]
    listing = list_clips(put("Dev_files/2_2_22_2.txt", *(f"Dev_files/{name}.avi" for name in names)))
    assert len(listing.clips) == 1348
    assert "dev: 1348 of the 1350 videos of OULU-NPU are present; missing: 3_1_28_4, 6_3_35_5" in listing.notes
    assert "train: 0 of the 1800" in notes_of(listing) and "and 1795 more" in notes_of(listing)
    assert "1347 of 1348 videos have no file of eyes" in notes_of(listing)


@pytest.mark.parametrize("above", ["", "OULU_NPU/"])
def test_clutter_and_foreign_names_are_left_out(put, above):
    root = put(
        *(f"{above}Train_files/{name}" for name in ("1_1_01_1.avi", "._1_1_01_1.avi", ".DS_Store", "Thumbs.db")),
        *(f"{above}Train_files/{name}" for name in ("7_1_01_1.avi", "1_1_56_1.avi", "1_1_1_1.avi", "1_1_00_1.avi")),
        *(f"{above}Train_files/{name}" for name in ("1_1_01_1.mp4", "1_1_01_1_scene.jpg", "1_1_02_1.avi/a.txt")),
        *(f"{above}{name}" for name in ("Baseline/Tools/a.m", "other/1_1_03_1.avi", "Readme.pdf")),
    )
    listing = list_clips(root)
    assert [clip.id for clip in listing.clips] == ["Train_files/1_1_01_1"]
    why = {os.path.basename(path): reason for path, reason in listing.ignored}
    assert set(why) == {
        *("7_1_01_1.avi", "1_1_56_1.avi", "1_1_1_1.avi", "1_1_00_1.avi"),
        *("1_1_01_1.mp4", "1_1_01_1_scene.jpg", "1_1_02_1.avi", "other"),
    }
    assert "not a name of OULU-NPU" in why["1_1_1_1.avi"]
    assert why["1_1_02_1.avi"] == "a folder, not a video" and "the same clip as" in why["1_1_01_1.mp4"]


def test_folders_and_endings_in_any_case(put):
    (clip,) = list_clips(put("train_files/1_1_01_2.AVI", "train_files/1_1_01_2.TXT")).clips
    assert (clip.id, clip.split) == ("train_files/1_1_01_2", "train") and clip.side.endswith("1_1_01_2.TXT")


def test_the_older_layout_takes_the_split_from_the_user(put):
    root = put(
        *("OULU_NPU_Part_1/Files_1/1_1_01_1.avi", "OULU_NPU_Part_1/Files_1/1_1_21_1.avi"),
        *("OULU_NPU_Part_2/Files_2/1_1_36_2.avi", "OULU_NPU_Part_2/Files_2/1_1_36_2.txt"),
    )
    clips = list_clips(root).clips
    assert [(clip.id.rsplit("/", 1)[1], clip.split) for clip in clips] == [
        ("1_1_01_1", "train"),
        ("1_1_21_1", "dev"),
        ("1_1_36_2", "test"),
    ]
    assert [bool(clip.side) for clip in clips] == [False, False, True]
    assert [clip.split for clip in list_clips(os.path.join(root, "OULU_NPU_Part_2")).clips] == ["test"]


def test_a_user_in_a_foreign_folder_is_noted(put, notes_of):
    listing = list_clips(put("Train_files/1_1_01_1.avi", "Train_files/1_1_40_1.avi"))
    assert [clip.split for clip in listing.clips] == ["train", "train"]
    assert (
        "1 videos are in the folder of another split than that of their user: Train_files/1_1_40_1.avi" in listing.notes
    )


def test_other_folders_are_refused(put, tmp_path):
    with pytest.raises(FolderLayoutError, match="nowhere: no such folder"):
        list_clips(str(tmp_path / "nowhere"))
    with pytest.raises(FolderLayoutError, match="expected.*Train_files"):
        list_clips(put("live/a.avi"))
    with pytest.raises(FolderLayoutError, match="no video found.*left out.*a.avi"):
        list_clips(put("Train_files/a.avi", below="2"))
    with pytest.raises(FolderLayoutError, match="several"):
        list_clips(put("a/Train_files/1_1_01_1.avi", "b/Test_files/1_1_36_1.avi", below="3"))


def test_links_are_followed_and_circles_end(put, tmp_path):
    root = put("Train_files/1_1_01_1.avi")
    put("1_1_36_1.avi", below="disk")
    os.symlink(tmp_path / "disk", os.path.join(root, "Test_files"))
    os.symlink(root, os.path.join(root, "Train_files", "up"))
    os.symlink(os.path.join(root, "self"), os.path.join(root, "self"))
    listing = list_clips(root)
    assert [clip.id for clip in listing.clips] == ["Test_files/1_1_36_1", "Train_files/1_1_01_1"]
    # The second path to the video on the disk, and the circular link, once each.
    assert sorted(why.split(" ")[0] for path, why in listing.ignored if not path.endswith("self")) == ["a", "the"]


def _label(name, testing):
    return {"1": "+1", "2": "-1", "3": "-1"}.get(name[-1], "-2" if testing else "-1")


def _write_lists(root, ending="\n", mark=b"", label=True):
    """Writes all 42 lists according to the published rules."""
    counts = {}
    for protocol, part in itertools.product((1, 2, 3, 4), USERS):
        testing = part == "Test"
        for fold in (0,) if protocol < 3 else range(1, 7):
            phones = range(1, 7) if not fold else [p for p in range(1, 7) if (p == fold) == testing]
            sessions = (1, 2, 3) if protocol in (2, 3) else (3,) if testing else (1, 2)
            files = (1, 2, 3, 4, 5) if protocol in (1, 3) else (1, 3, 5) if testing else (1, 2, 4)
            names = _names(part, phones, sessions, files)
            path = os.path.join(root, f"Protocols/Protocol_{protocol}/{part}{f'_{fold}' if fold else ''}.txt")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            rows = [f"{_label(name, testing)},{name}" if label else name for name in names]
            with open(path, "wb") as file:
                file.write(mark + ending.join([*rows, ""]).encode())
            counts[f"oulu_{protocol}{f'_{fold}' if fold else ''}", part.lower()] = names
    return counts


@pytest.mark.parametrize(
    "how, said",
    [
        ({}, []),
        ({"label": False}, []),
        ({"ending": "\r\n", "mark": b"\xef\xbb\xbf"}, ["a byte order mark and CRLF line ends"] * 42),
        ({"mark": b"\xef\xbb\xbf"}, ["a byte order mark"] * 42),
    ],
)
def test_official_lists(tmp_path, how, said):
    expected = _write_lists(str(tmp_path), **how)
    notes = []
    lists = read_official_lists(str(tmp_path), notes)
    assert {(name, split): ids for name, own in lists.items() for split, ids in own.items()} == expected
    assert len(expected) == 42 and len(lists) == 14
    assert len(notes) == len(said) and all(word in note for word, note in zip(said, notes))
    assert [len(lists["oulu_4_2"][split]) for split in ("train", "dev", "test")] == [600, 450, 60]
    assert sum(name.endswith("_1") for name in lists["oulu_4_2"]["test"]) == 20


def test_irregularities_of_official_lists_are_notes(put):
    root = put(
        *("Protocols/Protocol_1/performances.m", "Protocols/Protocol_1/._Train.txt", "Train_files/1_1_01_1.avi"),
        *("Protocols/Protocol_1/Train_2.txt", "Protocols/Protocol_3/Test.txt"),
    )
    with open(os.path.join(root, "Protocols/Protocol_1/Train.txt"), "w") as file:
        file.write(
            "+1,1_1_01_1\n\n -1 , 1_1_01_2.avi \n-1,1_1_01_2\n+1,1_1_01_3\nlabel,video\n-1,9_1_01_1\n-2,1_1_01_2,x\n"
        )
    notes = []
    lists = read_official_lists(os.path.dirname(root), notes)
    assert lists == {"oulu_1": {"train": ["1_1_01_1", "1_1_01_2", "1_1_01_3"]}}
    text = "\n".join(notes)
    assert "3 lines are not '<label>,<video>', the first is line 6" in text
    assert "1 videos are repeated: 1_1_01_2" in text
    assert "1 labels do not match the names of their videos: 1_1_01_3" in text
    assert text.count("not one of the official lists") == 2
    assert read_official_lists(os.path.join(root, "Train_files")) == {}
    assert read_official_lists(os.path.join(root, "nowhere")) == {}
