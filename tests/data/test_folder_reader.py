import os

import pytest

from phystd_tf.data.readers import READERS
from phystd_tf.data.readers.folder import FolderLayoutError, list_clips


def _make(root, *paths) -> str:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return str(root)


def _by_id(root: str) -> dict:
    return {clip.id: clip for clip in list_clips(root).clips}


def test_files_right_below_a_class_or_type_are_a_clip_each_without_subject(tmp_path):
    root = _make(tmp_path, "live/a.jpg", "live/b.mp4", "spoof/Print/c.png", "spoof/d.jpg", "spoof/paper-glasses/e.mov")
    clips = _by_id(root)
    assert {name: (clip.type, clip.label, clip.subject, clip.split) for name, clip in clips.items()} == {
        "live/a.jpg": ("live", 1, None, None),
        "live/b.mp4": ("live", 1, None, None),
        "spoof/Print/c.png": ("print", 0, None, None),
        "spoof/d.jpg": ("unknown", 0, None, None),
        "spoof/paper-glasses/e.mov": ("paper_glasses", 0, None, None),
    }
    assert clips["live/b.mp4"].paths == (os.path.join(root, "live", "b.mp4"),)


def test_files_in_a_subjects_folder_are_a_clip_each(tmp_path):
    clips = _by_id(
        _make(tmp_path, "live/ann/1.jpg", "live/ann/2.jpg", "spoof/print/ann/3.jpg", "spoof/print/bob/4.avi")
    )
    assert {name: clip.subject for name, clip in clips.items()} == {
        "live/ann/1.jpg": "ann",
        "live/ann/2.jpg": "ann",
        "spoof/print/ann/3.jpg": "ann",
        "spoof/print/bob/4.avi": "bob",
    }


def test_a_folder_below_a_subjects_is_one_clip_of_frames_in_the_order_of_their_numbers(tmp_path):
    root = _make(
        tmp_path, "live/ann/c1/f10.jpg", "live/ann/c1/f2.jpg", "live/ann/day/c2/1.jpg", "spoof/replay/ann/c1/1.jpg"
    )
    clips = _by_id(root)
    assert set(clips) == {"live/ann/c1", "live/ann/day/c2", "spoof/replay/ann/c1"}
    assert [os.path.basename(path) for path in clips["live/ann/c1"].paths] == ["f2.jpg", "f10.jpg"]
    assert clips["live/ann/day/c2"].subject == "ann"


def test_split_folders_are_kept(tmp_path):
    root = _make(tmp_path, "train/live/a/1.jpg", "dev/spoof/print/b/1.jpg", "Test/live/c/1.jpg", "test/spoof/d.jpg")
    assert {clip.id: clip.split for clip in list_clips(root).clips} == {
        "train/live/a/1.jpg": "train",
        "dev/spoof/print/b/1.jpg": "dev",
        "Test/live/c/1.jpg": "test",
        "test/spoof/d.jpg": "test",
    }


def test_subjects_right_below_spoof_are_told_from_types_by_their_live_folders(tmp_path):
    clips = _by_id(_make(tmp_path, "live/ann/1.jpg", "live/bob/1.jpg", "spoof/ann/2.jpg", "spoof/bob/3.jpg"))
    assert (clips["spoof/ann/2.jpg"].type, clips["spoof/ann/2.jpg"].subject) == ("unknown", "ann")
    clips = _by_id(_make(tmp_path / "2", "live/ann/1.jpg", "spoof/tattoo/ann/2.jpg"))
    assert (clips["spoof/tattoo/ann/2.jpg"].type, clips["spoof/tattoo/ann/2.jpg"].subject) == ("tattoo", "ann")


