"""The preprocessed distribution of SiW-M, with one ``.dat`` file per video and one record per frame.

A record has 200,705 bytes: the face as 3 x 256 x 256 bytes (planes in the order
red, green, blue), its depth as 64 x 64 bytes, and one label byte, which is 0 for
live and 1 for spoof, the opposite of the labels used here.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO, Optional

import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.files.names import has_suffix

SUFFIX = ".dat"
SIZE, DEPTH_SIZE = 256, 64
_IMAGE_BYTES = 3 * SIZE * SIZE
RECORD_BYTES = _IMAGE_BYTES + DEPTH_SIZE * DEPTH_SIZE + 1
_LABELS = {0: 1, 1: 0}  # label in the file -> 1 live, 0 spoof


class DatFileError(PhystdError):
    """A file does not consist of such records; the message names it."""


def is_dat(path: str) -> bool:
    """Returns whether a file has the suffix of such records, and is neither hidden nor a ``._`` file of macOS."""
    return has_suffix(path, SUFFIX)


def iterate_dat(path: str, frame_step: int = 1, max_frames: Optional[int] = None) -> Iterator[tuple[int, np.ndarray]]:
    """Reads every ``frame_step``-th frame; only one frame is in memory at a time.

    Args:
      path: path of the file.
      frame_step: 1 for every frame.
      max_frames: maximum number of frames to read; None for all.

    Yields:
      (index of the frame from 0, [256, 256, 3] uint8 RGB).

    Raises:
      DatFileError: if the file is missing or empty, or its size is not a multiple of the size of a record.
    """
    with _opened(path) as file:
        for index in range(0, _count(file, path), frame_step)[:max_frames]:
            file.seek(index * RECORD_BYTES)
            planes = np.frombuffer(file.read(_IMAGE_BYTES), np.uint8).reshape(3, SIZE, SIZE)
            yield index, np.ascontiguousarray(planes.transpose(1, 2, 0))


def label_of_dat(path: str) -> Optional[int]:
    """Returns the label of the first record: 1 live, 0 spoof, None if its label byte has another value.

    Raises:
      DatFileError: as in ``iterate_dat``.
    """
    with _opened(path) as file:
        _count(file, path)
        file.seek(RECORD_BYTES - 1)
        return _LABELS.get(file.read(1)[0])


def _opened(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise DatFileError(f"{path}: cannot be read ({error.strerror})") from error


def _count(file: BinaryIO, path: str) -> int:
    size = os.fstat(file.fileno()).st_size
    if not size:
        raise DatFileError(f"{path}: the file is empty")
    if size % RECORD_BYTES:
        raise DatFileError(
            f"{path}: has {size} bytes, which is not a multiple of the {RECORD_BYTES} of a record (3 x {SIZE} x {SIZE} "
            f"of the image, {DEPTH_SIZE} x {DEPTH_SIZE} of depth, 1 label); it is truncated or not such a file"
        )
    return size // RECORD_BYTES
