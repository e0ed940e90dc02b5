"""Fig. 11: t-SNE of the features of the encoder, and of those that become the traces."""

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from phystd_tf import spoof_types
from phystd_tf.data.sampling import stratified
from phystd_tf.figures import style
from phystd_tf.figures.drawn import Drawn
from phystd_tf.figures.samples import types_of
from phystd_tf.figures.source import FigureError, Source, require_components
from phystd_tf.networks.blocks import resize_antialiased
from phystd_tf.networks.generator import Generator

requires = require_components

MAX_FACES = 1000
_MIN_FACES = 8  # fewer have no neighborhoods
_BATCH = 8
_GRID = 8  # cells along an axis; features are summarized in each cell
_COMPONENTS, _PERPLEXITY = 50, 30.0  # as in the t-SNE paper
_TITLES = (
    "$\\mathbf{F}_1$", "$\\mathbf{F}_2$", "$\\mathbf{F}_3$", "$\\{\\mathbf{B}, \\mathbf{C}, \\mathbf{T}\\}$",
    "$\\{\\mathbf{P}, \\mathbf{I}_P\\}$",
)  # fmt: skip
# Inches, from the left and from below.
_HEIGHT, _PANEL, _PITCH, _EDGE, _BOTTOM = 2.25, 1.38, 1.43, 0.03, 0.6


def feature_maps(generator: Generator, images: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """The feature maps of the five panels of Fig. 11.

    Here B, C, T, P and I_P come from one layer. The last two panels therefore show the channels of that layer, before
    tanh and sigmoid.

    Args:
      generator: Generator with all components.
      images: [n, N, N, 3] float32, RGB in [0, 1].

    Returns:
      F1, F2, F3, [n, N, N, 9] of {B, C, T}, and [n, N, N, 4] of {P, I_P}; float32.
    """
    features = generator.encode(images)
    assert generator.decoder is not None
    raw, _ = generator.decoder.raw(features, training=False)
    return (*(tf.cast(part, tf.float32) for part in features[1:]), raw[..., :9], raw[..., 9:])


def describe(maps: tf.Tensor, grid: int = _GRID) -> tf.Tensor:
    """Feature maps as vectors: mean and standard deviation of each channel in each cell of a grid.

    Traces have both signs, so means alone would lose fine traces.

    Args:
      maps: [n, h, h, c] float32.
      grid: cells along an axis; h if that is less.

    Returns:
      [n, 2 grid grid c] float32.
    """
    size = min(grid, maps.shape[1])
    mean, square = resize_antialiased(maps, size), resize_antialiased(maps * maps, size)
    deviation = tf.sqrt(tf.maximum(square - mean * mean, 0.0))
    return tf.reshape(tf.concat([mean, deviation], axis=-1), (-1, 2 * size * size * maps.shape[-1]))


def embed(vectors: np.ndarray, seed: int) -> np.ndarray:
    """t-SNE of the first principal components of vectors.

    Args:
      vectors: [n, d] float.
      seed: for both methods.

    Returns:
      [n, 2] float.
    """
    components = min(_COMPONENTS, *vectors.shape)
    reduced = PCA(components, random_state=seed).fit_transform(vectors)
    method = TSNE(perplexity=_perplexity(len(vectors)), init="pca", learning_rate="auto", random_state=seed)
    return method.fit_transform(reduced)


def _perplexity(count: int) -> float:
    return min(_PERPLEXITY, round((count - 1) / 3.0, 1))


def draw(source: Source) -> Drawn:
    """Five panels with one point per face, colored by type.

    Raises:
      FigureError: if the split has too few faces.
    """
    rows = stratified(source.rows, MAX_FACES, source.seed)
    if len(rows) < _MIN_FACES:
        raise FigureError(
            f"{source.faces.prepared}: the split '{source.split}' has {len(rows)} faces; t-SNE needs {_MIN_FACES}"
        )
    generator = source.generator
    assert isinstance(generator, Generator)  # see ``requires``
    parts = []
    for start in range(0, len(rows), _BATCH):
        images = source.read(rows[start : start + _BATCH]).image
        parts.append([describe(maps).numpy() for maps in feature_maps(generator, images)])
    kinds = np.array([spoof_types.table_type(row["type"]) for row in rows])
    points = [embed(np.concatenate(vectors), source.seed) for vectors in zip(*parts)]
    shows = (
        "t-SNE of F1, F2 and F3 of the encoder and of the features that produce {B, C, T} and {P, I_P}; a point is a "
        "face. The last two are the channels of the last layer of the decoder before tanh and sigmoid. Each feature "
        f"map is described by the mean and the standard deviation of its channels in {_GRID} x {_GRID} cells; of "
        f"these vectors the first {_COMPONENTS} principal components; perplexity {_perplexity(len(rows)):g}, seed "
        f"{source.seed}. Axes have no meaning, nor have distances between panels."
    )
    rule = (
        f"{len(rows)} of the {len(source.rows)} faces of the split, at most {MAX_FACES}: types in turn, people in turn "
        f"within a type, frames drawn with seed {source.seed}."
    )
    return Drawn(_figure(points, kinds, types_of(rows)), shows, rule, ())


def _figure(points: list[np.ndarray], kinds: np.ndarray, types: list[str]) -> Figure:
    figure = Figure(figsize=(style.TEXT_WIDTH, _HEIGHT))
    looks = style.looks(types)
    for place, (title, panel) in enumerate(zip(_TITLES, points)):
        left, bottom = _EDGE + place * _PITCH, _BOTTOM
        box = (left / style.TEXT_WIDTH, bottom / _HEIGHT, _PANEL / style.TEXT_WIDTH, _PANEL / _HEIGHT)
        axes = figure.add_axes(box, xticks=[], yticks=[])
        axes.set_title(title, fontsize=style.FONT_SIZE + 1, pad=4)
        for kind in types:
            x, y = panel[kinds == kind].T
            look = looks[kind]
            axes.scatter(x, y, s=7, marker=look.marker, color=look.color, linewidths=0, label=style.label_of(kind))
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="lower center", ncols=min(5, len(labels)), frameon=False, markerscale=1.8,
        borderaxespad=0.3, handletextpad=0.1, columnspacing=1.6, labelspacing=0.25,
    )  # fmt: skip
    return figure
