import matplotlib
import numpy as np
import pytest

from phystd_tf import spoof_types
from phystd_tf.figures import style
from phystd_tf.figures.pictures import Window
from phystd_tf.figures.sheet import Line, Tile, in_blocks, picture_sheet
from tests.figures.pages import check_page

PICTURE = np.zeros((8, 8, 3), np.uint8)
LABELS = [style.label_of(name) for name in (spoof_types.LIVE, *spoof_types.SPOOF_TYPES)]


def _lines(columns, labels=LABELS):
    return [Line(label, [Tile(PICTURE)] * columns) for label in labels]


@pytest.mark.parametrize("columns, blocks, group", [(4, 2, 0), (9, 1, 7), (9, 1, 3), (5, 2, 0)])
def test_all_types_fit_on_a_page_and_nothing_overlaps(columns, blocks, group):
    with matplotlib.rc_context(style.RC):
        figure = picture_sheet(in_blocks(["$\\mathbf{I}$"] * columns, _lines(columns), blocks), group)
        boxes = check_page(figure)
    width, height = figure.get_size_inches()
    assert width <= style.TEXT_WIDTH + 1e-6 and height <= style.TEXT_HEIGHT + 1e-6
    sides = {(round(box.width, 3), round(box.height, 3)) for name, box in boxes.items() if name.startswith("picture")}
    (side,) = sides  # all of one size, and square
    assert side[0] == side[1] and side[0] / figure.dpi * style.PNG_DPI >= 256


def test_the_check_of_pages_finds_what_overlaps_and_what_leaves_it():
    with matplotlib.rc_context(style.RC):
        figure = picture_sheet([[Line("Live", [Tile(PICTURE), "a text that is too long " * 2, Tile(PICTURE)])]])
        with pytest.raises(AssertionError, match="overlap"):
            check_page(figure)
        figure = picture_sheet([[Line("Incomprehensibilities", [Tile(PICTURE)])]])
        with pytest.raises(AssertionError, match="leaves the page"):
            check_page(figure)


def test_blocks_share_their_titles_and_keep_the_order():
    blocks = in_blocks(["a"], _lines(1, "abcde"), 2)
    assert [[line.label for line in block] for block in blocks] == [["a", "b", "c"], ["d", "e"]]
    assert [[line.titles for line in block] for block in blocks] == [[["a"], (), ()], [["a"], ()]]
    assert len(in_blocks(["a"], _lines(1, "a"), 2)) == 1


def test_a_window_is_framed_where_it_is():
    figure = picture_sheet([[Line("", [Tile(PICTURE, Window(left=2, top=4, side=3)), "text"])]])
    (page,) = figure.axes
    (frame,) = page.patches
    left, right, bottom, top = page.images[0].get_extent()
    scale = (right - left) / 8
    np.testing.assert_allclose(frame.get_xy(), (left + 2 * scale, top + 4 * scale))
    np.testing.assert_allclose((frame.get_width(), frame.get_height()), 3 * scale)
    assert [text.get_text() for text in page.texts] == ["", "text"] and bottom > top  # downwards, like pixels
