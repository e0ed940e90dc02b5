"""Conditions that clips can share: camera, place, instrument and motion of the subject.

In the layout of a user's own folders, each clip draws all of them independently.
Copies of real datasets use the same phone or the same printer for several clips.
"""

import dataclasses
from typing import NamedTuple, Optional

import numpy as np

from phystd_tf.synthetic.color import as_color
from phystd_tf.synthetic.scene import camera as cameras
from phystd_tf.synthetic.scene.scene import MAX_YAW, Scene, random_scene

_DEVICE_STREAM, _PLACE_STREAM = 3, 4
# Largest yaw (degrees), final magnification of an approach, and total rotation of the first light (degrees).
_TURN, _NEARER, _SWING = 0.9 * MAX_YAW, 1.25, 70.0

APPROACH, TURN = "approach", "turn"


class Conditions(NamedTuple):
    """Conditions of a clip; None and empty values leave the choice to the random numbers of the clip.

    Attributes:
      instruments: the instrument of the medium is one of these.
      device: number of the camera.
      place: number of the place, which determines lights and background.
      motion: "approach" moves the subject toward the camera; "turn" turns the head to one side, then to the other.
      changing_light: whether the direction and strength of the first light change.
    """

    instruments: tuple[str, ...] = ()
    device: Optional[int] = None
    place: Optional[int] = None
    motion: str = ""
    changing_light: bool = False


def camera_of(seed: int, device: int) -> cameras.Camera:
    """The camera with this number."""
    return cameras.random_camera(np.random.default_rng([seed, _DEVICE_STREAM, device]))


def at_place(scene: Scene, seed: int, place: int) -> Scene:
    """The scene moved to the place with this number: other lights and background, the same subject and pose."""
    other = random_scene(np.random.default_rng([seed, _PLACE_STREAM, place]))
    return dataclasses.replace(
        scene, lights=other.lights, sky=other.sky, ground=other.ground, background_seed=other.background_seed
    )


def apply_conditions(scene: Scene, conditions: Conditions, progress: float) -> Scene:
    """Applies motion and change of light to a scene.

    Args:
      scene: scene without motion and change of light.
      conditions: conditions of the clip.
      progress: 0 at the first frame, 1 at the last frame.
    """
    if conditions.motion == APPROACH:
        scene = dataclasses.replace(scene, eye_distance=scene.eye_distance * (0.85 + (_NEARER - 0.85) * progress))
    elif conditions.motion == TURN:
        yaw = scene.yaw * 0.3 + _TURN * np.sin(1.5 * np.pi * progress)
        scene = dataclasses.replace(scene, yaw=float(np.clip(yaw, -MAX_YAW, MAX_YAW)))
    if conditions.changing_light:
        first = scene.lights[0]
        x, y, z = first.direction
        turn = np.radians(_SWING * (progress - 0.5))
        direction = (float(x * np.cos(turn) + z * np.sin(turn)), y, float(z * np.cos(turn) - x * np.sin(turn)))
        strength = 0.75 + 0.5 * progress
        moved = dataclasses.replace(
            first, direction=direction, color=as_color(strength * value for value in first.color)
        )
        scene = dataclasses.replace(scene, lights=(moved, *scene.lights[1:]))
    return scene
