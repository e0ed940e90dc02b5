"""Whether a face is upright: two detectors and the morphable model compare it with its turned views."""

from typing import NamedTuple, Optional

# Weights of the other differences relative to that of the near detector's score. Chosen on 40 rendered people of all
# types, whole and in tight crops: that score alone is wrong for 11 of 538 upright faces and 5 of 498 upside-down ones,
# all three together for 4 and none. The other faces are at least 0.1 and 0.05 away from the limit.
FAR_SCORE_WEIGHT = 0.2
FIT_ERROR_WEIGHT = 40.0
_NO_MESH = 0.02  # fit error without a mesh: that of the worst meshes


class View(NamedTuple):
    """What the networks find in a square around a face, upright or turned.

    Attributes:
      near_score: score of the detector for near faces; 0 if it finds no face.
      far_score: score of the detector for far faces; 0 if it finds no face.
      fit_error: of the morphable model to the mesh, in eye distances; None if there is no mesh.
    """

    near_score: float
    far_score: float
    fit_error: Optional[float]


BEST_VIEW = View(1.0, 1.0, 0.004)  # as good as any can be; the best meshes are fitted within 0.005


def turn_evidence(original: View, turned: View) -> float:
    """Returns how much better a face looks when it is turned by 90, 180 or 270 degrees; above 0 it is not upright.

    To a detector, glasses and paint may look more like a face upside down, but the mesh found there is not that of a
    face. A masked face that looks aside may have the better mesh upside down, but no detector finds it there.

    Args:
      original: the view in the image.
      turned: the same square turned.
    """
    before, after = (_NO_MESH if view.fit_error is None else view.fit_error for view in (original, turned))
    scores = turned.near_score - original.near_score + FAR_SCORE_WEIGHT * (turned.far_score - original.far_score)
    return scores - FIT_ERROR_WEIGHT * (after - before)
