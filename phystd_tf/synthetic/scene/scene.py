"""What is before the camera apart from the person: pose, expression, light, and where the background comes from."""

import dataclasses

import numpy as np

MAX_YAW, MAX_PITCH, MAX_ROLL = 40.0, 18.0, 12.0  # degrees

Vector = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Light:
    """A distant light.

    Attributes:
      direction: unit vector towards it (x right, y down, z towards the camera).
      colour: linear RGB, brightness included.
    """

    direction: Vector
    colour: Vector


@dataclasses.dataclass(frozen=True)
class Scene:
    """One frame of a subject.

    Attributes:
      yaw, pitch, roll: of the head, degrees.
      centre: (x, y) of the point between the eyes, in widths of the frame.
      eye_distance: in widths of the frame, for a face seen from the front.
      distance: of the camera, in eye distances (perspective).
      expression: weights of the model's expression modes.
      gaze: (x, y) shift of the irises, in eye distances.
      lights: one to three, the first casts the shadows.
      sky, ground: linear RGB of the ambient light from above and below.
      background_seed: draws the background.
    """

    yaw: float
    pitch: float
    roll: float
    centre: tuple[float, float]
    eye_distance: float
    distance: float
    expression: dict[str, float]
    gaze: tuple[float, float]
    lights: tuple[Light, ...]
    sky: Vector
    ground: Vector
    background_seed: int

    @property
    def rotation(self) -> np.ndarray:
        """Rotation [3, 3] of the head: roll after pitch after yaw."""
        yaw, pitch, roll = np.radians([self.yaw, self.pitch, self.roll])
        c, s = np.cos(yaw), np.sin(yaw)
        about_y = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        c, s = np.cos(pitch), np.sin(pitch)
        about_x = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
        c, s = np.cos(roll), np.sin(roll)
        about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        return about_z @ about_x @ about_y


def project(points: np.ndarray, scene: Scene, size: int) -> np.ndarray:
    """Points [V, 3] around the eyes' middle into the frame: (x, y) and z in pixels, with perspective."""
    unit = scene.eye_distance * size
    factor = unit * scene.distance / (scene.distance - points[:, 2:])
    flat = points[:, :2] * factor + np.array(scene.centre, np.float32) * size - 0.5
    return np.concatenate([flat, points[:, 2:] * unit], 1).astype(np.float32)


def random_scene(rng: np.random.Generator) -> Scene:
    """A pose, an expression and a light; faces take up about half of the frame."""
    return Scene(
        yaw=_bounded(rng, 15, MAX_YAW),
        pitch=_bounded(rng, 7, MAX_PITCH),
        roll=_bounded(rng, 5, MAX_ROLL),
        centre=(0.5 + _bounded(rng, 0.025, 0.05), 0.43 + _bounded(rng, 0.02, 0.04)),
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
    """The same scene a moment later: the head drifts, the eyes blink now and then."""
    expression = {name: weight + float(rng.normal(0, 0.12)) for name, weight in scene.expression.items()}
    if rng.uniform() < 0.08:
        expression["eyes_close"] = float(rng.uniform(1.2, 2.4))
    limit = np.clip
    return dataclasses.replace(
        scene,
        yaw=float(limit(scene.yaw + rng.normal(0, 1.6), -MAX_YAW, MAX_YAW)),
        pitch=float(limit(scene.pitch + rng.normal(0, 1.0), -MAX_PITCH, MAX_PITCH)),
        roll=float(limit(scene.roll + rng.normal(0, 0.7), -MAX_ROLL, MAX_ROLL)),
        centre=(scene.centre[0] + float(rng.normal(0, 0.006)), scene.centre[1] + float(rng.normal(0, 0.005))),
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


def _tint(rng: np.random.Generator, strength: float, spread: float) -> Vector:
    """Light between warm and cold."""
    warm = rng.normal(0, spread)
    return tuple(float(strength * value) for value in (1 + warm, 1.0, 1 - 1.3 * warm))


def _lights(rng: np.random.Generator) -> tuple[Light, ...]:
    count = int(rng.choice((1, 2, 3), p=(0.35, 0.4, 0.25)))
    side = rng.choice((-1, 1))
    lights = []
    for index in range(count):
        # A key light from the front, a fill from the other side, a rim light from behind.
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
