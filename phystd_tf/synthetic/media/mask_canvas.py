"""A canvas on which masks are drawn, and the features that several masks paint.

A mask is drawn on the atlas, the cylinder around the head (see
``person.atlas_canvas``). Shapes are distance fields. The pixel coordinates of
``AtlasCanvas`` are computed in another order and differ in the last bit, so the
two classes cannot be merged without changing rendered bytes.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, Union

import cv2
import numpy as np
from numpy.typing import ArrayLike

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic.color import blend
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person import skin
from phystd_tf.synthetic.person.atlas_canvas import ASPECT, SHIFT, atlas_position, window
from phystd_tf.synthetic.person.subjects import Subject
from phystd_tf.synthetic.scene.noise import fractal_noise
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.smoothstep import smoothstep

# Vertices of features.
LEFT_EYE_RING = (33,) + topology.LEFT_UPPER_LID + (133,) + topology.LEFT_LOWER_LID[::-1]
RIGHT_EYE_RING = (362,) + topology.RIGHT_UPPER_LID + (263,) + topology.RIGHT_LOWER_LID
EYE_RINGS = (LEFT_EYE_RING, RIGHT_EYE_RING)
INNER_LIPS = (78,) + topology.INNER_UPPER_LIP + (308,) + topology.INNER_LOWER_LIP[::-1]
BROW_LINES = ((46, 52, 65, 55), (276, 282, 295, 285))
LIP_SEAM = (61, 78, 80, 82, 13, 312, 310, 308, 291)
NOSTRILS = ((79, 166, 60, 20), (309, 392, 290, 250))
_IRIS, _PUPIL = 0.088, 0.036  # radii of painted eyes, eye distances
_LASHES = 0.25  # beyond this distance from an eye, a lash is exactly 0 in float32


class Canvas:
    """An empty atlas with landmarks of the mean face.

    Attributes:
      height, width: size of the atlas, pixels.
      unit: vertical pixels per eye distance.
      places: [468, 2], (angle, y) of the vertices of the mean face.
      angle, y: [H, 2 H] float32, coordinates of the pixels: radians, and eye distances below the eyes.
    """

    def __init__(self, height: int) -> None:
        self.height, self.width = height, ASPECT * height
        self.unit = height / (heads.ATLAS_BOTTOM - heads.ATLAS_TOP)
        self.places = heads.on_cylinder(default_model().mean)
        columns = (np.arange(self.width, dtype=np.float32) + 0.5) / self.width * 2 * np.pi - np.pi
        rows = (np.arange(height, dtype=np.float32) + 0.5) / self.unit + heads.ATLAS_TOP
        self.angle, self.y = np.meshgrid(columns, rows.astype(np.float32))

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    def filled(self, color: ArrayLike) -> np.ndarray:
        """An image [H, 2 H, 3] float32 of one color [3]."""
        image = np.empty((*self.shape, 3), np.float32)
        image[:] = color
        return image

    def signed_distance(self, *outlines: np.ndarray) -> np.ndarray:
        """Distance from the edge of polygons, positive inside.

        Args:
          *outlines: polygons [k, 2] of (angle, y).

        Returns:
          [H, 2 H] float32, eye distances.
        """
        drawn = np.zeros(self.shape, np.uint8)
        for outline in outlines:
            cv2.fillPoly(drawn, [self.pixels(outline)], 255, cv2.LINE_AA, SHIFT)
        solid = (drawn > 127).astype(np.uint8)
        distance = _distance(solid) - _distance(1 - solid)
        return cv2.GaussianBlur(distance, (0, 0), 0.8) / self.unit

    def distance_from(self, *curves: np.ndarray) -> np.ndarray:
        """Distance [H, 2 H] from open curves [k, 2] of (angle, y), eye distances."""
        drawn = np.ones(self.shape, np.uint8)
        cv2.polylines(drawn, [self.pixels(curve) for curve in curves], False, 0, 1, cv2.LINE_8, SHIFT)
        return _distance(drawn) / self.unit

    def ring(self, vertices: Sequence[int], grow: Union[float, tuple[float, float]] = 0.0) -> np.ndarray:
        """An outline through vertices of the mean face.

        Args:
          vertices: k vertices, in order.
          grow: relative growth of the outline, or of its width and height.

        Returns:
          [k, 2], (angle, y).
        """
        outline = self.places[list(vertices)]
        middle = outline.mean(0)
        return middle + (outline - middle) * np.add(1, grow)

    def soft_edge(self, distance: np.ndarray, width: float) -> np.ndarray:
        """Rises from 0 to 1 where a distance field crosses 0.

        Args:
          distance: [H, 2 H], eye distances.
          width: width of the transition, eye distances; at least about a pixel.

        Returns:
          [H, 2 H] in [0, 1].
        """
        return smoothstep(distance / max(width, 1.2 / self.unit) + 0.5)

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Converts points [k, 2] of (angle, y) to fixed-point pixels for OpenCV, with SHIFT fractional bits."""
        return np.round(atlas_position(points, self.height) * 2**SHIFT).astype(np.int32)


