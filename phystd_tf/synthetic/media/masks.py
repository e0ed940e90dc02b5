"""What all masks share: they sit on the head with a shape of their own and hide what is below.

A mask is painted on the atlas (see ``mask_canvas``). A stiff mask keeps the shape
of its mold: expressions of the face below change neither its picture nor its
normals. The covered pixels remain those of the person.
"""

import functools
from typing import NamedTuple

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import default_model
from phystd_tf.face.rasterize import Raster, rasterize
from phystd_tf.synthetic.composition import Layers, quantize
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.atlas_canvas import ASPECT, atlas_position
from phystd_tf.synthetic.person.surface import Surface, interpolate, sample, shade
from phystd_tf.synthetic.scene.scene import Scene
from phystd_tf.synthetic.shot import Shot

FACE_MATERIALS = (heads.FACE, heads.EYE, heads.MOUTH)
# Rows of the atlas per row of the frame. An eye distance then has about 1.7 times as many pixels on the atlas.
_ATLAS_SCALE = 1.2
# Standard deviation and limit of the coefficients of a mold, in standard deviations of the morphable model.
_MOLD_SPREAD, _MOLD_LIMIT = 0.8, 1.5
# A mask is darkened if its mean exposed light is above _MAX_LEVEL, by the excess to the power of the exponent.
_MAX_LEVEL, _DARKENING_EXPONENT = 0.5, 0.8
# Gloss that separates the skin of the neck (above) from cloth (below).
_SKIN_GLOSS = 0.1
# Rows of the atlas of the normals of a mold; the normals are smooth.
_MOLD_HEIGHT = 128
# The shadow of a mask: offset by the light, blur and downward offset, in eye distances.
_SHADOW_REACH, _SHADOW_BLUR, _SHADOW_DROP = 0.10, 0.05, 0.03


class Coat(NamedTuple):
    """The painted surface of a mask, on an atlas.

    Attributes:
      albedo: [H, 2 H, 3] float32, linear RGB.
      cover: [H, 2 H] float32, 1 where there is a mask.
      gloss: [H, 2 H] float32.
      relief: [H, 2 H] float32, height above the mold, eye distances.
    """

    albedo: np.ndarray
    cover: np.ndarray
    gloss: np.ndarray
    relief: np.ndarray


class Placement(NamedTuple):
    """The position of a mask on the pixels of a person.

    Attributes:
      place: [n, 2], (angle, y) on the atlas of the mask.
      normal: [n, 3] float32, unit normal of the mask in the frame.
    """

    place: np.ndarray
    normal: np.ndarray


def atlas_height(shot: Shot) -> int:
    """Number of rows of an atlas with sufficient resolution for the frame."""
    return int(round(_ATLAS_SCALE * shot.live.shape[0]))


@functools.lru_cache(maxsize=4)
def mold_normals(seed: int, stretch: float = 1.0) -> np.ndarray:
    """Normals of a random face without expression, on a coarse atlas and before the pose.

    Args:
      seed: seed of the face.
      stretch: factor on the depth of its features.

    Returns:
      [h, 2 h, 3] float32; 0 where there is no face.
    """
    model = default_model()
    rng = np.random.default_rng(seed)
    values = np.clip(_MOLD_SPREAD * rng.standard_normal(len(model.names)), -_MOLD_LIMIT, _MOLD_LIMIT)
    shape = model.shape_of(np.where(np.isin(model.names, heads.EXPRESSIONS), 0.0, values))
    normals = heads.vertex_normals(shape * (1, 1, stretch), model.triangles)
    raster = _mean_face_on_atlas()
    corners = model.triangles[raster.triangle_index.ravel()]
    found = interpolate(raster.barycentric.reshape(-1, 3), corners, normals)
    return found.astype(np.float32).reshape(_MOLD_HEIGHT, ASPECT * _MOLD_HEIGHT, 3)


@functools.lru_cache(maxsize=1)
def _mean_face_on_atlas() -> Raster:
    """The triangles of the mean face on the atlas of the normals."""
    model = default_model()
    flat = atlas_position(heads.on_cylinder(model.mean), _MOLD_HEIGHT)
    placed = np.concatenate([flat, np.zeros((len(flat), 1))], 1)
    return rasterize(placed, model.triangles, _MOLD_HEIGHT, ASPECT * _MOLD_HEIGHT)


