"""A subject and frames for tests of media that are worn or painted."""

import dataclasses

import pytest

from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic.composition import quantize
from phystd_tf.synthetic.person.renderer import Renderer
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.scene.scene import Light, Scene
from phystd_tf.synthetic.shot import Shot

SIZE = 128
SCENE = Scene(
    yaw=8.0, pitch=2.0, roll=-3.0, center=(0.5, 0.43), eye_distance=0.18, distance=14.0, expression={}, gaze=(0, 0),
    lights=(Light((0.3, -0.4, 0.866), (1.1, 1.0, 0.95)),), sky=(0.3, 0.3, 0.32), ground=(0.1, 0.1, 0.1),
    background_seed=5,
)  # fmt: skip


@pytest.fixture(scope="session")
def bare():
    """A subject with fair skin and without beard, glasses and makeup."""
    return dataclasses.replace(
        make_subject(3, 2),
        tone=0.3,
        skin=(0.86, 0.69, 0.58),
        beard=0.0,
        makeup=0.0,
        glasses=None,
        hair_style="short",
    )


@pytest.fixture(scope="session")
def shoot(bare):
    """A function that makes a shot of ``bare`` or of another subject, with changes of the scene."""
    renderers = {}

    def take(subject=bare, **changes):
        if subject not in renderers:
            renderers[subject] = Renderer(subject, MorphableModel.load(), SIZE)
        scene = dataclasses.replace(SCENE, **changes)
        rendering = renderers[subject].render(scene)
        return Shot(quantize(rendering.image), rendering, scene)

    return take
