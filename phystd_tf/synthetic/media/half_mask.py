"""Half mask: a rigid painted plastic mask strapped before the face.

Simulated: a thin shell with a face of its own that keeps its shape whatever the
wearer's face does, its paint (flesh colours with brows and lips, a white theatre
mask, or a character of two colours) with blotches and brush marks, its gloss in the light of the
scene, bevelled edges where the bare plastic shows, holes for the eyes, the band
that holds it, and the shadow on the skin around it and within the holes. Some end
above the mouth. Covered region P: shell and band. Additive part: the shadow,
outside of both. Not simulated: the gap at the sides as seen from the side, and
breath holes.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.face import topology
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.media.masks import Canvas, Coat
from phystd_tf.synthetic.person.atlas_canvas import OUTER_LIPS
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

# Who makes them. Named: a protocol may hold one out.
INSTRUMENTS = ("flesh_paint", "white_theatre", "character")
_MODELS_SEED, _MODELS = 7101, 24  # a maker has a limited number of painted faces
# Paints of characters, sRGB: gold, silver, bronze, grey-green, dusk blue, brick, bone, slate.
_PAINTS = (
    *((0.76, 0.62, 0.36), (0.70, 0.71, 0.73), (0.56, 0.40, 0.28), (0.55, 0.62, 0.50)),
    *((0.46, 0.54, 0.68), (0.62, 0.36, 0.31), (0.84, 0.79, 0.68), (0.38, 0.40, 0.44)),
)
_BEVEL = 0.03  # width of the rounded edge, eye distances
_UPPER_SHARE = 0.3  # of the masks end above the mouth
_BAND_HALF, _BAND_Y = 0.035, 0.02  # of the band, eye distances
_NOSE_END = 0.86  # y below the nose, where short masks end


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mask. Colours sRGB, lengths in eye distances.

    Attributes:
      instrument: the maker.
      model: which of the painted faces.
      paint: main colour.
      second: colour of lips, brows and ornaments.
      plastic: colour of the bare edge.
      gloss: of the lacquer.
      depth: how strong the features of the mould are.
      eye_width, eye_height: growth of the holes over the eyes.
      size: share of the outline of the face that is covered.
      upper: whether it ends above the mouth.
      wear: strength of blotches and brush marks.
      shadow: strength of the shadow on the skin.
      texture_seed: draws mould and marks.
    """

    instrument: str
    model: int
    paint: tuple[float, float, float]
    second: tuple[float, float, float]
    plastic: tuple[float, float, float]
    gloss: float
    depth: float
    eye_width: float
    eye_height: float
    size: float
    upper: bool
    wear: float
    shadow: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random mask."""
    instrument = str(rng.choice(INSTRUMENTS))
    if instrument == "white_theatre":
        paint, second = np.array((0.87, 0.86, 0.83)) * rng.uniform(0.78, 1), np.array((0.55, 0.06, 0.08))
        second = second * rng.uniform(0.3, 1.2)
    elif instrument == "flesh_paint":
        paint, second = np.array((0.92, 0.70, 0.58)) * rng.uniform(0.55, 1.0), np.array((0.75, 0.28, 0.27))
    else:
        paint, second = (np.clip(_PAINTS[index] + rng.normal(0, 0.05, 3), 0.04, 0.9) for index in _two(rng))
    return Parameters(
        instrument=instrument,
        model=int(rng.integers(_MODELS)),
        paint=tuple(map(float, paint)),
        second=tuple(map(float, second)),
        plastic=tuple(map(float, np.ones(3) * rng.choice((0.12, 0.55, 0.88)) + rng.uniform(-0.04, 0.04, 3))),
        gloss=float(rng.choice((rng.uniform(0.15, 0.5), rng.uniform(1.2, 3.0)))),
        depth=float(rng.uniform(1.0, 1.4)),
        eye_width=float(rng.uniform(0.15, 0.5)),
        eye_height=float(rng.uniform(0.5, 1.6)),
        size=float(rng.uniform(0.80, 0.93)),
        upper=bool(rng.uniform() < _UPPER_SHARE),
        wear=float(rng.uniform(0.3, 1.0)),
        shadow=float(rng.uniform(0.45, 0.75)),
        texture_seed=int(rng.integers(2**31)),
    )


def _two(rng: np.random.Generator) -> np.ndarray:
    return rng.choice(len(_PAINTS), 2, replace=False)


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The mask's covered region, content and shadow on a live frame.

    Args:
      shot: the live frame.
      p: the mask.
      rng: unused; the mask sits still on the head.
    """
    del rng
    surface = shot.rendering.surface
    coat = _paint(p, masks.atlas_height(shot))
    seated = masks.seat(shot, masks.mould_normals(p.texture_seed, p.depth))
    # The band runs back over ears and hair; the shell is before the face only.
    chosen = masks.on_face(surface) | (np.abs(seated.place[:, 1] - _BAND_Y) < 2 * _BAND_HALF)
    covered = np.where(chosen, masks.look_up(coat.cover, seated.place), 0)
    light = masks.light_of(shot, coat, seated, covered > 0, scatter=0.15)
    return masks.put_on(shot, covered, light, p.shadow)


