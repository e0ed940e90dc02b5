"""Annotation files like those of the real datasets, made from the true face mesh.

Real annotations come from detectors that sometimes fail; failures are simulated.
"""

from collections.abc import Sequence

import numpy as np

from phystd_tf.face import topology
from phystd_tf.synthetic.recipe import SyntheticClip

# Share of frames with a simulated failure of the detector, and share of box files that lack the last line.
_FAILURES, _TRUNCATED = 0.04, 0.1
_STREAM = 5
# Margin of a detected box around the mesh, relative to the width of the mesh.
_MARGIN = 0.06


def eye_lines(clip: SyntheticClip, vertices: Sequence[np.ndarray]) -> str:
    """Eye positions in the format of OULU-NPU.

    Args:
      clip: the clip.
      vertices: face mesh [468, 2] of each frame, pixels.

    Returns:
      One line ``frame,x,y,x,y`` per frame, with the left eye in the image first; zeros after a failure.
    """
    failed = _failures(clip, len(vertices))
    lines = []
    for index, points in enumerate(vertices):
        eyes = [points[list(corners)].mean(0) for corners in (topology.LEFT_EYE, topology.RIGHT_EYE)]
        if eyes[1][0] < eyes[0][0]:
            eyes.reverse()
        numbers = np.zeros(4) if failed[index] else np.concatenate(eyes)
        lines.append(",".join(str(int(round(number))) for number in (index, *numbers)))
    return "\n".join(lines) + "\n"


def box_lines(clip: SyntheticClip, vertices: Sequence[np.ndarray]) -> str:
    """Face boxes in the format of SiW.

    Args:
      clip: the clip.
      vertices: face mesh [468, 2] of each frame, pixels.

    Returns:
      One line ``x1 y1 x2 y2`` per frame; zeros after a failure. Some files lack the last line.
    """
    failed = _failures(clip, len(vertices))
    lines = []
    for index, points in enumerate(vertices):
        low, high = points.min(0), points.max(0)
        margin = _MARGIN * (high - low)[0]
        numbers = np.zeros(4) if failed[index] else np.maximum(np.concatenate([low - margin, high + margin]), 1)
        lines.append(" ".join(str(int(round(number))) for number in numbers))
    truncated = len(lines) > 1 and _clip_rng(clip).uniform() < _TRUNCATED
    return "\n".join(lines[:-1] if truncated else lines) + "\n"


def _clip_rng(clip: SyntheticClip) -> np.random.Generator:
    return np.random.default_rng([_STREAM, clip.subject, clip.number, len(clip.spoof_type)])


def _failures(clip: SyntheticClip, count: int) -> np.ndarray:
    return _clip_rng(clip).uniform(size=count + 1)[1:] < _FAILURES
