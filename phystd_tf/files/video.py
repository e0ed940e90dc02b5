"""Reads videos one frame at a time, upright on every OpenCV."""

import os
from collections.abc import Iterator
from typing import Optional

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.names import has_suffix

VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".m4v", ".webm", ".3gp", ".mpg", ".mpeg", ".wmv")


class UnreadableVideoError(PhystdError):
    """A file is not a video that can be read; the message names it."""


def iterate_frames(
    path: str, frame_step: int = 1, max_frames: Optional[int] = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Every ``frame_step``-th frame, by the count of decoded frames.

    Neither the frame count nor the frame rate of the header is used: both are
    often wrong. One frame is in memory at a time.

    Args:
      path: of the video.
      frame_step: 1 for every frame.
      max_frames: stop after this many; None for all.

    Yields:
      (index of the frame from 0, [H, W, 3] uint8 RGB), rotated as the file says.

    Raises:
      UnreadableVideoError: if the file is missing or not one frame can be read.
    """
    if os.path.isdir(path):
        raise UnreadableVideoError(f"{path}: a folder, not a video")
    if not os.path.isfile(path):
        raise UnreadableVideoError(f"{path}: no such file")
    if not os.path.getsize(path):
        raise UnreadableVideoError(f"{path}: the file is empty")
    # FFmpeg alone: other backends take a file name with digits for a series of images, or know no rotation.
    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    try:
        # Explicitly, since the default differs between versions of OpenCV.
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        index, taken = 0, 0
        while (max_frames is None or taken < max_frames) and capture.grab():
            if index % frame_step == 0:
                good, frame = capture.retrieve()
                if not good:
                    break
                taken += 1
                yield index, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            index += 1
        if not taken:
            raise UnreadableVideoError(f"{path}: not a video that can be read, or it has no frame")
    finally:
        capture.release()


def is_video(path: str) -> bool:
    """Whether the name is that of a video; hidden files and macOS's ``._`` twins are not."""
    return has_suffix(path, VIDEO_SUFFIXES)
