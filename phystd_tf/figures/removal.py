"""Fig. 12: the traces of each spoof type, removed one after the other."""

from collections.abc import Mapping

import numpy as np

from phystd_tf.figures.drawn import Drawn
from phystd_tf.figures.pictures import face_picture
from phystd_tf.figures.samples import draw_samples, rule_of
from phystd_tf.figures.sheet import Line, Tile, in_blocks, picture_sheet
from phystd_tf.figures.source import Source, require_components
from phystd_tf.figures.style import label_of
from phystd_tf.physics.reconstruction import reconstruct_live

requires = require_components


def removal_steps(image: np.ndarray, outputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The columns of Fig. 12: I, I - B, I - B - C, I - B - C - T, and the live counterpart by Eq. (5).

    Args:
      image: [n, N, N, 3] float32, I.
      outputs: model outputs, by the names of ``phystd_tf.networks.outputs.all_outputs``.

    Returns:
      Five [n, N, N, 3] float32, not clipped.
    """
    steps = [image]
    for name in ("B", "C", "T"):
        steps.append(steps[-1] - outputs[name])
    return [*steps, reconstruct_live(steps[-1], 0.0, outputs["P"], outputs["I_P"])]


def draw(source: Source) -> Drawn:
    """One line of five steps per spoof type.

    Raises:
      PreparedFolderError: if the split has no spoof face.
    """
    samples = draw_samples(source.rows, dict.fromkeys(source.spoof_types(), 1), source.seed)
    rows = [row for drawn in samples.values() for row in drawn]
    images = source.read(rows).image.numpy()
    steps = removal_steps(images, source.outputs(images))
    lines = [
        Line(label_of(kind), [Tile(face_picture(step[place])) for step in steps]) for place, kind in enumerate(samples)
    ]
    titles = ["$\\mathbf{I}$", "$-\\mathbf{B}$", "$-\\mathbf{C}$", "$-\\mathbf{T}$", "$\\hat{\\mathbf{I}}$"]
    shows = (
        "From left to right the face I; without its low-frequency trace B; without the mid-frequency trace C too; "
        "without the high-frequency trace T too; and the live counterpart by Eq. (5), in which the region P is also "
        "inpainted with I_P. All are clipped to [0, 1]; nothing is amplified."
    )
    return Drawn(picture_sheet(in_blocks(titles, lines, 2)), shows, rule_of(1, source.seed), rows)
