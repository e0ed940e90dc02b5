"""Lays pictures out in labeled rows and columns on a page."""

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from phystd_tf.figures import style
from phystd_tf.figures.pictures import Window

# Inches.
_LABEL_WIDTH, _LINE_HEIGHT, _BELOW_TITLE, _GAP, _WIDE_GAP, _EDGE = 0.75, 0.13, 0.06, 0.02, 0.12, 0.02


class Tile(NamedTuple):
    """A picture in a sheet.

    Attributes:
      picture: [n, n, 3] uint8.
      window: a part of it that is framed.
    """

    picture: np.ndarray
    window: Optional[Window] = None


class Line(NamedTuple):
    """A row of a sheet.

    Attributes:
      label: text to the left of the row, one word per line.
      tiles: pictures, or texts in place of pictures.
      titles: above the tiles; none by default.
    """

    label: str
    tiles: Sequence[Union[Tile, str]]
    titles: Sequence[str] = ()


def in_blocks(titles: Sequence[str], lines: Sequence[Line], blocks: int) -> list[list[Line]]:
    """Divides lines into blocks with the same titles.

    Args:
      titles: column titles of each block.
      lines: at least one, without titles.
      blocks: wanted number of blocks; the last one may have fewer lines than the others, and there may be fewer blocks.

    Returns:
      The blocks.
    """
    size = -(-len(lines) // blocks)
    parts = [list(lines[start : start + size]) for start in range(0, len(lines), size)]
    return [[part[0]._replace(titles=titles), *part[1:]] for part in parts]


def picture_sheet(blocks: Sequence[Sequence[Line]], group: int = 0) -> Figure:
    """Puts blocks of lines next to each other, as large as the text area of a page allows.

    Args:
      blocks: at least one, with at least one line; all blocks are as wide as the longest line.
      group: number of columns after which there is a wider gap; 0 for none.

    Returns:
      Figure.
    """
    columns = max(len(line.tiles) for block in blocks for line in block)
    labels = _LABEL_WIDTH if any(line.label for block in blocks for line in block) else 0.0
    beside = labels + ((columns - 1) // group * _WIDE_GAP if group else 0.0)
    around = 2 * _EDGE + len(blocks) * beside + (len(blocks) - 1) * _WIDE_GAP
    titles = max(sum(map(_title_height, block)) for block in blocks)
    lines = max(map(len, blocks))
    pitch = min((style.TEXT_WIDTH - around) / (len(blocks) * columns), (style.TEXT_HEIGHT - 2 * _EDGE - titles) / lines)
    width, height = around + len(blocks) * columns * pitch, 2 * _EDGE + titles + lines * pitch
    figure = Figure(figsize=(width, height))
    page = figure.add_axes((0, 0, 1, 1))
    page.axis("off")
    for number, block in enumerate(blocks):
        left, top = _EDGE + labels + number * (beside + columns * pitch + _WIDE_GAP), _EDGE
        for line in block:
            top += _title_height(line)
            label = line.label.replace(" ", "\n")
            page.text(left - _BELOW_TITLE, top + pitch / 2, label, ha="right", va="center", linespacing=1.1)
            for column, tile in enumerate(line.tiles):
                x = left + column * pitch + (column // group * _WIDE_GAP if group else 0.0)
                if column < len(line.titles):
                    place = (x + (pitch - _GAP) / 2, top - _BELOW_TITLE)
                    page.text(*place, line.titles[column], ha="center", va="baseline", linespacing=1.1)
                _draw(page, tile, x, top, pitch - _GAP)
            top += pitch
    page.set_xlim(0, width)
    page.set_ylim(height, 0)
    return figure


def _title_height(line: Line) -> float:
    texts = [title.count("\n") + 1 for title in line.titles]
    return max(texts) * _LINE_HEIGHT + _BELOW_TITLE if texts else 0.0


def _draw(page: Axes, tile: Union[Tile, str], x: float, y: float, side: float) -> None:
    if isinstance(tile, str):
        page.text(x + side / 2, y + side / 2, tile, ha="center", va="center")
        return
    page.imshow(tile.picture, extent=(x, x + side, y + side, y), aspect="auto")
    if tile.window is not None:
        scale = side / tile.picture.shape[0]
        corner = (x + tile.window.left * scale, y + tile.window.top * scale)
        size = tile.window.side * scale
        page.add_patch(Rectangle(corner, size, size, fill=False, edgecolor=style.MARKED, linewidth=0.8))
