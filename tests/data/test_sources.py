import os

import pytest

from phystd_tf.data.clips import Clip
from phystd_tf.data.sources import has_changed, state_of


@pytest.fixture
def clip(tmp_path) -> Clip:
    for name in ("1.png", "2.png", "2.npy", "boxes.face"):
        (tmp_path / name).write_bytes(name.encode())
    paths = tuple(str(tmp_path / f"{number}.png") for number in (1, 2))
    return Clip("live/s/c", paths, "s", "live", 1, "train", side=str(tmp_path / "boxes.face"))


@pytest.mark.parametrize("name", ["1.png", "2.png", "2.npy", "boxes.face"])
@pytest.mark.parametrize("content", [b"x", None])
def test_every_file_of_a_clip_counts(tmp_path, clip, name, content):
    before = state_of(clip, True)
    assert not has_changed(clip, True, before)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    assert has_changed(clip, True, before)
    (tmp_path / name).write_bytes(data)
    os.utime(tmp_path / name, (5, 5))
    assert not has_changed(clip, True, before)


def test_landmarks_count_where_they_are_used(tmp_path, clip):
    before = state_of(clip, False)
    (tmp_path / "2.npy").unlink()
    assert not has_changed(clip, False, before)


def test_content_of_the_same_size_and_files_that_change_places_count(tmp_path, clip):
    before = state_of(clip, False)
    (tmp_path / "1.png").write_bytes(b"5.png")
    assert has_changed(clip, False, before)
    (tmp_path / "1.png").write_bytes(b"2.png")
    (tmp_path / "2.png").write_bytes(b"1.png")
    assert has_changed(clip, False, before)


def test_what_lists_say_of_a_clip_counts(clip):
    assert has_changed(clip._replace(instrument="print_2"), False, state_of(clip, False))


def test_what_may_not_be_read_or_is_no_file_has_a_state(tmp_path, clip):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere")
    clip = clip._replace(paths=(str(tmp_path / "pipe.png"), str(tmp_path / "dangling.png")))
    before = state_of(clip, False)
    assert not has_changed(clip, False, before)
    (tmp_path / "nowhere").write_bytes(b"now there")
    assert has_changed(clip, False, before)
