"""Written videos can be read, and exist completely or not at all."""

import os

import numpy as np
import pytest

from phystd_tf.files.video import frame_rate, iterate_frames
from phystd_tf.files.video_writing import UnwritableVideoError, is_video_made_by, writing_video


def _gray(level, height=48, width=64):
    return np.full((height, width, 3), level, np.uint8)


def test_a_video_is_read_as_it_was_written(tmp_path):
    path = str(tmp_path / "new" / "100% [x].mp4")
    with writing_video(path, "a test") as write:
        for index in range(6):
            write(_gray(40 * index, 47, 63), index / 10)  # odd sides
    frames = [frame for _, frame in iterate_frames(path)]
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 6
    assert [round(float(frame.mean()) / 40) for frame in frames] == list(range(6))
    assert frame_rate(path) == pytest.approx(10, rel=0.2)  # the duration of the last frame is unknown
    assert is_video_made_by(path, "a test") and not is_video_made_by(path, "another")
    assert os.listdir(tmp_path / "new") == ["100% [x].mp4"]


def test_what_was_written_is_kept_where_it_is_interrupted(tmp_path):
    path = str(tmp_path / "v.mp4")
    with pytest.raises(KeyboardInterrupt), writing_video(path, "a test") as write:
        write(_gray(100), 0.0)
        write(_gray(100), 0.0)  # the same time
        raise KeyboardInterrupt
    assert len(list(iterate_frames(path))) == 2


def test_nothing_written_leaves_no_file(tmp_path):
    with writing_video(str(tmp_path / "v.mp4"), "a test"):
        pass
    assert not list(tmp_path.iterdir())
    assert not is_video_made_by(str(tmp_path / "v.mp4"), "a test")


def test_another_size_is_refused_by_name(tmp_path):
    path = str(tmp_path / "v.mp4")
    with pytest.raises(UnwritableVideoError, match=r"v\.mp4 cannot be written"), writing_video(path, "a test") as write:
        write(_gray(100, 0, 0), 0.0)
    assert not list(tmp_path.iterdir())
