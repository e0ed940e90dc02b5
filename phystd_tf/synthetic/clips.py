"""Renders the frames of a clip.

Everything that is constant within a clip is drawn first, so that it is known
without rendering a frame.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Optional, Union

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic import composition, truth
from phystd_tf.synthetic.gallery import PhotographedPerson
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.person.renderer import Renderer
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.photograph import PhotographRenderer
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip
from phystd_tf.synthetic.scene import camera as cameras
from phystd_tf.synthetic.scene import conditions
from phystd_tf.synthetic.scene import scene as scenes
from phystd_tf.synthetic.shot import Shot

_CLIP_STREAM = 2

# Makes live frames of one subject: from a rendered person, or from photographs of a real one.
SubjectRenderer = Union[Renderer, PhotographRenderer]


class SyntheticFrame(NamedTuple):
    """One frame.

    Attributes:
      jpeg: bytes of the photograph.
      truth: bytes of its truth file; empty if the recipe stores none.
      vertices: [468, 2] float32, true positions of the face mesh, pixels.
    """

    jpeg: bytes
    truth: bytes
    vertices: np.ndarray


class ClipStart(NamedTuple):
    """What is drawn for a clip before its first frame.

    Attributes:
      scene: scene of the first frame.
      camera: camera of the clip.
      parameters: parameters of the spoof medium, including the name of the instrument; None for a live clip.
      rng: generator for the rest of the clip.
    """

    scene: scenes.Scene
    camera: cameras.Camera
    parameters: Any
    rng: np.random.Generator


def seeds_of(recipe: Recipe, clip: SyntheticClip) -> list[int]:
    """The seeds from which everything of a clip is drawn, except the appearance of its subject."""
    kind = 0 if clip.spoof_type == spoof_types.LIVE else 1 + spoof_types.SPOOF_TYPES.index(clip.spoof_type)
    return [recipe.seed, _CLIP_STREAM, clip.subject, kind, clip.number]


def start_clip(recipe: Recipe, clip: SyntheticClip) -> ClipStart:
    """Draws what is constant within a clip, without rendering; the result depends on recipe and clip only."""
    rng = np.random.default_rng(np.random.SeedSequence(seeds_of(recipe, clip)))
    scene = scenes.random_scene(rng)
    camera = cameras.random_camera(rng)
    instruments, device, place = clip.conditions[:3]
    medium = MEDIA.get(clip.spoof_type)
    parameters = None
    if medium is not None:
        parameters = medium.sample(rng)
        while instruments and parameters.instrument not in instruments:
            parameters = medium.sample(rng)
    if device is not None:
        camera = conditions.camera_of(recipe.seed, device)
    if place is not None:
        scene = conditions.at_place(scene, recipe.seed, place)
    return ClipStart(scene, camera, parameters, rng)


def subject_renderer(recipe: Recipe, subject: int, person: Optional[PhotographedPerson] = None) -> SubjectRenderer:
    """The renderer of a subject.

    Args:
      recipe: recipe of the dataset.
      subject: number of the subject.
      person: person with photographs; None renders a person.
    """
    if person is not None:
        return PhotographRenderer(person.photographs, default_model(), recipe.size)
    return Renderer(make_subject(recipe.seed, subject), default_model(), recipe.size)


def make_clip(recipe: Recipe, clip: SyntheticClip, renderer: SubjectRenderer) -> Iterator[SyntheticFrame]:
    """Renders the frames of a clip; the same recipe, clip and renderer give the same bytes."""
    scene, camera, parameters, rng = start_clip(recipe, clip)
    medium = MEDIA.get(clip.spoof_type)
    for index in range(recipe.frames_per_clip):
        noise_seed = int(rng.integers(2**63))
        progress = index / max(1, recipe.frames_per_clip - 1)
        shot = _shoot(renderer, conditions.apply_conditions(scene, clip.conditions, progress), clip.number)
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
                stored_live = live if recipe.truth == "full" else None
                truth_bytes = truth.pack(vertices, stored_live, layers, live_jpeg)
        yield SyntheticFrame(jpeg, truth_bytes, vertices)
        scene = scenes.move(scene, rng)


def _shoot(renderer: SubjectRenderer, scene: scenes.Scene, number: int) -> Shot:
    if isinstance(renderer, PhotographRenderer):
        return renderer.shoot(scene, number)
    rendering = renderer.render(scene)
    return Shot(composition.quantize(rendering.image), rendering, scene)
