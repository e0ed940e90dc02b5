"""Silicone mask: a soft mask of somebody else over the whole head and the neck.

Simulated: another face, cast in silicone or latex and painted, that moves with the
wearer's: more light creeps through it and its skin is waxier and more even than skin,
its features are blunter; the mask's own wrinkles, brows and paint; holes for
eyes and mouth with a rim and the dark make-up behind it; the hem on the neck; the
wearer's hair above it passes for a wig, or a bald cap closes the mask. Covered region P: the mask. Additive part: the
shadow within the holes and below the hem. Not simulated: folds of a loose mask.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.media.masks import Canvas, Coat, step
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.subjects import Subject, make_subject
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

# What they are cast of. Named: a protocol may hold one out.
INSTRUMENTS = ("platinum_silicone", "tin_silicone", "latex")
_MODELS_SEED, _MODELS = 7102, 24
_RIM = 0.032  # width of the rim around the holes, eye distances


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mask. Lengths in eye distances.

    Attributes:
      instrument: the material.
      model: whom it shows.
      tint: factor on the colour, linear RGB.
      contrast: how much of the painter's detail is there; 1 is that of skin.
      gloss: of the surface.
      scatter: how far light creeps; 1 is skin.
      stiffness: how little it follows the face below.
      wrinkles: strength of the cast folds.
      eye_hole: growth of the holes over the eyes, in width and height.
      mouth_hole: growth of the hole over the inner lips.
      hem: y of the lower edge.
      bald: whether a cap covers the hair.
      shadow: in the holes and below the hem.
      texture_seed: draws mould and paint.
    """

    instrument: str
    model: int
    tint: tuple[float, float, float]
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
        tint=tuple(map(float, np.exp(np.array((warm, green, -warm))))),
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
    """The mask's covered region, content and shadow on a live frame.

    Args:
      shot: the live frame.
      p: the mask.
      rng: unused; the mask sits still on the head.
    """
    del rng
    surface = shot.rendering.surface
    coat = _paint(p, masks.atlas_height(shot))
    seated = masks.seat(shot, masks.mould_normals(p.texture_seed), p.stiffness)
    # The paint goes with the skin, the shape only partly.
    seated = seated._replace(place=surface.place)
    face = masks.on_face(surface)
    head = np.isin(surface.material, (heads.EAR, heads.SCALP))
    # Long hair cannot be under a cap.
    bald = p.bald and not (surface.material == heads.LOCKS).any()
    hairless = np.ones(len(face), np.float32) if bald else 1 - step((surface.hair - 0.25) / 0.5)
    covered = (
        np.where(face, masks.look_up(coat.cover, seated.place), 0)
        + head
        + masks.bare_neck(surface) * _above_hem(surface, p)
    )
    covered = covered * hairless * (surface.material != heads.MOUTH)
    light = masks.light_of(shot, coat, seated, covered > 0, p.scatter)
    return masks.put_on(shot, covered, light, p.shadow)


def _above_hem(surface, p: Parameters) -> np.ndarray:
    # The hem is not cut straight.
    ragged = 0.03 * np.sin(5 * surface.solid[:, 0] + p.texture_seed % 7) - 0.10 * surface.solid[:, 0] ** 2
    return step((p.hem + ragged - surface.solid[:, 1]) / 0.03 + 0.5)


@functools.lru_cache(maxsize=2)
def _paint(p: Parameters, height: int) -> Coat:
    """The mask, drawn on an atlas of this height."""
    canvas = Canvas(height)
    eyes = canvas.inside(*(canvas.ring(ring, p.eye_hole) for ring in masks.EYE_RINGS))
    mouth = canvas.inside(canvas.ring(masks.INNER_LIPS, p.mouth_hole))
    hole = np.maximum(eyes, mouth)
    cover = 1 - canvas.soft(eyes, 0.015)

    subject = _model_face(p)
    plain = to_linear(np.float32(subject.skin))
    painted = masks.painted_face(subject, height)
    albedo = plain * (painted.albedo / plain) ** np.float32(p.contrast) * np.float32(p.tint)
    # Intrinsic colour with flocking: even, but for small specks.
    marks = masks.mottle(p.texture_seed, canvas, (0.6, 0.25))
    specks = masks.mottle(p.texture_seed + 1, canvas, (0.05, 0.025))
    albedo = albedo * (1 + 0.03 * marks - 0.035 * np.clip(specks, 0, 2))[..., None]
    rim = np.exp(-((np.clip(-hole, 0, None) / _RIM) ** 2))[..., None]
    albedo = albedo * (1 - 0.55 * rim * np.float32((0.75, 0.95, 1.0)))
    # The rim is thick and rounded, folds are cast, skin is pitted.
    relief = -0.03 * np.exp(-np.clip(-hole, 0, None) / (1.5 * _RIM))
    relief = relief + 0.004 * p.wrinkles * masks.mottle(p.texture_seed + 2, canvas, (0.12, 0.06)) + 0.0006 * specks
    gloss = p.gloss * (1 + 0.08 * marks)
    return Coat(
        np.clip(albedo, 0.003, 0.95).astype(np.float32), cover, gloss.astype(np.float32), relief.astype(np.float32)
    )


def _model_face(p: Parameters) -> Subject:
    subject = make_subject(_MODELS_SEED, p.model)
    beard = 0.0 if subject.beard < 0.45 else subject.beard
    return masks.without_hair(subject, wrinkles=p.wrinkles, gloss=0.5, beard=beard)
