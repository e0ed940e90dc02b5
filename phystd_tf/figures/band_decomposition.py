"""Fig. 5: the three bands of live and spoof faces, as the network sees them."""

from phystd_tf.figures.drawn import Drawn
from phystd_tf.figures.pictures import face_picture, signed_picture
from phystd_tf.figures.samples import draw_samples, rule_of, types_of
from phystd_tf.figures.sheet import Line, Tile, in_blocks, picture_sheet
from phystd_tf.figures.source import Source, require_bands
from phystd_tf.figures.style import label_of
from phystd_tf.physics.bands import decompose

requires = require_bands


def draw(source: Source) -> Drawn:
    """One line per type: I, I_T, I_C and I_B, in the order of the paper."""
    hparams = source.hparams
    samples = draw_samples(source.rows, dict.fromkeys(types_of(source.rows), 1), source.seed)
    rows = [row for drawn in samples.values() for row in drawn]
    images = source.read(rows).image
    bands = decompose(images, hparams.n1, hparams.n2)
    lines = [
        Line(
            label_of(kind),
            [
                Tile(face_picture(images[place].numpy())),
                Tile(signed_picture(bands.high[place].numpy(), hparams.gain_high)),
                Tile(signed_picture(bands.mid[place].numpy(), hparams.gain_mid)),
                Tile(face_picture(bands.low[place].numpy())),
            ],
        )
        for place, kind in enumerate(samples)
    ]
    titles = [
        "$\\mathbf{I}$",
        f"$\\mathbf{{I}}_T \\times {hparams.gain_high:g}$",
        f"$\\mathbf{{I}}_C \\times {hparams.gain_mid:g}$",
        "$\\mathbf{I}_B$",
    ]
    shows = (
        f"The face I and its bands by Eq. (9) with n1 = {hparams.n1} and n2 = {hparams.n2} of {hparams.image_size} "
        f"pixels. I_T is amplified {hparams.gain_high:g} times and I_C {hparams.gain_mid:g} times, as the network sees "
        "them, and shown around mid-gray: -1 and less is black, 1 and more white."
    )
    return Drawn(picture_sheet(in_blocks(titles, lines, 2)), shows, rule_of(1, source.seed), rows)
