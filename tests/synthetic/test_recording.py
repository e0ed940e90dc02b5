import os
import resource

import cv2
import numpy as np
import pytest

from phystd_tf.files.video import iterate_frames
from phystd_tf.synthetic.recording import write_video


@pytest.fixture(scope="module")
def jpegs() -> list:
    rng = np.random.default_rng(0)
    return [cv2.imencode(".jpg", rng.integers(0, 256, (96, 96, 3), np.uint8))[1].tobytes() for _ in range(4)]


@pytest.mark.parametrize("suffix", [".avi", ".mov", ".mp4"])
def test_a_full_disk_is_said(tmp_path, jpegs, suffix):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, hard))
    try:
        with pytest.raises(OSError, match=rf"v\{suffix}: . of 4 frames could be written; is the disk full"):
            write_video(str(tmp_path / f"v{suffix}"), jpegs)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_names_that_are_not_utf8_are_written(tmp_path, jpegs):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    write_video(str(folder / "v.mp4"), jpegs)
    assert len(list(iterate_frames(str(folder / "v.mp4")))) == 4
