import collections
import os

import pytest

from phystd_tf.data.readers.listing import FolderLayoutError
from phystd_tf.data.readers.siw import list_clips, stem_facts

# From the public list of files: subjects of the test split; the others are in the training split.
TEST = (
    *(1, 2, 4, 5, 8, 9, 10, 12, 13, 15, 18, 19, 20, 21, 23, 24, 25, 26, 27, 29, 31, 36, 37, 39, 43, 44, 48, 49, 50, 52),
    *(53, 57, 59, 61, 64, 65, 66, 67, 71, 73, 75, 79, 82, 83, 84, 85, 87, 88, 90, 94, 95, 97, 102, 106, 108, 109, 110),
    *(114, 116, 118, 122, 124, 125, 126, 130, 132, 137, 138, 139, 141, 142, 153, 154, 158, 161),
)
SUBJECTS = {"Train": sorted(set(range(1, 166)) - set(TEST)), "Test": sorted(TEST)}
ABSENT = {
    *("006-1-1-2-2", "006-2-1-2-2", "062-1-1-1-2", "062-1-1-2-1", "062-1-1-2-2", "062-2-1-2-2", "001-2-1-1-1"),
    *("081-2-3-3-1", "121-2-3-3-1", "001-2-3-3-1", "020-2-3-3-2", "021-2-3-2-1", "021-2-3-3-1", "061-2-3-2-1"),
    *("061-2-3-3-1", "141-2-3-2-1", "141-2-3-3-1", "161-2-3-2-1", "161-2-3-3-1"),
}
# For prints and the fourth replay medium, only the numbers are known: sensor-type-medium-session -> train, test.
FEW = {
    **{"1-2-1-1": (77, 71), "1-2-1-2": (68, 66), "1-2-2-1": (76, 71), "1-2-2-2": (67, 64)},
    **{"2-2-1-1": (18, 13), "2-2-1-2": (1, 0), "2-2-2-1": (32, 29)},
    **{"1-3-4-1": (69, 56), "1-3-4-2": (69, 56), "2-3-4-1": (72, 68), "2-3-4-2": (75, 70)},
}
ALL = [f"{sensor}-1-{medium}-{session}" for sensor in (1, 2) for medium in (1, 2) for session in (1, 2)]
ALL += [f"{sensor}-3-{medium}-{session}" for sensor in (1, 2) for medium in (1, 2, 3) for session in (1, 2)]


def _whole_set():
    paths = []
    for column, (part, subjects) in enumerate(SUBJECTS.items()):
        videos = [(s, rest) for s in subjects for rest in ALL]
        videos += [(s, rest) for rest, counts in FEW.items() for s in subjects[: counts[column]]]
        for subject, rest in videos:
            name = f"{subject:03d}-{rest}"
            if name in ABSENT:
                continue
            kind = "live" if rest[2] == "1" else "spoof"
            odd = ".m" if subject in (153, 154, 158, 161) and rest.startswith("2-1") else ""
            paths += [f"{part}/{kind}/{subject:03d}/{name}{odd}{end}" for end in (".mov", ".face")]
    return paths


@pytest.mark.parametrize("above", ["", "SiW_release/"])
def test_the_whole_set(put, above):
    listing = list_clips(put(*(above + path for path in _whole_set())))
    clips = listing.clips
    assert len(clips) == len({clip.id for clip in clips}) == 4469
    assert collections.Counter(clip.type for clip in clips) == {"live": 1313, "print": 653, "replay": 2503}
    counts = collections.Counter((clip.split, clip.label) for clip in clips)
    assert counts == {("train", 1): 714, ("train", 0): 1702, ("test", 1): 599, ("test", 0): 1454}
    assert collections.Counter(c.instrument for c in clips if c.split == "test" and c.type == "replay") == {
        **{"replay_1": 300, "replay_2": 296, "replay_3": 294, "replay_4": 250}
    }
    assert len({c.subject for c in clips if c.split == "train"}) == 90
    assert sum(".m" in os.path.basename(clip.id) for clip in clips) == 16
    assert all(clip.side == clip.paths[0][: -len(".mov")] + ".face" for clip in clips)
    assert not listing.ignored
    assert listing.notes == [
        "4469 videos (1313 live, 653 print, 2503 replay); the web page of SiW states 4478,"
        " and a public list of its files has 4469 (the same)",
        "train: 6 live videos of these subjects are missing: 006-1-1-2-2, 006-2-1-2-2, 062-1-1-1-2, 062-1-1-2-1,"
        " 062-1-1-2-2 and 1 more",
        "test: 1 live videos of these subjects are missing: 001-2-1-1-1",
    ]


