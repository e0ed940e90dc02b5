"""Fig. 10: the traces of spoof faces, warped to live faces."""

import tensorflow as tf

from phystd_tf import spoof_types
from phystd_tf.figures.drawn import Drawn
from phystd_tf.figures.pictures import face_picture
from phystd_tf.figures.samples import draw_samples, rule_of
from phystd_tf.figures.sheet import Line, Tile, picture_sheet
from phystd_tf.figures.source import Source, require_decoder
from phystd_tf.figures.style import label_of
from phystd_tf.hparams import HParams
from phystd_tf.physics.synthesis import synthesize_spoof, warp_traces
from phystd_tf.traces import Faces, Traces

requires = require_decoder

_TARGETS = 4
_SOURCES_ACROSS = 7


def transferred(traces: Traces, sources: Faces, target: Faces, hparams: HParams) -> tf.Tensor:
    """A live face with the traces of each of several spoof faces, Eq. (15) and (8).

    Args:
      traces: Traces of the sources, from the generator.
      sources: Faces of n spoofs.
      target: Faces of one live face.
      hparams: HParams, for the sizes of the bands.

    Returns:
      [n, N, N, 3] float32, not clipped.
    """
    count = tf.shape(sources.image)[0]
    targets = tf.nest.map_structure(lambda value: tf.repeat(value, count, axis=0), target)
    warped = warp_traces(traces, sources, targets, hparams.n1, hparams.n2)
    return synthesize_spoof(targets.image, warped.T_A, warped.P, warped.image)


def draw(source: Source) -> Drawn:
    """The sources in the first line, the targets in the first column, and the synthesized face of each pair.

    Raises:
      PreparedFolderError: if the split lacks live or spoof faces.
    """
    source.faces.require_both(source.split)
    samples = draw_samples(
        source.rows, {**dict.fromkeys(source.spoof_types(), 1), spoof_types.LIVE: _TARGETS}, source.seed
    )
    live_rows = samples.pop(spoof_types.LIVE)
    spoof_rows = [row for drawn in samples.values() for row in drawn]
    spoofs, live = source.read(spoof_rows), source.read(live_rows)
    traces = source.generator(spoofs.image, training=False).traces
    targets = [
        tf.nest.map_structure(lambda value, place=place: value[place : place + 1], live)
        for place in range(len(live_rows))
    ]
    made = [transferred(traces, spoofs, target, source.hparams).numpy() for target in targets]
    lines = []
    for start in range(0, len(samples), _SOURCES_ACROSS):
        part = range(start, min(start + _SOURCES_ACROSS, len(samples)))
        kinds = [label_of(list(samples)[place]).replace(" ", "\n") for place in part]
        faces = [Tile(face_picture(spoofs.image[place].numpy())) for place in part]
        lines.append(Line("", ["source $\\rightarrow$\n\ntarget $\\downarrow$", *faces], ["", *kinds]))
        for target, synthesized in zip(targets, made):
            tiles = [target.image[0].numpy(), *(synthesized[place] for place in part)]
            lines.append(Line("", [Tile(face_picture(tile)) for tile in tiles]))
    shows = (
        "The first line has the source spoof faces, the first column the target live faces, and the others the target "
        "with the traces of the source: the traces are warped to the geometry of the target by Eq. (15) and put on by "
        "Eq. (8). All are clipped to [0, 1]; nothing is amplified."
    )
    rule = (
        f"{rule_of(1, source.seed)} The targets are {len(targets)} live clips drawn in the same way after the sources."
    )
    return Drawn(picture_sheet([lines]), shows, rule, [*spoof_rows, *live_rows])