@functools.lru_cache(maxsize=2)
def _paint(p: Parameters, height: int) -> Coat:
    """The mask, drawn on an atlas of this height."""
    canvas = Canvas(height)
    shell = canvas.inside(canvas.ring(topology.FACE_OVAL, p.size - 1))
    if p.upper:
        end = _NOSE_END - 0.25 * canvas.angle**2 - 0.13 * np.exp(-((canvas.angle / 0.2) ** 2))
        shell = np.minimum(shell, end - canvas.y)
    holes = canvas.inside(*(canvas.ring(ring, (p.eye_width, p.eye_height)) for ring in masks.EYE_RINGS))
    solid = np.minimum(shell, -holes)
    cover = canvas.soft(solid, 0.02)
    back = np.abs(canvas.angle) > 1.0
    band = canvas.soft(_BAND_HALF - np.abs(canvas.y - _BAND_Y), 0.02) * back * (shell < 0)

    colour = _colour(p, canvas)
    marks = masks.mottle(p.texture_seed, canvas, (0.5, 0.2, 0.07))
    brush = masks.mottle(p.texture_seed + 1, canvas, (0.03, 0.015))
    colour = colour * (1 + p.wear * (0.035 * marks + 0.015 * brush))[..., None]
    bare = (1 - canvas.soft(solid - 0.6 * _BEVEL, 0.02))[..., None]
    colour = colour + bare * (np.float32(p.plastic) - colour)
    colour = np.where((band > cover)[..., None], np.float32((0.06, 0.06, 0.065)), colour)
    # The edge is rounded; brows stand out a little.
    relief = 0.03 * masks.rounded_edge(solid, 1.5 * _BEVEL)
    relief = relief + 0.0012 * marks * p.wear
    gloss = p.gloss * (1 + 0.10 * marks) * (band <= cover)
    return Coat(
        to_linear(np.clip(colour, 0.01, 1)),
        np.maximum(cover, band),
        gloss.astype(np.float32),
        relief.astype(np.float32),
    )


def _colour(p: Parameters, canvas: Canvas) -> np.ndarray:
    """The paint [H, 2 H, 3], sRGB."""
    colour = np.empty(canvas.y.shape + (3,), np.float32)
    colour[:] = p.paint

    def lay(share: np.ndarray, paint) -> None:
        nonlocal colour
        colour = colour + share[..., None] * (np.float32(paint) - colour)

    lips = canvas.inside(canvas.ring(OUTER_LIPS, 0.05))
    seam = canvas.away(canvas.places[list(masks.LIP_SEAM)])
    if p.instrument == "flesh_paint":
        # A sprayed face: flushed cheeks and dark hollows, soft at their edges.
        subject = _model_face(p.model)
        painted = masks.painted_face(subject, canvas.height)
        ratio = (painted.albedo / to_linear(np.float32(subject.skin))) ** np.float32(0.6)
        colour = np.clip(colour * np.clip(ratio, 0.05, 1.25), 0, 1)
        cheeks = sum(
            np.exp(-(((canvas.angle - s * 0.62) / 0.3) ** 2 + ((canvas.y - 0.62) / 0.3) ** 2)) for s in (-1, 1)
        )
        lay(0.22 * cheeks, (0.80, 0.32, 0.28))
    else:
        brows = canvas.away(*(canvas.places[list(brow)] - (0, 0.10) for brow in masks.BROW_LINES))
        lay(canvas.soft(0.035 - brows, 0.03) * 0.95, np.array(p.second) * 0.5)
        if p.instrument == "character":
            rng = np.random.default_rng(p.texture_seed)
            near = canvas.inside(*(canvas.ring(ring, rng.uniform(0.6, 1.2)) for ring in masks.EYE_RINGS))
            lay(canvas.soft(near + rng.uniform(0.05, 0.14), 0.03), p.second)
            stripe = rng.uniform(0.05, 0.22) - np.abs(canvas.angle) - rng.uniform(0, 0.25) * (canvas.y + 0.2)
            lay(canvas.soft(stripe, 0.03) * (canvas.y < rng.choice((-0.1, 0.3, 1.3))), p.second)
    lay(canvas.soft(lips, 0.035) * 0.85, p.second)
    lay(0.8 * np.exp(-((seam / 0.025) ** 2)), np.array(p.second) * 0.25)
    for nostril in ((79, 166, 60, 20), (309, 392, 290, 250)):
        angle, y = canvas.places[list(nostril)].mean(0)
        lay(0.8 * np.exp(-(((canvas.angle - angle) / 0.045) ** 2 + ((canvas.y - y) / 0.03) ** 2)), (0.05, 0.04, 0.04))
    return colour


def _model_face(number: int):
    """A face as a maker of masks paints it: no beard, hair or blemishes."""
    subject = make_subject(_MODELS_SEED, number)
    return masks.without_hair(subject, freckles=0.0, blotches=0.2, beard=0.0, brow_density=1.0)
