"""Renders a subject in a scene.

The mesh of head, hair and shoulders is rasterized once. Then each pixel is shaded
from its normal, its position on the painted atlas and the lights, see
``surface``. The shadow of the first light is found by marching over the z-buffer.
"""

from typing import NamedTuple, Optional

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.face.rasterize import rasterize
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person import skin
from phystd_tf.synthetic.person.atlas_canvas import atlas_position
from phystd_tf.synthetic.person.subjects import Subject
from phystd_tf.synthetic.person.surface import Surface, interpolate, sample, shade
from phystd_tf.synthetic.person.worn import WornLayer, WornSheet, draw_worn, glasses_sheet
from phystd_tf.synthetic.scene.background import paint_background
from phystd_tf.synthetic.scene.scene import Scene, project
from phystd_tf.synthetic.scene.transfer import to_encoded, to_linear
from phystd_tf.synthetic.smoothstep import smoothstep

# Rows of the atlas per row of the frame. An eye distance then has about twice as many pixels on the atlas.
_ATLAS_SCALE = 1.5
_IRIS_RADIUS = 0.094
# Light above the knee is compressed. Full white would require infinite light, so decoding stops at _MAX_SOFTENED.
_KNEE, _MAX_SOFTENED = 0.6, 0.995


class Rendering(NamedTuple):
    """A frame before the camera.

    Attributes:
      image: [S, S, 3] float32, encoded RGB in [0, 1].
      vertices: [468, 2] float32, true positions of the face mesh, pixels.
      head: the geometry, before the pose.
      points: [V, 3] float32, the geometry in the frame, pixels (z toward the camera).
      z: [S, S] float32, z-buffer in pixels, -inf for the background.
      gain: exposure, factor from linear light to displayed light.
      surface: the pixels of the person, which can be shaded again with another skin.
      backdrop: [S, S, 3] float32, linear light of the background.
      worn: real glasses, or None.
    """

    image: np.ndarray
    vertices: np.ndarray
    head: heads.Head
    points: np.ndarray
    z: np.ndarray
    gain: float
    surface: Surface
    backdrop: np.ndarray
    worn: Optional[WornLayer]

    def relight(self, light: np.ndarray) -> np.ndarray:
        """The frame with other light from the person. Real glasses and exposure stay unchanged.

        Args:
          light: [n, 3] float32, linear light of the pixels of ``surface``.

        Returns:
          [S, S, 3] float32, encoded RGB in [0, 1].
        """
        size = self.z.shape[0]
        image = self.backdrop.reshape(-1, 3).copy()
        image[self.surface.pixels] = light
        image = _soften_outline(image.reshape(size, size, 3), np.isfinite(self.z))
        if self.worn is not None:
            image = image * (1 - self.worn.alpha[..., None]) + self.worn.light * self.worn.alpha[..., None]
        return self.encode(image)

    def encode(self, light: np.ndarray) -> np.ndarray:
        """Encodes linear light [..., 3] with the exposure of this frame; see ``encode``."""
        return encode(light, self.gain)


