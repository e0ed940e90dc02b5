"""Reads videos one frame at a time, upright, and reports damaged frames."""

import contextlib
import heapq
from collections.abc import Generator, Iterator
from typing import Optional, Union

import av
import numpy as np
from av.video.frame import PictureType

from phystd_tf.errors import PhystdError
from phystd_tf.files.jpeg import refuse_damaged_jpeg
from phystd_tf.files.names import has_suffix, not_a_file
from phystd_tf.files.plain_paths import plain_path

VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".m4v", ".webm", ".3gp", ".mpg", ".mpeg", ".wmv")

# FFmpeg would also follow playlists, which name other files or URLs and may never end. These are its names for the
# containers above, and for streams without one.
_CONTAINERS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,mpeg,mpegts,mpegvideo,asf,m4v,h264,hevc,mjpeg,"
    "ogg,flv",
    "protocol_whitelist": "file",
}
_MOST_PIXELS = 2**27  # per frame; four times as many as 8K
# Most decoders mark the frames that they repair. These do not, so they are set to stop at an error.
_SILENT = {"mjpeg", "hevc"}
# These omit frames that they cannot repair.
_LEAVE_OUT = {"mpeg1video", "mpeg2video", "h263", "flv", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2"}
_USUAL_RATE, _MOST_RATE = 25.0, 240.0  # frames per second; headers may also say 0 or 180,000
_MOST_B_FRAMES = 16  # as many as a decoder of H.264 or HEVC may hold back


class UnreadableVideoError(PhystdError):
    """A file is not a video that can be read; the message names it."""


class DamagedFrameError(PhystdError):
    """A frame of a video is damaged; the message names the video."""


def iterate_frames(
    path: str, frame_step: int = 1, max_frames: Optional[int] = None
) -> Iterator[tuple[int, Union[np.ndarray, DamagedFrameError]]]:
    """Yields every ``frame_step``-th frame; damaged frames count.

    Neither the frame count nor the frame rate of the header is used: both are often wrong. A few frames are in memory
    at a time. Each frame may have another pixel format or size than the one before.

    A frame counts as damaged if the decoder says so, or if it depends on a damaged one: frames up to the next key
    frame, and B-frames shown before it. Decoders of H.264, MPEG-1, 2 and 4, H.263 and WMV report damage reliably, that
    of Motion JPEG only if the data is implausible. Those of HEVC, VP8, VP9 and AV1 accept nearly all data, and report
    damage only now and then. Whole frames that a container loses are not reported, except a last one that is cut off
    in MP4 and AVI.

    Args:
      path: path of the video.
      frame_step: 1 for every frame.
      max_frames: stop after this many, damaged or not; None for all.

    Yields:
      (index of the frame from 0, [H, W, 3] uint8 RGB rotated as the file says, or a DamagedFrameError).

    Raises:
      UnreadableVideoError: if the file is missing or no frame can be read.
    """
    problem = not_a_file(path)
    if problem:
        raise UnreadableVideoError(f"{path}: {problem}" + (", not a video" if problem.startswith("a ") else ""))
    taken = None
    with plain_path(path) as name, contextlib.closing(_whole_or_none(name)) as frames:
        for index, frame in enumerate(frames):
            if index % frame_step:
                continue
            taken = 0 if taken is None else taken
            if taken == max_frames:
                break
            taken += 1
            pixels = None if frame is None else _upright(frame)
            yield index, DamagedFrameError(f"{path}: frame {index} is damaged") if pixels is None else pixels
    if taken is None:
        raise UnreadableVideoError(f"{path}: not a video that can be read, or it has no frame")


def frame_rate(path: str) -> float:
    """The frames per second in the header of a video; 25 if it has none, or an implausible value.

    Args:
      path: path of the video.
    """
    rate = None
    try:
        with plain_path(path) as name, av.open(name, options=_CONTAINERS) as container:
            stream = container.streams.best("video")
            rate = stream.average_rate if isinstance(stream, av.VideoStream) else None
    except (av.error.FFmpegError, ValueError, OSError):
        pass  # ``iterate_frames`` will say what is wrong
    return float(rate) if rate and 1 <= rate <= _MOST_RATE else _USUAL_RATE


def is_video(path: str) -> bool:
    """Whether a file has the suffix of a video, and is neither hidden nor a ``._`` file of macOS."""
    return has_suffix(path, VIDEO_SUFFIXES)


def _whole_or_none(name: str) -> Generator[Optional[av.VideoFrame], None, None]:
    """The frames in the order in which they are shown; None for those that are damaged or depend on damaged ones."""
    held: list[av.VideoFrame] = []  # B-frames, which may depend on the frame that is shown after them
    is_broken = False
    for frame in _decoded(name):
        if frame is None or frame.is_corrupt:
            yield from [None] * (len(held) + 1)
            held, is_broken = [], True
        elif is_broken and not frame.key_frame:
            yield None
        elif frame.pict_type == PictureType.B and len(held) < _MOST_B_FRAMES:
            held.append(frame)
        else:
            yield from held
            yield frame
            held, is_broken = [], False
    yield from held


def _decoded(name: str) -> Iterator[Optional[av.VideoFrame]]:
    """The frames in the order in which they are shown; None for those that could not be decoded."""
    try:
        container = av.open(name, options=_CONTAINERS)
    except (av.error.FFmpegError, ValueError):
        return
    with container:
        stream = container.streams.best("video")
        if not isinstance(stream, av.VideoStream) or stream.codec_context is None:
            return
        codec = stream.codec_context
        codec.thread_count = 1  # there is a process for each core
        is_silent = codec.name in _SILENT
        codec.options = {
            "err_detect": "explode" if is_silent else "crccheck+bitstream+buffer",
            "max_pixels": str(_MOST_PIXELS),
        }
        order = _Order(codec.name in _LEAVE_OUT)
        try:
            for packet in container.demux(stream):
                is_frame = packet.size and not packet.is_discard
                try:
                    frames = packet.decode()
                    if codec.name == "mjpeg" and is_frame:
                        refuse_damaged_jpeg(bytes(packet))
                except (av.error.FFmpegError, ValueError):
                    yield from order.failed(packet.pts)
                else:
                    if is_frame:
                        order.sent(packet.pts)
                    for frame in frames:
                        yield from order.shown(frame)
        except av.error.FFmpegError:  # the file is cut off
            yield None
        yield from order.rest()


class _Order:
    """Reports the frames that a decoder omits at the positions where they would have been shown.

    Args:
      leaves_out: whether the decoder omits frames silently. All do after an error, up to the next key frame.
    """

    def __init__(self, leaves_out: bool) -> None:
        self._leaves_out = leaves_out
        self._has_failed = False
        self._awaited: list[tuple[int, bool]] = []  # a heap of times, and whether the frame failed

    def sent(self, time: Optional[int]) -> None:
        """Records that a frame was given to the decoder."""
        if time is not None:
            heapq.heappush(self._awaited, (time, False))

    def failed(self, time: Optional[int]) -> Iterator[None]:
        """Records that a frame could not be decoded; yields None if its time is unknown."""
        self._has_failed = True
        if time is None:
            yield None
        else:
            heapq.heappush(self._awaited, (time, True))

    def shown(self, frame: av.VideoFrame) -> Iterator[Optional[av.VideoFrame]]:
        """Yields None for each frame that was omitted before this one, and then this one."""
        if frame.pts is None:
            yield frame
            return
        last = None
        while self._awaited and self._awaited[0][0] <= frame.pts:
            if last is not None:
                yield from self._left_out(last)
            last = heapq.heappop(self._awaited)
        if last is None and self._has_failed:
            return  # it comes too late: it was reported as omitted
        if last is not None and last[0] < frame.pts:
            yield from self._left_out(last)
        if last == (frame.pts, True):
            yield None
            return
        self._has_failed = self._has_failed and not frame.key_frame
        yield frame

    def rest(self) -> Iterator[None]:
        """Yields None for each frame that was omitted at the end."""
        for awaited in self._awaited:
            yield from self._left_out(awaited)

    def _left_out(self, awaited: tuple[int, bool]) -> Iterator[None]:
        if awaited[1] or self._has_failed or self._leaves_out:
            yield None


def _upright(frame: av.VideoFrame) -> Optional[np.ndarray]:
    """The frame as upright [H, W, 3] uint8 RGB; None if it has no colors to convert."""
    try:
        pixels = frame.to_ndarray(format="rgb24")
    except (av.error.FFmpegError, ValueError):
        return None
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