def test_hidden_files_twins_and_truth_are_left_out(tmp_path):
    root = _make(
        tmp_path,
        *("live/a/1.jpg", "live/a/._1.jpg", "live/a/.hidden/2.jpg", "live/.DS_Store", "spoof/print/a/3.jpg"),
        *("truth/live/a/1.jpg", "truth/spoof/print/a/3.npz", "synthetic.json", ".git/live/x.jpg"),
    )
    assert set(_by_id(root)) == {"live/a/1.jpg", "spoof/print/a/3.jpg"}


def test_what_is_no_image_or_video_is_listed(tmp_path):
    root = _make(tmp_path, "live/a/1.jpg", "live/a/notes.txt", "spoof/print/b/1.gif")
    assert sorted(os.path.basename(path) for path, _ in list_clips(root).ignored) == ["1.gif", "notes.txt"]


@pytest.mark.parametrize("word, right", [("real", "live"), ("Genuine", "live"), ("attack", "spoof"), ("fake", "spoof")])
@pytest.mark.parametrize("above", ["", "train/"])
def test_other_words_for_the_classes_are_refused_by_name(tmp_path, word, right, above):
    root = _make(tmp_path, f"{above}live/a.jpg", f"{above}spoof/b.jpg", f"{above}{word}/c.jpg")
    with pytest.raises(FolderLayoutError, match=f"{word}.*rename this folder to '{right}'"):
        list_clips(root)


@pytest.mark.parametrize(
    "paths, named",
    [
        (("live/a/1.jpg", "spoof/live/1.jpg"), "spoof/live"),
        (("live/print/1.jpg", "spoof/print/1.jpg"), "live/print"),
        (("train/live/a.jpg", "live/b.jpg"), "train/"),
        (("photos/a.jpg",), "no image or video found"),
        (("live/notes.txt",), "no image or video found"),
    ],
)
def test_layouts_that_cannot_be_right_are_refused(tmp_path, paths, named):
    with pytest.raises(FolderLayoutError, match=named):
        list_clips(_make(tmp_path, *paths))


def test_a_missing_root_is_refused_by_name(tmp_path):
    with pytest.raises(FolderLayoutError, match="nowhere: no such folder"):
        list_clips(str(tmp_path / "nowhere"))


def test_a_link_in_a_circle_ends(tmp_path):
    root = _make(tmp_path, "live/ann/c1/1.jpg", "spoof/print/ann/1.jpg")
    os.symlink(tmp_path / "live" / "ann", tmp_path / "live" / "ann" / "c1" / "up")
    assert len(list_clips(root).clips) == 2


def test_names_that_are_no_utf8_can_be_written(tmp_path):
    root = _make(tmp_path, "spoof/print/a.jpg", "live/b.jpg")
    os.rename(os.path.join(root, "live"), os.path.join(root, "tmp"))
    os.makedirs(os.fsencode(root) + b"/live/\xff")
    os.rename(os.path.join(root, "tmp", "b.jpg"), os.fsencode(root) + b"/live/\xff/b.jpg")
    os.rmdir(os.path.join(root, "tmp"))
    clip = next(clip for clip in list_clips(root).clips if clip.label)
    assert (clip.subject, clip.id) == (r"\xff", r"live/\xff/b.jpg")
    clip.id.encode("utf-8")
    assert os.path.exists(clip.paths[0])


def test_links_that_lead_nowhere_are_named(tmp_path):
    root = _make(tmp_path / "root", "live/ann/1.jpg")
    for link in ("dev", "live/bob", "live/ann/c", "live/ann/2.jpg"):
        (tmp_path / "root" / link).symlink_to(tmp_path / "unmounted")
    (tmp_path / "root" / "live" / "again").symlink_to(tmp_path / "root" / "live")  # a loop
    listing = READERS["folder"](root)
    left_out = {os.path.relpath(path, root): why for path, why in listing.ignored}
    links = {path for path, why in left_out.items() if why == "a link to something that does not exist"}
    assert links == {"dev", "live/bob", "live/ann/c"}
    assert os.path.join(root, "live", "ann", "2.jpg") in [path for clip in listing.clips for path in clip.paths]
