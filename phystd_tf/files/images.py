"""Reads photographs in the usual formats as RGB, and writes pictures.

Files are opened here, not by the libraries, some of which do not accept every name.
"""

import io
import os
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import replacing
from phystd_tf.files.jpeg import refuse_damaged_jpeg
from phystd_tf.files.names import has_suffix, not_a_file

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")

_JPEG_QUALITY = 90
_SOFTWARE = "Software"  # the keyword of PNG for the program that made it
# Pillow would try all formats that it knows, including some that run programs: for EPS, it starts Ghostscript.
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF")
_SIXTEEN_TO_EIGHT = 257  # 65535 / 255: white stays white, and rounding is to the nearest
# First bytes of these formats: Pillow may recognize a file by them, but find it too short to open.
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_STARTS = (_PNG, _JPEG, b"RIFF", b"BM", b"II*\0", b"MM\0*")


class UnreadableImageError(PhystdError):
    """A file is not an image that can be read; the message names it."""


class UnwritableImageError(PhystdError):
    """A picture cannot be written under this name."""


def read_image(path: str) -> np.ndarray:
    """Reads a photograph as upright RGB.

    The EXIF rotation is applied, gray becomes three equal channels, alpha is dropped, 16 bits become 8.

    Args:
      path: path of a JPEG, PNG, BMP, WebP or TIFF file, whatever its suffix.

    Returns:
      [H, W, 3] uint8.

    Raises:
      UnreadableImageError: if the file is missing, empty, cut off, damaged (as far as its format reveals it), not an
        image, or a GIF or a TIFF of several pages (which hold several pictures).
    """
    problem = not_a_file(path)
    if problem:
        raise UnreadableImageError(f"{path}: {problem}" + (", not an image" if problem.startswith("a ") else ""))
    start = b""
    try:
        with open(path, "rb") as file:
            start = file.read(16)
            file.seek(0)
            if start.startswith(b"GIF8"):
                raise UnreadableImageError(f"{path}: a GIF, which is not supported; convert it to PNG or JPEG")
            data = io.BytesIO(_without_damaged_notes(file.read())) if start.startswith(_PNG) else file
            with Image.open(data, formats=_FORMATS) as image:
                image.verify()  # the checksums of a PNG; the image cannot be decoded afterwards
            if start.startswith(_JPEG):
                data.seek(0)
                refuse_damaged_jpeg(data.read())
            data.seek(0)
            with Image.open(data, formats=_FORMATS) as image:
                if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
                    raise UnreadableImageError(f"{path}: a TIFF of several pages; save the one that is meant")
                image.load()
                ImageOps.exif_transpose(image, in_place=True)  # otherwise, an upright picture would be copied
                return _rgb(image)
    except UnreadableImageError:
        raise
    except UnidentifiedImageError as error:
        if start.startswith(_STARTS):
            raise UnreadableImageError(f"{path}: the file is cut off or damaged") from error
        known = ", ".join(IMAGE_SUFFIXES)
        raise UnreadableImageError(f"{path}: not an image that can be read; known are {known}") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"{path}: too large ({error})") from error
    except Exception as error:  # for damaged files, Pillow raises many kinds of errors
        reason = getattr(error, "strerror", None)
        if reason:
            raise UnreadableImageError(f"{path}: cannot be read ({reason})") from error
        raise UnreadableImageError(f"{path}: the file is cut off or damaged ({error})") from error


def write_image(image: np.ndarray, path: str, made_by: str = "") -> None:
    """Writes a picture atomically, in the format given by the suffix of its name.

    Args:
      image: [H, W, 3] uint8 RGB.
      path: path of the file.
      made_by: name of the program, stored in a PNG or a JPEG; see ``mark_of``.

    Raises:
      UnwritableImageError: if the format is unknown.
    """
    suffix = os.path.splitext(path)[1]
    kind = Image.registered_extensions().get(suffix.lower())
    if kind not in _FORMATS:
        raise UnwritableImageError(f"{path}: no picture can be written as '{suffix}'; give a name that ends with .png")
    options: dict[str, Any] = {"quality": _JPEG_QUALITY} if kind == "JPEG" else {}
    if made_by and kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text(_SOFTWARE, made_by)
    elif made_by:
        options["comment"] = mark_of(made_by)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        Image.fromarray(image).save(file, kind, **options)


def jpeg_of(image: np.ndarray) -> bytes:
    """A picture [H, W, 3] uint8 RGB as the bytes of a JPEG."""
    data = io.BytesIO()
    Image.fromarray(image).save(data, "JPEG", quality=_JPEG_QUALITY)
    return data.getvalue()


def mark_of(made_by: str) -> bytes:
    """The bytes in a picture that identify the program that made it."""
    return f"{_SOFTWARE}\0{made_by}".encode("latin-1")


def is_image(path: str) -> bool:
    """Whether a file has the suffix of an image, and is neither hidden nor a ``._`` file of macOS."""
    return has_suffix(path, IMAGE_SUFFIXES)


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):  # 16 bits of gray, in one of several byte orders
        deep = np.asarray(image).astype(np.uint32)
        gray = ((deep + _SIXTEEN_TO_EIGHT // 2) // _SIXTEEN_TO_EIGHT).astype(np.uint8)
        return np.repeat(gray[..., np.newaxis], 3, axis=2)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))  # RGB would be copied, too


def _without_damaged_notes(png: bytes) -> bytes:
    """Removes chunks of a PNG that do not affect its pixels and have wrong checksums.

    Pillow refuses the whole file because of them. The orientation (eXIf) is kept.
    """
    kept, position = [png[: len(_PNG)]], len(_PNG)
    while position + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, position)
        chunk = png[position : position + 12 + length]
        position += len(chunk)
        kind, is_note = chunk[4:8], bool(chunk[4] & 0x20)  # ancillary chunks start with a lower-case letter
        is_whole = len(chunk) == 12 + length and zlib.crc32(chunk[4:-4]) == struct.unpack(">I", chunk[-4:])[0]
        if is_whole or not is_note or kind == b"eXIf":
            kept.append(chunk)
    return b"".join([*kept, png[position:]])