class Renderer:
    """Renders one subject at one size; keeps the painted atlas."""

    def __init__(self, subject: Subject, model: MorphableModel, size: int) -> None:
        self.subject, self.model, self.size = subject, model, size
        self._identity = heads.identity_coefficients(subject, model)
        self._atlas = skin.paint(subject, model, int(round(_ATLAS_SCALE * size)))
        self._glasses: Optional[WornSheet] = glasses_sheet(subject.glasses) if subject.glasses else None
        self._background: Optional[tuple[int, np.ndarray]] = None

    def render(self, scene: Scene) -> Rendering:
        """Renders a scene; the same subject and scene give the same image."""
        size, unit = self.size, scene.eye_distance * self.size
        coefficients = self._identity + heads.expression_coefficients(scene.expression, self.model)
        head = heads.build_head(self.subject, self.model, coefficients)
        turned = heads.pose_points(head, scene.rotation)
        normals = heads.vertex_normals(turned, head.triangles)
        points = project(turned, scene, size)
        visible = _facing(points, head)
        raster = rasterize(points, head.triangles[visible], size, size)
        covered = raster.triangle_index >= 0
        pixels = np.flatnonzero(covered)
        index = visible[raster.triangle_index.ravel()[pixels]]
        weights = raster.barycentric.reshape(-1, 3)[pixels].astype(np.float32)
        corners = head.triangles[index]
        normal, solid, place = (interpolate(weights, corners, values) for values in (normals, head.points, head.atlas))
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        material = head.material[index]
        albedo, gloss, hair = self._appearance(head, scene, solid, place, material)
        z = np.where(covered, raster.z, -np.inf).astype(np.float32)
        shadow = _shadow(z, scene.lights[0].direction, unit).ravel()[pixels]
        under_chin = np.where(material == heads.NECK, 0.45 + 0.55 * np.clip((solid[:, 1] - 1.55) / 0.8, 0, 1), 1.0)
        surface = Surface(
            pixels, corners, weights, material, solid, place, normal, albedo, gloss, hair, shadow,
            under_chin.astype(np.float32),
        )  # fmt: skip
        light = shade(surface, scene)
        gain = _exposure(light[material == heads.FACE])
        worn = None if self._glasses is None else draw_worn(self._glasses, head, scene, size, z)
        rendering = Rendering(
            np.empty(0), points[: topology.NUM_POINTS, :2].copy(), head, points, z, gain, surface,
            self._backdrop(scene), worn,
        )  # fmt: skip
        return rendering._replace(image=rendering.relight(light))

    def _backdrop(self, scene: Scene) -> np.ndarray:
        if self._background is None or self._background[0] != scene.background_seed:
            self._background = (scene.background_seed, paint_background(scene.background_seed, self.size))
        return self._background[1]

    def _appearance(
        self, head: heads.Head, scene: Scene, solid: np.ndarray, place: np.ndarray, material: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Albedo [n, 3], gloss [n] and hair [n] of the pixels.

        Args:
          head: the geometry, before the pose.
          scene: the scene.
          solid: [n, 3], positions on the head before the pose.
          place: [n, 2], atlas coordinates.
          material: [n] int.
        """
        place = atlas_position(place, self._atlas.albedo.shape[0]).astype(np.float32)
        albedo = sample(self._atlas.albedo, place)
        gloss, hair = sample(self._atlas.gloss, place).T.copy()
        plain = to_linear(self.subject.skin)

        ear = material == heads.EAR
        albedo[ear] = plain * (0.80, 0.62, 0.58)
        gloss[ear], hair[ear] = 0.2, 0
        neck = material == heads.NECK
        albedo[neck] = 0.5 * plain + 0.5 * albedo[neck] if self.subject.beard < 0.45 else plain
        gloss[neck], hair[neck] = 0.25, 0
        scalp = (material == heads.SCALP) & (solid[:, 1] > 0.6)
        hair[scalp] = 0
        cloth = (material == heads.CLOTH) | (
            neck & (solid[:, 1] > self.subject.neckline - 0.10 + 0.25 * np.abs(solid[:, 0]))
        )
        albedo[cloth] = self._cloth(solid[cloth])
        gloss[cloth], hair[cloth] = 0.04, 0
        locks = material == heads.LOCKS
        rows = np.stack([place[locks, 0] * 1.0, np.mod(place[locks, 1] * 0.25, 0.12 * self._atlas.albedo.shape[0])], 1)
        albedo[locks] = sample(self._atlas.albedo, rows.astype(np.float32)) if locks.any() else 0
        gloss[locks], hair[locks] = 0, 1
        eye = material == heads.EYE
        if eye.any():
            albedo[eye], gloss[eye] = self._eyes(head, scene, solid[eye])
            hair[eye] = 0
        mouth = material == heads.MOUTH
        if mouth.any():
            albedo[mouth] = self._mouth(head, solid[mouth])
            gloss[mouth], hair[mouth] = 0.1, 0
        return albedo, gloss, hair

    def _cloth(self, solid: np.ndarray) -> np.ndarray:
        first, second = (to_linear(c) for c in (self.subject.cloth, self.subject.cloth_second))
        x, y = solid[:, 0], solid[:, 1]
        share = np.zeros(len(solid), np.float32)
        if self.subject.pattern == "stripes":
            share = np.clip(0.5 + 3 * (np.sin(y * 34) - 0.4), 0, 1).astype(np.float32)
        elif self.subject.pattern == "checks":
            share = 0.35 * (np.sin(y * 22) > 0.4) + 0.35 * (np.sin(x * 22) > 0.4)
        folds = 1 + 0.05 * np.sin(3.0 * x + 2.0 * np.sin(1.7 * y)) + 0.03 * np.sin(9 * x * y)
        return (first + (second - first) * share[:, None]) * folds[:, None].astype(np.float32)

    def _eyes(self, head: heads.Head, scene: Scene, solid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        s = self.subject
        albedo = np.empty((len(solid), 3), np.float32)
        gloss = np.full(len(solid), 0.5, np.float32)
        iris = to_linear(s.iris)
        left_corners = head.points[list(topology.LEFT_EYE)].mean(0)
        right_corners = head.points[list(topology.RIGHT_EYE)].mean(0)
        for chosen, center, lids in (
            (solid[:, 0] < 0, left_corners, (159, 145)),
            (solid[:, 0] >= 0, right_corners, (386, 374)),
        ):
            d = solid[chosen, :2] - center[:2] - (scene.gaze[0], scene.gaze[1] - 0.012)
            radius = np.hypot(d[:, 0], d[:, 1]) / _IRIS_RADIUS
            spokes = 1 + 0.18 * np.sin(17 * np.arctan2(d[:, 1], d[:, 0]) + 5 * radius)
            lit = 0.75 + 0.55 * np.clip(d[:, 1] / _IRIS_RADIUS, -0.6, 1)  # Light enters from above and leaves below.
            color = iris * (spokes * lit)[:, None] * (1.15 - 0.55 * _step(radius, 0.82, 0.98))[:, None]
            color *= (1 - 0.97 * (1 - _step(radius, 0.32, 0.46)))[:, None]
            x = np.abs(solid[chosen, 0] - center[0]) / 0.22
            white = np.array((0.34, 0.31, 0.295), np.float32) * (1 - 0.45 * x**2)[:, None]
            white[:, 1:] *= (1 - 0.12 * x**3)[:, None]
            share = _step(radius, 0.92, 1.06)[:, None]
            color = color * (1 - share) + white * share
            # The upper lid shades the eyeball.
            top = head.points[lids[0], 1] + 0.05 * x**2
            color *= (0.42 + 0.58 * _step(solid[chosen, 1] - top, -0.01, 0.10))[:, None]
            # The reflection of the main light on the cornea.
            direction = np.array(scene.lights[0].direction)
            glint = d - np.clip(direction[:2], -0.6, 0.6) * 0.5 * _IRIS_RADIUS
            spark = np.exp(-((np.hypot(glint[:, 0], glint[:, 1]) / 0.020) ** 2)) * (direction[2] > 0)
            albedo[chosen] = color + 0.9 * spark[:, None]
        return albedo, gloss

    def _mouth(self, head: heads.Head, solid: np.ndarray) -> np.ndarray:
        # The teeth have a fixed height; below them, the mouth is dark.
        upper_lip = head.points[13, 1]
        teeth_end = upper_lip + 0.10
        x = solid[:, 0]
        gap = 1 - 0.35 * np.exp(-((np.mod(x + 0.5, 0.085) / 0.012) ** 2))
        teeth = np.array((0.62, 0.57, 0.48), np.float32) * (gap * np.clip(1 - (x / 0.42) ** 2, 0.15, 1))[:, None]
        dark = np.array((0.045, 0.012, 0.012), np.float32)
        share = _step(solid[:, 1], teeth_end - 0.012, teeth_end + 0.012)[:, None]
        shade = 0.45 + 0.55 * _step(solid[:, 1] - upper_lip, 0.0, 0.05)
        return (teeth * (1 - share) + dark * share) * shade[:, None]


def _facing(points: np.ndarray, head: heads.Head) -> np.ndarray:
    """Indices of potentially visible triangles: those facing the camera, and those of the two-sided curtain of hair."""
    corners = points[head.triangles][:, :, :2]
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    front = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] > 0
    return np.flatnonzero(front | (head.material == heads.LOCKS))


def _step(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return smoothstep((values - low) / (high - low)).astype(np.float32)


def _shift(image: np.ndarray, dx: int, dy: int) -> np.ndarray:
    """The image moved so that out[y, x] = image[y + dy, x + dx]; -inf outside."""
    out = np.full_like(image, -np.inf)
    h, w = image.shape
    ys, yd = (slice(max(dy, 0), min(h, h + dy)), slice(max(-dy, 0), min(h, h - dy)))
    xs, xd = (slice(max(dx, 0), min(w, w + dx)), slice(max(-dx, 0), min(w, w - dx)))
    out[yd, xd] = image[ys, xs]
    return out


def _shadow(z: np.ndarray, direction: tuple[float, float, float], unit: float) -> np.ndarray:
    """The blocked share of the first light, [S, S] in [0, 1], by steps over the z-buffer toward the light."""
    lateral = float(np.hypot(direction[0], direction[1]))
    blocked = np.zeros(z.shape, np.float32)
    if lateral < 0.05 or direction[2] <= 0.05:
        return blocked
    ground = np.where(np.isfinite(z), z, -1e6)
    for step in (0.08, 0.12, 0.17, 0.23, 0.30, 0.38, 0.5, 0.65, 0.85, 1.1):
        dx, dy = round(step * unit * direction[0] / lateral), round(step * unit * direction[1] / lateral)
        ray = ground + step * unit * direction[2] / lateral
        above = _shift(z, dx, dy) - ray
        # Distant occluders cast softer shadows.
        blocked = np.maximum(blocked, np.clip(above / ((0.03 + 0.12 * step) * unit) - 0.1, 0, 1))
    return cv2.GaussianBlur(blocked, (0, 0), max(0.6, 0.035 * unit))


def _soften_outline(image: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Antialiases the outline of the person."""
    share = cv2.GaussianBlur(covered.astype(np.float32), (0, 0), 0.8)
    edge = (4 * share * (1 - share))[..., None]
    return image + edge * (cv2.GaussianBlur(image, (0, 0), 0.9) - image)


def _exposure(face: np.ndarray) -> float:
    """Automatic exposure for the light [n, 3] of the face; partial, so that dark skin stays darker."""
    level = float(face.mean()) if len(face) else 0.2
    return 0.32 / 0.3 * (0.3 / max(level, 1e-3)) ** 0.6


def encode(light: np.ndarray, gain: float) -> np.ndarray:
    """Converts light to encoded RGB; a soft shoulder keeps highlights from hard clipping.

    Args:
      light: [..., 3], linear.
      gain: exposure.

    Returns:
      The same shape, float32 in [0, 1].
    """
    exposed = light * gain
    exposed = np.where(exposed > _KNEE, _KNEE + (1 - _KNEE) * np.tanh((exposed - _KNEE) / (1 - _KNEE)), exposed)
    return np.clip(to_encoded(exposed), 0, 1).astype(np.float32)


def decode(image: np.ndarray) -> np.ndarray:
    """The inverse of ``encode`` with a gain of 1.

    Args:
      image: [..., 3], encoded RGB in [0, 1]; full white is limited to the level 254.8.

    Returns:
      The same shape, float32, linear light.
    """
    exposed = to_linear(image)
    softened = np.clip((exposed - _KNEE) / (1 - _KNEE), 0, _MAX_SOFTENED)
    return np.where(exposed > _KNEE, _KNEE + (1 - _KNEE) * np.arctanh(softened), exposed).astype(np.float32)
