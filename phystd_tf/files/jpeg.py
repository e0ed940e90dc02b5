"""Finds damage in JPEG data, which decoders repair silently."""

import re

import simplejpeg

# Warnings of libjpeg about odd headers or padding that some cameras write; after any other, it invents pixels.
_HARMLESS = re.compile(
    "Warning: unknown JFIF revision|Invalid SOS parameters|Inconsistent progression|Unknown Adobe color"
    "|Corrupt JPEG data: (bad ICC marker|[1-4] extraneous bytes before marker 0xd9)"
)


def refuse_damaged_jpeg(jpeg: bytes) -> None:
    """Checks that the compressed pixels of a JPEG are plausible.

    A JPEG has no checksum. Most changes of single bytes give other plausible pixels, and so, occasionally, does a
    longer gap, if the rest happens to hold as many blocks as the picture.

    Args:
      jpeg: the whole file; data after the picture is ignored.

    Raises:
      ValueError: says what is wrong.
    """
    try:
        _, _, colors, _ = simplejpeg.decode_jpeg_header(jpeg)
        # Everything is read, but only an eighth of the pixels is computed, if libjpeg can do that.
        wanted = "CMYK" if colors in ("CMYK", "YCCK") else "GRAY"
        simplejpeg.decode_jpeg(jpeg, wanted, min_height=1, min_width=1, strict=True)
    except ValueError as error:
        if not _HARMLESS.match(str(error)):
            raise