def place_mask(shot: Shot, mold: np.ndarray, stiffness: float = 1.0) -> Placement:
    """Places a mask on the head.

    Args:
      shot: the live frame.
      mold: [h, 2 h, 3], normals of the mask, see ``mold_normals``.
      stiffness: 1 keeps the shape of the mold; 0 follows the shape and the expression of the face, like skin.
    """
    surface, head = shot.rendering.surface, shot.rendering.head
    face = slice(0, topology.NUM_POINTS)
    # At the outline of the face, the mask meets the head.
    share = np.zeros((len(head.points), 1), np.float32)
    share[face] = stiffness
    share[list(topology.FACE_OVAL)] = 0
    moved = np.zeros((len(head.points), 2), np.float32)
    moved[face] = stiffness * _moved_by_expression(head.points[face])
    place = surface.place + surface.interpolate(moved)
    normal = sample_atlas(mold, place) @ shot.scene.rotation.T.astype(np.float32)
    return Placement(place, normalized(surface.normal + surface.interpolate(share) * (normal - surface.normal)))


def _moved_by_expression(points: np.ndarray) -> np.ndarray:
    """The displacement [468, 2] on the atlas that the expression causes, for the vertices [468, 3] of a face."""
    model = default_model()
    inverse, expressions = _expression_solver()
    coefficients = inverse @ (points - model.mean).ravel()
    neutral = points - np.tensordot(coefficients, expressions, 1)
    return (heads.on_cylinder(points) - heads.on_cylinder(neutral)).astype(np.float32)


@functools.lru_cache(maxsize=1)
def _expression_solver() -> tuple[np.ndarray, np.ndarray]:
    """Least squares over all modes: the rows of the E expression modes [E, 1404], and these modes [E, 468, 3]."""
    model = default_model()
    modes = model.basis * model.stddev[:, None, None]
    chosen = np.isin(model.names, heads.EXPRESSIONS)
    return np.linalg.pinv(modes.reshape(len(modes), -1).T)[chosen], modes[chosen]


def emboss(placement: Placement, relief: np.ndarray, scene: Scene) -> np.ndarray:
    """Applies a relief to the normals of a mask.

    Args:
      placement: placement of the mask on n pixels.
      relief: [H, 2 H] float32, height, eye distances.
      scene: scene with the pose of the head.

    Returns:
      [n, 3] float32, unit normals in the frame.
    """
    height = relief.shape[0]
    unit = height / (heads.ATLAS_BOTTOM - heads.ATLAS_TOP)
    slopes = np.stack([cv2.Sobel(relief, cv2.CV_32F, *axis, scale=unit / 8) for axis in ((1, 0), (0, 1))], -1)
    slope = sample(slopes, atlas_position(placement.place, height).astype(np.float32))
    angle = placement.place[:, 0]
    across = np.stack([np.cos(angle), np.zeros_like(angle), -np.sin(angle)], 1)
    rotation = scene.rotation.astype(np.float32)
    tilt = slope[:, :1] * (across @ rotation.T) + slope[:, 1:] * rotation[:, 1]
    return normalized(placement.normal - tilt)


