"""The inputs of a model: photographs, videos, folders of both, and cameras, as streams of frames."""

import os
import time
from collections.abc import Generator, Sequence
from typing import Callable, NamedTuple, Optional, Union

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.images import IMAGE_SUFFIXES, UnreadableImageError, is_image, read_image
from phystd_tf.files.video import VIDEO_SUFFIXES, UnreadableVideoError, frame_rate, is_video, iterate_frames


class CameraError(PhystdError):
    """A camera cannot be used; the message names it."""


class Frame(NamedTuple):
    """A frame of an input.

    Attributes:
      number: index from 0; None for a video that cannot be read at all.
      image: [H, W, 3] uint8 RGB, or the error that says why there is none.
      seconds: time since the first frame.
    """

    number: Optional[int]
    image: Union[np.ndarray, Exception]
    seconds: float = 0.0


class Input(NamedTuple):
    """A photograph, a video, or a camera.

    Attributes:
      path: path of the file, or "camera" with its number.
      is_clip: whether it has several frames, whose faces are followed.
      frames: starts to read it.
      is_live: whether it runs until somebody stops it.
    """

    path: str
    is_clip: bool
    frames: Callable[[], Generator[Frame, None, None]]
    is_live: bool = False


def list_files(paths: Sequence[str], is_drawn: Callable[[str], bool] = lambda path: False) -> list[str]:
    """The files among ``paths``, and the photographs and videos below its folders, each once.

    Args:
      paths: paths of files and folders; a file given here is taken whatever its suffix.
      is_drawn: whether a file or a folder below ``paths`` was drawn by an earlier run and is not an input.

    Returns:
      Paths in the order of ``paths``; those of a folder are sorted.

    Raises:
      PhystdError: if there is none at one of ``paths``.
    """
    found: dict[str, None] = {}
    for path in paths:
        if not os.path.isdir(path):
            if not os.path.lexists(path):
                raise PhystdError(f"{path}: no such file or folder")
            found[path] = None
            continue
        below = sorted(
            os.path.join(folder, name)
            for folder, _, names in os.walk(path)
            if not is_drawn(folder)
            for name in names
            if (is_image(name) or is_video(name)) and not is_drawn(os.path.join(folder, name))
        )
        if not below:
            known = ", ".join((*IMAGE_SUFFIXES, *VIDEO_SUFFIXES))
            raise PhystdError(f"{path}: no photograph and no video here; known endings are {known}")
        found.update(dict.fromkeys(below))
    return list(found)


def file_input(path: str, frame_step: int = 1, max_frames: Optional[int] = None) -> Input:
    """A photograph or a video, as the suffix of its name says.

    Args:
      path: path of the file.
      frame_step: n, to take every n-th frame of a video.
      max_frames: maximum number of frames of a video; None for all.
    """
    if is_video(path):
        return Input(path, True, lambda: _video_frames(path, frame_step, max_frames))
    return Input(path, False, lambda: _photograph(path))


def camera_input(number: int, frame_step: int = 1, max_frames: Optional[int] = None) -> Input:
    """A camera of this machine, until it stops or ``max_frames`` are taken.

    Args:
      number: number of the camera, from 0.
      frame_step: n, to take every n-th frame.
      max_frames: maximum number of frames; None for no limit.
    """
    return Input(f"camera{number}", True, lambda: _camera_frames(number, frame_step, max_frames), True)


def _photograph(path: str) -> Generator[Frame, None, None]:
    try:
        yield Frame(0, read_image(path))
    except UnreadableImageError as error:
        yield Frame(0, error)


def _video_frames(path: str, frame_step: int, max_frames: Optional[int]) -> Generator[Frame, None, None]:
    try:
        rate = frame_rate(path)
        for index, image in iterate_frames(path, frame_step, max_frames):
            yield Frame(index, image, index / rate)
    except UnreadableVideoError as error:
        yield Frame(None, error)


def _camera_frames(number: int, frame_step: int, max_frames: Optional[int]) -> Generator[Frame, None, None]:
    capture = cv2.VideoCapture(number)
    try:
        if not capture.isOpened():
            raise CameraError(f"camera {number} cannot be opened; is it there, and free?")
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the current frame, not one that has been waiting
        started = time.monotonic()
        last = None if max_frames is None else frame_step * max_frames
        index = 0
        while index != last and capture.grab():
            if index % frame_step == 0:
                is_there, image = capture.retrieve()
                if not is_there:
                    return
                yield Frame(index, cv2.cvtColor(image, cv2.COLOR_BGR2RGB), time.monotonic() - started)
            index += 1
    finally:
        capture.release()
