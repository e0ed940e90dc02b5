"""Makes the frames of one clip; what lasts for the clip is drawn first and is known without drawing a frame."""

from typing import Any, Iterator, List, NamedTuple

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic import camera as cameras
from phystd_tf.synthetic import composition, scene, truth
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.recipe import Clip, Recipe
from phystd_tf.synthetic.renderer import Renderer
from phystd_tf.synthetic.shot import Shot

_CLIP_STREAM = 2


class Frame(NamedTuple):
    """One frame.

    Attributes:
      jpeg: the photograph.
      truth: bytes of its truth file; empty if none is wanted.
    """

    jpeg: bytes
    truth: bytes


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


def seeds_of(recipe: Recipe, clip: Clip) -> List[int]:
    """The entropy from which everything of a clip is drawn, apart from its subject."""
    kind = 0 if clip.spoof_type == spoof_types.LIVE else 1 + spoof_types.SPOOF_TYPES.index(clip.spoof_type)
    return [recipe.seed, _CLIP_STREAM, clip.subject, kind, clip.number]


def start_clip(recipe: Recipe, clip: Clip) -> Start:
    """Draws what lasts for a clip; the same recipe and clip give the same, and nothing is rendered."""
    rng = np.random.default_rng(np.random.SeedSequence(seeds_of(recipe, clip)))
    moment = scene.random_scene(rng)
    camera = cameras.random_camera(rng)
    medium = MEDIA.get(clip.spoof_type)
    return Start(moment, camera, medium.sample(rng) if medium else None, rng)


def make_clip(recipe: Recipe, clip: Clip, renderer: Renderer) -> Iterator[Frame]:
    """The frames of a clip; the same recipe and clip give the same bytes."""
    moment, camera, parameters, rng = start_clip(recipe, clip)
    medium = MEDIA.get(clip.spoof_type)
    for _ in range(recipe.frames_per_clip):
        noise_seed = int(rng.integers(2**63))
        rendering = renderer.render(moment)
        live = composition.quantise(rendering.image)
        truth_bytes = b""
        if medium is None:
            jpeg = cameras.photograph(live, camera, noise_seed)
            if recipe.truth != "none":
                truth_bytes = truth.pack(rendering.vertices)
        else:
            layers = medium.layers(Shot(live, rendering, moment), parameters, rng)
            jpeg = cameras.photograph(composition.compose(live, layers), camera, noise_seed)
            if recipe.truth != "none":
                live_jpeg = cameras.photograph(live, camera, noise_seed)
                stored = (live, layers) if recipe.truth == "full" else (None, None)
                truth_bytes = truth.pack(rendering.vertices, *stored, live_jpeg)
        yield Frame(jpeg, truth_bytes)
        moment = scene.move(moment, rng)
