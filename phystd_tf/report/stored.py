"""Components of faces as small images in a page, with the range that turns pixels back into values."""

import base64
import io
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

LEVEL = 1 / 255  # a gray level of a display
TRACE_STEP = LEVEL / 2  # of B, C and T: the error of their sum is less than a level
RULE = (
    "The components are stored in equal steps: of half a gray level for B, C and T, of one for P, the image and the "
    "cover P I_P; of more where 255 steps would not reach over the range. Each is wrong by at most half a step; the "
    "live face of Eq. (5), with all weights 1 and no larger step, by less than 2.5 gray levels of 255. Pixels of 8 "
    "bits that were not resized are exact."
)
_EFFORT = {"method": 0, "quality": 20}  # of lossless WebP: a tenth of the default time, 10 % more bytes


class Stored(NamedTuple):
    """An array in equal steps; value = offset + scale * pixel, with an error of at most scale / 2.

    Attributes:
      pixels: [H, W, c] uint8.
      offset: the value of pixel 0.
      scale: the step.
    """

    pixels: np.ndarray
    offset: float
    scale: float

    def values(self) -> np.ndarray:
        """The restored array, [H, W, c] float64."""
        return self.offset + self.scale * self.pixels

    def for_page(self) -> dict[str, Any]:
        """What a page needs: ``src``, the pixels as a data URI of a lossless WebP; ``offset`` and ``scale``."""
        buffer = io.BytesIO()
        single = self.pixels.shape[-1] == 1
        Image.fromarray(self.pixels[..., 0] if single else self.pixels).save(buffer, "WEBP", lossless=True, **_EFFORT)
        data = base64.b64encode(buffer.getvalue()).decode("ascii")
        return {"src": f"data:image/webp;base64,{data}", "offset": self.offset, "scale": self.scale}


def store(array: np.ndarray, step: float = LEVEL) -> Stored:
    """Rounds an array to steps; they are larger than ``step`` if 256 of them would not cover its range.

    Args:
      array: [H, W, c] float, c is 1 or 3.
      step: positive.
    """
    low, high = float(array.min()), float(array.max())
    low = step * np.floor(low / step)  # unless steps are larger, 0 and gray levels are exact
    scale = max(step, (high - low) / 255)
    return Stored(np.rint((array - low) / scale).astype(np.uint8), float(low), float(scale))
