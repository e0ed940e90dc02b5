"""New spoof faces from the traces of other faces, Eq. (8) and (15), and "harder" samples, Sec. 3.3."""

from typing import NamedTuple

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.physics.bands import low_pass
from phystd_tf.physics.formation import spoof_generation
from phystd_tf.physics.warp import warp
from phystd_tf.traces import Faces, Traces


class WarpedTraces(NamedTuple):
    """Traces and image of a spoof face i, warped to the geometry of a live face j, Eq. (15).

    Attributes:
      B: [n, N, N, 3] float32, low-passed.
      C: [n, N, N, 3] float32, low-passed.
      T: [n, N, N, 3] float32.
      P: [n, N, N, 1] float32 in [0, 1].
      image: [n, N, N, 3] float32, the spoof image, which contains T_P within P.
    """

    B: tf.Tensor
    C: tf.Tensor
    T: tf.Tensor
    P: tf.Tensor
    image: tf.Tensor

    @property
    def T_A(self) -> tf.Tensor:
        """Additive trace, below Eq. (5)."""
        return self.B + self.C + self.T


def warp_traces(traces: Traces, source: Faces, target: Faces, n1: int, n2: int) -> WarpedTraces:
    """Warps the traces and the image of the source to the geometry of the target, Eq. (15).

    Args:
      traces: Traces of the source.
      source: Faces of spoofs; only images and vertices are used.
      target: live Faces; only vertices, triangles and triangle maps are used.
      n1: size of the low band.
      n2: size of the low and mid bands together.

    Returns:
      WarpedTraces.
    """
    # All channels are sampled at the same positions, so they are sampled together.
    stacked = tf.concat([low_pass(traces.B, n1), low_pass(traces.C, n2), traces.T, traces.P, source.image], axis=-1)
    return WarpedTraces(*tf.split(warp(stacked, source, target), (3, 3, 3, 1, 3), axis=-1))


def synthesize_spoof(live: tf.Tensor, T_A: tf.Tensor, P: tf.Tensor, source_image: tf.Tensor) -> tf.Tensor:
    """Spoof face from a live face and the traces of another face, Eq. (8): (1 - P_i)(I_j + T_A_i) + P_i I_i.

    The covering T_P of Eq. (3) is the source image itself.

    Args:
      live: [n, N, N, 3] float, I_j.
      T_A: [n, N, N, 3] float, additive trace of i, warped to j.
      P: [n, N, N, 1] float in [0, 1], inpainting region of i, warped to j.
      source_image: [n, N, N, 3] float, I_i, warped to j.

    Returns:
      [n, N, N, 3], not clipped.
    """
    return spoof_generation(live, T_A, P, T_P=source_image)


def harder_weights(count: tf.Tensor, seed: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """Draws the weights of "harder" samples, Sec. 3.3.

    Args:
      count: n, the number of faces.
      seed: [2] int; the same seed gives the same weights.
      hparams: HParams, for the range of the weights and the probability.

    Returns:
      [4, n] float32: random weights of B, C and T of each face; that of P is 0 with probability
      ``hparams.harder_drop_inpainting``, otherwise 1.
    """
    weight_seed, drop_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    weights = tf.random.stateless_uniform((3, count), weight_seed, hparams.harder_min_weight, hparams.harder_max_weight)
    keep = tf.random.stateless_uniform((1, count), drop_seed) >= hparams.harder_drop_inpainting
    return tf.concat([weights, tf.cast(keep, weights.dtype)], axis=0)


def weigh(traces: WarpedTraces, weights: tf.Tensor) -> WarpedTraces:
    """Multiplies the elements of traces by weights.

    Args:
      traces: WarpedTraces.
      weights: [4, n] float32, of B, C, T and P of each face; that of P in [0, 1].

    Returns:
      WarpedTraces with the same image.
    """
    B, C, T, P = tf.unstack(weights[..., tf.newaxis, tf.newaxis, tf.newaxis])
    return traces._replace(B=B * traces.B, C=C * traces.C, T=T * traces.T, P=P * traces.P)
