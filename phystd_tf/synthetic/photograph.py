"""Frames made from a photograph of a live person, for the same media as rendered frames.

The geometry of the face is measured: its mesh comes from the face aligner, its
pose and normals from the morphable model fitted to the mesh. The lighting is
estimated: one frontal light and a sky, by least squares of the luminance of the
skin on the normals. Whatever the estimate does not explain counts as albedo.
Shading therefore reproduces the photograph exactly, and a changed skin is lit
approximately like the real one.

Only the pixels of the face are a surface. Hair, ears, neck, hands and glasses
belong to the backdrop. Nothing moves except the framing, which shifts and zooms
slightly.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import Fit, MorphableModel
from phystd_tf.face.rasterize import rasterize
from phystd_tf.synthetic.color import LUMINANCE
from phystd_tf.synthetic.composition import quantize
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.renderer import Rendering, decode
from phystd_tf.synthetic.person.surface import Surface, interpolate, shade
from phystd_tf.synthetic.scene.scene import Light, Scene
from phystd_tf.synthetic.shot import Shot

# Pixels of the stored photograph per pixel of a frame, and half its side around the eyes in eye distances.
_OVERSAMPLING, _CROP_REACH = 1.4, 5.0
# Nominal eye distance in frame widths, see ``scene.random_scene``. In a narrow photograph the face may be enlarged
# to the second value before the photograph is mirrored at its borders.
_EYE_DISTANCE, _MAX_EYE_DISTANCE = 0.168, 0.26
# The camera is not known; from this distance (in eye distances) perspective is negligible.
_DISTANCE = 60.0
# Prior direction of the light, and its weight relative to the direction measured on the skin.
_PRIOR_DIRECTION, _PRIOR_WEIGHT = np.array([0.0, -0.35, 0.94]), 0.15
_MIN_FRONTAL = 0.4  # smallest z of the light direction
# Smallest share of light and of sky in the mean shading of the face; brightness of the ground relative to the sky.
_MIN_SHARE, _GROUND = 0.2, 0.4
# Mean albedo of a face whose mean light in the photograph is _ALBEDO_LIGHT. Cameras expose dark skin longer, so the
# albedo varies less than the light; the exponent is that of the exposure in the renderer.
_ALBEDO, _ALBEDO_LIGHT, _ALBEDO_EXPONENT = 0.35, 0.32, 0.6
# Width over which a changed skin fades out at the edge of the face, in eye distances.
_FEATHER = 0.03


class Photograph(NamedTuple):
    """A photograph of a live person, prepared for frames of one size.

    Attributes:
      image: [H, W, 3] uint8 RGB, the face and its surroundings, with about the resolution of the frames.
      points: [468, 3] float32, face mesh: (x, y) in pixels of ``image``, z in pixels toward the camera.
    """

    image: np.ndarray
    points: np.ndarray


def prepare(image: np.ndarray, points: np.ndarray, size: int, model: MorphableModel) -> Photograph:
    """Crops a photograph around the face and reduces it to the resolution of the frames.

    Args:
      image: [H, W, 3] uint8 RGB.
      points: [468, 3] mesh of the face, as in ``face.alignment.Alignment``.
      size: side of the frames, pixels.
      model: the morphable model.
    """
    unit = model.fit_dense(points).scale
    middle = points[list(topology.LEFT_EYE + topology.RIGHT_EYE), :2].mean(0)
    low = np.maximum(np.floor(middle - _CROP_REACH * unit), 0).astype(int)
    high = np.minimum(np.ceil(middle + _CROP_REACH * unit).astype(int) + 1, (image.shape[1], image.shape[0]))
    part = image[low[1] : high[1], low[0] : high[0]]
    moved = np.array(points, np.float64)
    moved[:, :2] -= low
    scale = _OVERSAMPLING * _EYE_DISTANCE * size / unit
    if scale < 1:
        width, height = (max(1, round(length * scale)) for length in (part.shape[1], part.shape[0]))
        factors = np.array([width / part.shape[1], height / part.shape[0]])
        part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
        moved[:, :2] = (moved[:, :2] + 0.5) * factors - 0.5
        moved[:, 2] *= factors[0]
    return Photograph(np.ascontiguousarray(part), moved.astype(np.float32))


class PhotographRendering(Rendering):
    """The rendering of a photographed frame; a changed skin fades out within the outline of the face."""

    def relight(self, light: np.ndarray) -> np.ndarray:
        """See ``Rendering``. Real glasses belong to the backdrop and stay as they are."""
        size = self.z.shape[0]
        covered = np.isfinite(self.z).astype(np.float32)
        eyes = self.points[list(topology.LEFT_EYE + topology.RIGHT_EYE)]
        unit = np.linalg.norm(eyes[2:].mean(0) - eyes[:2].mean(0))
        share = cv2.GaussianBlur(covered, (0, 0), max(0.8, _FEATHER * float(unit)))
        share = np.clip(2 * share - 1, 0, 1).ravel()[self.surface.pixels][:, None]
        image = self.backdrop.reshape(-1, 3).copy()
        image[self.surface.pixels] += share * (light - image[self.surface.pixels])
        return self.encode(image.reshape(size, size, 3))


class PhotographRenderer:
    """Makes shots of one person from photographs.

    The requested scene determines the position and size of the face in the frame.
    Pose and lighting are those of the photograph.
    """

    def __init__(self, photographs: Sequence[Photograph], model: MorphableModel, size: int) -> None:
        self._photographs, self._model, self._size = photographs, model, size
        self._fits = [model.fit_dense(photograph.points) for photograph in photographs]

    def shoot(self, scene: Scene, number: int) -> Shot:
        """Makes a shot.

        Args:
          scene: only its center, eye distance and background are used; everything else is replaced.
          number: number of the photograph, modulo the number of photographs.
        """
        number %= len(self._photographs)
        photograph, fit = self._photographs[number], self._fits[number]
        scale, shift = _framing(photograph, fit, scene, self._size)
        live = quantize(_crop(photograph.image, scale, shift, self._size))
        placed = fit.shape.copy()
        placed[:, :2] = photograph.points[:, :2]
        placed[:, 2] -= fit.translation[2]
        points = placed * scale
        points[:, :2] += shift
        points = points.astype(np.float32)
        center_x, center_y = (fit.translation[:2] * scale + shift + 0.5) / self._size
        yaw, pitch, roll = _angles(fit.rotation)
        posed = dataclasses.replace(
            scene,
            yaw=yaw,
            pitch=pitch,
            roll=roll,
            center=(float(center_x), float(center_y)),
            eye_distance=float(fit.scale * scale / self._size),
            distance=_DISTANCE,
            expression={},
            gaze=(0.0, 0.0),
        )
        return _make_shot(live, points, fit, posed, self._model)


def _framing(photograph: Photograph, fit: Fit, scene: Scene, size: int) -> tuple[float, np.ndarray]:
    """Scale and shift (x, y) with frame = scale * photograph + shift.

    The frame lies within the photograph if the photograph is large enough.
    """
    extent = np.array(photograph.image.shape[1::-1], np.float64)
    fitting = fit.scale / extent.min()
    wobble = scene.eye_distance / _EYE_DISTANCE
    eye_distance = max(scene.eye_distance, min(fitting * max(wobble, 1), _MAX_EYE_DISTANCE * wobble))
    scale = eye_distance * size / fit.scale
    shift = np.array(scene.center) * size - 0.5 - scale * fit.translation[:2]
    # Shifts that align the borders of photograph and frame; pixels are squares centered on integers.
    first, last = 0.5 * scale - 0.5, size - 0.5 + 0.5 * scale - scale * extent
    inside = np.clip(shift, np.minimum(first, last), np.maximum(first, last))
    return float(scale), np.where(last <= first, inside, shift)


def _crop(image: np.ndarray, scale: float, shift: np.ndarray, size: int) -> np.ndarray:
    """The frame [size, size, 3] float32 in [0, 1]; the photograph is mirrored at its borders."""
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    flags = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    frame = cv2.warpAffine(
        image.astype(np.float32) / 255, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    return np.clip(frame, 0, 1)


def _angles(rotation: np.ndarray) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees for which ``Scene.rotation`` is this rotation [3, 3]."""
    yaw = np.arctan2(-rotation[2, 0], rotation[2, 2])
    pitch = np.arcsin(np.clip(-rotation[2, 1], -1, 1))
    roll = np.arctan2(-rotation[0, 1], rotation[1, 1])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


