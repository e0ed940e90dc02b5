"""Fig. 9: many faces of each type, their overall traces and their live counterparts."""

import numpy as np

from phystd_tf.figures.drawn import Drawn
from phystd_tf.figures.pictures import face_picture, signed_picture
from phystd_tf.figures.samples import draw_samples, rule_of, types_of
from phystd_tf.figures.sheet import Line, Tile, in_blocks, picture_sheet
from phystd_tf.figures.source import Source, require_live_faces
from phystd_tf.figures.style import TRACE_GAIN, label_of

requires = require_live_faces

_ACROSS = 3


def draw(source: Source) -> Drawn:
    """One line per type: for each of three faces, I, the overall trace and the reconstruction."""
    samples = draw_samples(source.rows, dict.fromkeys(types_of(source.rows), _ACROSS), source.seed)
    rows = [row for drawn in samples.values() for row in drawn]
    images = source.read(rows).image.numpy()
    outputs = source.outputs(images)
    places = iter(range(len(rows)))
    lines = [
        Line(
            label_of(kind),
            [
                tile
                for place in (next(places) for _ in drawn)
                for tile in _tiles(images[place], outputs["overall_trace"][place], outputs["reconstruction"][place])
            ],
        )
        for kind, drawn in samples.items()
    ]
    trace = f"$(\\mathbf{{I}} - \\hat{{\\mathbf{{I}}}}) \\times {TRACE_GAIN:g}$"
    shows = (
        "Of each face I the overall trace, which is the exact difference between I and its live counterpart, and the "
        f"live counterpart by Eq. (5), clipped to [0, 1]. Traces are amplified {TRACE_GAIN:g} times around mid-gray "
        f"({-1 / TRACE_GAIN:g} and less is black, {1 / TRACE_GAIN:g} and more white)."
    )
    titles = ["$\\mathbf{I}$", trace, "$\\hat{\\mathbf{I}}$"] * _ACROSS
    return Drawn(picture_sheet(in_blocks(titles, lines, 1), group=3), shows, rule_of(_ACROSS, source.seed), rows)


def _tiles(image: np.ndarray, trace: np.ndarray, live: np.ndarray) -> list[Tile]:
    return [Tile(face_picture(image)), Tile(signed_picture(trace, TRACE_GAIN)), Tile(face_picture(live))]
