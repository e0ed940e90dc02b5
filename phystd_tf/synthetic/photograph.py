"""Frames made from a photograph of a live person, for the same media as rendered ones.

The face of the photograph is measured, not drawn: its mesh comes from the face
aligner, its pose and normals from the morphable model fitted to the mesh. How
it was lit is guessed: one light in front and a sky, by least squares of the
luminance of the skin on the normals. What the guess does not explain counts as
albedo, so that shading gives the photograph back exactly, and another skin is
lit about as the real one was.

Only the pixels of the face are a surface. Hair, ears, neck, hands and
spectacles are part of the backdrop; nothing moves but the frame, which
shifts and zooms a little.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import Fit, MorphableModel
from phystd_tf.face.rasterise import rasterise
from phystd_tf.synthetic.composition import quantise
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.renderer import Rendering, decode
from phystd_tf.synthetic.person.surface import Surface, interpolate, shade
from phystd_tf.synthetic.scene.scene import Light, Scene
from phystd_tf.synthetic.shot import Shot

# A photograph is kept with this many pixels per pixel of a frame, and this far around the eyes, in eye distances.
_FINENESS, _REACH = 1.4, 5.0
# The nominal eye distance of a frame in its widths, see ``scene.random_scene``; in a narrow photograph it may grow
# to the second number before what is beyond the photograph is mirrored.
_EYE_DISTANCE, _LARGEST_EYE_DISTANCE = 0.168, 0.26
# Nothing is known of the camera; from far away its perspective plays no part.
_DISTANCE = 60.0
# Where the light comes from if the skin does not say, and how much that counts against what it says.
_USUAL_LIGHT, _USUAL_TRUST = np.array([0.0, -0.35, 0.94]), 0.15
_LEAST_FRONTAL = 0.4  # z of the light's direction
# Shares of the mean shading of a face that light and sky have at least; ground relative to sky.
_LEAST_SHARE, _GROUND = 0.2, 0.4
# Mean albedo of a face whose mean light in the photograph is the second number. A camera exposes dark skin longer,
# so albedo varies less than light; the exponent is that of the renderer's exposure.
_ALBEDO, _ALBEDO_LIGHT, _ALBEDO_EXPONENT = 0.35, 0.32, 0.6
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
# Width over which another skin fades out at the edge of the face, in eye distances.
_FEATHER = 0.03


class Photograph(NamedTuple):
    """A live person, ready for frames of one size.

    Attributes:
      image: [H, W, 3] uint8 RGB, the surroundings of the face, about as fine as the frames.
      points: [468, 3] float32, its mesh: (x, y) in pixels of ``image``, z in pixels towards the camera.
    """

    image: np.ndarray
    points: np.ndarray


def prepare(image: np.ndarray, points: np.ndarray, size: int, model: MorphableModel) -> Photograph:
    """Cuts the surroundings of a face out of a photograph and brings them to the resolution of frames.

    Args:
      image: [H, W, 3] uint8 RGB.
      points: [468, 3] mesh of the face, as in ``face.alignment.Alignment``.
      size: of the frames, pixels.
      model: the morphable model.
    """
    unit = model.fit_dense(points).scale
    middle = points[list(topology.LEFT_EYE + topology.RIGHT_EYE), :2].mean(0)
    low = np.maximum(np.floor(middle - _REACH * unit), 0).astype(int)
    high = np.minimum(np.ceil(middle + _REACH * unit).astype(int) + 1, (image.shape[1], image.shape[0]))
    part = image[low[1] : high[1], low[0] : high[0]]
    moved = np.array(points, np.float64)
    moved[:, :2] -= low
    scale = _FINENESS * _EYE_DISTANCE * size / unit
    if scale < 1:
        width, height = (max(1, round(length * scale)) for length in (part.shape[1], part.shape[0]))
        factors = np.array([width / part.shape[1], height / part.shape[0]])
        part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
        moved[:, :2] = (moved[:, :2] + 0.5) * factors - 0.5
        moved[:, 2] *= factors[0]
    return Photograph(np.ascontiguousarray(part), moved.astype(np.float32))


class PhotographRendering(Rendering):
    """A frame that was photographed; another skin ends softly within the outline of the face."""

    def again(self, light: np.ndarray) -> np.ndarray:
        """See ``Rendering``. What the person really wears belongs to the backdrop and stays."""
        size = self.z.shape[0]
        covered = np.isfinite(self.z).astype(np.float32)
        eyes = self.points[list(topology.LEFT_EYE + topology.RIGHT_EYE)]
        unit = np.linalg.norm(eyes[2:].mean(0) - eyes[:2].mean(0))
        share = cv2.GaussianBlur(covered, (0, 0), max(0.8, _FEATHER * float(unit)))
        share = np.clip(2 * share - 1, 0, 1).ravel()[self.surface.pixels][:, None]
        image = self.backdrop.reshape(-1, 3).copy()
        image[self.surface.pixels] += share * (light - image[self.surface.pixels])
        return self.encode(image.reshape(size, size, 3))


class PhotographStudio:
    """Makes shots of one person from photographs.

    The scene that is asked for decides where the face is in the frame and how
    large; pose and light are those of the photograph.
    """

    def __init__(self, photographs: Sequence[Photograph], model: MorphableModel, size: int) -> None:
        self._photographs, self._model, self._size = photographs, model, size
        self._fits = [model.fit_dense(photograph.points) for photograph in photographs]

    def shoot(self, scene: Scene, number: int) -> Shot:
        """A shot.

        Args:
          scene: its centre, eye distance and background are used, and all else is replaced.
          number: of the photograph, counted around.
        """
        number %= len(self._photographs)
        photograph, fit = self._photographs[number], self._fits[number]
        scale, shift = _framing(photograph, fit, scene, self._size)
        live = quantise(_cut(photograph.image, scale, shift, self._size))
        placed = fit.shape.copy()
        placed[:, :2] = photograph.points[:, :2]
        placed[:, 2] -= fit.translation[2]
        points = placed * scale
        points[:, :2] += shift
        points = points.astype(np.float32)
        posed = dataclasses.replace(
            scene,
            **_angles(fit.rotation),
            centre=tuple(float(value) for value in (fit.translation[:2] * scale + shift + 0.5) / self._size),
            eye_distance=float(fit.scale * scale / self._size),
            distance=_DISTANCE,
            expression={},
            gaze=(0.0, 0.0),
        )
        return _measure(live, points, fit, posed, self._model)


def _framing(photograph: Photograph, fit: Fit, scene: Scene, size: int) -> tuple[float, np.ndarray]:
    """Scale and shift (x, y): frame = scale * photograph + shift. Within the photograph if that is large enough."""
    extent = np.array(photograph.image.shape[1::-1], np.float64)
    fitting = fit.scale / extent.min()
    wobble = scene.eye_distance / _EYE_DISTANCE
    eye_distance = max(scene.eye_distance, min(fitting * max(wobble, 1), _LARGEST_EYE_DISTANCE * wobble))
    scale = eye_distance * size / fit.scale
    shift = np.array(scene.centre) * size - 0.5 - scale * fit.translation[:2]
    # Edges of the photograph: pixels are squares around whole numbers.
    first, last = 0.5 * scale - 0.5, size - 0.5 + 0.5 * scale - scale * extent
    inside = np.clip(shift, np.minimum(first, last), np.maximum(first, last))
    return float(scale), np.where(last <= first, inside, shift)


def _cut(image: np.ndarray, scale: float, shift: np.ndarray, size: int) -> np.ndarray:
    """The frame [size, size, 3] float32 in [0, 1]; mirrored beyond the photograph."""
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    flags = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    frame = cv2.warpAffine(
        image.astype(np.float32) / 255, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    return np.clip(frame, 0, 1)


def _angles(rotation: np.ndarray) -> dict:
    """Yaw, pitch and roll in degrees that make ``Scene.rotation`` this rotation [3, 3]."""
    yaw = np.arctan2(-rotation[2, 0], rotation[2, 2])
    pitch = np.arcsin(np.clip(-rotation[2, 1], -1, 1))
    roll = np.arctan2(-rotation[0, 1], rotation[1, 1])
    return {name: float(np.degrees(value)) for name, value in (("yaw", yaw), ("pitch", pitch), ("roll", roll))}


def _measure(live: np.ndarray, points: np.ndarray, fit: Fit, scene: Scene, model: MorphableModel) -> Shot:
    """Geometry and light of a frame, from its mesh in pixels [468, 3]."""
    size = live.shape[0]
    backdrop = decode(live)
    solid = model.shape_of(fit.coefficients).astype(np.float32)
    triangles = model.triangles
    material = model.parts.astype(np.int64)
    atlas = heads.on_cylinder(model.mean).astype(np.float32)
    head = heads.Head(solid, triangles, material, atlas, np.ones(len(solid), np.float32))
    normals = heads.vertex_normals(heads.pose_points(head, fit.rotation), triangles)
    raster = rasterise(points, triangles, size, size)
    index = raster.triangle_index.ravel()
    pixels = np.flatnonzero(index >= 0)
    weights, corners = raster.barycentric.reshape(-1, 3)[pixels].astype(np.float32), triangles[index[pixels]]
    normal = interpolate(weights, corners, normals)
    # The face is a sheet without a head: where it turns its back, it is not seen.
    seen = normal[:, 2] > 0
    pixels, weights, corners, normal = pixels[seen], weights[seen], corners[seen], normal[seen]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    nothing = np.zeros(len(pixels), np.float32)
    surface = Surface(
        pixels, corners, weights, material[index[pixels]], interpolate(weights, corners, solid),
        interpolate(weights, corners, atlas), normal, np.ones((len(pixels), 3), np.float32), nothing, nothing,
        nothing, nothing + 1,
    )  # fmt: skip
    light = backdrop.reshape(-1, 3)[pixels]
    scene = _lit(surface, light, scene)
    surface = surface._replace(albedo=light / shade(surface, scene))
    z = np.full(size * size, -np.inf, np.float32)
    z[pixels] = raster.z.ravel()[pixels]
    rendering = PhotographRendering(
        live, points[:, :2].copy(), head, points, z.reshape(size, size), 1.0, surface, backdrop, None
    )
    return Shot(live, rendering, scene)


def _lit(surface: Surface, light: np.ndarray, scene: Scene) -> Scene:
    """The scene with the light that explains best what the skin sends to the camera.

    Args:
      surface: with an albedo of 1.
      light: [n, 3] linear light of its pixels.
      scene: without light.
    """
    skin = surface.material == heads.FACE
    brightness = light @ _LUMINANCE
    low, high = np.percentile(brightness[skin], (10, 95))
    # Neither brows, nostrils and hair, nor highlights.
    chosen = skin & (brightness >= low) & (brightness <= high)
    rows = np.concatenate([np.ones((chosen.sum(), 1)), surface.normal[chosen]], 1)
    slope = np.linalg.lstsq(rows, brightness[chosen], rcond=None)[0][1:]
    mean = float(brightness[chosen].mean())
    direction = slope / max(mean, 1e-3) + _USUAL_TRUST * _USUAL_LIGHT
    direction /= max(np.linalg.norm(direction), 1e-6)
    direction[2] = max(direction[2], _LEAST_FRONTAL)
    direction /= np.linalg.norm(direction)
    toward = tuple(float(value) for value in direction)

    def under(key: float, sky: float) -> Scene:
        return dataclasses.replace(
            scene, lights=(Light(toward, (key,) * 3),), sky=(sky,) * 3, ground=(_GROUND * sky,) * 3
        )

    parts = np.stack([shade(surface, under(*only))[chosen] @ _LUMINANCE for only in ((1.0, 0.0), (0.0, 1.0))], 1)
    strengths = np.linalg.lstsq(parts, brightness[chosen], rcond=None)[0]
    # Shares of the mean; shares, so that neither is negative or explains everything.
    share = float(np.clip(strengths[0] * parts[:, 0].mean() / max(mean, 1e-6), _LEAST_SHARE, 1 - _LEAST_SHARE))
    albedo = _ALBEDO * (max(mean, 1e-3) / _ALBEDO_LIGHT) ** _ALBEDO_EXPONENT
    shading = mean / albedo
    key, sky = (shading * part / max(float(lit), 1e-3) for part, lit in zip((share, 1 - share), parts.mean(0)))
    return under(key, sky)
