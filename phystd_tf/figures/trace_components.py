"""Fig. 8: the trace components of each type of face, and a detail of the face and of its reconstruction."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from phystd_tf.figures.drawn import Drawn
from phystd_tf.figures.pictures import detail, face_picture, mask_picture, signed_picture, strongest_window
from phystd_tf.figures.samples import draw_samples, rule_of, types_of
from phystd_tf.figures.sheet import Line, Tile, in_blocks, picture_sheet
from phystd_tf.figures.source import Source, require_components
from phystd_tf.figures.style import TRACE_GAIN, label_of
from phystd_tf.tables.published import method_of

requires = require_components

_DETAIL = 4  # a detail is 1 / _DETAIL of the width of a face
_OWN = 9  # columns of the model itself
_TITLE_WIDTH = 8  # characters per line of a title


def draw(source: Source, beside: Sequence[Source] = ()) -> Drawn:
    """One line per type: I, B, C, T, P, I_P, the reconstruction, and a detail of I and of the reconstruction.

    Args:
      source: Source.
      beside: Sources of other systems on the same faces, at the same size; the reconstruction and the same detail of
        each are shown, as in Fig. 8 (g) and (h).
    """
    samples = draw_samples(source.rows, dict.fromkeys(types_of(source.rows), 1), source.seed)
    rows = [row for drawn in samples.values() for row in drawn]
    images = source.read(rows).image.numpy()
    outputs = source.outputs(images)
    others = [other.outputs(images)["reconstruction"] for other in beside]
    lines = [
        Line(
            label_of(kind),
            _tiles(
                images[place],
                {name: value[place] for name, value in outputs.items()},
                [other[place] for other in others],
            ),
        )
        for place, kind in enumerate(samples)
    ]
    titles = ["$\\mathbf{I}$"]
    titles += [f"$\\mathbf{{{name}}} \\times {TRACE_GAIN:g}$" for name in "BCT"]
    titles += ["$\\mathbf{P}$", "$\\mathbf{I}_P$", "$\\hat{\\mathbf{I}}$", "detail\nof $\\mathbf{I}$"]
    titles += ["of $\\hat{\\mathbf{I}}$"]
    for other in beside:
        method = method_of(other.hparams.system, other.hparams.ablation)
        titles += [textwrap.fill(method.replace("+", "+ "), _TITLE_WIDTH), "detail"]
    shows = (
        "The face I; the additive traces B, C (both low-passed, as they enter Eq. (5)) and T, amplified "
        f"{TRACE_GAIN:g} times around mid-gray ({-1 / TRACE_GAIN:g} and less is black, {1 / TRACE_GAIN:g} and more "
        "white); the inpainting region P (white: inpainted) and its content I_P, which counts within P alone; and the "
        f"live counterpart by Eq. (5), clipped to [0, 1]. The details are the square of 1/{_DETAIL} of the width in "
        "which the sum of the absolute overall trace (I minus its live counterpart) is largest; it is framed in I."
    )
    if beside:
        shows += " On the right, the live counterparts of other models, and the same detail of them."
    sheet = picture_sheet(in_blocks(titles, lines, 1), group=_OWN)
    return Drawn(sheet, shows, rule_of(1, source.seed), rows)


def _tiles(image: np.ndarray, outputs: Mapping[str, np.ndarray], others: Sequence[np.ndarray]) -> list[Tile]:
    window = strongest_window(outputs["overall_trace"], image.shape[0] // _DETAIL)
    face, live = face_picture(image), face_picture(outputs["reconstruction"])
    tiles = [
        Tile(face, window),
        *(Tile(signed_picture(outputs[name], TRACE_GAIN)) for name in "BCT"),
        Tile(mask_picture(outputs["P"])),
        Tile(face_picture(outputs["I_P"])),
        Tile(live),
        Tile(detail(face, window)),
        Tile(detail(live, window)),
    ]
    for other in map(face_picture, others):
        tiles += [Tile(other), Tile(detail(other, window))]
    return tiles
