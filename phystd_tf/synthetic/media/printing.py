"""A printed photograph of a person, which is cut out and worn on the face."""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.color import Color, as_color, scale
from phystd_tf.synthetic.media import mask_canvas, paper
from phystd_tf.synthetic.media.mask_canvas import Canvas
from phystd_tf.synthetic.media.masks import Coat
from phystd_tf.synthetic.person.subjects import Subject, make_subject
from phystd_tf.synthetic.scene.transfer import to_encoded, to_linear

MODELS = 40  # number of people with printed photographs; none of them is a subject of a dataset
_MODELS_SEED = 7104
_EXPOSED = 0.42  # linear level of skin in a photograph
_DOTS = 0.055  # period of the dot screen, eye distances
_FIBERS = (0.012, 0.03)  # size of the fibers, eye distances


@dataclasses.dataclass(frozen=True)
class Print:
    """How a photograph is printed.

    Attributes:
      model: number of the person in the photograph.
      ink: (reflectance of full ink, reflectance of bare paper).
      tint: tint of the print, factors on linear RGB.
      saturation: saturation of the inks.
      dots: strength of the dot screen.
      blur: blur of the print, eye distances.
    """

    model: int
    ink: tuple[float, float]
    tint: Color
    saturation: float
    dots: float
    blur: float

    @property
    def bare(self) -> np.ndarray:
        """Linear RGB [3] float32 of paper without ink."""
        return np.asarray(self.ink[1] * np.array((1.0, 0.985, 0.955)), np.float32)


def sample_print(rng: np.random.Generator, inkjet: bool) -> Print:
    """A random print, by an inkjet or by a laser printer."""
    warm = rng.normal(0, 0.06)
    return Print(
        model=int(rng.integers(MODELS)),
        ink=(float(rng.uniform(0.02, 0.07)), float(rng.uniform(0.75, 0.92))),
        tint=as_color(np.exp(np.array((warm, rng.normal(0, 0.03), -warm)))),
        saturation=float(rng.uniform(0.6, 1.0) if inkjet else rng.uniform(0.75, 1.2)),
        dots=float(rng.uniform(0.05, 0.15)),
        blur=float(rng.uniform(0.012, 0.03)),
    )


def print_face(canvas: Canvas, settings: Print, rng: np.random.Generator) -> np.ndarray:
    """Prints the photograph of a person around the head.

    Args:
      canvas: the canvas.
      settings: settings of the print.
      rng: draws the phase of the dot screen.

    Returns:
      [H, 2 H, 3] float32, linear reflectance.
    """
    subject, photograph = _photograph(settings.model, canvas.height)
    front = _front(canvas.width)
    angle, y = canvas.angle[:, front], canvas.y[:, front]
    shade = 1 - 0.25 * np.clip(np.abs(angle) / 1.3, 0, 1) ** 2 - 0.08 * np.clip(y, -1, 1.6)
    # The photograph is exposed for the face.
    exposure = (_EXPOSED / to_linear(subject.skin).mean()) ** 0.8
    tint = np.array(settings.tint, np.float32)
    picture = np.clip(to_encoded(scale(photograph, exposure * shade) * tint), 0, 1)
    picture = paper.soften(picture, settings.blur * canvas.unit)
    gray = picture.mean(-1, keepdims=True)
    picture = np.clip(gray + settings.saturation * (picture - gray), 0, 1).astype(np.float32)
    period, phase = max(2.2, _DOTS * canvas.unit), rng.uniform(-9, 9, 2)
    dots = paper.halftone(picture, period, 0.3, 4.0, phase, front.start)
    reflectance = to_linear(picture + settings.dots * (dots - picture))
    black, white = settings.ink
    sheet = canvas.filled(settings.bare)
    sheet[:, front] = black + (white - black) * reflectance
    return sheet


@functools.lru_cache(maxsize=MODELS)
def _photograph(model: int, height: int) -> tuple[Subject, np.ndarray]:
    """The person in a photograph, and the front half [H, H, 3] of their painted atlas of this height."""
    # Attackers choose a photograph with distinct features.
    subject = dataclasses.replace(make_subject(_MODELS_SEED, model), brow_density=1.0, lashes=1.0)
    # The photograph has its own shading, and the eyes are open.
    canvas = Canvas(height)
    painted = mask_canvas.close_lips(canvas, mask_canvas.painted_face(subject, height).albedo, subject.lips)
    painted = mask_canvas.paint_eyes(canvas, painted, subject.iris, 1.0)
    return subject, painted[:, _front(canvas.width)].copy()


def _front(width: int) -> slice:
    """The columns of an atlas that are in front of the ears. Nothing else of a photograph is used."""
    return slice(width // 4, width - width // 4)


def paper_coat(
    canvas: Canvas, color: np.ndarray, cover: np.ndarray, gloss: np.ndarray, seed: int, sag: tuple[float, float]
) -> Coat:
    """The coat of a mask or a piece made of paper; adds fibers, and a relief where the sheet sags.

    Args:
      canvas: the canvas.
      color: [H, 2 H, 3], linear reflectance.
      cover: [H, 2 H] in [0, 1].
      gloss: [H, 2 H].
      seed: seed of the fibers; ``seed`` + 1 is the seed of the sag.
      sag: (height, size) of the unevenness of the sheet, eye distances.
    """
    height, size = sag
    fibers = mask_canvas.mottle(seed, canvas, _FIBERS)
    uneven = mask_canvas.mottle(seed + 1, canvas, (size,))
    color = np.clip(scale(color, 1 + 0.02 * fibers), 0.005, 0.95)
    relief = height * uneven + 0.0004 * fibers
    return Coat(color.astype(np.float32), cover, gloss.astype(np.float32), relief.astype(np.float32))