def _make_shot(live: np.ndarray, points: np.ndarray, fit: Fit, scene: Scene, model: MorphableModel) -> Shot:
    """Recovers the geometry and lighting of a frame.

    Args:
      live: [S, S, 3] float32, the frame.
      points: [468, 3] float32, face mesh in pixels of the frame.
      fit: fit of the morphable model to the photograph.
      scene: scene with the pose of the photograph.
      model: the morphable model.
    """
    size = live.shape[0]
    backdrop = decode(live)
    solid = model.shape_of(fit.coefficients).astype(np.float32)
    triangles = model.triangles
    material = model.parts.astype(np.int64)
    atlas = heads.on_cylinder(model.mean).astype(np.float32)
    head = heads.Head(solid, triangles, material, atlas, np.ones(len(solid), np.float32))
    normals = heads.vertex_normals(heads.pose_points(head, fit.rotation), triangles)
    raster = rasterize(points, triangles, size, size)
    index = raster.triangle_index.ravel()
    pixels = np.flatnonzero(index >= 0)
    weights, corners = raster.barycentric.reshape(-1, 3)[pixels].astype(np.float32), triangles[index[pixels]]
    normal = interpolate(weights, corners, normals)
    # The face is an open sheet without a head behind it; its back is not visible.
    visible = normal[:, 2] > 0
    pixels, weights, corners, normal = pixels[visible], weights[visible], corners[visible], normal[visible]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    zeros = np.zeros(len(pixels), np.float32)
    surface = Surface(
        pixels, corners, weights, material[index[pixels]], interpolate(weights, corners, solid),
        interpolate(weights, corners, atlas), normal, np.ones((len(pixels), 3), np.float32), zeros, zeros, zeros,
        zeros + 1,
    )  # fmt: skip
    light = backdrop.reshape(-1, 3)[pixels]
    scene = _estimate_light(surface, light, scene)
    surface = surface._replace(albedo=light / shade(surface, scene))
    z = np.full(size * size, -np.inf, np.float32)
    z[pixels] = raster.z.ravel()[pixels]
    rendering = PhotographRendering(
        live, points[:, :2].copy(), head, points, z.reshape(size, size), 1.0, surface, backdrop, None
    )
    return Shot(live, rendering, scene)


