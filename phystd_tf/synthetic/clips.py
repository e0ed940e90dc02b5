"""Makes the frames of one clip; what lasts for the clip is drawn first and is known without drawing a frame."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Optional, Union

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic import composition, truth
from phystd_tf.synthetic.gallery import Person
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.person.renderer import Renderer
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.photograph import PhotographStudio
from phystd_tf.synthetic.recipe import Clip, Recipe
from phystd_tf.synthetic.scene import camera as cameras
from phystd_tf.synthetic.scene import conditions, scene
from phystd_tf.synthetic.shot import Shot

_CLIP_STREAM = 2

Sitter = Union[Renderer, PhotographStudio]


class Frame(NamedTuple):
    """One frame.

    Attributes:
      jpeg: the photograph.
      truth: bytes of its truth file; empty if none is wanted.
      vertices: [468, 2] float32, true places of the face mesh, pixels.
    """

    jpeg: bytes
    truth: bytes
    vertices: np.ndarray


class Start(NamedTuple):
    """What is drawn of a clip before its first frame.

    Attributes:
      moment: the scene of the first frame.
      camera: of the clip.
      parameters: of the spoof medium, with the name of the instrument; None for a live clip.
      rng: to go on with.
    """

    moment: scene.Scene
    camera: cameras.Camera
    parameters: Any
    rng: np.random.Generator


def seeds_of(recipe: Recipe, clip: Clip) -> list[int]:
    """The entropy from which everything of a clip is drawn, apart from its subject."""
    kind = 0 if clip.spoof_type == spoof_types.LIVE else 1 + spoof_types.SPOOF_TYPES.index(clip.spoof_type)
    return [recipe.seed, _CLIP_STREAM, clip.subject, kind, clip.number]


def start_clip(recipe: Recipe, clip: Clip) -> Start:
    """Draws what lasts for a clip; the same recipe and clip give the same, and nothing is rendered."""
    rng = np.random.default_rng(np.random.SeedSequence(seeds_of(recipe, clip)))
    moment = scene.random_scene(rng)
    camera = cameras.random_camera(rng)
    medium = MEDIA.get(clip.spoof_type)
    parameters = medium.sample(rng) if medium else None
    allowed, device, place = clip.conditions[:3]
    while allowed and parameters.instrument not in allowed:
        parameters = medium.sample(rng)
    if device is not None:
        camera = conditions.camera_of(recipe.seed, device)
    if place is not None:
        moment = conditions.at_place(moment, recipe.seed, place)
    return Start(moment, camera, parameters, rng)


def sitter_of(recipe: Recipe, subject: int, person: Optional[Person] = None) -> Sitter:
    """Who sits before the camera as subject number ``subject``: a rendered person, or one with photographs."""
    if person is not None:
        return PhotographStudio(person.photographs, default_model(), recipe.size)
    return Renderer(make_subject(recipe.seed, subject), default_model(), recipe.size)


def make_clip(recipe: Recipe, clip: Clip, sitter: Sitter) -> Iterator[Frame]:
    """The frames of a clip; the same recipe, clip and sitter give the same bytes."""
    moment, camera, parameters, rng = start_clip(recipe, clip)
    medium = MEDIA.get(clip.spoof_type)
    for index in range(recipe.frames_per_clip):
        noise_seed = int(rng.integers(2**63))
        now = conditions.staged(moment, clip.conditions, index / max(1, recipe.frames_per_clip - 1))
        shot = _shoot(sitter, now, clip.number)
        live, vertices = shot.live, shot.rendering.vertices
        truth_bytes = b""
        if medium is None:
            jpeg = cameras.photograph(live, camera, noise_seed)
            if recipe.truth != "none":
                truth_bytes = truth.pack(vertices)
        else:
            layers = medium.layers(shot, parameters, rng)
            jpeg = cameras.photograph(composition.compose(live, layers), camera, noise_seed)
            if recipe.truth != "none":
                live_jpeg = cameras.photograph(live, camera, noise_seed)
                before = live if recipe.truth == "full" else None
                truth_bytes = truth.pack(vertices, before, layers, live_jpeg)
        yield Frame(jpeg, truth_bytes, vertices)
        moment = scene.move(moment, rng)


def _shoot(sitter: Sitter, moment: scene.Scene, number: int) -> Shot:
    if isinstance(sitter, PhotographStudio):
        return sitter.shoot(moment, number)
    rendering = sitter.render(moment)
    return Shot(composition.quantise(rendering.image), rendering, moment)
