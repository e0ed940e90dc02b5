"""What masks have in common: they sit on the head as things of their own shape, and hide what is below.

A mask is painted on the atlas, the cylinder around the head (``skin``). A stiff
one keeps the shape of its mould, whatever the face below does: an expression
moves neither its picture nor its normals. The pixels stay those of the person.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import NamedTuple, Union

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import default_model
from phystd_tf.face.rasterise import rasterise
from phystd_tf.synthetic.composition import Layers, quantise
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person import skin
from phystd_tf.synthetic.person.atlas_canvas import ASPECT, SHIFT, atlas_position
from phystd_tf.synthetic.person.subjects import Subject
from phystd_tf.synthetic.person.surface import Surface, sample, shade
from phystd_tf.synthetic.scene.noise import fractal_noise
from phystd_tf.synthetic.scene.scene import Scene
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

FACE_MATERIALS = (heads.FACE, heads.EYE, heads.MOUTH)
LEFT_EYE_RING = (33,) + topology.LEFT_UPPER_LID + (133,) + topology.LEFT_LOWER_LID[::-1]
RIGHT_EYE_RING = (362,) + topology.RIGHT_UPPER_LID + (263,) + topology.RIGHT_LOWER_LID
EYE_RINGS = (LEFT_EYE_RING, RIGHT_EYE_RING)
INNER_LIPS = (78,) + topology.INNER_UPPER_LIP + (308,) + topology.INNER_LOWER_LIP[::-1]
BROW_LINES = ((46, 52, 65, 55), (276, 282, 295, 285))
LIP_SEAM = (61, 78, 80, 82, 13, 312, 310, 308, 291)
_IRIS, _PUPIL = 0.088, 0.036  # radii of painted eyes, eye distances
# Rows of the atlas per row of the frame: an eye distance is then a little finer on the atlas than in the frame.
_ATLAS_SCALE = 1.2
# How strange the face of a mould is, and the limit of each coefficient, in standard deviations.
_MOULD_SPREAD, _MOULD_LIMIT = 0.8, 1.5
# Mean exposed light of a mask above which it is darkened, and by which power of the excess.
_BRIGHTEST, _GIVING_WAY = 0.5, 0.8
# Skin of a neck shines more than this, cloth less.
_SKIN_GLOSS = 0.1
# Rows of the atlas on which its normals are kept: they are smooth.
_MOULD_HEIGHT = 128
# A mask stands off the face: how far its shadow moves, how soft it is, eye distances.
_SHADOW_REACH, _SHADOW_BLUR, _SHADOW_DROP = 0.10, 0.05, 0.03


class Coat(NamedTuple):
    """What is painted around the head, on an atlas [H, 2 H].

    Attributes:
      albedo: [H, 2 H, 3] float32, linear RGB.
      cover: [H, 2 H] float32, 1 where there is a mask.
      gloss: [H, 2 H] float32.
      relief: [H, 2 H] float32, height above the mould, eye distances.
    """

    albedo: np.ndarray
    cover: np.ndarray
    gloss: np.ndarray
    relief: np.ndarray


class Seat(NamedTuple):
    """How a mask sits on the pixels of a person: place [n, 2] on the atlas, unit normal [n, 3] in the frame."""

    place: np.ndarray
    normal: np.ndarray


class Canvas:
    """An empty atlas with the marks of the mean face, to draw on. Distances are in eye distances."""

    def __init__(self, height: int) -> None:
        self.height, self.width = height, ASPECT * height
        self.unit = height / (heads.ATLAS_BOTTOM - heads.ATLAS_TOP)
        mean = default_model().mean
        self.places = heads.on_cylinder(mean)  # [468, 2] (angle, y)
        columns = (np.arange(self.width, dtype=np.float32) + 0.5) / self.width * 2 * np.pi - np.pi
        rows = (np.arange(height, dtype=np.float32) + 0.5) / self.unit + heads.ATLAS_TOP
        self.angle, self.y = np.meshgrid(columns, rows.astype(np.float32))

    def inside(self, *outlines: np.ndarray) -> np.ndarray:
        """Distance [H, 2 H] from the edge of polygons [k, 2] of (angle, y), positive inside."""
        drawn = np.zeros((self.height, self.width), np.uint8)
        for outline in outlines:
            cv2.fillPoly(drawn, [self.pixels(outline)], 255, cv2.LINE_AA, SHIFT)
        solid = (drawn > 127).astype(np.uint8)
        distance = _distance(solid) - _distance(1 - solid)
        return cv2.GaussianBlur(distance, (0, 0), 0.8) / self.unit

    def away(self, *curves: np.ndarray) -> np.ndarray:
        """Distance [H, 2 H] from open curves [k, 2] of (angle, y)."""
        drawn = np.ones((self.height, self.width), np.uint8)
        cv2.polylines(drawn, [self.pixels(curve) for curve in curves], False, 0, 1, cv2.LINE_8, SHIFT)
        return _distance(drawn) / self.unit

    def ring(self, vertices: Sequence[int], grow: Union[float, tuple[float, float]] = 0.0) -> np.ndarray:
        """The outline [k, 2] of vertices of the mean face, its size (or width and height) grown by this share."""
        outline = self.places[list(vertices)]
        middle = outline.mean(0)
        return middle + (outline - middle) * np.add(1, grow)

    def soft(self, distance: np.ndarray, width: float) -> np.ndarray:
        """0 to 1 across an edge this wide (at least a pixel or so), about distance 0."""
        return step(distance / max(width, 1.2 / self.unit) + 0.5)

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Places [k, 2] of (angle, y) as OpenCV draws them, with SHIFT fractional bits."""
        return np.round(atlas_position(points, self.height) * 2**SHIFT).astype(np.int32)