def test_a_name_says_everything(put):
    root = put("Train/spoof/003/003-1-3-4-2.mov", "Test/live/153/153-2-1-2-1.m.mov", "Test/live/153/153-2-1-2-1.face")
    live, spoof = sorted(list_clips(root).clips)
    assert spoof[:1] + spoof[2:] == (
        *("Train/spoof/003/003-1-3-4-2", "003", "replay", 0, "train", "2", "1", "replay_4", None),
    )
    assert live[:1] + live[2:-1] == ("Test/live/153/153-2-1-2-1.m", "153", "live", 1, "test", "1", "2", "live_2")
    assert live.side == os.path.join(root, "Test/live/153/153-2-1-2-1.face")


@pytest.mark.parametrize("stem", ["003-1-2-1-1", "003_1_2_1_1", "003-1-2-1-1.m", "003-1-2-1-1.M"])
def test_spellings(stem):
    assert tuple(stem_facts(stem)) == ("print", "003", "1", "1", "print_1")


@pytest.mark.parametrize(
    "stem", ["003-1-2-3-1", "003-1-1-3-1", "000-1-1-1-1", "166-1-1-1-1", "003-3-1-1-1", "3-1-1-1-1", "003-1_1-1-1"]
)
def test_names_that_are_none(stem):
    assert stem_facts(stem) is None


def test_containers_folders_in_other_case_and_videos_without_a_subjects_folder(put):
    root = put("train/Live/003-1-1-1-1.MP4", "train/Live/006/006_1_1_1_1.mov", "train/spoof/003/003-1-2-1-1.avi")
    assert sorted((clip.id, clip.subject) for clip in list_clips(root).clips) == [
        ("train/Live/003-1-1-1-1", "003"),
        ("train/Live/006/006_1_1_1_1", "006"),
        ("train/spoof/003/003-1-2-1-1", "003"),
    ]


def test_what_contradicts_itself_is_left_out(put):
    root = put(
        *("Train/live/003/003-1-1-1-1.mov", "Train/live/003/._003-1-1-1-1.mov", "Train/live/003/003-1-1-1-1.face"),
        *("Train/live/003/003-1-2-1-1.mov", "Train/spoof/003/003-1-1-1-2.mov", "Train/live/006/007-1-1-1-1.mov"),
        *("Train/live/003/003-1-1-1-1.m.mov", "Train/live/003/003_1_1_1_1.mov", "Train/live/003/003-2-1-1-1.mov/x.png"),
        *("Train/live/003/clip.mov", "Train/live/003/a.jpg", "Train/extra/003-1-1-1-1.mov", "Dev/live/003-1-1-2-1.mov"),
    )
    listing = list_clips(root)
    assert len(listing.clips) == 1 and listing.clips[0].label == 1
    why = {os.path.basename(path): reason for path, reason in listing.ignored}
    assert why["003-1-2-1-1.mov"] == "its name says print, its folder live"
    assert why["003-1-1-1-2.mov"] == "its name says live, its folder spoof"
    assert why["007-1-1-1-1.mov"] == "its name says subject 007, its folder 006"
    twins = {"003-1-1-1-1.mov", "003-1-1-1-1.m.mov", "003_1_1_1_1.mov"} & set(why)
    assert len(twins) == 2 and all("the same clip as" in why[name] for name in twins)
    assert why["003-2-1-1-1.mov"] == "a folder, not a video"
    assert set(why) - twins == {
        *("003-1-2-1-1.mov", "003-1-1-1-2.mov", "007-1-1-1-1.mov", "003-2-1-1-1.mov", "clip.mov", "a.jpg"),
        *("extra", "Dev"),
    }


def test_absent_side_files_and_subjects_are_notes(put, notes_of):
    root = put("Train/live/003/003-1-1-1-1.mov", "Train/live/003/003-1-1-1-1.face", "Train/live/006/006-1-1-1-1.mov")
    text = notes_of(list_clips(root))
    assert "1 of 2 videos have no file of eyes or boxes: Train/live/006/006-1-1-1-1" in text
    assert "train: 2 of the 90 subjects" in text and "test: 0 of the 75 subjects" in text
    assert "14 live videos of these subjects are missing" in text and "(1313 live, 653 print, 2503 replay)" in text


def test_other_folders_are_refused(put):
    with pytest.raises(FolderLayoutError, match="Train,Test"):
        list_clips(put("live/003/003-1-1-1-1.mov"))
    with pytest.raises(FolderLayoutError, match="no video found"):
        list_clips(put("Train/live/003/a.mov", below="2"))
