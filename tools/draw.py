"""Draws a figure of the paper from a trained run: as PDF, and as PNG in print size.

  5   the three frequency bands of live and spoof faces
  8   the trace components of each spoof type, with details
  9   a gallery of reconstructed live faces and traces
  10  traces of some faces on others
  11  t-SNE of the features of the encoder and the decoder
  12  the removal of the traces, step by step

The faces are chosen by a rule, which is written next to the figure.

    python -m tools.draw --figure=8 --run=RUN --data=PREPARED --out=FIGURES
"""

from phystd_tf.protocols.clip_facts import SPLITS

from .command import SEEDS, Flags, run_program

flags = Flags()

FIGURES = ("5", "8", "9", "10", "11", "12")

_FIGURE = flags.DEFINE_enum("figure", None, FIGURES, "Number of the figure in the paper.", required=True)
_RUN = flags.DEFINE_string("run", None, "Run folder of a whole PhySTD, made by tools.train.", required=True)
_DATA = flags.DEFINE_string("data", None, "Prepared folder of the faces to show.", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder to write figure_N.pdf, .png and .txt to.", required=True)
_SPLIT = flags.DEFINE_enum("split", "test", SPLITS, "Split of the faces, by the protocol of the run.")
_BESIDE = flags.DEFINE_multi_string(
    "beside",
    [],
    "Run of another system, whose live faces figure 8 shows too, as its (g) and (h); may be given several times.",
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed for random choices.", **SEEDS)


def main() -> None:
    from phystd_tf.data.selection import Selection
    from phystd_tf.figures import draw_figure
    from phystd_tf.runs.folder import load_protocol_choice

    faces = Selection(_DATA.value, load_protocol_choice(_RUN.value))
    paths = draw_figure(
        int(_FIGURE.value), _RUN.value, faces, _SPLIT.value, _OUT.value, _SEED.value, beside=_BESIDE.value
    )
    for path in paths:
        print(path)


def run() -> None:
    """Entry point of phystd-draw."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