def step(t: np.ndarray) -> np.ndarray:
    """A smooth step of t from 0 to 1."""
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def _distance(solid: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform(solid, cv2.DIST_L2, 5)


def atlas_height(shot: Shot) -> int:
    """Rows of an atlas that is fine enough for the frame."""
    return int(round(_ATLAS_SCALE * shot.live.shape[0]))


@functools.lru_cache(maxsize=6)
def painted_face(subject: Subject, height: int) -> skin.Atlas:
    """The face of someone as the painter of a mask sees it."""
    return skin.paint(subject, default_model(), height)


@functools.lru_cache(maxsize=4)
def mould_normals(seed: int, stretch: float = 1.0) -> np.ndarray:
    """Normals [H, 2 H, 3] on a coarse atlas of a face without expression, before the pose; 0 where there is no face.

    Args:
      seed: draws the face.
      stretch: deepens its features.
    """
    model = default_model()
    rng = np.random.default_rng(seed)
    values = np.clip(_MOULD_SPREAD * rng.standard_normal(len(model.names)), -_MOULD_LIMIT, _MOULD_LIMIT)
    shape = model.shape_of(np.where(np.isin(model.names, heads.EXPRESSIONS), 0.0, values))
    normals = heads.vertex_normals(shape * (1, 1, stretch), model.triangles)
    flat = atlas_position(heads.on_cylinder(model.mean), _MOULD_HEIGHT)
    placed = np.concatenate([flat, np.zeros((len(flat), 1))], 1)
    raster = rasterise(placed, model.triangles, _MOULD_HEIGHT, ASPECT * _MOULD_HEIGHT)
    found = np.einsum("hwk,hwkc->hwc", raster.barycentric, normals[model.triangles[raster.triangle_index]])
    return found.astype(np.float32)


def seat(shot: Shot, mould: np.ndarray, stiffness: float = 1.0) -> Seat:
    """Sits a mask on the head.

    Args:
      shot: the live frame.
      mould: [H, 2 H, 3] normals of the mask's own shape, see ``mould_normals``.
      stiffness: 1 ignores the expression, 0 follows it, and the shape of the face, like skin.
    """
    surface, head = shot.rendering.surface, shot.rendering.head
    face = slice(0, topology.NUM_POINTS)
    # At the outline the mask meets the head.
    share = np.zeros((len(head.points), 1), np.float32)
    share[face] = stiffness
    share[list(topology.FACE_OVAL)] = 0
    moved = np.zeros((len(head.points), 2), np.float32)
    moved[face] = stiffness * _moved_by_expression(head.points[face])
    place = surface.place + surface.interpolate(moved)
    own = look_up(mould, place) @ shot.scene.rotation.T.astype(np.float32)
    return Seat(place, normalised(surface.normal + surface.interpolate(share) * (own - surface.normal)))


def _moved_by_expression(points: np.ndarray) -> np.ndarray:
    """How far on the atlas the expression has moved the vertices of a face [468, 3]."""
    model = default_model()
    inverse, expressions = _expression_solver()
    coefficients = inverse @ (points - model.mean).ravel()
    neutral = points - np.tensordot(coefficients, expressions, 1)
    return (heads.on_cylinder(points) - heads.on_cylinder(neutral)).astype(np.float32)


@functools.lru_cache(maxsize=1)
def _expression_solver():
    """Least squares of all modes: the rows of the expressions [E, 1404], and these modes [E, 468, 3]."""
    model = default_model()
    modes = model.basis * model.stddev[:, None, None]
    chosen = np.isin(model.names, heads.EXPRESSIONS)
    return np.linalg.pinv(modes.reshape(len(modes), -1).T)[chosen], modes[chosen]


def emboss(seated: Seat, relief: np.ndarray, scene: Scene) -> np.ndarray:
    """Normals [n, 3] of the seat with a relief [H, 2 H] (eye distances) on it."""
    height = relief.shape[0]
    unit = height / (heads.ATLAS_BOTTOM - heads.ATLAS_TOP)
    slopes = np.stack([cv2.Sobel(relief, cv2.CV_32F, *axis, scale=unit / 8) for axis in ((1, 0), (0, 1))], -1)
    slope = sample(slopes, atlas_position(seated.place, height).astype(np.float32))
    angle = seated.place[:, 0]
    across = np.stack([np.cos(angle), np.zeros_like(angle), -np.sin(angle)], 1)
    rotation = scene.rotation.astype(np.float32)
    tilt = slope[:, :1] * (across @ rotation.T) + slope[:, 1:] * rotation[:, 1]
    return normalised(seated.normal - tilt)


def look_up(texture: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Values of an atlas [H, 2 H(, c)] at places [n, 2] of (angle, y): [n] or [n, c]."""
    found = sample(texture, atlas_position(place, texture.shape[0]).astype(np.float32))
    return found if texture.ndim == 3 else found[:, 0]


def rows_of(surface: Surface, chosen: np.ndarray) -> Surface:
    """The surface of some of its pixels, a mask [n] bool."""
    return Surface(*(field[chosen] if isinstance(field, np.ndarray) else field for field in surface))


def light_of(shot: Shot, coat: Coat, seated: Seat, chosen: np.ndarray, scatter: float) -> np.ndarray:
    """Light [n, 3] of the coat on the chosen pixels [n] bool; 0 elsewhere."""
    part = Seat(seated.place[chosen], seated.normal[chosen])
    surface = rows_of(shot.rendering.surface, chosen)
    albedo = look_up(coat.albedo, part.place)
    gloss = look_up(coat.gloss, part.place)
    normal = emboss(part, coat.relief, shot.scene)
    light = np.zeros((len(chosen), 3), np.float32)
    light[chosen] = shade(
        surface._replace(albedo=albedo, gloss=gloss, normal=normal, hair=np.zeros_like(gloss), scatter=scatter),
        shot.scene,
    )
    return light


def put_on(shot: Shot, covered: np.ndarray, light: np.ndarray, shadow: float) -> Layers:
    """The layers of a mask.

    T_A is the shadow, outside of P; T_P the mask in the light of the scene.

    Args:
      shot: the live frame.
      covered: [n] float32 in [0, 1], how much of each pixel of the person is mask.
      light: [n, 3] float32, linear light of the mask there.
      shadow: strength of the shadow that it throws on what is not covered.
    """
    rendering, size = shot.rendering, shot.live.shape[0]
    light = give_way(rendering.gain, covered, light)
    person = np.isfinite(rendering.z)
    alpha = rendering.surface.frame(covered.astype(np.float32), size)
    # The outline of the person is soft: its last bit lies beyond the pixels of the surface.
    spread = cv2.dilate(alpha, np.ones((3, 3), np.uint8))
    P = quantise(np.where(person, alpha, spread))[..., None]
    content = quantise(rendering.again(light)) * (P > 0)
    dark = shadow * cast_shadow(alpha, shot) * person * (1 - alpha)
    return Layers(quantise(shot.live * (1 - dark[..., None])) - shot.live, P, content)


def give_way(gain: float, covered: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Light [n, 3] of what covers [n] of the person, darkened where it is much brighter than a face.

    The frame is exposed for the live face, by ``gain``; a camera would have exposed for what is there.
    """
    level = gain * float((covered @ light).mean()) / max(float(covered.sum()), 1e-6)
    return light * min(1.0, _BRIGHTEST / max(level, 1e-6)) ** _GIVING_WAY


def cast_shadow(alpha: np.ndarray, shot: Shot) -> np.ndarray:
    """Where a thing [S, S] that stands off the face keeps the first light away, [S, S] in [0, 1]."""
    size = alpha.shape[0]
    unit = shot.scene.eye_distance * size
    direction = shot.scene.lights[0].direction
    shift = -_SHADOW_REACH * unit * direction[0], (_SHADOW_DROP - _SHADOW_REACH * direction[1]) * unit
    moved = cv2.warpAffine(alpha, np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32), (size, size))
    return cv2.GaussianBlur(moved, (0, 0), _SHADOW_BLUR * unit)


def on_face(surface: Surface) -> np.ndarray:
    """Which pixels [n] belong to the face, eyes and mouth included."""
    return np.isin(surface.material, FACE_MATERIALS)


def bare_neck(surface: Surface) -> np.ndarray:
    """Which pixels [n] are a neck without clothes: skin shines, cloth does not."""
    return (surface.material == heads.NECK) & (surface.gloss > _SKIN_GLOSS)


def rounded_edge(solid: np.ndarray, width: float) -> np.ndarray:
    """Height of a rounded edge, 0 to 1: a quarter circle over ``width``; ``solid`` is the distance from the edge."""
    return np.sqrt(np.clip(1 - np.square(np.clip(1 - solid / width, 0, 1)), 0, 1))


def without_hair(subject: Subject, **changes) -> Subject:
    """Somebody as a maker of masks paints them: bald, and with other changes."""
    return dataclasses.replace(subject, hair=subject.skin, hair_style="bald", hairline=-1.5, **changes)


def mottle(seed: int, canvas: Canvas, cells: Sequence[float], fall: float = 0.8) -> np.ndarray:
    """Noise [H, 2 H] of spread 1, its blobs in eye distances."""
    rng = np.random.default_rng(seed)
    return fractal_noise(rng, canvas.y.shape, [max(1.0, cell * canvas.unit) for cell in cells], fall)


def normalised(vectors: np.ndarray) -> np.ndarray:
    """Vectors [n, 3] of length 1, float32."""
    length = np.sqrt(np.einsum("nk,nk->n", vectors, vectors))[:, None]
    return (vectors / np.maximum(length, 1e-6)).astype(np.float32)


def painted_eyes(canvas: Canvas, albedo: np.ndarray, iris_colour: Sequence[float], strength: float) -> np.ndarray:
    """Paints open eyes on an albedo [H, 2 H, 3]; they have no life: a flat iris and a dot of white for the light."""
    white = to_linear(np.float32((0.90, 0.89, 0.87)))
    for ring in EYE_RINGS:
        outline = canvas.places[list(ring)]
        opening = canvas.inside(outline)
        middle = outline.mean(0)
        # Near the front an angle of 1 is a little longer than an eye distance.
        across, down = (canvas.angle - middle[0]) * 1.15, canvas.y - middle[1]
        radius = np.hypot(across, down)
        eye = np.broadcast_to(white, albedo.shape) * (0.75 + 0.25 * np.clip(down / 0.06, -1, 1))[..., None]
        iris = to_linear(np.float32(iris_colour)) * (0.45 + 0.75 * step((_IRIS - radius) / 0.03))[..., None]
        eye = eye + canvas.soft(_IRIS - radius, 0.02)[..., None] * (iris - eye)
        eye = eye * (1 - 0.96 * canvas.soft(_PUPIL - radius, 0.02))[..., None]
        dot = canvas.soft(0.018 - np.hypot(across - 0.03, down + 0.035), 0.015)[..., None]
        eye = eye + dot * (0.85 - eye)
        albedo = albedo + (canvas.soft(opening, 0.02) * strength)[..., None] * (eye - albedo)
        lash = np.exp(-((opening / 0.018) ** 2)) * np.where(down < 0, 0.9, 0.45) * strength
        albedo = albedo * (1 - lash[..., None])
    return albedo.astype(np.float32)


def closed_lips(canvas: Canvas, albedo: np.ndarray, lips: Sequence[float]) -> np.ndarray:
    """Closes the lips of the mean face, which stand a little open, on an albedo [H, 2 H, 3]; ``lips`` are sRGB."""
    paint = to_linear(np.float32(lips))
    gap = canvas.soft(canvas.inside(canvas.ring(INNER_LIPS, (0, 0.3))), 0.02)[..., None]
    albedo = albedo + gap * (0.75 * paint - albedo)
    upper, lower = (
        canvas.places[list((78,) + row + (308,))] for row in (topology.INNER_UPPER_LIP, topology.INNER_LOWER_LIP)
    )
    seam = np.exp(-((canvas.away((upper + lower) / 2) / 0.02) ** 2))[..., None]
    return (albedo + 0.9 * seam * (0.15 * paint - albedo)).astype(np.float32)
