"""Writes pictures as a video."""

import contextlib
import fractions
from collections.abc import Iterator
from typing import Callable, Optional

import av
import numpy as np

from phystd_tf.errors import PhystdError, first_line
from phystd_tf.files.atomic import replacing
from phystd_tf.files.plain_paths import plain_path

Write = Callable[[np.ndarray, float], None]

_TIME_BASE = fractions.Fraction(1, 1000)  # seconds; the frames of a camera are not evenly spaced
_MARK = "comment"  # the tag of an MP4 file for the program that made it


class UnwritableVideoError(PhystdError):
    """A video cannot be written; the message names it."""


@contextlib.contextmanager
def writing_video(path: str, made_by: str) -> Iterator[Write]:
    """Writes an MP4 file (H.264), which is there when the block ends, even if it is interrupted.

    A block in which no picture is written leaves no file.

    Args:
      path: path of the file.
      made_by: name of the program, which ``is_video_made_by`` looks for.

    Yields:
      A function that adds a picture [H, W, 3] uint8 RGB, shown at the given time in seconds; times increase. All
      pictures have the size of the first one; an odd side gets one more line of pixels.

    Raises:
      UnwritableVideoError: if the codec rejects a picture.
    """
    interruption: Optional[BaseException] = None
    with contextlib.ExitStack() as stack:
        opened: list[Write] = []

        def write(picture: np.ndarray, seconds: float) -> None:
            even = np.pad(picture, ((0, len(picture) % 2), (0, picture.shape[1] % 2), (0, 0)), mode="edge")
            if not opened:
                opened.append(stack.enter_context(_encoding(path, made_by, *even.shape[:2])))
            opened[0](even, seconds)

        try:
            yield write
        except UnwritableVideoError:
            raise
        except BaseException as error:  # what was written is kept
            interruption = error
    if interruption is not None:
        raise interruption


def is_video_made_by(path: str, made_by: str) -> bool:
    """Whether a file is a video that ``writing_video`` wrote for this program."""
    try:
        with plain_path(path) as name, av.open(name, format="mp4") as container:
            return container.metadata.get(_MARK) == made_by
    except (av.error.FFmpegError, ValueError, OSError):
        return False


@contextlib.contextmanager
def _encoding(path: str, made_by: str, height: int, width: int) -> Iterator[Write]:
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open(stack.enter_context(replacing(path)), "wb"))
        stack.enter_context(_told(path))
        container = stack.enter_context(av.open(file, "w", format="mp4"))
        container.metadata[_MARK] = made_by
        stream = container.add_stream("libx264", options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = _TIME_BASE
        last = -1

        def write(picture: np.ndarray, seconds: float) -> None:
            nonlocal last
            last = max(last + 1, round(seconds / _TIME_BASE))
            with _told(path):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = last, _TIME_BASE
                container.mux(stream.encode(frame))

        yield write
        container.mux(stream.encode(None))


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    """Makes errors of FFmpeg name the file that is written."""
    try:
        yield
    except (av.error.FFmpegError, ValueError) as error:
        raise UnwritableVideoError(f"{path} cannot be written ({first_line(error)})") from error
