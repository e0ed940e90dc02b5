"""The smooth transition from 0 to 1 that shapes soft edges."""

import numpy as np
from numpy.typing import ArrayLike


def smoothstep(t: ArrayLike) -> np.ndarray:
    """The cubic 3 t^2 - 2 t^3, which rises from 0 at ``t`` = 0 to 1 at ``t`` = 1 and is constant beyond."""
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)
