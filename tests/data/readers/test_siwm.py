import collections
import os

import pytest

from phystd_tf.data.readers.dat_records import RECORD_BYTES
from phystd_tf.data.readers.listing import FolderLayoutError
from phystd_tf.data.readers.siwm import absent_stems, list_clips, list_clips_v2, read_siwmv2_lists, stem_facts

# Folder and stem -> number of videos, as published.
V1 = {
    **{"Paper/Paper": 118, "Replay/Replay": 99, "Mask/HalfMask/Mask_Half": 72, "Mask/SiliconeMask/Mask_Silicone": 27},
    **{"Mask/TransparentMask/Mask_Trans": 88, "Mask/PaperMask/Mask_Paper": 17, "Mask/MannequinHead/Mask_Mann": 40},
    **{"Makeup/Obfuscation/Makeup_Ob": 23, "Makeup/Impersonation/Makeup_Im": 61, "Makeup/Cosmetic/Makeup_Co": 50},
    **{"Partial/FunnyeyeGlasses/Partial_Funnyeye": 160, "Partial/PaperGlasses/Partial_Paperglass": 127},
    **{"Partial/PaperCut/Partial_Eye": 57, "Partial/PaperCut/Partial_Mouth": 29},
}
V2 = {
    **{"Makeup_Cosmetic/Makeup_Co": 52, "Makeup_Impersonation/Makeup_Im": 61, "Makeup_Obfuscation/Makeup_Ob": 22},
    **{"Mannequin/Mask_Mann": 40, "Mask_HalfMask/Mask_Half": 72, "Mask_PaperMask/Mask_Paper": 17},
    **{"Mask_TransparentMask/Mask_Trans": 60, "Paper/Paper": 135, "Partial_Eye/Partial_Eye": 57},
    **{"Partial_FunnyeyeGlasses/Partial_Funnyeye": 179, "Partial_Mouth/Partial_Mouth": 29, "Replay/Replay": 98},
    **{"Partial_PaperGlasses/Partial_Paperglass": 76, "Silicone/Mask_Silicone": 17},
}
TYPES = {
    **{
        "Live": "live",
        "Replay": "replay",
        "Paper": "print",
        "Mask_Half": "half_mask",
        "Mask_Trans": "transparent_mask",
    },
    **{"Mask_Silicone": "silicone_mask", "Mask_Paper": "paper_mask", "Mask_Mann": "mannequin"},
    **{"Makeup_Ob": "obfuscation_makeup", "Makeup_Im": "impersonation_makeup", "Makeup_Co": "cosmetic_makeup"},
    **{"Partial_Funnyeye": "funny_eyeglasses", "Partial_Paperglass": "paper_glasses"},
    **{"Partial_Eye": "partial_eye", "Partial_Mouth": "partial_mouth"},
}
# Numbers of live videos of SiW-Mv2. Of the 796 listed, 11 are missing; only 902 is known to be one of them.
V2_LIVE = [*range(1, 104), *range(105, 505), *range(610, 903)]
V2_ABSENT = set(range(892, 903))


def _expected(counts):
    return {TYPES[path.rsplit("/", 1)[1]]: count for path, count in counts.items()}


def test_the_whole_first_edition(put):
    paths = [f"Live/{'Train' if n <= 396 else 'Test'}/Live_{n}" for n in range(1, 661)]
    paths += [f"{path}_{n}" for path, count in V1.items() for n in range(1, count + 1)]
    listing = list_clips(put(*(path + end for path in paths for end in (".mov", ".face"))))
    clips = listing.clips
    assert {clip.id for clip in clips} == set(paths) and len(clips) == 660 + 968
    assert collections.Counter(clip.type for clip in clips) == {"live": 660, **_expected(V1)}
    assert sum(clip.label for clip in clips) == 660
    assert collections.Counter(clip.session for clip in clips) == {"Train": 396, "Test": 264, "": 968}
    assert {(c.subject, c.split, c.device, c.instrument) for c in clips} == {(None, None, "", "")}
    assert all(clip.side == clip.paths[0][:-4] + ".face" for clip in clips)
    assert not listing.ignored and not listing.notes


@pytest.mark.parametrize("above", ["", "SiW-Mv2/"])
def test_the_whole_second_edition(put, above):
    paths = [f"Live/Live_{n}" for n in V2_LIVE if n not in V2_ABSENT]
    paths += [f"Spoof/{path}_{n}" for path, count in V2.items() for n in range(1, count + 1)]
    endings = (".mov", ".avi", ".mp4", ".MOV")
    root = put(
        *(above + path + endings[k % 4] for k, path in enumerate(paths)), f"{above}README.pdf", f"{above}DRA.pdf"
    )
    listing = list_clips_v2(root)
    clips = listing.clips
    assert {clip.id for clip in clips} == set(paths) and len(clips) == 785 + 915
    assert collections.Counter(clip.type for clip in clips) == {"live": 785, **_expected(V2)}
    assert {clip[6:] for clip in clips} == {("", "", "", None)} and {clip.split for clip in clips} == {None}
    assert not listing.ignored and not listing.notes


