"""Reads photographs of any usual kind as RGB."""

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from phystd_tf.errors import PhystdError
from phystd_tf.files.names import has_suffix

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")

_SIXTEEN_TO_EIGHT = 257  # 65535 / 255: white stays white, and rounding is to the nearest
# Pillow may know the format of a file by its first bytes and then find it too short to open.
_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"BM", b"II*\0", b"MM\0*")


class UnreadableImageError(PhystdError):
    """A file is not an image that can be read; the message names it."""


def read_image(path: str) -> np.ndarray:
    """A photograph as upright RGB.

    The rotation of EXIF is applied, gray becomes three equal channels, alpha is dropped, 16 bits become 8.

    Args:
      path: of a JPEG, PNG, BMP, WebP or TIFF file, whatever its name ends with.

    Returns:
      [H, W, 3] uint8.

    Raises:
      UnreadableImageError: if the file is missing, empty, cut off, damaged, not an image, a GIF or a TIFF of several
        pages (which hold many pictures).
    """
    try:
        with open(path, "rb") as file:
            start = file.read(16)
            if not start:
                raise UnreadableImageError(f"{path}: the file is empty")
            if start.startswith(b"GIF8"):
                raise UnreadableImageError(f"{path}: a GIF, which is not supported; convert it to PNG or JPEG")
            file.seek(0)
            with Image.open(file) as image:
                image.verify()  # the checksums of a PNG; nothing can be decoded after it
            file.seek(0)
            with Image.open(file) as image:
                if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
                    raise UnreadableImageError(f"{path}: a TIFF of several pages; save the one that is meant")
                image.load()
                return _rgb(ImageOps.exif_transpose(image))
    except IsADirectoryError as error:
        raise UnreadableImageError(f"{path}: a folder, not an image") from error
    except UnidentifiedImageError as error:
        if start.startswith(_STARTS):
            raise UnreadableImageError(f"{path}: the file is cut off or damaged") from error
        known = ", ".join(IMAGE_SUFFIXES)
        raise UnreadableImageError(f"{path}: not an image that can be read; known are {known}") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"{path}: too large ({error})") from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        reason = getattr(error, "strerror", None)
        if reason:
            raise UnreadableImageError(f"{path}: cannot be read ({reason})") from error
        raise UnreadableImageError(f"{path}: the file is cut off or damaged ({error})") from error


def is_image(path: str) -> bool:
    """Whether the name is that of an image; hidden files and macOS's ``._`` twins are not."""
    return has_suffix(path, IMAGE_SUFFIXES)


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):  # 16 bits of gray, in one of several byte orders
        deep = np.asarray(image).astype(np.uint32)
        gray = ((deep + _SIXTEEN_TO_EIGHT // 2) // _SIXTEEN_TO_EIGHT).astype(np.uint8)
        return np.repeat(gray[..., np.newaxis], 3, axis=2)
    return np.array(image.convert("RGB"))
