"""Impersonation make-up: a face made up to be taken for somebody else's.

Simulated: foundation of another tone over the whole face, contouring that
narrows or widens nose, cheeks and jaw, own brows painted over and new ones
drawn, a mouth of another shape, folds and bags drawn or concealed, and, with the
kit of hair, a moustache or beard. Foundation, contour and drawing are thin
and count as T_A; glued hair hides the skin and counts as P with T_P its look.
Not simulated: prosthetics that change the shape, wigs, and hairs that stand off.
"""

import dataclasses
import functools

import cv2
import numpy as np

from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import makeup, masks
from phystd_tf.synthetic.media.makeup import Colour, Film, Palette, uniform
from phystd_tf.synthetic.person.atlas_canvas import SMILE_FOLDS, UNDER_EYES, band
from phystd_tf.synthetic.shot import Shot

INSTRUMENTS = ("airbrush", "cream_palette", "crepe_hair_kit")
_HAIR = ((0.07, 0.05, 0.04), (0.20, 0.13, 0.08), (0.42, 0.29, 0.15), (0.48, 0.46, 0.43), (0.36, 0.15, 0.06))
# Factors on the colour of the skin.
_LIPS = ((0.75, 0.40, 0.40), (0.68, 0.22, 0.25), (0.55, 0.32, 0.30), (0.95, 0.58, 0.56))
# What is glued on: a moustache, a chin beard with it, or a full beard.
_STYLES = ("moustache", "goatee", "full")


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One make-up. Lengths in eye distances, colours sRGB, strengths in [0, 1].

    Attributes:
      instrument: the kit.
      foundation: how much of the skin it hides.
      tone: factors on the colour of the skin that foundation has.
      gloss: of the foundation.
      cheeks, jaw, nose: strength of the shading there.
      bridge: strength of the light line that narrows the nose.
      folds: how strongly folds and bags are drawn.
      sockets: how dark the sockets of the eyes are.
      brow, hair: colours.
      concealed: how much of the own brows is painted over.
      brow_cover, brow_thickness, brow_arch: the new brows.
      lips: factors on the colour of the skin that the new mouth has.
      lip_cover, overdraw: strength and size of the new mouth.
      style: of glued hair, or "" for none.
      style_width: its width.
      texture_seed: draws strokes, spray and hair.
    """

    instrument: str
    foundation: float
    tone: tuple[float, float, float]
    gloss: float
    cheeks: float
    jaw: float
    nose: float
    bridge: float
    folds: float
    sockets: float
    brow: Colour
    concealed: float
    brow_cover: float
    brow_thickness: float
    brow_arch: float
    lips: tuple[float, float, float]
    lip_cover: float
    overdraw: float
    hair: Colour
    style: str
    style_width: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random make-up."""
    instrument = str(rng.choice(INSTRUMENTS))
    lightness = float(np.exp(rng.uniform(0.12, 0.35) if rng.uniform() < 0.5 else -rng.uniform(0.15, 0.5)))
    warmth = rng.normal(0.03, 0.06)
    airbrush = instrument == "airbrush"
    hair = makeup.random_colour(rng, _HAIR, 0.015)
    return Parameters(
        instrument=instrument,
        foundation=uniform(rng, 0.6, 0.8) if airbrush else uniform(rng, 0.65, 0.9),
        tone=(lightness * float(1 + warmth), lightness, lightness * float(1 - 1.3 * warmth)),
        gloss=uniform(rng, 0.1, 0.5) if airbrush else uniform(rng, 0.4, 1.4),
        cheeks=uniform(rng, 0.25, 0.75),
        jaw=uniform(rng, 0.1, 0.6),
        nose=uniform(rng, 0.3, 0.8),
        bridge=uniform(rng, 0.1, 0.5),
        folds=uniform(rng, 0.0, 0.7) if rng.uniform() < 0.6 else 0.0,
        sockets=uniform(rng, 0.0, 0.5),
        brow=tuple(0.9 * value for value in hair),
        concealed=uniform(rng, 0.5, 0.9),
        brow_cover=uniform(rng, 0.6, 0.95),
        brow_thickness=uniform(rng, 0.05, 0.16),
        brow_arch=uniform(rng, -0.05, 0.10),
        lips=makeup.random_colour(rng, _LIPS, 0.03),
        lip_cover=uniform(rng, 0.5, 0.85),
        overdraw=uniform(rng, -0.015, 0.05),
        hair=hair,
        style=str(rng.choice(_STYLES)) if instrument == "crepe_hair_kit" else "",
        style_width=uniform(rng, 0.7, 1.2),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The layers of make-up on a live frame.

    Args:
      shot: the live frame.
      p: the make-up.
      rng: unused; make-up sits still on the skin.
    """
    del rng
    return makeup.apply(shot, _paint(p, masks.atlas_height(shot)))


@functools.lru_cache(maxsize=2)
def _paint(p: Parameters, height: int) -> tuple[Film, ...]:
    rng = np.random.default_rng(p.texture_seed)
    base = Palette(height)
    grain = 0.05 * base.noise(rng, 0.02) if p.instrument == "airbrush" else 0.10 * base.noise(rng, 0.08)
    base.lay_albedo(base.face() * np.clip(1 + grain, 0, 1.2) * p.foundation, p.tone, p.gloss)

    shape = Palette(height)
    tone = np.array(p.tone)
    for path, half in shape.brows(0.15, 0.0):
        shape.lay_albedo(p.concealed * shape.fill([band(path, half)], 0.03), 0.95 * tone, 0.2)
    soft = 1.5 if p.instrument == "airbrush" else 0.8
    dark, light = tone * (0.42, 0.33, 0.28), np.minimum(tone * (1.7, 1.6, 1.5), 2.5)
    for strength, area in (
        (p.cheeks, shape.line(shape.curves(makeup.CHEEK_HOLLOWS), 0.14, 0.06 * soft)),
        (p.jaw, shape.line([shape.curve(makeup.JAW, -0.03)], 0.10, 0.06 * soft)),
        (p.nose, shape.line(shape.curves(makeup.NOSE_SIDES), 0.045, 0.025 * soft)),
        (p.sockets, np.minimum(shape.pair([55, 221, 190], [285, 441, 414], 0.13, 0.13), 1)),
        (p.folds, shape.line(shape.curves(SMILE_FOLDS), 0.025, 0.018 * soft)),
        (0.8 * p.folds, shape.line(shape.curves(UNDER_EYES), 0.022, 0.018 * soft)),
    ):
        shape.lay_albedo(strength * area, dark, 0.1)
    shape.lay_albedo(p.bridge * shape.line([shape.curve((168, 6, 197, 195, 5))], 0.05, 0.02), light, 0.5)
    shape.lay_albedo(0.8 * p.bridge * shape.pair([116, 117], [345, 346], 0.16, 0.06), light, 0.5)

    shape.lay_albedo(p.lip_cover * shape.lipstick(p.overdraw), p.lips, 0.5)
    drawn = Palette(height)
    drawn.lay(p.brow_cover * drawn.brow_pencil(rng, p.brow_thickness, p.brow_arch), p.brow, 0.05)
    films = base.film(tinted=True, slips=True), shape.film(tinted=True), drawn.film()
    return films + (_hair(p, rng, height),) if p.style else films


def _hair(p: Parameters, rng: np.random.Generator, height: int) -> Film:
    glued = Palette(height)
    moustache = glued.moustache(p.style_width)
    region = {
        "moustache": moustache,
        "goatee": np.maximum(moustache, glued.beard_region() * glued.spot([18, 200], 0.30 * p.style_width, 0.30)),
        "full": glued.beard_region(),
    }[p.style]
    # Tufts: the edge frays, and what is thin shows skin.
    frayed = masks.step((region + 0.10 * glued.noise(rng, 0.04) - 0.22) / 0.3)
    hairs = cv2.GaussianBlur(glued.noise(rng, 0.012), (0, 0), sigmaX=0.6, sigmaY=max(0.6, 0.05 * glued.unit))
    shade = np.clip(1 + 0.5 * hairs + 0.10 * glued.noise(rng, 0.1), 0.3, 2.2)[..., None]
    glued.lay(frayed * np.clip(0.93 + 0.15 * hairs, 0.5, 1), np.clip(np.float32(p.hair) * shade, 0.01, 1), 0.15)
    return glued.film(thick=True)
