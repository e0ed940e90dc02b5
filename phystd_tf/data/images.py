"""Reads photographs of any usual kind as RGB."""

import os

import cv2
import numpy as np

from phystd_tf.errors import PhystdError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")

_PNG, _JPEG, _GIF = b"\x89PNG", b"\xff\xd8\xff", b"GIF8"


class UnreadableImageError(PhystdError):
    """A file is no image that can be read; the message names it."""


def read_image(path: str) -> np.ndarray:
    """A photograph as upright RGB.

    The rotation of EXIF is applied, grey becomes three equal channels, alpha is
    dropped, 16 bits are scaled to 8.

    Args:
      path: of a JPEG, PNG, BMP or WebP file.

    Returns:
      [H, W, 3] uint8.

    Raises:
      UnreadableImageError: if the file is missing, empty, cut off, a GIF (which
        may hold many pictures) or no image.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UnreadableImageError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise UnreadableImageError(f"{path}: the file is empty")
    if data.startswith(_GIF):
        raise UnreadableImageError(f"{path}: GIF is not supported; convert it to PNG or JPEG")
    # OpenCV fills what is missing of a cut-off file with grey and says nothing.
    if (data.startswith(_PNG) and b"IEND" not in data[-64:]) or (data.startswith(_JPEG) and b"\xff\xd9" not in data):
        raise UnreadableImageError(f"{path}: the file is cut off")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise UnreadableImageError(f"{path}: not an image that can be read; known are {', '.join(IMAGE_SUFFIXES)}")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def is_image(path: str) -> bool:
    """Whether the name is that of an image; hidden files and macOS's ``._`` twins are not."""
    name = os.path.basename(path)
    return not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES)
