"""The trace of STDN (Liu, Stehouwer and Liu, ECCV 2020) and the losses of its paper, one function each."""

from typing import NamedTuple

import tensorflow as tf

from phystd_tf import losses
from phystd_tf.optimization.replicas import share_of_draws
from phystd_tf.physics.warp import warp
from phystd_tf.traces import Faces

# Weights of the losses, implementation details of the STDN paper.
ALPHA1 = 1.0  # adversarial loss
ALPHA2 = 100.0  # map of the regressor
ALPHA3 = 1e-3  # regularization
ALPHA4 = 50.0  # map of the regressor, synthesized spoofs
ALPHA5 = 1.0  # pixel loss
BETA = 1e5  # regularization of live faces relative to spoofs


class SpoofTrace(NamedTuple):
    """What STDN disentangles from a face; all in [-1, 1].

    Attributes:
      s: [n, 1, 1, 3] float32, change of the contrast of each channel.
      b: [n, 1, 1, 3] float32, change of its brightness.
      C: [n, N/4, N/4, 3] float32, smooth content.
      T: [n, N, N, 3] float32, texture.
    """

    s: tf.Tensor
    b: tf.Tensor
    C: tf.Tensor
    T: tf.Tensor


def trace_elements(image: tf.Tensor, trace: SpoofTrace) -> tf.Tensor:
    """The four elements that add up to the trace G(I) of a face: s I, b, C at full size, T.

    Args:
      image: [n, N, N, 3] float32, I.
      trace: SpoofTrace.

    Returns:
      [4, n, N, N, 3] float32. The live counterpart is I minus their sum.
    """
    size = image.shape[1]
    C = tf.image.resize(trace.C, (size, size), method="bilinear")
    return tf.stack([trace.s * image, tf.broadcast_to(trace.b, tf.shape(image)), C, trace.T])


def warp_elements(elements: tf.Tensor, source: Faces, target: Faces) -> tf.Tensor:
    """Warps the elements of the source to the geometry of the target, as the warping layer of PhySTD does.

    Args:
      elements: [4, n, N, N, 3] float32, of the source.
      source: Faces; only vertices are used.
      target: Faces; only vertices, triangles and triangle maps are used.

    Returns:
      [4, n, N, N, 3] float32.
    """
    # All are sampled at the same positions, so they are sampled together.
    return tf.stack(tf.split(warp(tf.concat(tf.unstack(elements), axis=-1), source, target), 4, axis=-1))


def drop_element(elements: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Removes one of the four elements of each face, drawn at random: a "harder" sample.

    Args:
      elements: [4, n, ...] float32.
      seed: [2] int; the same seed removes the same elements.

    Returns:
      The elements, with one of each face set to 0.
    """
    count = tf.shape(elements)[1]
    dropped = share_of_draws(lambda n: tf.random.stateless_uniform((n,), seed, 0, 4, tf.int32), count)
    keep = 1.0 - tf.one_hot(dropped, 4, axis=0, dtype=elements.dtype)
    return elements * tf.reshape(keep, (4, count, 1, 1, 1))


def regressor_loss(live_map: tf.Tensor, spoof_map: tf.Tensor) -> tf.Tensor:
    """Loss of the early spoof regressor, L_ESR of the STDN paper; the target is 0 for live faces, 1 for spoofs.

    Args:
      live_map: [n, K, K, 1] float32.
      spoof_map: [m, K, K, 1] float32.

    Returns:
      Scalar float32.
    """
    return losses.face_expectation(tf.abs(live_map), "mean") + losses.face_expectation(tf.abs(spoof_map - 1.0), "mean")


def trace_regularizer(live_trace: tf.Tensor, spoof_trace: tf.Tensor) -> tf.Tensor:
    """Regularization of the trace, L_R of the STDN paper: BETA times as strong for live faces.

    Args:
      live_trace: [n, N, N, 3] float32, I minus its live counterpart.
      spoof_trace: [m, N, N, 3] float32, the same of spoof faces.

    Returns:
      Scalar float32.
    """
    of_live = losses.face_expectation(tf.square(live_trace), "mean")
    return BETA * of_live + losses.face_expectation(tf.square(spoof_trace), "mean")


class Terms(NamedTuple):
    """The terms of the objective, named after their successors in PhySTD; each is a scalar.

    Attributes:
      L_depth: L_ESR of the STDN paper.
      L_G, L_R: L_G and L_R of the STDN paper.
      L_H: L_ESR of its extra supervision step.
      L_S: its pixel loss L_P.
    """

    L_depth: tf.Tensor
    L_G: tf.Tensor
    L_R: tf.Tensor
    L_H: tf.Tensor
    L_S: tf.Tensor


def objective(terms: Terms) -> tf.Tensor:
    """What the generator minimizes in the first and the third step of an iteration together."""
    return ALPHA1 * terms.L_G + ALPHA2 * terms.L_depth + ALPHA3 * terms.L_R + ALPHA4 * terms.L_H + ALPHA5 * terms.L_S
