"""Annotations as they lie beside the videos of the real datasets, made from the true face mesh.

Real ones come from detectors, which fail now and then: so do these.
"""

from collections.abc import Sequence

import numpy as np

from phystd_tf.face import topology
from phystd_tf.synthetic.recipe import Clip

# Share of frames in which the detector is said to have failed, and of files of boxes that lack their last line.
_FAILURES, _SHORT = 0.04, 0.1
_STREAM = 5
# A detector's box is a little larger than the mesh, in widths of the mesh.
_MARGIN = 0.06


def eye_lines(clip: Clip, vertices: Sequence[np.ndarray]) -> str:
    """OULU-NPU's: ``frame,x,y,x,y`` with the eye at the left of the image first; zeros where it failed."""
    failed = _failures(clip, len(vertices))
    lines = []
    for index, points in enumerate(vertices):
        eyes = [points[list(corners)].mean(0) for corners in (topology.LEFT_EYE, topology.RIGHT_EYE)]
        numbers = np.zeros(4) if failed[index] else np.concatenate(sorted(eyes, key=lambda eye: eye[0]))
        lines.append(",".join(str(int(round(number))) for number in (index, *numbers)))
    return "\n".join(lines) + "\n"


def box_lines(clip: Clip, vertices: Sequence[np.ndarray]) -> str:
    """SiW's: ``x1 y1 x2 y2`` for each frame; zeros where it failed; some files end a line too early."""
    failed = _failures(clip, len(vertices))
    lines = []
    for index, points in enumerate(vertices):
        low, high = points.min(0), points.max(0)
        margin = _MARGIN * (high - low)[0]
        numbers = np.zeros(4) if failed[index] else np.maximum(np.concatenate([low - margin, high + margin]), 1)
        lines.append(" ".join(str(int(round(number))) for number in numbers))
    short = len(lines) > 1 and _chance(clip).uniform() < _SHORT
    return "\n".join(lines[:-1] if short else lines) + "\n"


def _chance(clip: Clip) -> np.random.Generator:
    return np.random.default_rng([_STREAM, clip.subject, clip.number, len(clip.spoof_type)])


def _failures(clip: Clip, count: int) -> np.ndarray:
    return _chance(clip).uniform(size=count + 1)[1:] < _FAILURES
