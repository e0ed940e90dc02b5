"""Reads photographs of any usual kind as RGB."""

import os
import zlib
from typing import Callable

import cv2
import numpy as np

from phystd_tf.errors import PhystdError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")

_SIXTEEN_TO_EIGHT = 257  # 65535 / 255: white stays white, and rounding is to the nearest


class UnreadableImageError(PhystdError):
    """A file is no image that can be read; the message names it."""


def read_image(path: str) -> np.ndarray:
    """A photograph as upright RGB.

    The rotation of EXIF is applied, grey becomes three equal channels, alpha is
    dropped, 16 bits are scaled to 8.

    Args:
      path: of a JPEG, PNG, BMP or WebP file, whatever its name ends with.

    Returns:
      [H, W, 3] uint8.

    Raises:
      UnreadableImageError: if the file is missing, empty, cut off, damaged, a GIF
        (which may hold many pictures) or no image.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except IsADirectoryError as error:
        raise UnreadableImageError(f"{path}: a folder, not an image") from error
    except OSError as error:
        raise UnreadableImageError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise UnreadableImageError(f"{path}: the file is empty")
    if data.startswith(b"GIF8"):
        raise UnreadableImageError(f"{path}: a GIF, which is not supported; convert it to PNG or JPEG")
    if _is_cut_off(data):
        raise UnreadableImageError(f"{path}: the file is cut off")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error:  # such as more pixels than OpenCV allows
        image = None
    if image is not None and image.dtype == np.uint16:
        image = ((image.astype(np.uint32) + _SIXTEEN_TO_EIGHT // 2) // _SIXTEEN_TO_EIGHT).astype(np.uint8)
    if image is None or image.dtype != np.uint8:
        raise UnreadableImageError(f"{path}: not an image that can be read; known are {', '.join(IMAGE_SUFFIXES)}")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def is_image(path: str) -> bool:
    """Whether the name is that of an image; hidden files and macOS's ``._`` twins are not."""
    name = os.path.basename(path)
    return not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES)


def _png_is_whole(data: bytes) -> bool:
    """Whether all chunks up to the last are there, with the right checksums."""
    position = 8
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        checksum = int.from_bytes(data[end - 4 : end], "big")
        if end > len(data) or zlib.crc32(data[position + 4 : end - 4]) != checksum:
            return False
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position = end
    return False


def _jpeg_is_whole(data: bytes) -> bool:
    """Whether the picture has an end. Segments before it are skipped: a thumbnail in EXIF has an end of its own."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xDA:  # start of the compressed picture, in which no other FF D9 can be
            return data.find(b"\xff\xd9", position) >= 0
        position += 1 if marker == 0xFF else 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return False


def _riff_is_whole(data: bytes) -> bool:
    return len(data) >= 8 + int.from_bytes(data[4:8], "little")


def _bmp_is_whole(data: bytes) -> bool:
    size = int.from_bytes(data[2:6], "little")  # some writers leave it 0
    return len(data) >= size


_IS_WHOLE: dict[bytes, Callable[[bytes], bool]] = {
    b"\x89PNG\r\n\x1a\n": _png_is_whole,
    b"\xff\xd8\xff": _jpeg_is_whole,
    b"RIFF": _riff_is_whole,
    b"BM": _bmp_is_whole,
}


def _is_cut_off(data: bytes) -> bool:
    """Whether the end of a file is missing: OpenCV would fill the rest with grey and say nothing."""
    return any(data.startswith(start) and not is_whole(data) for start, is_whole in _IS_WHOLE.items())
