"""Formation of a spoof face from a live face and traces, and the size of traces: Eq. (1) to (3), (6), (7)."""

import tensorflow as tf

from phystd_tf.physics.bands import low_pass
from phystd_tf.traces import Traces


def stdn_spoof(live: tf.Tensor, S: tf.Tensor, B: tf.Tensor, C: tf.Tensor, T: tf.Tensor, n1: int, n2: int) -> tf.Tensor:
    """Spoof face of the preliminary version (STDN), Eq. (1).

    I_spoof = (1 + low_n1(S)) I_live + low_n1(B) + low_n2(C) + T

    Args:
      live: [n, N, N, 3] float.
      S: [n, N, N, 3] float, multiplicative low-frequency trace.
      B: [n, N, N, 3] float, additive low-frequency trace.
      C: [n, N, N, 3] float, mid-frequency trace.
      T: [n, N, N, 3] float, high-frequency trace.
      n1: size of the low band; 1 in the preliminary version.
      n2: size of the mid band; 64 in the preliminary version.

    Returns:
      [n, N, N, 3], not clipped.
    """
    return (1.0 + low_pass(S, n1)) * live + low_pass(B, n1) + low_pass(C, n2) + T


def trace_intensity(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Intensity of the change from a face to its live counterpart, Eq. (2): |I - I^|_F.

    Args:
      image: [n, N, N, 3] float, the source face I.
      target: [n, N, N, 3] float, the target face.

    Returns:
      [n], the Frobenius norm per face.
    """
    return _frobenius(image - target)


def additive_trace(traces: Traces, n1: int, n2: int) -> tf.Tensor:
    """Additive trace T_A = low_n1(B) + low_n2(C) + T, below Eq. (5).

    Args:
      traces: Traces.
      n1: size of the low band.
      n2: size of the low and mid bands together.

    Returns:
      [n, N, N, 3] float.
    """
    return low_pass(traces.B, n1) + low_pass(traces.C, n2) + traces.T


def spoof_generation(live: tf.Tensor, T_A: tf.Tensor, P: tf.Tensor, T_P: tf.Tensor) -> tf.Tensor:
    """Spoof generation function, Eq. (3): (1 - P)(I_live + T_A) + P T_P.

    Args:
      live: [n, N, N, 3] float.
      T_A: [n, N, N, 3] float, additive trace.
      P: [n, N, N, 1] float in [0, 1], inpainting region.
      T_P: [n, N, N, 3] float, the material that covers the region.

    Returns:
      [n, N, N, 3], not clipped.
    """
    return (1.0 - P) * (live + T_A) + P * T_P


def disentanglement_cost(image: tf.Tensor, T_A: tf.Tensor, P: tf.Tensor, I_P: tf.Tensor) -> tf.Tensor:
    """Change made by a disentanglement, Eq. (6): |(1 - P) T_A|_F + |P (I - I_P)|_F.

    Args:
      image: [n, N, N, 3] float, I.
      T_A: [n, N, N, 3] float.
      P: [n, N, N, 1] float in [0, 1].
      I_P: [n, N, N, 3] float, inpainting content.

    Returns:
      [n], an upper bound of |I - I^|_F with I^ of Eq. (5), by the triangle inequality.
    """
    return _frobenius((1.0 - P) * T_A) + _frobenius(P * (image - I_P))


def content_free_cost(T_A: tf.Tensor, P: tf.Tensor, lambda_: float) -> tf.Tensor:
    """Objective without a constraint on the content I_P, Eq. (7): |(1 - P) T_A|_F + lambda |P|_F.

    Args:
      T_A: [n, N, N, 3] float.
      P: [n, N, N, 1] float in [0, 1].
      lambda_: weight of the inpainting region.

    Returns:
      [n].
    """
    return _frobenius((1.0 - P) * T_A) + lambda_ * _frobenius(P)


def _frobenius(tensor: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(tf.reduce_sum(tf.square(tensor), axis=[1, 2, 3]))
