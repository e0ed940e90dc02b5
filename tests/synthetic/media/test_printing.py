"""Printed photographs: the part that is kept is all that a mask or a piece of paper can show."""

import numpy as np
import pytest

from phystd_tf.synthetic.media import mask_canvas, paper, paper_mask, partial_paper, printing
from phystd_tf.synthetic.media.mask_canvas import Canvas

HEIGHT = 96


def test_a_print_shows_the_front_of_a_person_on_bare_paper():
    canvas, settings = Canvas(HEIGHT), printing.sample_print(np.random.default_rng(0), inkjet=True)
    sheet = printing.print_face(canvas, settings, np.random.default_rng(1))
    quarter = canvas.width // 4
    assert sheet.shape == (HEIGHT, 2 * HEIGHT, 3) and sheet.dtype == np.float32
    assert (sheet[:, :quarter] == settings.bare).all() and (sheet[:, -quarter:] == settings.bare).all()
    assert sheet[:, quarter:-quarter].std() > 0.05
    again = printing.print_face(canvas, settings, np.random.default_rng(1))
    assert (sheet == again).all()


def test_the_front_is_that_of_a_print_of_the_whole_atlas(monkeypatch):
    canvas, settings = Canvas(HEIGHT), printing.sample_print(np.random.default_rng(0), inkjet=False)
    front = printing.print_face(canvas, settings, np.random.default_rng(1))
    monkeypatch.setattr(printing, "_front", lambda width: slice(0, width))
    monkeypatch.setattr(printing, "_photograph", printing._photograph.__wrapped__)
    whole = printing.print_face(canvas, settings, np.random.default_rng(1))
    inner = slice(canvas.width // 4 + 10, -canvas.width // 4 - 10)
    np.testing.assert_allclose(front[:, inner], whole[:, inner], atol=1e-6)
    assert whole[:, :10].std() > 0.01


@pytest.mark.parametrize("medium", [paper_mask, partial_paper])
def test_the_paper_on_a_face_lies_within_the_printed_front(medium):
    rng = np.random.default_rng(2)
    for _ in range(12):
        parameters = medium.sample(rng)
        coat = medium._fold(parameters, HEIGHT)[0] if medium is paper_mask else medium._pieces_coat(parameters, HEIGHT)
        columns = np.flatnonzero(coat.cover.max(0) > 0)
        # The blur of the print reaches over less than this many columns.
        margin = int(np.ceil(4 * 0.03 * Canvas(HEIGHT).unit))
        front = printing._front(2 * HEIGHT)
        assert front.start + margin <= columns[0] and columns[-1] < front.stop - margin


def test_a_part_of_a_halftone_is_that_of_the_whole():
    image = np.random.default_rng(3).uniform(size=(20, 40, 3)).astype(np.float32)
    phase = np.array((1.7, -4.2))
    whole = paper.halftone(image, 4.0, 0.2, 10.0, phase)
    assert (paper.halftone(image[:, 13:], 4.0, 0.2, 10.0, phase, 13) == whole[:, 13:]).all()


def test_closed_lips_hide_the_gap():
    canvas = Canvas(HEIGHT)
    closed = mask_canvas.close_lips(canvas, canvas.filled((0.5, 0.5, 0.5)), (0.8, 0.2, 0.2))
    angle, y = canvas.places[[13, 14]].mean(0)
    column, row = (round(float(v)) for v in canvas.pixels(np.array([[angle, y]]))[0] / 16)
    assert closed[row, column, 0] > 3 * closed[row, column, 2] and (closed[0] == 0.5).all()
