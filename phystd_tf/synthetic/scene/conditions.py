"""What a clip may have in common with others: camera, place, instrument, and how the person moves.

In the embedded set's own folders each clip draws all of them for itself. Copies
of real datasets need the same telephone or the same printer again.
"""

import dataclasses
from typing import NamedTuple, Optional

import numpy as np

from phystd_tf.synthetic.scene import camera as cameras
from phystd_tf.synthetic.scene.scene import MAX_YAW, Scene, random_scene

_DEVICE_STREAM, _PLACE_STREAM = 3, 4
# How far a head turns, how much nearer it comes, and how far the first light wanders.
_TURN, _NEARER, _SWING = 0.9 * MAX_YAW, 1.25, 70.0

APPROACH, TURN = "approach", "turn"


class Conditions(NamedTuple):
    """Conditions of a clip; None and the empty leave it to chance.

    Attributes:
      instruments: the medium's instrument is one of these.
      device: number of a camera.
      place: number of a place: its lights and its background.
      motion: "approach" comes nearer, "turn" turns the head to one side, then to the other.
      changing_light: the first light wanders.
    """

    instruments: tuple[str, ...] = ()
    device: Optional[int] = None
    place: Optional[int] = None
    motion: str = ""
    changing_light: bool = False


def camera_of(seed: int, device: int) -> cameras.Camera:
    """The camera with a number."""
    return cameras.random_camera(np.random.default_rng([seed, _DEVICE_STREAM, device]))


def at_place(scene: Scene, seed: int, place: int) -> Scene:
    """The scene at the place with a number: other lights and another background, the person as before."""
    there = random_scene(np.random.default_rng([seed, _PLACE_STREAM, place]))
    return dataclasses.replace(
        scene, lights=there.lights, sky=there.sky, ground=there.ground, background_seed=there.background_seed
    )


def staged(scene: Scene, conditions: Conditions, progress: float) -> Scene:
    """The scene of a moment with the clip's motion and change of light.

    Args:
      scene: without them.
      conditions: of the clip.
      progress: from 0 at the first frame to 1 at the last.
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
            first, direction=direction, colour=tuple(float(strength * value) for value in first.colour)
        )
        scene = dataclasses.replace(scene, lights=(moved, *scene.lights[1:]))
    return scene
