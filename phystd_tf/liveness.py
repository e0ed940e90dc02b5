"""The liveness score, Eq. (10): the output of a model for a face as one number; higher is more live."""

from typing import Any

TRACE_TERMS = ("B", "C", "T", "P")
TERMS = ("depth", *TRACE_TERMS)


def liveness_score(depth: Any, B: Any, C: Any, T: Any, P: Any, *, alpha0: float) -> Any:
    """Liveness score, Eq. (10), from its terms.

    The depth is large for live faces and the traces for spoof faces, so alpha0
    is negative or zero, and a higher score means more live.

    Args:
      depth: |M|_1 / (2 K^2); a number, an array or a tensor, like all terms.
      B: |B|_1 / (2 N^2).
      C: |C|_1 / (2 N^2).
      T: |T|_1 / (2 N^2).
      P: |P|_1 / (2 N^2).
      alpha0: weight of the traces.

    Returns:
      The score, of the same kind as the terms.
    """
    return depth + alpha0 * (B + C + T + P)
