"""One picture of what was disentangled from a face, as in Fig. 8."""

from collections.abc import Mapping
from typing import Optional

import cv2
import numpy as np

# Traces are weak compared with the face, so they are amplified around mid-gray. The
# caption says by how much.
TRACE_GAIN = 4.0
COLUMNS = ("input", "B", "C", "T", "P", "reconstruction", "overall trace")
_CAPTION_HEIGHT = 18
_MARGIN = 2


def trace_panel(image: np.ndarray, outputs: Mapping[str, np.ndarray], title: Optional[str] = None) -> np.ndarray:
    """Input, B, C, T, P, reconstruction and overall trace of one face, side by side.

    Args:
      image: [N, N, 3] float32, RGB in [0, 1].
      outputs: of one face, by the names of ``phystd_tf.networks.outputs.all_outputs``, without the batch axis.
      title: a line below the pictures, such as the score and the verdict.

    Returns:
      [height, width, 3] uint8 RGB.
    """
    size = max(image.shape[0], 128)  # smaller faces leave no room for a caption
    signed = {"B": outputs["B"], "C": outputs["C"], "T": outputs["T"], "overall trace": outputs["overall_trace"]}
    pictures = {name: 0.5 + 0.5 * TRACE_GAIN * trace for name, trace in signed.items()}
    pictures["input"] = image
    pictures["P"] = np.repeat(outputs["P"], 3, axis=-1)
    pictures["reconstruction"] = outputs["reconstruction"]
    captions = {name: f"{name} x{TRACE_GAIN:g}" for name in signed}
    tiles = [_tile(pictures[name], captions.get(name, name), size) for name in COLUMNS]
    panel = np.concatenate(tiles, axis=1)
    return panel if title is None else np.concatenate([panel, _caption(title, panel.shape[1])], axis=0)


def _tile(picture: np.ndarray, caption: str, size: int) -> np.ndarray:
    pixels = np.rint(np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)
    if pixels.shape[0] != size:
        pixels = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_NEAREST)
    tile = np.concatenate([_caption(caption, size), pixels], axis=0)
    return np.pad(tile, ((0, 0), (0, _MARGIN), (0, 0)), constant_values=255)


def _caption(text: str, width: int) -> np.ndarray:
    strip = np.full((_CAPTION_HEIGHT, width, 3), 255, np.uint8)
    cv2.putText(strip, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    return strip
