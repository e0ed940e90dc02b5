"""A printed photograph of somebody, to be cut out and worn on the face."""

import dataclasses

import numpy as np

from phystd_tf.synthetic.media import masks, paper
from phystd_tf.synthetic.media.masks import Canvas
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.scene.transfer import to_encoded, to_linear

MODELS = 40  # people whose photographs are printed; none of them is a subject of a dataset
_MODELS_SEED = 7104
_EXPOSED = 0.42  # linear level of skin in a photograph
_DOTS = 0.055  # period of the dot screen, eye distances


@dataclasses.dataclass(frozen=True)
class Print:
    """How a photograph is printed.

    Attributes:
      model: whose photograph.
      ink: (reflectance of full ink, of bare paper).
      tint: of the print, factor on linear RGB.
      saturation: of the inks.
      dots: how much of the print is dots.
      blur: of the print, eye distances.
    """

    model: int
    ink: tuple[float, float]
    tint: tuple[float, float, float]
    saturation: float
    dots: float
    blur: float

    @property
    def bare(self) -> np.ndarray:
        """Linear RGB [3] float32 of paper without ink."""
        return np.float32(self.ink[1] * np.array((1.0, 0.985, 0.955)))


def sample_print(rng: np.random.Generator, inkjet: bool) -> Print:
    """A random print, by an inkjet or a laser printer."""
    warm = rng.normal(0, 0.06)
    return Print(
        model=int(rng.integers(MODELS)),
        ink=(float(rng.uniform(0.02, 0.07)), float(rng.uniform(0.75, 0.92))),
        tint=tuple(map(float, np.exp(np.array((warm, rng.normal(0, 0.03), -warm))))),
        saturation=float(rng.uniform(0.6, 1.0) if inkjet else rng.uniform(0.75, 1.2)),
        dots=float(rng.uniform(0.05, 0.15)),
        blur=float(rng.uniform(0.012, 0.03)),
    )


def print_face(canvas: Canvas, how: Print, rng: np.random.Generator) -> np.ndarray:
    """Somebody's photograph in ink around the head, linear reflectance [H, 2 H, 3] float32."""
    # Who makes such a thing takes a photograph with clear features.
    subject = dataclasses.replace(make_subject(_MODELS_SEED, how.model), brow_density=1.0, lashes=1.0)
    # A photograph has its light and shade; the eyes are open.
    photograph = masks.closed_lips(canvas, masks.painted_face(subject, canvas.height).albedo, subject.lips)
    photograph = masks.painted_eyes(canvas, photograph, subject.iris, 1.0)
    shade = 1 - 0.25 * np.clip(np.abs(canvas.angle) / 1.3, 0, 1) ** 2 - 0.08 * np.clip(canvas.y, -1, 1.6)
    # The photographer has exposed for the face.
    exposure = (_EXPOSED / to_linear(np.float32(subject.skin)).mean()) ** 0.8
    picture = np.clip(to_encoded(photograph * (exposure * shade)[..., None] * np.float32(how.tint)), 0, 1)
    picture = paper.soften(picture, how.blur * canvas.unit)
    grey = picture.mean(-1, keepdims=True)
    picture = np.clip(grey + how.saturation * (picture - grey), 0, 1).astype(np.float32)
    dots = paper.halftone(picture, max(2.2, _DOTS * canvas.unit), 0.3, 4.0, rng.uniform(-9, 9, 2))
    reflectance = to_linear(picture + how.dots * (dots - picture))
    black, white = how.ink
    return (black + (white - black) * reflectance).astype(np.float32)