def sample_atlas(texture: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Samples an atlas [H, 2 H(, c)] at places [n, 2] of (angle, y); returns [n] or [n, c]."""
    found = sample(texture, atlas_position(place, texture.shape[0]).astype(np.float32))
    return found if texture.ndim == 3 else found[:, 0]


def select_pixels(surface: Surface, chosen: np.ndarray) -> Surface:
    """The surface restricted to some of its pixels: a Boolean mask [n], or indices."""
    arrays = {name: value for name, value in surface._asdict().items() if isinstance(value, np.ndarray)}
    return surface._replace(**{name: value[chosen] for name, value in arrays.items()})


def cover_on_face(surface: Surface, cover: np.ndarray, placement: Placement) -> np.ndarray:
    """Samples a cover [H, 2 H] at the pixels of the face; returns [n], 0 at all other pixels."""
    return np.where(on_face(surface), sample_atlas(cover, placement.place), 0)


def coat_layers(
    shot: Shot, coat: Coat, placement: Placement, covered: np.ndarray, scatter: float, shadow: float
) -> Layers:
    """The layers of a mask that is described by its coat.

    Args:
      shot: the live frame.
      coat: the painted mask.
      placement: placement of the mask.
      covered: [n] in [0, 1], covered share of each pixel of the person.
      scatter: subsurface scattering of the mask, see ``Surface``.
      shadow: strength of the shadow, see ``mask_layers``.
    """
    return mask_layers(shot, covered, light_of(shot, coat, placement, covered > 0, scatter), shadow)


def light_of(shot: Shot, coat: Coat, placement: Placement, chosen: np.ndarray, scatter: float) -> np.ndarray:
    """Linear light [n, 3] float32 from the coat at the chosen pixels (a Boolean mask [n]); 0 at all other pixels."""
    part = Placement(placement.place[chosen], placement.normal[chosen])
    surface = select_pixels(shot.rendering.surface, chosen)
    albedo = sample_atlas(coat.albedo, part.place)
    gloss = sample_atlas(coat.gloss, part.place)
    normal = emboss(part, coat.relief, shot.scene)
    light = np.zeros((len(chosen), 3), np.float32)
    light[chosen] = shade(
        surface._replace(albedo=albedo, gloss=gloss, normal=normal, hair=np.zeros_like(gloss), scatter=scatter),
        shot.scene,
    )
    return light


def mask_layers(shot: Shot, covered: np.ndarray, light: np.ndarray, shadow: float) -> Layers:
    """The layers of a mask: T_P is the mask in the light of the scene, T_A its shadow outside P.

    Args:
      shot: the live frame.
      covered: [n] in [0, 1], covered share of each pixel of the person.
      light: [n, 3] float32, linear light from the mask at these pixels.
      shadow: strength of the shadow on uncovered pixels, in [0, 1].
    """
    rendering, size = shot.rendering, shot.live.shape[0]
    light = limit_brightness(rendering.gain, covered, light)
    person = np.isfinite(rendering.z)
    alpha = rendering.surface.frame(covered.astype(np.float32), size)
    # The outline of the person is soft and extends slightly beyond the pixels of the surface.
    spread = cv2.dilate(alpha, np.ones((3, 3), np.uint8))
    P = quantize(np.where(person, alpha, spread))[..., None]
    content = quantize(rendering.relight(light)) * (P > 0)
    dark = shadow * cast_shadow(alpha, shot) * person * (1 - alpha)
    return Layers(quantize(shot.live * (1 - dark[..., None])) - shot.live, P, content)


def limit_brightness(gain: float, covered: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Darkens a mask that is much brighter than a face.

    The frame is exposed for the live face. A real camera would have exposed for the mask.

    Args:
      gain: exposure of the frame.
      covered: [n] in [0, 1], covered share of each pixel of the person.
      light: [n, 3], linear light from the mask.

    Returns:
      [n, 3].
    """
    level = gain * float((covered @ light).mean()) / max(float(covered.sum()), 1e-6)
    return light * min(1.0, _MAX_LEVEL / max(level, 1e-6)) ** _DARKENING_EXPONENT


def cast_shadow(alpha: np.ndarray, shot: Shot) -> np.ndarray:
    """The shadow of an object that stands off the face, in the first light.

    Args:
      alpha: [S, S] float32, the object.
      shot: the live frame.

    Returns:
      [S, S] float32 in [0, 1].
    """
    size = alpha.shape[0]
    unit = shot.scene.eye_distance * size
    direction = shot.scene.lights[0].direction
    shift = -_SHADOW_REACH * unit * direction[0], (_SHADOW_DROP - _SHADOW_REACH * direction[1]) * unit
    moved = cv2.warpAffine(alpha, np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32), (size, size))
    return cv2.GaussianBlur(moved, (0, 0), _SHADOW_BLUR * unit)


def on_face(surface: Surface) -> np.ndarray:
    """Which pixels [n] belong to the face, including eyes and mouth."""
    return np.isin(surface.material, FACE_MATERIALS)


def bare_neck(surface: Surface) -> np.ndarray:
    """Which pixels [n] belong to the bare neck; cloth is excluded because it has less gloss than skin."""
    return (surface.material == heads.NECK) & (surface.gloss > _SKIN_GLOSS)


def normalized(vectors: np.ndarray) -> np.ndarray:
    """Scales vectors [n, 3] to length 1, float32."""
    length = np.sqrt(np.einsum("nk,nk->n", vectors, vectors))[:, None]
    return (vectors / np.maximum(length, 1e-6)).astype(np.float32)
