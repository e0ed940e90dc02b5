"""Preprocessed SiW-M as it was also distributed: a ``.dat`` file a video, a record a frame.

A record has 200,705 bytes: the face as 3 x 256 x 256 bytes (red, green, blue, one
after the other), its depth as 64 x 64 bytes, and one byte that is 0 for live and
1 for spoof: the other way round than everywhere here.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO, Optional

import numpy as np

from phystd_tf.errors import PhystdError

SUFFIX = ".dat"
SIZE, DEPTH_SIZE = 256, 64
_IMAGE_BYTES = 3 * SIZE * SIZE
RECORD_BYTES = _IMAGE_BYTES + DEPTH_SIZE * DEPTH_SIZE + 1
_LABELS = {0: 1, 1: 0}  # of the file -> 1 live, 0 spoof


class DatFileError(PhystdError):
    """A file does not consist of such records; the message names it."""


def is_dat(path: str) -> bool:
    """Whether the name is that of a file of records; hidden files and macOS's ``._`` twins are not."""
    name = os.path.basename(path)
    return not name.startswith(".") and name.lower().endswith(SUFFIX)


def iterate_dat(path: str, step: int = 1, most: Optional[int] = None) -> Iterator[tuple[int, np.ndarray]]:
    """Every ``step``-th frame; one is in memory at a time.

    Args:
      path: of the file.
      step: 1 for every frame.
      most: stop after so many; None for all.

    Yields:
      (index of the frame from 0, [256, 256, 3] uint8 RGB).

    Raises:
      DatFileError: if the file is missing, empty, or its size is no multiple of that of a record.
    """
    with _opened(path) as file:
        for index in range(0, _count(file, path), step)[:most]:
            file.seek(index * RECORD_BYTES)
            planes = np.frombuffer(file.read(_IMAGE_BYTES), np.uint8).reshape(3, SIZE, SIZE)
            yield index, np.ascontiguousarray(planes.transpose(1, 2, 0))


def label_of_dat(path: str) -> Optional[int]:
    """1 live, 0 spoof, as the first record says; None if it says something else.

    Raises:
      DatFileError: as above.
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
            f"{path}: has {size} bytes, which is no multiple of the {RECORD_BYTES} of a record (3 x {SIZE} x {SIZE} of"
            f" the image, {DEPTH_SIZE} x {DEPTH_SIZE} of depth, 1 label); it is cut off or of another kind"
        )
    return size // RECORD_BYTES
