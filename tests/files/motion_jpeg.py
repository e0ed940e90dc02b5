"""Writes Motion JPEG videos from frames that are given as JPEG files, byte by byte."""

import io
import struct

from PIL import Image


def jpeg(image, subsampling) -> bytes:
    """An image as JPEG; subsampling 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", subsampling=subsampling, quality=95)
    return file.getvalue()


def avi(jpegs, width, height) -> bytes:
    """An AVI video of JPEG files, at 25 frames per second."""
    count, largest = len(jpegs), max(map(len, jpegs))
    main = struct.pack("<14I", 40_000, 0, 0, 0x10, count, 0, 1, largest, width, height, 0, 0, 0, 0)
    stream = b"vidsMJPG" + struct.pack(
        "<I2H8I4H", 0, 0, 0, 0, 1, 25, 0, count, largest, 2**32 - 1, 0, 0, 0, width, height
    )
    picture = struct.pack("<Iii2H4sI4i", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    frames, index, position = b"", b"", 4
    for data in jpegs:
        index += b"00dc" + struct.pack("<3I", 0x10, position, len(data))
        chunk = _chunk(b"00dc", data)
        frames += chunk
        position += len(chunk)
    header = _list(b"hdrl", _chunk(b"avih", main), _list(b"strl", _chunk(b"strh", stream), _chunk(b"strf", picture)))
    return _chunk(b"RIFF", b"AVI " + header + _list(b"movi", frames) + _chunk(b"idx1", index))


def _chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(name, *parts):
    return _chunk(b"LIST", name + b"".join(parts))
