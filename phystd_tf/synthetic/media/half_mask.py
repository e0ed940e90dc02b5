"""Half mask: a rigid painted plastic mask strapped over the face.

Simulated: a thin shell with the shape of another face, unaffected by expressions
of the wearer. Its paint has flesh colors with brows and lips, is that of a white
theater mask, or has the two colors of a character; it is glossy and shows
blotches and brush marks. There are rounded edges that expose the bare plastic,
holes for the eyes, the strap, and the shadow on the skin around the mask and
within the holes. Some masks end above the mouth. Covered region P: shell and
strap. Additive trace T_A: the shadow, outside of both. Not simulated: the gap
that is visible from the side, and breathing holes.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.face import topology
from phystd_tf.synthetic.color import Color, as_color, blend, scale
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import mask_canvas, masks
from phystd_tf.synthetic.media.mask_canvas import Canvas
from phystd_tf.synthetic.media.masks import Coat
from phystd_tf.synthetic.person.atlas_canvas import OUTER_LIPS
from phystd_tf.synthetic.person.subjects import Subject, make_subject
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

# The maker.
INSTRUMENTS = ("flesh_paint", "white_theatre", "character")
_MODELS_SEED, _MODELS = 7101, 24  # a maker has a limited number of painted faces
# Paints of characters, sRGB: gold, silver, bronze, gray-green, dusk blue, brick, bone, slate.
_PAINTS = (
    *((0.76, 0.62, 0.36), (0.70, 0.71, 0.73), (0.56, 0.40, 0.28), (0.55, 0.62, 0.50)),
    *((0.46, 0.54, 0.68), (0.62, 0.36, 0.31), (0.84, 0.79, 0.68), (0.38, 0.40, 0.44)),
)
_BEVEL = 0.03  # width of the rounded edge, eye distances
_UPPER_SHARE = 0.3  # share of masks that end above the mouth
_STRAP_HALF, _STRAP_Y = 0.035, 0.02  # half width and y of the strap, eye distances
_NOSE_END = 0.86  # y below the nose where short masks end, eye distances


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mask. Colors are sRGB, lengths are in eye distances.

    Attributes:
      instrument: the maker.
      model: number of the painted face.
      paint: main color.
      second: color of lips, brows and ornaments.
      plastic: color of the bare edge.
      gloss: gloss of the lacquer.
      depth: factor on the depth of the features of the mold.
      eye_width, eye_height: relative growth of the eye holes.
      size: size of the mask relative to the outline of the face.
      upper: whether the mask ends above the mouth.
      wear: strength of blotches and brush marks.
      shadow: strength of the shadow on the skin.
      texture_seed: seed of mold and marks.
    """

    instrument: str
    model: int
    paint: Color
    second: Color
    plastic: Color
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
        chosen = rng.choice(len(_PAINTS), 2, replace=False)
        paint, second = (np.clip(_PAINTS[index] + rng.normal(0, 0.05, 3), 0.04, 0.9) for index in chosen)
    return Parameters(
        instrument=instrument,
        model=int(rng.integers(_MODELS)),
        paint=as_color(paint),
        second=as_color(second),
        plastic=as_color(np.ones(3) * rng.choice((0.12, 0.55, 0.88)) + rng.uniform(-0.04, 0.04, 3)),
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


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The covered region, content and shadow of the mask on a live frame.

    Args:
      shot: the live frame.
      p: the mask.
      rng: unused; the mask does not move on the head.
    """
    del rng
    coat = _paint(p, masks.atlas_height(shot))
    placement = masks.place_mask(shot, masks.mold_normals(p.texture_seed, p.depth))
    # The strap runs back over ears and hair; the shell is in front of the face only.
    on_strap = np.abs(placement.place[:, 1] - _STRAP_Y) < 2 * _STRAP_HALF
    chosen = masks.on_face(shot.rendering.surface) | on_strap
    covered = np.where(chosen, masks.sample_atlas(coat.cover, placement.place), 0)
    return masks.coat_layers(shot, coat, placement, covered, scatter=0.15, shadow=p.shadow)


@functools.lru_cache(maxsize=2)
def _paint(p: Parameters, height: int) -> Coat:
    """The mask on an atlas with this number of rows."""
    canvas = Canvas(height)
    shell = canvas.signed_distance(canvas.ring(topology.FACE_OVAL, p.size - 1))
    if p.upper:
        end = _NOSE_END - 0.25 * canvas.angle**2 - 0.13 * np.exp(-((canvas.angle / 0.2) ** 2))
        shell = np.minimum(shell, end - canvas.y)
    eye_rings = (canvas.ring(ring, (p.eye_width, p.eye_height)) for ring in mask_canvas.EYE_RINGS)
    solid = np.minimum(shell, -canvas.signed_distance(*eye_rings))
    cover = canvas.soft_edge(solid, 0.02)
    back = np.abs(canvas.angle) > 1.0
    strap = canvas.soft_edge(_STRAP_HALF - np.abs(canvas.y - _STRAP_Y), 0.02) * back * (shell < 0)

    color = _paint_color(p, canvas)
    marks = mask_canvas.mottle(p.texture_seed, canvas, (0.5, 0.2, 0.07))
    brush = mask_canvas.mottle(p.texture_seed + 1, canvas, (0.03, 0.015))
    color = scale(color, 1 + p.wear * (0.035 * marks + 0.015 * brush))
    color = blend(color, 1 - canvas.soft_edge(solid - 0.6 * _BEVEL, 0.02), p.plastic)
    color = np.where((strap > cover)[..., None], np.array((0.06, 0.06, 0.065), np.float32), color)
    relief = 0.03 * mask_canvas.rounded_edge(solid, 1.5 * _BEVEL)
    relief = relief + 0.0012 * marks * p.wear
    gloss = p.gloss * (1 + 0.10 * marks) * (strap <= cover)
    return Coat(
        to_linear(np.clip(color, 0.01, 1)),
        np.maximum(cover, strap),
        gloss.astype(np.float32),
        relief.astype(np.float32),
    )


def _paint_color(p: Parameters, canvas: Canvas) -> np.ndarray:
    """The paint [H, 2 H, 3], sRGB."""
    color = canvas.filled(p.paint)
    second = np.array(p.second)
    lips = canvas.signed_distance(canvas.ring(OUTER_LIPS, 0.05))
    seam = canvas.distance_from(canvas.places[list(mask_canvas.LIP_SEAM)])
    if p.instrument == "flesh_paint":
        # A sprayed face: flushed cheeks and dark hollows with soft edges.
        subject = _model_face(p.model)
        painted = mask_canvas.painted_face(subject, canvas.height)
        ratio = (painted.albedo / to_linear(subject.skin)) ** np.float32(0.6)
        color = np.clip(color * np.clip(ratio, 0.05, 1.25), 0, 1)
        cheeks = sum(
            np.exp(-(((canvas.angle - s * 0.62) / 0.3) ** 2 + ((canvas.y - 0.62) / 0.3) ** 2)) for s in (-1, 1)
        )
        color = blend(color, 0.22 * cheeks, (0.80, 0.32, 0.28))
    else:
        brows = canvas.distance_from(*(canvas.places[list(brow)] - (0, 0.10) for brow in mask_canvas.BROW_LINES))
        color = blend(color, canvas.soft_edge(0.035 - brows, 0.03) * 0.95, second * 0.5)
        if p.instrument == "character":
            rng = np.random.default_rng(p.texture_seed)
            eyes = (canvas.ring(ring, rng.uniform(0.6, 1.2)) for ring in mask_canvas.EYE_RINGS)
            near = canvas.signed_distance(*eyes)
            color = blend(color, canvas.soft_edge(near + rng.uniform(0.05, 0.14), 0.03), second)
            stripe = rng.uniform(0.05, 0.22) - np.abs(canvas.angle) - rng.uniform(0, 0.25) * (canvas.y + 0.2)
            above = canvas.y < rng.choice((-0.1, 0.3, 1.3))
            color = blend(color, canvas.soft_edge(stripe, 0.03) * above, second)
    color = blend(color, canvas.soft_edge(lips, 0.035) * 0.85, second)
    color = blend(color, 0.8 * np.exp(-((seam / 0.025) ** 2)), second * 0.25)
    for nostril in mask_canvas.NOSTRILS:
        angle, y = canvas.places[list(nostril)].mean(0)
        spot = np.exp(-(((canvas.angle - angle) / 0.045) ** 2 + ((canvas.y - y) / 0.03) ** 2))
        color = blend(color, 0.8 * spot, (0.05, 0.04, 0.04))
    return color


def _model_face(number: int) -> Subject:
    """A face as a mask maker paints it, without beard, hair and blemishes."""
    subject = make_subject(_MODELS_SEED, number)
    return mask_canvas.without_hair(subject, freckles=0.0, blotches=0.2, beard=0.0, brow_density=1.0)