def test_numbers_that_differ_are_one_note(put, notes_of):
    root = put("Live/Live_1.mov", "Spoof/Print/Paper_1.mov", "Spoof/Silicone/Mask_Silicone_3.mp4")
    (note,) = list_clips_v2(root).notes
    assert "published ones of SiW-Mv2" in note
    assert "Live 1 (785)" in note and "Paper 1 (135)" in note and "Mask_Paper 0 (17)" in note
    assert "which is called siwmv2 here" in notes_of(list_clips(root))


def test_only_the_first_edition_has_folders_of_live_videos_that_mean_something(put):
    root = put("Live/Train/Live_1.mov", "Live/test/Live_2.mov", "Live/Live_3.mov", "Paper/Train/Paper_1.mov")
    assert [clip.session for clip in list_clips(root).clips] == ["", "Train", "Test", ""]
    assert [clip.session for clip in list_clips_v2(root).clips] == [""] * 4


def test_stems_are_matched_as_a_whole():
    assert {stem: stem_facts(f"{stem}_12").type for stem in TYPES} == TYPES
    for name in ("Paper", "Paper_", "_3", "Mask_12", "Papers_1", "Mask_Paper_x", "My_Paper_1", "Live_1_1", "Live_1.m"):
        assert stem_facts(name) is None, name
    assert stem_facts("mask_paper_007").type == "paper_mask"


def test_the_stem_decides_and_not_the_folder(put, notes_of):
    root = put(
        *("Paper/Mask_Paper_1.mov", "Mask/PaperMask/Mask_Paper_2.mov", "Mask_Half/Mask_Half_1.mov"),
        *("Print/Paper_3.mov", "Live/Live_1.mov", "Mask/Mask_Half_5.mov", "Partial/Partial_Eye/Partial_Eye_1.mov"),
    )
    for read in (list_clips, list_clips_v2):
        listing = read(root)
        assert {os.path.basename(clip.id): clip.type for clip in listing.clips} == {
            **{"Mask_Paper_1": "paper_mask", "Mask_Paper_2": "paper_mask", "Mask_Half_1": "half_mask"},
            **{"Paper_3": "print", "Live_1": "live", "Mask_Half_5": "half_mask", "Partial_Eye_1": "partial_eye"},
        }
        assert "1 videos are in the folder of another type; their names decide: Paper/Mask_Paper_1.mov" in notes_of(
            listing
        )


def test_clutter_contradictions_and_second_copies_are_left_out(put):
    root = put(
        *("Live/Live_1.mov", "Live/._Live_1.mov", "Live/Live_1.mp4", "Live/Live_2.mov/frame.png", "Live/Paper_9.mov"),
        *("Spoof/Paper/Live_7.mov", "Spoof/Live_8.mov", "Spoof/Replay/Replay_1.mov", "Spoof/Replay/clip.mov"),
        *("Spoof/Replay/Thumbs.db", "Spoof/Replay/Replay_2.jpg", "__MACOSX/Live/._Live_1.mov", "frames/Live_3.mov"),
        *("Live/Live_5.face", "Spoof/Replay/Replay_1 (1).mov"),
    )
    listing = list_clips_v2(root)
    assert [clip.id for clip in listing.clips] == ["Live/Live_1", "Spoof/Replay/Replay_1"]
    why = {os.path.basename(path): reason for path, reason in listing.ignored}
    assert len(listing.ignored) == 9
    assert why["Paper_9.mov"] == "its name says print, its folder Live"
    assert why["Live_7.mov"] == "its name says live, its folder Spoof/Paper"
    assert why["Live_8.mov"] == "its name says live, its folder Spoof"
    assert why["Live_2.mov"] == "a folder, not a video"
    assert any("the same clip as" in reason for reason in why.values())
    assert set(why) >= {"clip.mov", "Replay_2.jpg", "frames", "Replay_1 (1).mov"}


