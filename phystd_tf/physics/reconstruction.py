"""The live counterpart of a face, Eq. (4), (5) and (11)."""

import tensorflow as tf

from phystd_tf.physics.bands import low_pass
from phystd_tf.traces import LiveHierarchy, Traces


def invert_spoof_generation(
    spoof: tf.Tensor, T_A: tf.Tensor, P: tf.Tensor, T_P: tf.Tensor, live: tf.Tensor
) -> tf.Tensor:
    """Live counterpart by inverting the spoof generation, Eq. (4).

    I_live = (1 - P)(I_spoof - T_A) + P (I_live + I_spoof - T_P)

    In the region P, the covering T_P is the spoof image itself, so the two
    cancel. The live content that the equation presumes there is represented by
    I_P in Eq. (5).

    Args:
      spoof: [n, N, N, 3] float.
      T_A: [n, N, N, 3] float.
      P: [n, N, N, 1] float in [0, 1].
      T_P: [n, N, N, 3] float.
      live: [n, N, N, 3] float, known or estimated within P.

    Returns:
      [n, N, N, 3], not clipped.
    """
    return (1.0 - P) * (spoof - T_A) + P * (live + spoof - T_P)


def reconstruct_live(image: tf.Tensor, T_A: tf.Tensor, P: tf.Tensor, I_P: tf.Tensor) -> tf.Tensor:
    """Live counterpart of a face, Eq. (5): (1 - P)(I - T_A) + P I_P.

    Args:
      image: [n, N, N, 3] float, I.
      T_A: [n, N, N, 3] float.
      P: [n, N, N, 1] float in [0, 1].
      I_P: [n, N, N, 3] float, inpainting content.

    Returns:
      [n, N, N, 3], not clipped (clip only for display).
    """
    return (1.0 - P) * (image - T_A) + P * I_P


def image_hierarchy(image: tf.Tensor, n1: int, n2: int) -> LiveHierarchy:
    """Three levels of detail of an image, Eq. (11): up to the low band, up to the mid band, and all bands.

    For a live face, these are the real images of the pairs of Sec. 3.4.

    Args:
      image: [n, N, N, 3] float.
      n1: size of the low band.
      n2: size of the low and mid bands together.

    Returns:
      LiveHierarchy.
    """
    return LiveHierarchy(low=low_pass(image, n1), mid=low_pass(image, n2), high=image)


def reconstruct_hierarchy(image: tf.Tensor, traces: Traces, n1: int, n2: int) -> LiveHierarchy:
    """Live counterpart at three levels of detail, Eq. (11).

    A trace is used only if its band is part of the level.

    Args:
      image: [n, N, N, 3] float, I.
      traces: Traces.
      n1: size of the low band.
      n2: size of the low and mid bands together.

    Returns:
      LiveHierarchy; ``high`` is the reconstruction of Eq. (5).
    """
    B, C = low_pass(traces.B, n1), low_pass(traces.C, n2)
    additive = LiveHierarchy(low=B, mid=B + C, high=B + C + traces.T)
    levels = image_hierarchy(image, n1, n2)
    return LiveHierarchy(
        *(reconstruct_live(within, T_A, traces.P, traces.I_P) for within, T_A in zip(levels, additive))
    )
