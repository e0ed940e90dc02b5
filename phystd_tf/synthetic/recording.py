"""Puts the photographs of a clip into a video."""

from collections.abc import Sequence

import cv2
import numpy as np

FRAMES_PER_SECOND = 30.0
# By ending: what every OpenCV that comes from PyPI can write and read. The first two keep the traces best,
# each frame being a JPEG; MPEG-4 makes some frames from their neighbours, as real telephones do.
_CODES = {".avi": "MJPG", ".mov": "jpeg", ".mp4": "mp4v"}


def write_video(path: str, jpegs: Sequence[bytes]) -> None:
    """Writes a video; the same frames give the same bytes with the same OpenCV.

    Args:
      path: ends in .avi, .mov or .mp4.
      jpegs: photographs of one size. They are compressed once more.
    """
    frames = [cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) for jpeg in jpegs]
    height, width = frames[0].shape[:2]
    ending = path[path.rindex(".") :]
    # OpenCV's own writer has the better quality, but knows this one container only.
    backend = cv2.CAP_OPENCV_MJPEG if ending == ".avi" else cv2.CAP_FFMPEG
    code = cv2.VideoWriter_fourcc(*_CODES[ending])
    writer = cv2.VideoWriter(path, backend, code, FRAMES_PER_SECOND, (width, height))
    if not writer.isOpened():
        raise RuntimeError(f"OpenCV could not open {path} to write a video")
    for frame in frames:
        writer.write(frame)
    writer.release()
