"""Makes synthesized spoofs from pairs of faces, by the code of the training step."""

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Optional

import numpy as np
import tensorflow as tf

from phystd_tf.data.crop_geometry import CropGeometry
from phystd_tf.data.pipeline import chosen_faces
from phystd_tf.data.selection import Selection
from phystd_tf.networks.network import Network
from phystd_tf.physics.synthesis import harder_weights, synthesize_spoof, warp_traces, weigh
from phystd_tf.physics.warp import warp
from phystd_tf.physics.warp_quality import warp_quality
from phystd_tf.traces import Faces
from phystd_tf.transfer.pairs import Pair

ELEMENTS = ("B", "C", "T", "P")  # each has a weight


class Recipe(NamedTuple):
    """How traces are weighted, and which warps are refused.

    Attributes:
      seed: for all draws.
      weights: weight of each of ELEMENTS; that of P is in [0, 1].
      harder: whether these are multiplied by random weights as in Sec. 3.3.
      max_folded: maximum share of the pixels of a target that lie in folded triangles.
      max_offset: maximum root mean square offset of the vertices, as a share of the side of the crop.
    """

    seed: int
    weights: Mapping[str, float]
    harder: bool
    max_folded: float
    max_offset: float


class Synthesized(NamedTuple):
    """The result for a pair.

    Attributes:
      pair: Pair.
      folded: see ``WarpQuality``.
      offset: see ``WarpQuality``.
      weights: [4], of ELEMENTS.
      image: [N, N, 3] uint8 RGB; None where the warp was refused.
      geometry: CropGeometry of the target with P0 of the source, warped to it; None where the warp was refused.
    """

    pair: Pair
    folded: float
    offset: float
    weights: np.ndarray
    image: Optional[np.ndarray] = None
    geometry: Optional[CropGeometry] = None


def synthesize(
    generator: Network, faces: Selection, pairs: Sequence[Pair], recipe: Recipe, depth_size: int
) -> list[Synthesized]:
    """Puts the traces of sources on targets, Eq. (15) and (8).

    Args:
      generator: Network of a PhySTD.
      faces: Selection with the rows of the pairs.
      pairs: at least one.
      recipe: Recipe.
      depth_size: K of the geometry.

    Returns:
      One Synthesized for each pair, in their order.
    """
    sources = chosen_faces(faces, generator.hparams, [pair.source for pair in pairs])
    targets = chosen_faces(faces, generator.hparams, [pair.target for pair in pairs])
    quality = warp_quality(sources.vertices, targets.vertices, targets.triangles, targets.triangle_map)
    weights = np.stack([_weights(pair, recipe, generator) for pair in pairs])
    results = [
        Synthesized(pair, float(folded), float(offset), own)
        for pair, folded, offset, own in zip(pairs, *quality, weights)
    ]
    good = np.flatnonzero(quality.within(recipe.max_folded, recipe.max_offset)).tolist()
    if good:
        giving, taking = (
            tf.nest.map_structure(lambda value: tf.gather(value, good), part) for part in (sources, targets)
        )
        images, masks = _transferred(generator, giving, taking, weights[good])
        depth = np.zeros((depth_size, depth_size), np.float32)
        for place, image, mask, vertices in zip(good, images, masks, taking.vertices.numpy()):
            geometry = CropGeometry(vertices, depth, mask)
            results[place] = results[place]._replace(image=image, geometry=geometry)
    return results


def _transferred(
    generator: Network, sources: Faces, targets: Faces, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, N, N, 3] uint8 and P0 [n, N, N] uint8 of targets with the weighted traces of sources."""
    h = generator.hparams
    traces = generator(sources.image, training=False).traces
    warped = weigh(warp_traces(traces, sources, targets, h.n1, h.n2), tf.constant(weights.T, tf.float32))
    made = synthesize_spoof(targets.image, warped.T_A, warped.P, warped.image)
    masks = warp(sources.preliminary_mask, sources, targets).numpy()[..., 0] >= 0.5
    return to_pixels(made.numpy()), masks.astype(np.uint8)


def to_pixels(images: np.ndarray) -> np.ndarray:
    """Float images as uint8, clipped to [0, 1]."""
    return np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)


def _weights(pair: Pair, recipe: Recipe, generator: Network) -> np.ndarray:
    weights = np.array([recipe.weights[name] for name in ELEMENTS], np.float32)
    if not recipe.harder:
        return weights
    of_pair = zlib.crc32(repr((pair.source["type"], pair.number)).encode())
    seed = tf.constant([recipe.seed, of_pair], tf.int64)
    return weights * harder_weights(1, seed, generator.hparams).numpy()[:, 0]