def _estimate_light(surface: Surface, light: np.ndarray, scene: Scene) -> Scene:
    """The scene with the lights that best explain the light reflected by the skin.

    Args:
      surface: surface with an albedo of 1.
      light: [n, 3] linear light of its pixels.
      scene: scene whose lights are replaced.
    """
    skin = surface.material == heads.FACE
    brightness = light @ LUMINANCE
    low, high = np.percentile(brightness[skin], (10, 95))
    # Excludes brows, nostrils and hair, and highlights.
    chosen = skin & (brightness >= low) & (brightness <= high)
    rows = np.concatenate([np.ones((chosen.sum(), 1)), surface.normal[chosen]], 1)
    slope = np.linalg.lstsq(rows, brightness[chosen], rcond=None)[0][1:]
    mean = float(brightness[chosen].mean())
    direction = slope / max(mean, 1e-3) + _PRIOR_WEIGHT * _PRIOR_DIRECTION
    direction /= max(np.linalg.norm(direction), 1e-6)
    direction[2] = max(direction[2], _MIN_FRONTAL)
    direction /= np.linalg.norm(direction)
    x, y, z = (float(value) for value in direction)

    def with_light(key: float, sky: float) -> Scene:
        ground = _GROUND * sky
        return dataclasses.replace(
            scene,
            lights=(Light((x, y, z), (key, key, key)),),
            sky=(sky, sky, sky),
            ground=(ground, ground, ground),
        )

    parts = np.stack([shade(surface, with_light(*only))[chosen] @ LUMINANCE for only in ((1.0, 0.0), (0.0, 1.0))], 1)
    strengths = np.linalg.lstsq(parts, brightness[chosen], rcond=None)[0]
    # The share of the light in the mean is limited, so that neither light nor sky is negative or explains everything.
    share = float(np.clip(strengths[0] * parts[:, 0].mean() / max(mean, 1e-6), _MIN_SHARE, 1 - _MIN_SHARE))
    albedo = _ALBEDO * (max(mean, 1e-3) / _ALBEDO_LIGHT) ** _ALBEDO_EXPONENT
    shading = mean / albedo
    key, sky = (shading * part / max(float(lit), 1e-3) for part, lit in zip((share, 1 - share), parts.mean(0)))
    return with_light(key, sky)