def test_dat_files_are_clips_unless_there_is_the_video(put):
    live, spoof = b"\0" * RECORD_BYTES, b"\0" * (RECORD_BYTES - 1) + b"\1"
    put("Live/Train/Live_1.dat", "Live/Train/Live_3.DAT", "Paper/Paper_1.dat", content=live)
    put("Replay/Replay_1.dat", "Mask/HalfMask/Mask_Half_1.dat", "Live/Live_2.dat", content=spoof)
    put("Makeup/Cosmetic/Makeup_Co_1.dat", content=b"\0" * (RECORD_BYTES - 1) + b"\7")
    root = put("Replay/Replay_1.mov", "Replay/Replay_2.dat")
    listing = list_clips(root)
    assert [clip.id for clip in listing.clips] == [
        *("Replay/Replay_1", "Live/Train/Live_1", "Live/Train/Live_3", "Mask/HalfMask/Mask_Half_1", "Replay/Replay_2"),
    ]
    assert listing.clips[0].paths[0].endswith("Replay_1.mov") and listing.clips[1].session == "Train"
    why = {os.path.basename(path): reason for path, reason in listing.ignored}
    assert why["Paper_1.dat"] == "its name says print, its records live"
    assert why["Live_2.dat"] == "its name says live, its records spoof"
    assert why["Makeup_Co_1.dat"] == "its name says cosmetic_makeup, its records neither live nor spoof"
    assert "the same clip as" in why["Replay_1.dat"] and len(why) == 4


def test_a_flat_folder_of_dat_files(put):
    put("Mask_Half_1.dat", content=b"\0" * (RECORD_BYTES - 1) + b"\1")
    root = put("Live_1.dat", content=b"\0" * RECORD_BYTES)
    put("notes.txt", "clips.csv")
    listing = list_clips(root)
    assert [(clip.id, clip.label) for clip in listing.clips] == [("Live_1", 1), ("Mask_Half_1", 0)]
    assert not listing.ignored


def test_what_is_no_such_set_is_refused(put, tmp_path):
    for read in (list_clips, list_clips_v2):
        with pytest.raises(FolderLayoutError, match="nowhere: no such folder"):
            read(str(tmp_path / "nowhere"))
        with pytest.raises(FolderLayoutError, match="not laid out as expected.*Live_<n>"):
            read(put("Train_files/1_1_01_1.avi"))
        with pytest.raises(FolderLayoutError, match="no video found"):
            read(put("Live/a.mov", below="2"))


def _write(put, **texts):
    for name, text in texts.items():
        root = put(f"pro_3_text/{name}.txt", content=text)
    return root


def test_rows_that_are_repeated_count_once(put):
    root = _write(
        put,
        trainlist_all=b"\xef\xbb\xbfMask_Half_2\r\nPaper_1\r\nMask_Half_2\r\n\r\nPaper_1",
        testlist_live=b"Live_3\nLive_902\n",
        test_A_pretrain=b"Live\\Live_3.MOV\nSpoof/Paper/Paper_4.mp4\nPaper_5.dat\n# remark\nMask_Halo_1\n",
    )
    put("pro_3_text/readme.txt", "pro_3_text/._trainlist_all.txt", "pro_3_text/testlist_all.txt/x")
    notes = []
    lists = read_siwmv2_lists(root, notes)
    assert lists == {
        "trainlist_all": ["Mask_Half_2", "Paper_1"],
        "testlist_live": ["Live_3", "Live_902"],
        "test_A_pretrain": ["Live_3", "Paper_4", "Paper_5"],
    }
    text = "\n".join(notes)
    assert "trainlist_all.txt: has a byte order mark and CRLF line ends" in text
    assert "trainlist_all.txt: 4 rows name 2 videos" in text
    assert "test_A_pretrain.txt: 2 rows are not names of SiW-M, the first is line 4" in text
    assert len(notes) == 3
    assert read_siwmv2_lists(os.path.join(root, "pro_3_text")) == lists


def test_lists_of_the_first_edition_are_read_too(put):
    root = put("trainlist.txt", content=b"Makeup_Co_2\r\nPaper_1")
    put("testlist.txt", content=b"Paper_2")
    assert read_siwmv2_lists(root) == {"trainlist": ["Makeup_Co_2", "Paper_1"], "testlist": ["Paper_2"]}


def test_listed_videos_that_are_not_there(put, notes_of):
    put("Live/Live_3.mov", "Spoof/Paper/Paper_1.avi")
    root = _write(put, trainlist_all=b"Paper_1\nPaper_7\n", testlist_live=b"Live_3\nLive_902\nLive_901\n")
    listing = list_clips_v2(root)
    assert absent_stems(read_siwmv2_lists(root), listing.clips) == {
        "trainlist_all": ["Paper_7"],
        "testlist_live": ["Live_902", "Live_901"],
    }
    assert "3 listed videos are missing: Live_901, Live_902, Paper_7" in listing.notes


def test_a_folder_without_lists_is_refused(put):
    with pytest.raises(FolderLayoutError, match="contains no list.*source_SiW_Mv2/pro_3_text"):
        read_siwmv2_lists(put("Live/Live_1.mov"))
    # They are not needed to list the videos.
    listing = list_clips_v2(put("Live/Live_1.mov", "pro_3_text/readme.txt"))
    assert len(listing.clips) == 1 and "contains no list" in listing.notes[-1]
