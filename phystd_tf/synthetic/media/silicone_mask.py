"""Silicone mask: a soft mask of another person over the whole head and the neck.

Simulated: another face, cast in silicone or latex and painted, that moves with
the face of the wearer. More light is scattered below its surface than in skin,
its surface is waxier and more even, and its features are less sharp. It has its
own wrinkles, brows and paint, a rim around the holes for eyes and mouth with dark
makeup behind it, and a hem on the neck. The hair of the wearer stands for a wig,
unless a bald cap is part of the mask. Covered region P: the mask. Additive trace
T_A: the shadow within the holes and below the hem. Not simulated: folds of a
loose mask.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.color import Color, as_color, scale
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import mask_canvas, masks
from phystd_tf.synthetic.media.mask_canvas import Canvas
from phystd_tf.synthetic.media.masks import Coat
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.subjects import Subject, make_subject
from phystd_tf.synthetic.person.surface import Surface
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot
from phystd_tf.synthetic.smoothstep import smoothstep

# The material.
INSTRUMENTS = ("platinum_silicone", "tin_silicone", "latex")
_MODELS_SEED, _MODELS = 7102, 24
_RIM = 0.032  # width of the rim around the holes, eye distances


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mask. Lengths are in eye distances.

    Attributes:
      instrument: the material.
      model: number of the person whom the mask depicts.
      tint: factors on the color, linear RGB.
      contrast: contrast of the painted detail; 1 is that of skin.
      gloss: gloss of the surface.
      scatter: subsurface scattering; 1 is skin.
      stiffness: 0 follows the face of the wearer, 1 is rigid.
      wrinkles: strength of the cast wrinkles.
      eye_hole: relative growth of the eye holes in width and height.
      mouth_hole: relative growth of the mouth hole.
      hem: y of the lower edge.
      bald: whether a cap covers the hair.
      shadow: strength of the shadow in the holes and below the hem.
      texture_seed: seed of mold and paint.
    """

    instrument: str
    model: int
    tint: Color
    contrast: float
    gloss: float
    scatter: float
    stiffness: float
    wrinkles: float
    eye_hole: tuple[float, float]
    mouth_hole: float
    hem: float
    bald: bool
    shadow: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random mask."""
    instrument = str(rng.choice(INSTRUMENTS))
    scatter, gloss, contrast, wrinkles = {
        "platinum_silicone": ((1.5, 2.2), (0.9, 1.6), (0.35, 0.6), (0.0, 0.5)),
        "tin_silicone": ((1.0, 1.5), (0.6, 1.2), (0.5, 0.8), (0.2, 0.8)),
        "latex": ((0.4, 0.8), (0.15, 0.5), (0.6, 0.95), (0.5, 1.0)),
    }[instrument]
    warm, green = rng.normal(0, 0.06), rng.normal(0, 0.03)
    return Parameters(
        instrument=instrument,
        model=int(rng.integers(_MODELS)),
        tint=as_color(np.exp(np.array((warm, green, -warm)))),
        contrast=float(rng.uniform(*contrast)),
        gloss=float(rng.uniform(*gloss)),
        scatter=float(rng.uniform(*scatter)),
        stiffness=float(rng.uniform(0.4, 0.75)),
        wrinkles=float(rng.uniform(*wrinkles)),
        eye_hole=(float(rng.uniform(0.08, 0.25)), float(rng.uniform(0.3, 0.9))),
        mouth_hole=float(rng.uniform(-0.1, 0.1)),
        hem=float(rng.uniform(1.72, 2.0)),
        bald=bool(rng.uniform() < 0.3),
        shadow=float(rng.uniform(0.4, 0.7)),
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
    surface = shot.rendering.surface
    coat = _paint(p, masks.atlas_height(shot))
    placement = masks.place_mask(shot, masks.mold_normals(p.texture_seed), p.stiffness)
    # The paint moves fully with the skin, the shape only partly.
    placement = placement._replace(place=surface.place)
    head = np.isin(surface.material, (heads.EAR, heads.SCALP))
    # Long hair does not fit under a cap.
    bald = p.bald and not (surface.material == heads.LOCKS).any()
    hairless = np.ones(len(head), np.float32) if bald else 1 - smoothstep((surface.hair - 0.25) / 0.5)
    covered = (
        masks.cover_on_face(surface, coat.cover, placement) + head + masks.bare_neck(surface) * _above_hem(surface, p)
    )
    covered = covered * hairless * (surface.material != heads.MOUTH)
    return masks.coat_layers(shot, coat, placement, covered, p.scatter, p.shadow)


def _above_hem(surface: Surface, p: Parameters) -> np.ndarray:
    """How far each pixel [n] is above the hem, in [0, 1]; the hem is not straight."""
    ragged = 0.03 * np.sin(5 * surface.solid[:, 0] + p.texture_seed % 7) - 0.10 * surface.solid[:, 0] ** 2
    return smoothstep((p.hem + ragged - surface.solid[:, 1]) / 0.03 + 0.5)


@functools.lru_cache(maxsize=2)
def _paint(p: Parameters, height: int) -> Coat:
    """The mask on an atlas with this number of rows."""
    canvas = Canvas(height)
    eyes = canvas.signed_distance(*(canvas.ring(ring, p.eye_hole) for ring in mask_canvas.EYE_RINGS))
    mouth = canvas.signed_distance(canvas.ring(mask_canvas.INNER_LIPS, p.mouth_hole))
    hole = np.maximum(eyes, mouth)
    cover = 1 - canvas.soft_edge(eyes, 0.015)

    subject = _model_face(p)
    plain = to_linear(subject.skin)
    painted = mask_canvas.painted_face(subject, height)
    albedo = plain * (painted.albedo / plain) ** np.float32(p.contrast) * np.array(p.tint, np.float32)
    # Pigmented silicone with flocking: an even color with small specks.
    marks = mask_canvas.mottle(p.texture_seed, canvas, (0.6, 0.25))
    specks = mask_canvas.mottle(p.texture_seed + 1, canvas, (0.05, 0.025))
    albedo = scale(albedo, 1 + 0.03 * marks - 0.035 * np.clip(specks, 0, 2))
    rim = mask_canvas.near_edge(-hole, _RIM)[..., None]
    albedo = albedo * (1 - 0.55 * rim * np.array((0.75, 0.95, 1.0), np.float32))
    # The rim is thick and rounded, wrinkles are cast, and the surface is pitted.
    relief = -0.03 * np.exp(-np.clip(-hole, 0, None) / (1.5 * _RIM))
    wrinkles = mask_canvas.mottle(p.texture_seed + 2, canvas, (0.12, 0.06))
    relief = relief + 0.004 * p.wrinkles * wrinkles + 0.0006 * specks
    gloss = p.gloss * (1 + 0.08 * marks)
    return Coat(
        np.clip(albedo, 0.003, 0.95).astype(np.float32), cover, gloss.astype(np.float32), relief.astype(np.float32)
    )


def _model_face(p: Parameters) -> Subject:
    """The person whom the mask depicts; a full beard is painted, stubble is not."""
    subject = make_subject(_MODELS_SEED, p.model)
    beard = 0.0 if subject.beard < 0.45 else subject.beard
    return mask_canvas.without_hair(subject, wrinkles=p.wrinkles, gloss=0.5, beard=beard)
