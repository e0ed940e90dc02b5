"""Pictures of what was disentangled from faces, as in Fig. 8: one face in full, or many on one sheet."""

from collections.abc import Mapping, Sequence
from typing import Optional

import cv2
import numpy as np

# Traces are weak compared with the face, so they are amplified around mid-gray. The caption says by how much.
TRACE_GAIN = 4.0
COLUMNS = ("input", "B", "C", "T", "P", "reconstruction", "overall trace")
_AMPLIFIED = {"B": "B", "C": "C", "T": "T", "overall trace": "overall_trace"}  # column -> name of the output
_CAPTION_HEIGHT = 18
_INDENT = 4  # pixels left of a caption
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TEXT_SCALE, _LEAST_TEXT_SCALE = 0.4, 0.3  # a caption that is too wide becomes smaller, down to a legible size
_MARGIN = 2
# Of a sheet: side of a picture, faces per line, and pixels between faces.
_SHEET_TILE, _ACROSS, _GAP = 80, 2, 12


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
    captions = {name: f"{name} x{TRACE_GAIN:g}" for name in _AMPLIFIED}
    tiles = [
        _captioned(captions.get(name, name), _resized(picture, size))
        for name, picture in zip(COLUMNS, _pictures(image, outputs))
    ]
    panel = np.concatenate([_with_margin(tile) for tile in tiles], axis=1)
    return panel if title is None else np.concatenate([panel, _caption(title, panel.shape[1])], axis=0)


def sheet_row(image: np.ndarray, outputs: Mapping[str, np.ndarray], title: str, tile: int = _SHEET_TILE) -> np.ndarray:
    """The pictures of ``trace_panel``, small and below a title; ``column_names`` draws their captions.

    Args:
      image: [N, N, 3] float32, RGB in [0, 1].
      outputs: as for ``trace_panel``.
      title: such as the name of the photograph and the verdict.
      tile: side of each picture, pixels.

    Returns:
      [height, width, 3] uint8 RGB; the size depends on ``tile`` alone.
    """
    tiles = [_with_margin(_resized(picture, tile)) for picture in _pictures(image, outputs)]
    return _captioned(title, np.concatenate(tiles, axis=1))


def column_names(tile: int = _SHEET_TILE) -> np.ndarray:
    """A line with the name of each column, above or below rows of a sheet.

    Args:
      tile: as for ``sheet_row``.

    Returns:
      [height, width, 3] uint8 RGB, as wide as ``sheet_row``.
    """
    return np.concatenate([_with_margin(_caption(name, tile)) for name in COLUMNS], axis=1)


def empty_sheet_row(title: str, tile: int = _SHEET_TILE) -> np.ndarray:
    """A row of a sheet for a photograph without a usable face, of the size of ``sheet_row``.

    Args:
      title: such as the name of the photograph and its status.
      tile: as for ``sheet_row``.

    Returns:
      [height, width, 3] uint8 RGB.
    """
    return _captioned(title, np.full((tile, len(COLUMNS) * (tile + _MARGIN), 3), 255, np.uint8))


def trace_sheet(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Puts faces on one sheet, two next to each other, below the names of the columns.

    Args:
      rows: at least one, by ``sheet_row`` or ``empty_sheet_row``, all of one size.

    Returns:
      [height, width, 3] uint8 RGB.
    """
    names = column_names(rows[0].shape[1] // len(COLUMNS) - _MARGIN)
    blank = [np.full_like(rows[0], 255)] * (-len(rows) % _ACROSS)
    filled = [
        np.pad(part, ((0, 0), (0, _GAP), (0, 0)), constant_values=255) for part in [names] * _ACROSS + [*rows, *blank]
    ]
    lines = [np.concatenate(filled[start : start + _ACROSS], axis=1) for start in range(0, len(filled), _ACROSS)]
    return np.concatenate(lines, axis=0)


def _pictures(image: np.ndarray, outputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The picture of each of COLUMNS, [N, N, 3] uint8."""
    pictures = {name: 0.5 + 0.5 * TRACE_GAIN * outputs[output] for name, output in _AMPLIFIED.items()}
    pictures["input"] = image
    pictures["P"] = np.repeat(outputs["P"], 3, axis=-1)
    pictures["reconstruction"] = outputs["reconstruction"]
    return [np.rint(np.clip(pictures[name], 0.0, 1.0) * 255.0).astype(np.uint8) for name in COLUMNS]


def _resized(picture: np.ndarray, size: int) -> np.ndarray:
    if picture.shape[0] == size:
        return picture
    interpolation = cv2.INTER_AREA if size < picture.shape[0] else cv2.INTER_NEAREST
    return cv2.resize(picture, (size, size), interpolation=interpolation)


def _with_margin(tile: np.ndarray) -> np.ndarray:
    return np.pad(tile, ((0, 0), (0, _MARGIN), (0, 0)), constant_values=255)


def _captioned(text: str, picture: np.ndarray) -> np.ndarray:
    return np.concatenate([_caption(text, picture.shape[1]), picture], axis=0)


def _caption(text: str, width: int) -> np.ndarray:
    strip = np.full((_CAPTION_HEIGHT, width, 3), 255, np.uint8)
    (needed, _), _ = cv2.getTextSize(text, _FONT, _TEXT_SCALE, 1)
    scale = max(_LEAST_TEXT_SCALE, _TEXT_SCALE * min(1.0, (width - _INDENT) / needed)) if needed else _TEXT_SCALE
    cv2.putText(strip, text, (_INDENT, 13), _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)
    return strip
