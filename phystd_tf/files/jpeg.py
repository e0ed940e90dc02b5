"""Finds damage in JPEG data, which decoders repair silently."""

import re

import simplejpeg

# Warnings of libjpeg of odd headers, or of padding as some cameras write it; after all others it invents pixels.
_HARMLESS = re.compile(
    "Warning: unknown JFIF revision|Invalid SOS parameters|Inconsistent progression|Unknown Adobe color"
    "|Corrupt JPEG data: (bad ICC marker|[1-4] extraneous bytes before marker 0xd9)"
)


def refuse_damaged_jpeg(jpeg: bytes) -> None:
    """Checks whether the compressed pixels of a JPEG can be right.

    A JPEG has no checksum: most changes of single bytes give other pixels that could be right, and so does, now and
    then, a longer gap: where the rest happens to hold as many blocks as the picture has.

    Args:
      jpeg: the whole file; what follows the picture does not matter.

    Raises:
      ValueError: says what is wrong.
    """
    try:
        _, _, colors, _ = simplejpeg.decode_jpeg_header(jpeg)
        # Everything is read, but only an eighth of the pixels is computed, where libjpeg can.
        wanted = "CMYK" if colors in ("CMYK", "YCCK") else "GRAY"
        simplejpeg.decode_jpeg(jpeg, wanted, min_height=1, min_width=1, strict=True)
    except ValueError as error:
        if not _HARMLESS.match(str(error)):
            raise
