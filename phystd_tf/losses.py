"""The losses of Sec. 3.5, Eq. (16) to (24), one function each.

An expectation over faces is a mean over the faces of the batch, and 0 if the batch
has none of that kind: a mean over nothing would be NaN, and so would every weight
from then on. The norm inside is a mean or a sum over the elements of a
face; which one is a field of HParams for each loss, because the paper leaves it
open (decisions table in WORKSPACE-notes.md).
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.traces import Traces


def face_expectation(values: tf.Tensor, reduction: str) -> tf.Tensor:
    """Mean over the faces of the mean (or sum) over the elements of each face.

    Args:
      values: [n, ...] float32; n may be 0.
      reduction: "mean" or "sum", over the elements of a face.

    Returns:
      Scalar float32; 0 if n is 0.
    """
    axes = list(range(1, values.shape.rank))
    if not axes:
        per_face = values
    else:
        per_face = tf.reduce_sum(values, axes) if reduction == "sum" else tf.reduce_mean(values, axes)
    return tf.math.divide_no_nan(tf.reduce_sum(per_face), tf.cast(tf.size(per_face), per_face.dtype))


def depth_loss(depth: tf.Tensor, depth_truth: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """Depth map loss L_depth, Eq. (16).

    The text applies the L-1 norm, and so does this: |M - M0|.

    Args:
      depth: [n, K, K, 1] float32, M.
      depth_truth: [n, K, K, 1] float32, M0; zero for spoof.
      hparams: HParams.

    Returns:
      Scalar float32.
    """
    return face_expectation(tf.abs(depth - depth_truth), hparams.depth_reduction)


def generator_adversarial_loss(fake_maps: Sequence[tf.Tensor], hparams: HParams) -> tf.Tensor:
    """Adversarial loss for the generator L_G, Eq. (17).

    Args:
      fake_maps: maps of D1(low), D2(mid), D3(high), D4(synthesized spoof), each [n, h, w, 1] float32.
      hparams: HParams.

    Returns:
      Scalar float32.
    """
    return tf.add_n([face_expectation(tf.square(fake - 1.0), hparams.adversarial_reduction) for fake in fake_maps])


def discriminator_adversarial_loss(
    real_maps: Sequence[tf.Tensor], fake_maps: Sequence[tf.Tensor], hparams: HParams
) -> tf.Tensor:
    """Adversarial loss for the discriminators L_D, Eq. (18): eight terms.

    Args:
      real_maps: maps of D1..D3 on live faces and D4 on spoof faces, each [n, h, w, 1] float32.
      fake_maps: as in ``generator_adversarial_loss``.
      hparams: HParams.

    Returns:
      Scalar float32; with "mean" reduction, 2.0 if they cannot tell real from fake.
    """
    real = [face_expectation(tf.square(map_ - 1.0), hparams.adversarial_reduction) for map_ in real_maps]
    fake = [face_expectation(tf.square(map_), hparams.adversarial_reduction) for map_ in fake_maps]
    return tf.add_n(real + fake)


def discriminator_error(real_map: tf.Tensor, fake_map: tf.Tensor) -> tf.Tensor:
    """Mean squared distance of a discriminator from 1 on real faces plus that from 0 on fake faces; for the log.

    Args:
      real_map: [n, h, w, 1] float32.
      fake_map: the same.

    Returns:
      Scalar float32; 0.5 for a constant map of 0.5.
    """
    return tf.reduce_mean(tf.square(real_map - 1.0)) + tf.reduce_mean(tf.square(fake_map))


def strong_trace_region(T_A: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """The region (T_A > beta) of Eq. (19), as a target: no gradient passes.

    Args:
      T_A: [n, N, N, 3] float32, the additive trace.
      hparams: HParams, for beta and how |T_A| is taken over the channels.

    Returns:
      [n, N, N, 1] float32, 0 or 1.
    """
    magnitude = tf.abs(tf.stop_gradient(T_A))
    over_channels = tf.reduce_max if hparams.region_reduction == "max" else tf.reduce_mean
    return tf.cast(over_channels(magnitude, axis=-1, keepdims=True) > hparams.beta, T_A.dtype)


def inpainting_mask_loss(P: tf.Tensor, T_A: tf.Tensor, preliminary_mask: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """Inpainting mask loss L_P of spoof faces, Eq. (19).

    As printed, the positive term asks for P = 1 in a strong trace even where P0 forbids it; on a print, P = 0.5 then
    minimizes the sum. With ``hparams.region_within == "allowed"``, it asks for P = 0 there.

    Args:
      P: [n, N, N, 1] float32 in [0, 1].
      T_A: [n, N, N, 3] float32.
      preliminary_mask: [n, N, N, 1] float32, P0; 1 = must not be inpainted. If a
        face has no such pixel, its negative term is 0.
      hparams: HParams.

    Returns:
      Scalar float32.
    """
    region = strong_trace_region(T_A, hparams)
    if hparams.region_within == "allowed":
        region *= 1.0 - preliminary_mask
    positive = face_expectation(tf.square(P - region), hparams.mask_reduction)
    axes = [1, 2, 3]
    negative = tf.math.divide_no_nan(
        tf.reduce_sum(tf.square(P * preliminary_mask), axes), tf.reduce_sum(tf.square(preliminary_mask), axes)
    )
    return positive + face_expectation(negative, "mean")


def regularization_loss(traces: Traces, is_live: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """Trace regularization L_R, Eq. (20).

    ``hparams.regularization_live_weight`` (1 in the paper) scales the term of
    live faces, whose trace should be zero, Eq. (2).

    Args:
      traces: Traces of live and spoof faces.
      is_live: [n] float32, 1 for a live face and 0 for a spoof.
      hparams: HParams.

    Returns:
      Scalar float32.
    """
    weight = 1.0 + is_live * (hparams.regularization_live_weight - 1.0)
    weight = weight[:, tf.newaxis, tf.newaxis, tf.newaxis]
    additive = [
        face_expectation(weight * tf.square(trace), hparams.regularization_reduction)
        for trace in (traces.B, traces.C, traces.T)
    ]
    inpainting = face_expectation(weight * tf.square(traces.P), hparams.regularization_reduction)
    return tf.add_n(additive) + hparams.lambda_ * inpainting


def synthesis_loss(estimated_trace: tf.Tensor, true_trace: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """Synthesized spoof loss L_S, Eq. (21).

    Args:
      estimated_trace: [n, N, N, 3] float32, input minus reconstruction of a synthesized spoof.
      true_trace: [n, N, N, 3] float32, that spoof minus the live face it was
        made from. No gradient passes; otherwise, the traces might collapse to 0.
      hparams: HParams.

    Returns:
      Scalar float32.
    """
    return face_expectation(tf.abs(estimated_trace - tf.stop_gradient(true_trace)), hparams.synthesis_reduction)


def harder_depth_loss(depth: tf.Tensor, hparams: HParams) -> tf.Tensor:
    """Depth map loss for "harder" samples L_H, Eq. (22); their M0 is zero.

    Args:
      depth: [n, K, K, 1] float32, M of synthesized spoof faces.
      hparams: HParams.

    Returns:
      Scalar float32.
    """
    return depth_loss(depth, tf.zeros_like(depth), hparams)


class GeneratorLosses(NamedTuple):
    """The terms of the two generator objectives, each a scalar; 0 where a step is off."""

    L_depth: tf.Tensor
    L_G: tf.Tensor
    L_P: tf.Tensor
    L_R: tf.Tensor
    L_S: tf.Tensor
    L_H: tf.Tensor


def step1_objective(losses: GeneratorLosses, hparams: HParams) -> tf.Tensor:
    """Objective of training step 1, Eq. (23)."""
    return (
        hparams.alpha1 * losses.L_depth
        + hparams.alpha2 * losses.L_G
        + hparams.alpha3 * losses.L_P
        + hparams.alpha4 * losses.L_R
    )


def step3_objective(losses: GeneratorLosses, hparams: HParams) -> tf.Tensor:
    """Objective of training step 3, Eq. (24)."""
    return hparams.alpha5 * losses.L_S + hparams.alpha6 * losses.L_H
