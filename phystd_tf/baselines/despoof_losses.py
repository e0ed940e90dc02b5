"""The losses of DeSpoof (Jourabloo, Liu and Liu, ECCV 2018), one function each."""

import numpy as np
import tensorflow as tf

from phystd_tf import losses
from phystd_tf.networks.blocks import resize_antialiased
from phystd_tf.physics.warp import warp
from phystd_tf.traces import Faces

# Weights of the losses relative to the 0/1 map loss, DeSpoof paper.
LAMBDA1 = 3.0  # magnitude
LAMBDA2 = 0.005  # repetitive
LAMBDA3 = 0.1  # depth of the reconstruction, DQ Net
LAMBDA4 = 0.016  # realism of the reconstruction, VQ Net
# Side of the square around frequency 0 that is ignored in the spectrum of the noise, as a share of the spectrum's side.
LOW_FREQUENCIES = 0.25


def map_loss(spoof_map: tf.Tensor, is_live: tf.Tensor) -> tf.Tensor:
    """The 0/1 map loss J_z: |M - 0| of live faces, |M - 1| of spoofs.

    Args:
      spoof_map: [n, K, K, 1] float32 in [0, 1].
      is_live: [n] float32, 1 for a live face and 0 for a spoof.

    Returns:
      Scalar float32.
    """
    truth = 1.0 - is_live[:, tf.newaxis, tf.newaxis, tf.newaxis]
    return losses.face_expectation(tf.abs(spoof_map - truth), "mean")


def magnitude_loss(live_noise: tf.Tensor) -> tf.Tensor:
    """The magnitude loss J_m: |N| of live faces, which have no noise.

    Args:
      live_noise: [n, N, N, 3] float32.

    Returns:
      Scalar float32.
    """
    return losses.face_expectation(tf.abs(live_noise), "mean")


def repetitive_peak(noise: tf.Tensor) -> tf.Tensor:
    """The strongest high frequency of the noise, max H(F(N)), as log(1 + magnitude).

    Args:
      noise: [n, N, N, 3] float32 with static N.

    Returns:
      [n] float32.
    """
    size = noise.shape[1]
    # The spectrum of real numbers is symmetric, so half of it is enough.
    magnitude = tf.math.log1p(tf.abs(tf.signal.rfft2d(tf.transpose(noise, (0, 3, 1, 2)))))
    line = np.arange(size)
    frequency = np.minimum(line, size - line)  # of each row, and of the first columns; periods per image
    high = frequency >= LOW_FREQUENCIES * size / 2
    mask = tf.constant(high[:, np.newaxis] | high[np.newaxis, : size // 2 + 1], magnitude.dtype)
    return tf.reduce_max(magnitude * mask, axis=[1, 2, 3])


def repetitive_loss(noise: tf.Tensor, is_live: tf.Tensor) -> tf.Tensor:
    """The repetitive loss J_r: rewards a strong frequency in the noise of spoofs and penalizes it in live faces.

    Args:
      noise: [n, N, N, 3] float32 with static N.
      is_live: [n] float32, 1 for a live face and 0 for a spoof.

    Returns:
      Scalar float32; may be negative.
    """
    return losses.face_expectation((2.0 * is_live - 1.0) * repetitive_peak(noise), "mean")


def visual_quality_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """The loss of VQ Net, J_VQtrain: -log VQ(real) - log(1 - VQ(fake)).

    Args:
      real: [n, 1] float32, logits of live faces.
      fake: [m, 1] float32, logits of reconstructions.

    Returns:
      Scalar float32.
    """
    return losses.face_expectation(tf.nn.softplus(-real), "mean") + losses.face_expectation(
        tf.nn.softplus(fake), "mean"
    )


def realism_loss(fake: tf.Tensor) -> tf.Tensor:
    """The loss of DS Net on the verdict of VQ Net, J_VQtest: -log VQ(fake).

    Args:
      fake: [m, 1] float32, logits of reconstructions.

    Returns:
      Scalar float32.
    """
    return losses.face_expectation(tf.nn.softplus(-fake), "mean")


def borrowed_depth(live: Faces, spoof: Faces) -> tf.Tensor:
    """The target depth of a reconstructed spoof: that of the live face paired with it, warped to its shape.

    Args:
      live: Faces, whose depth is taken.
      spoof: the same number of Faces; only vertices, triangles and triangle maps are used.

    Returns:
      [n, K, K, 1] float32 in [0, 1].
    """
    size, depth_size = spoof.triangle_map.shape[1], live.depth.shape[1]
    depth = tf.image.resize(live.depth, (size, size), method="bilinear")
    return resize_antialiased(warp(depth, live, spoof), depth_size)


def objective(
    L_depth: tf.Tensor, L_magnitude: tf.Tensor, L_repetitive: tf.Tensor, L_DQ: tf.Tensor, L_VQ: tf.Tensor
) -> tf.Tensor:
    """What DS Net minimizes: the total loss of the DeSpoof paper."""
    return L_depth + LAMBDA1 * L_magnitude + LAMBDA2 * L_repetitive + LAMBDA3 * L_DQ + LAMBDA4 * L_VQ
