"""Draws a figure of the paper and writes it: as a picture for print, as vector graphics, and its caption as text."""

import importlib
import os
import textwrap
from collections.abc import Sequence
from typing import Any

from phystd_tf.data.records import load_settings
from phystd_tf.data.selection import Selection
from phystd_tf.figures import style
from phystd_tf.figures.source import FigureError, Source, load_source, require_live_faces, require_same_size
from phystd_tf.files.atomic import replacing, write_text
from phystd_tf.files.names import printable
from phystd_tf.files.outputs import Output, check_outputs
from phystd_tf.runs.folder import load_hparams

# Number of a figure -> the module that draws it; imported late, since these modules need optional packages.
FIGURES = {
    5: "band_decomposition",
    8: "trace_components",
    9: "gallery",
    10: "transfer",
    11: "feature_map",
    12: "removal",
}
BESIDE = (8,)  # figures that also show other runs
FORMATS = ("pdf", "png")
_MADE_BY = "phystd_tf figures"  # in each file that is written
_EMBEDDED = {
    True: "The people are rendered or the spoofs simulated (the embedded dataset): no result on real data.",
    False: "The faces are those of a dataset of photographs or videos.",
    None: "The prepared folder does not say whether its faces are simulated; if so, this is no result on real data.",
}


def draw_figure(
    number: int,
    run: str,
    faces: Selection,
    split: str,
    out_folder: str,
    seed: int = 0,
    formats: Sequence[str] = FORMATS,
    beside: Sequence[str] = (),
) -> list[str]:
    """Draws a figure of the paper from a trained run.

    The same run, faces and seed give the same pixels.

    Args:
      number: of the figure in the paper, one of FIGURES.
      run: path of the run folder.
      faces: Selection of the faces that are shown.
      split: "train", "dev" or "test".
      out_folder: where to write figure_<number>, made if missing.
      seed: for random choices.
      formats: "pdf" (vector graphics; pictures keep their pixels), "png" (``style.PNG_DPI``), or both.
      beside: paths of runs of other systems, whose live counterparts are also shown; only for the figures in BESIDE.

    Returns:
      Paths of the figure in each format and of its caption, a text file that also tells how the faces were chosen.

    Raises:
      FigureError: if there is no such figure or format, the run does not support it, or a package is not installed.
      OutputError: if it would replace a file that is not such a figure.
      PhystdError: if the run or the faces cannot be read.
    """
    if number not in FIGURES:
        raise FigureError(f"there is no figure {number} to draw; known are {', '.join(map(str, FIGURES))}")
    if not formats or not set(formats) <= set(FORMATS):
        raise FigureError(f"a figure is written as {' or '.join(FORMATS)}, not as {', '.join(formats) or 'nothing'}")
    paths = [os.path.join(out_folder, f"figure_{number}.{ending}") for ending in (*formats, "txt")]
    check_outputs([Output(path, _is_own) for path in paths])
    if beside and number not in BESIDE:
        raise FigureError(f"figure {number} shows one run; others can be beside it in figure {BESIDE[0]}")
    module = _module(number)
    module.requires(load_hparams(run), run)
    for other in beside:
        require_live_faces(load_hparams(other), other)
    require_same_size([run, *beside])
    source, *others = [load_source(path, faces, split, seed) for path in (run, *beside)]
    import matplotlib

    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **style.RC}):
        drawn = module.draw(source, others) if others else module.draw(source)
        for path in paths[:-1]:
            _write(drawn.figure, path)
    write_text(_caption(number, source, others, drawn), paths[-1])
    return paths


def _module(number: int) -> Any:
    try:
        return importlib.import_module(f"phystd_tf.figures.{FIGURES[number]}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("phystd_tf"):
            raise
        raise FigureError(
            f"figures need {error.name}, which is not installed; install with `pip install -e .[figures]`"
        ) from error


def _write(figure: Any, path: str) -> None:
    """Writes a figure; the bytes are the same each time."""
    kind = os.path.splitext(path)[1][1:]
    for axes in figure.axes:
        for image in axes.images:
            image.set_interpolation("none" if kind == "pdf" else "antialiased")
    metadata = {"Creator": _MADE_BY, "CreationDate": None} if kind == "pdf" else {"Software": _MADE_BY}
    with replacing(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=style.PNG_DPI, metadata=metadata)


def _is_own(path: str) -> bool:
    with open(path, "rb") as file:
        return _MADE_BY.encode() in file.read()


def _caption(number: int, source: Source, others: Sequence[Source], drawn: Any) -> str:
    choice = source.faces.choice
    protocol = choice.name + (f", seed {choice.seed}" if choice.seed else "")
    paragraphs = [
        f"Figure {number} ({_MADE_BY})",
        drawn.shows,
        f"Samples: {drawn.rule}",
        f"Model: {_model(source)}. Faces: split {source.split} of {printable(source.faces.prepared)}, protocol "
        f"{protocol}.",
        *(f"Beside it: {_model(other)}." for other in others),
        _EMBEDDED[load_settings(source.faces.prepared).get("embedded")],
    ]
    text = "\n\n".join(textwrap.fill(paragraph, 100, break_long_words=False) for paragraph in paragraphs)
    if drawn.samples:
        lines = [f"  {row['type']}: {printable(row['clip'])}, frame {row['frame']}" for row in drawn.samples]
        text += "\n\nShown, line by line:\n" + "\n".join(lines)
    return text + "\n"


def _model(source: Source) -> str:
    hparams = source.hparams
    return f"{printable(source.run)}, system {hparams.system}, preset {hparams.preset}, ablation {hparams.ablation}"