def _distance(solid: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform(solid, cv2.DIST_L2, 5)


def near_edge(solid: np.ndarray, width: float) -> np.ndarray:
    """A Gaussian profile along the inner side of an edge: 1 at the edge and outside, falling to 0 inside.

    Args:
      solid: distance from the edge, positive inside.
      width: width of the profile, in the same unit.
    """
    return np.exp(-((np.clip(solid, 0, None) / width) ** 2))


def rounded_edge(solid: np.ndarray, width: float) -> np.ndarray:
    """The height of a rounded edge, a quarter circle.

    Args:
      solid: distance from the edge, positive inside.
      width: width of the rounding, in the same unit.

    Returns:
      The same shape, in [0, 1].
    """
    return np.sqrt(np.clip(1 - np.square(np.clip(1 - solid / width, 0, 1)), 0, 1))


def mottle(seed: int, canvas: Canvas, cells: Sequence[float], persistence: float = 0.8) -> np.ndarray:
    """Fractal noise on a canvas.

    Args:
      seed: seed of the noise.
      canvas: the canvas.
      cells: size of the blobs in each octave, eye distances.
      persistence: weight of an octave relative to the previous one.

    Returns:
      [H, 2 H] float32, standard deviation about 1.
    """
    rng = np.random.default_rng(seed)
    return fractal_noise(rng, canvas.shape, [max(1.0, cell * canvas.unit) for cell in cells], persistence)


@functools.lru_cache(maxsize=6)
def painted_face(subject: Subject, height: int) -> skin.Atlas:
    """The atlas of a person whom a mask depicts."""
    return skin.paint(subject, default_model(), height)


def without_hair(subject: Subject, **changes: Any) -> Subject:
    """A bald variant of a subject, as a mask maker paints it, with further changes of attributes."""
    return dataclasses.replace(subject, hair=subject.skin, hair_style="bald", hairline=-1.5, **changes)


def paint_eyes(canvas: Canvas, albedo: np.ndarray, iris_color: ArrayLike, strength: float) -> np.ndarray:
    """Paints open eyes: a flat iris, a pupil, and a white dot as a highlight.

    Args:
      canvas: the canvas.
      albedo: [H, 2 H, 3], linear RGB.
      iris_color: [3], sRGB.
      strength: opacity of the paint.

    Returns:
      [H, 2 H, 3] float32, linear RGB, a copy.
    """
    white = to_linear((0.90, 0.89, 0.87))
    result = albedo
    for ring in EYE_RINGS:
        outline = canvas.places[list(ring)]
        opening = canvas.signed_distance(outline)
        part = window(opening, -_LASHES)
        opening, place = opening[part], result[part]
        middle = outline.mean(0)
        # Near the front, one radian corresponds to about 1.15 eye distances.
        across, down = (canvas.angle[part] - middle[0]) * 1.15, canvas.y[part] - middle[1]
        radius = np.hypot(across, down)
        eye = np.broadcast_to(white, place.shape) * (0.75 + 0.25 * np.clip(down / 0.06, -1, 1))[..., None]
        iris = to_linear(iris_color) * (0.45 + 0.75 * smoothstep((_IRIS - radius) / 0.03))[..., None]
        eye = eye + canvas.soft_edge(_IRIS - radius, 0.02)[..., None] * (iris - eye)
        eye = eye * (1 - 0.96 * canvas.soft_edge(_PUPIL - radius, 0.02))[..., None]
        dot = canvas.soft_edge(0.018 - np.hypot(across - 0.03, down + 0.035), 0.015)[..., None]
        eye = eye + dot * (0.85 - eye)
        place = place + (canvas.soft_edge(opening, 0.02) * strength)[..., None] * (eye - place)
        lash = np.exp(-((opening / 0.018) ** 2)) * np.where(down < 0, 0.9, 0.45) * strength
        result = result.astype(np.float64)  # like the opacity of the lashes; otherwise the last bits would differ
        result[part] = place * (1 - lash[..., None])
    return result.astype(np.float32)


def close_lips(canvas: Canvas, albedo: np.ndarray, lips: ArrayLike) -> np.ndarray:
    """Paints closed lips over those of the mean face, which are slightly open.

    Args:
      canvas: the canvas.
      albedo: [H, 2 H, 3], linear RGB.
      lips: [3], sRGB.

    Returns:
      [H, 2 H, 3] float32, linear RGB.
    """
    paint = to_linear(lips)
    gap = canvas.soft_edge(canvas.signed_distance(canvas.ring(INNER_LIPS, (0, 0.3))), 0.02)
    albedo = blend(albedo, gap, 0.75 * paint)
    upper, lower = (
        canvas.places[list((78,) + row + (308,))] for row in (topology.INNER_UPPER_LIP, topology.INNER_LOWER_LIP)
    )
    seam = np.exp(-((canvas.distance_from((upper + lower) / 2) / 0.02) ** 2))
    return blend(albedo, 0.9 * seam, 0.15 * paint).astype(np.float32)
