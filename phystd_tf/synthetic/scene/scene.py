"""The scene in front of the camera, except the appearance of the subject: pose, expression, lights, background."""

import dataclasses

import numpy as np

from phystd_tf.synthetic.color import Color, as_color

MAX_YAW, MAX_PITCH, MAX_ROLL = 40.0, 18.0, 12.0  # degrees

Vector = tuple[float, float, float]  # (x, y, z)


@dataclasses.dataclass(frozen=True)
class Light:
    """A distant light.

    Attributes:
      direction: unit vector toward the light (x right, y down, z toward the camera).
      color: linear RGB including brightness.
    """

    direction: Vector
    color: Color


@dataclasses.dataclass(frozen=True)
class Scene:
    """The scene of one frame.

    Attributes:
      yaw, pitch, roll: rotation of the head, degrees.
      center: (x, y) of the point between the eyes, in frame widths.
      eye_distance: eye distance of a frontal face, in frame widths.
      distance: distance of the camera, in eye distances; determines the perspective.
      expression: mode name -> weight of an expression mode of the morphable model.
      gaze: (x, y) shift of the irises, in eye distances.
      lights: one to three; only the first casts shadows.
      sky, ground: linear RGB of the ambient light from above and from below.
      background_seed: seed of the background.
    """

    yaw: float
    pitch: float
    roll: float
    center: tuple[float, float]
    eye_distance: float
    distance: float
    expression: dict[str, float]
    gaze: tuple[float, float]
    lights: tuple[Light, ...]
    sky: Color
    ground: Color
    background_seed: int

    @property
    def rotation(self) -> np.ndarray:
        """Rotation matrix [3, 3] of the head: yaw is applied first, then pitch, then roll."""
        yaw, pitch, roll = np.radians([self.yaw, self.pitch, self.roll])
        c, s = np.cos(yaw), np.sin(yaw)
        about_y = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        c, s = np.cos(pitch), np.sin(pitch)
        about_x = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
        c, s = np.cos(roll), np.sin(roll)
        about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        return about_z @ about_x @ about_y


def project(points: np.ndarray, scene: Scene, size: int) -> np.ndarray:
    """Projects points into the frame, with perspective.

    Args:
      points: [V, 3] in eye distances, origin between the eyes.
      scene: the scene.
      size: side of the frame, pixels.

    Returns:
      [V, 3] float32: (x, y) and z in pixels.
    """
    unit = scene.eye_distance * size
    factor = unit * scene.distance / (scene.distance - points[:, 2:])
    flat = points[:, :2] * factor + np.array(scene.center, np.float32) * size - 0.5
    return np.concatenate([flat, points[:, 2:] * unit], 1).astype(np.float32)


def random_scene(rng: np.random.Generator) -> Scene:
    """A scene with random pose, expression, lights and background; the face takes up about half of the frame."""
    return Scene(
        yaw=_bounded(rng, 15, MAX_YAW),
        pitch=_bounded(rng, 7, MAX_PITCH),
        roll=_bounded(rng, 5, MAX_ROLL),
        center=(0.5 + _bounded(rng, 0.025, 0.05), 0.43 + _bounded(rng, 0.02, 0.04)),
        eye_distance=float(rng.uniform(0.150, 0.186)),
        distance=float(rng.uniform(9, 22)),
        expression=_expression(rng),
        gaze=(float(rng.normal(0, 0.02)), float(rng.normal(0, 0.008))),
        lights=_lights(rng),
        sky=_tint(rng, rng.uniform(0.14, 0.42), 0.10),
        ground=_tint(rng, rng.uniform(0.06, 0.18), 0.12),
        background_seed=int(rng.integers(2**31)),
    )


def move(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene of the next frame: the head drifts and the eyes occasionally blink."""
    expression = {name: weight + float(rng.normal(0, 0.12)) for name, weight in scene.expression.items()}
    if rng.uniform() < 0.08:
        expression["eyes_close"] = float(rng.uniform(1.2, 2.4))
    return dataclasses.replace(
        scene,
        yaw=float(np.clip(scene.yaw + rng.normal(0, 1.6), -MAX_YAW, MAX_YAW)),
        pitch=float(np.clip(scene.pitch + rng.normal(0, 1.0), -MAX_PITCH, MAX_PITCH)),
        roll=float(np.clip(scene.roll + rng.normal(0, 0.7), -MAX_ROLL, MAX_ROLL)),
        center=(scene.center[0] + float(rng.normal(0, 0.006)), scene.center[1] + float(rng.normal(0, 0.005))),
        eye_distance=scene.eye_distance * float(1 + rng.normal(0, 0.008)),
        gaze=(scene.gaze[0] + float(rng.normal(0, 0.008)), scene.gaze[1] + float(rng.normal(0, 0.004))),
        expression=expression,
    )


def _bounded(rng: np.random.Generator, spread: float, limit: float) -> float:
    return float(np.clip(rng.normal(0, spread), -limit, limit))


def _expression(rng: np.random.Generator) -> dict[str, float]:
    smile = max(0.0, rng.normal(0.3, 0.8))
    opened = rng.uniform() < 0.3
    return {
        "smile": float(min(smile, 1.9)),
        "jaw_open": float(rng.uniform(0.2, 1.4)) if opened else 0.0,
        "lips_part": float(rng.uniform(0.2, 1.2)) if opened or smile > 1.2 else 0.0,
        "smirk": float(rng.normal(0, 0.5)),
        "pucker": float(rng.normal(0, 0.4)),
        "brows_up": float(rng.normal(-0.2, 0.5)),
        "frown": float(rng.normal(0, 0.5)),
        "eyes_close": float(np.clip(rng.normal(0.35, 0.35), -0.5, 1.1)),
    }


def _tint(rng: np.random.Generator, strength: float, spread: float) -> Color:
    """Light of random color temperature."""
    warm = rng.normal(0, spread)
    return as_color(strength * value for value in (1 + warm, 1.0, 1 - 1.3 * warm))


def _lights(rng: np.random.Generator) -> tuple[Light, ...]:
    count = int(rng.choice((1, 2, 3), p=(0.35, 0.4, 0.25)))
    side = rng.choice((-1, 1))
    lights = []
    for index in range(count):
        # A key light from the front, a fill light from the other side, and a rim light from behind.
        azimuth = np.radians(
            (side * rng.uniform(5, 65), -side * rng.uniform(20, 80), side * rng.uniform(100, 140))[index]
        )
        elevation = np.radians((rng.uniform(8, 55), rng.uniform(-5, 40), rng.uniform(10, 45))[index])
        strength = (rng.uniform(0.8, 1.5), rng.uniform(0.15, 0.6), rng.uniform(0.3, 0.9))[index]
        direction = (
            float(np.sin(azimuth) * np.cos(elevation)),
            float(-np.sin(elevation)),
            float(np.cos(azimuth) * np.cos(elevation)),
        )
        lights.append(Light(direction, _tint(rng, strength, 0.12)))
    return tuple(lights)
