"""Writes the photographs of a clip to a video."""

from collections.abc import Sequence

import cv2
import numpy as np

from phystd_tf.files.plain_paths import plain_path
from phystd_tf.files.video import UnreadableVideoError, iterate_frames

FRAMES_PER_SECOND = 30.0
# Codec per file extension; the OpenCV wheels on PyPI can write and read all of them. The first two compress each
# frame as a JPEG and preserve the traces best. MPEG-4 predicts frames from their neighbors, as real phones do.
_CODECS = {".avi": "MJPG", ".mov": "jpeg", ".mp4": "mp4v"}


def write_video(path: str, jpegs: Sequence[bytes]) -> None:
    """Writes a video; the same frames give the same bytes with the same version of OpenCV.

    Args:
      path: path of the video; the extension is .avi, .mov or .mp4.
      jpegs: photographs of equal size. They are compressed a second time.

    Raises:
      RuntimeError: if OpenCV cannot open the file for writing.
      OSError: if not all frames could be written, as on a full disk.
    """
    frames = [cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) for jpeg in jpegs]
    height, width = frames[0].shape[:2]
    extension = path[path.rindex(".") :]
    # OpenCV's own writer gives better quality but supports the AVI container only.
    backend = cv2.CAP_OPENCV_MJPEG if extension == ".avi" else cv2.CAP_FFMPEG
    codec = cv2.VideoWriter.fourcc(*_CODECS[extension])
    with plain_path(path) as name:
        writer = cv2.VideoWriter(name, backend, codec, FRAMES_PER_SECOND, (width, height))
        if not writer.isOpened():
            raise RuntimeError(f"OpenCV could not open {path} to write a video")
        for frame in frames:
            writer.write(frame)
        writer.release()
    # OpenCV does not say when a frame could not be written.
    try:
        written = sum(isinstance(frame, np.ndarray) for _, frame in iterate_frames(path))
    except UnreadableVideoError:
        written = 0
    if written != len(frames):
        raise OSError(f"{path}: {written} of {len(frames)} frames could be written; is the disk full?")
