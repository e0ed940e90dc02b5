"""Reads videos one frame at a time, upright on every OpenCV."""

import contextlib
import os
import struct
from collections.abc import Iterator
from typing import Optional

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.names import has_suffix, not_a_file
from phystd_tf.files.plain_paths import plain_path

VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".m4v", ".webm", ".3gp", ".mpg", ".mpeg", ".wmv")

# FFmpeg would also follow playlists, which name other files or addresses and need never end. These are its names of the
# containers above, and of streams without one.
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,mpeg,mpegts,mpegvideo,asf,m4v,h264,hevc,mjpeg,ogg,flv"
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_MOTION_JPEG = {"mjpg", "jpeg", "mjpa", "avrn", "dmb1", "jpgl"}


class UnreadableVideoError(PhystdError):
    """A file is not a video that can be read; the message names it."""


def iterate_frames(
    path: str, frame_step: int = 1, max_frames: Optional[int] = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Every ``frame_step``-th frame, by the count of decoded frames.

    Neither the frame count nor the frame rate of the header is used: both are
    often wrong. One frame is in memory at a time. A frame of Motion JPEG may have another
    pixel format than the one before.

    Args:
      path: of the video.
      frame_step: 1 for every frame.
      max_frames: stop after this many; None for all.

    Yields:
      (index of the frame from 0, [H, W, 3] uint8 RGB), rotated as the file says.

    Raises:
      UnreadableVideoError: if the file is missing or not one frame can be read.
    """
    problem = not_a_file(path)
    if problem:
        raise UnreadableVideoError(f"{path}: {problem}" + (", not a video" if problem.startswith("a ") else ""))
    index, taken = 0, 0
    with plain_path(path) as name, contextlib.closing(_Frames(name)) as frames:
        while (max_frames is None or taken < max_frames) and frames.advance():
            if index % frame_step == 0:
                frame = frames.current()
                if frame is None:
                    break
                taken += 1
                yield index, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
            index += 1
    if not taken:
        raise UnreadableVideoError(f"{path}: not a video that can be read, or it has no frame")


def is_video(path: str) -> bool:
    """Whether the name is that of a video; hidden files and macOS's ``._`` twins are not."""
    return has_suffix(path, VIDEO_SUFFIXES)


class _Frames:
    """The frames of a video, in order.

    An OpenCV capture converts all frames as if they had the pixel format of the first one that it has converted; others
    become noise. In Motion JPEG each frame has its own. So each format has a capture of its own, and all run in step.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0
        self._spare: Optional[cv2.VideoCapture] = _open(name)  # it has not converted a frame yet
        self._captures: dict[bytes, cv2.VideoCapture] = {}  # by pixel format
        self._format = b""
        codec = struct.pack("<I", int(self._spare.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF)
        is_motion_jpeg = codec.decode("latin-1").lower() in _MOTION_JPEG
        self._packets: Optional[cv2.VideoCapture] = _open(name, encoded=True) if is_motion_jpeg else None

    def advance(self) -> bool:
        """Goes to the next frame; returns whether there is one."""
        self._count += 1
        there = [capture.grab() for capture in self._all()]
        if self._packets is not None:
            good, packet = self._packets.read()
            self._format = _jpeg_sampling(packet.tobytes()) if good else b""
        return all(there)

    def current(self) -> Optional[np.ndarray]:
        """The frame, [H, W, 3] uint8 BGR; None if it cannot be decoded."""
        if self._format not in self._captures:
            capture, self._spare = self._spare, None
            if capture is None:
                capture = _open(self._name)
                for _ in range(self._count):
                    capture.grab()
            self._captures[self._format] = capture
        good, frame = self._captures[self._format].retrieve()
        return frame if good else None

    def close(self) -> None:
        """Closes the file."""
        for capture in [*self._all(), *([] if self._packets is None else [self._packets])]:
            capture.release()

    def _all(self) -> list[cv2.VideoCapture]:
        return [*self._captures.values(), *([] if self._spare is None else [self._spare])]


def _open(name: str, encoded: bool = False) -> cv2.VideoCapture:
    """Opens a video by FFmpeg alone: other backends take digits in a name for a series of images, or do not rotate."""
    own = os.environ.get(_OPTIONS)
    os.environ[_OPTIONS] = own or f"format_whitelist;{_FORMATS}|protocol_whitelist;file"
    try:
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1] if encoded else [])
    finally:
        if own is None:
            del os.environ[_OPTIONS]
    # Explicitly, since the default differs between versions of OpenCV.
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return capture


def _jpeg_sampling(packet: bytes) -> bytes:
    """What decides the pixel format of a JPEG: one byte of sampling factors for each channel; empty if it is none."""
    position = 2
    while position + 10 <= len(packet) and packet[position] == 0xFF:
        marker = packet[position + 1]
        if 0xC0 <= marker <= 0xC3:  # the start of the frame
            return packet[position + 11 : position + 11 + 3 * packet[position + 9] : 3]
        position += 2 + int.from_bytes(packet[position + 2 : position + 4], "big")
    return b""
