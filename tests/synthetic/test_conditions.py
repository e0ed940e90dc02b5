"""Conditions that clips share: motion of the subject and change of light."""

import numpy as np

from phystd_tf.synthetic.scene.conditions import Conditions, apply_conditions
from phystd_tf.synthetic.scene.scene import MAX_YAW, random_scene


def test_motions_and_light():
    scene = random_scene(np.random.default_rng(1))
    assert apply_conditions(scene, Conditions(), 0.7) == scene
    near = [apply_conditions(scene, Conditions(motion="approach"), t).eye_distance for t in (0, 0.5, 1)]
    assert near[0] < near[1] < near[2]
    turns = [apply_conditions(scene, Conditions(motion="turn"), t).yaw for t in np.linspace(0, 1, 9)]
    assert min(turns) < -20 and max(turns) > 20 and max(map(abs, turns)) <= MAX_YAW
    lights = [apply_conditions(scene, Conditions(changing_light=True), t).lights[0] for t in (0, 1)]
    assert np.dot(lights[0].direction, lights[1].direction) < 0.9
    for light in lights:
        assert np.isclose(np.linalg.norm(light.direction), 1)
