"""Impersonation makeup: makeup that makes a face look like that of another person.

Simulated: foundation of another tone over the whole face; contouring that narrows
or widens nose, cheeks and jaw; concealed brows and new drawn ones; a mouth of
another shape; folds and bags that are drawn or concealed; and, with the hair kit,
a mustache or a beard. Foundation, contour and drawing are thin films and count as
T_A. Glued hair hides the skin and counts as P, with its appearance as T_P. Not
simulated: prosthetics that change the shape of the face, wigs, and hair that
stands off the skin.
"""

import dataclasses
import functools

import cv2
import numpy as np

from phystd_tf.synthetic.color import Color, as_color
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import makeup, masks
from phystd_tf.synthetic.media.makeup import Film, Palette, uniform
from phystd_tf.synthetic.person.atlas_canvas import SMILE_FOLDS, UNDER_EYES, band
from phystd_tf.synthetic.shot import Shot
from phystd_tf.synthetic.smoothstep import smoothstep

INSTRUMENTS = ("airbrush", "cream_palette", "crepe_hair_kit")
_HAIR = ((0.07, 0.05, 0.04), (0.20, 0.13, 0.08), (0.42, 0.29, 0.15), (0.48, 0.46, 0.43), (0.36, 0.15, 0.06))
# Lips, as factors on the color of the skin.
_LIPS = ((0.75, 0.40, 0.40), (0.68, 0.22, 0.25), (0.55, 0.32, 0.30), (0.95, 0.58, 0.56))
# Glued hair: a mustache, a mustache with a chin beard, or a full beard.
_STYLES = ("moustache", "goatee", "full")


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One makeup. Lengths are in eye distances, colors are sRGB, strengths are in [0, 1].

    Attributes:
      instrument: the kit.
      foundation: cover of the foundation.
      tone: tone of the foundation, factors on the color of the skin.
      gloss: gloss of the foundation.
      cheeks, jaw, nose: strengths of the shading.
      bridge: strength of the bright line that narrows the nose.
      folds: strength of drawn folds and bags.
      sockets: darkness of the eye sockets.
      brow, hair: colors.
      concealed: cover over the natural brows.
      brow_cover, brow_thickness, brow_arch: strength and shape of the new brows.
      lips: color of the new mouth, factors on the color of the skin.
      lip_cover, overdraw: strength and growth of the new mouth.
      style: style of the glued hair, or "" for none.
      style_width: relative width of the glued hair.
      texture_seed: seed of strokes, spray and hair.
    """

    instrument: str
    foundation: float
    tone: Color
    gloss: float
    cheeks: float
    jaw: float
    nose: float
    bridge: float
    folds: float
    sockets: float
    brow: Color
    concealed: float
    brow_cover: float
    brow_thickness: float
    brow_arch: float
    lips: Color
    lip_cover: float
    overdraw: float
    hair: Color
    style: str
    style_width: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random makeup."""
    instrument = str(rng.choice(INSTRUMENTS))
    lightness = float(np.exp(rng.uniform(0.12, 0.35) if rng.uniform() < 0.5 else -rng.uniform(0.15, 0.5)))
    warmth = rng.normal(0.03, 0.06)
    airbrush = instrument == "airbrush"
    hair = makeup.random_color(rng, _HAIR, 0.015)
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
        brow=as_color(0.9 * value for value in hair),
        concealed=uniform(rng, 0.5, 0.9),
        brow_cover=uniform(rng, 0.6, 0.95),
        brow_thickness=uniform(rng, 0.05, 0.16),
        brow_arch=uniform(rng, -0.05, 0.10),
        lips=makeup.random_color(rng, _LIPS, 0.03),
        lip_cover=uniform(rng, 0.5, 0.85),
        overdraw=uniform(rng, -0.015, 0.05),
        hair=hair,
        style=str(rng.choice(_STYLES)) if instrument == "crepe_hair_kit" else "",
        style_width=uniform(rng, 0.7, 1.2),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The layers of the makeup on a live frame.

    Args:
      shot: the live frame.
      p: the makeup.
      rng: unused; makeup does not move on the skin.
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
    films = base.film(tinted=True, slips_off_hair=True), shape.film(tinted=True), drawn.film()
    return films + (_hair(p, rng, height),) if p.style else films


def _hair(p: Parameters, rng: np.random.Generator, height: int) -> Film:
    glued = Palette(height)
    mustache = glued.mustache(p.style_width)
    region = {
        "moustache": mustache,
        "goatee": np.maximum(mustache, glued.beard_region() * glued.spot([18, 200], 0.30 * p.style_width, 0.30)),
        "full": glued.beard_region(),
    }[p.style]
    # Tufts: the edge is frayed, and the skin is visible through thin areas.
    frayed = smoothstep((region + 0.10 * glued.noise(rng, 0.04) - 0.22) / 0.3)
    hairs = cv2.GaussianBlur(glued.noise(rng, 0.012), (0, 0), sigmaX=0.6, sigmaY=max(0.6, 0.05 * glued.unit))
    shade = np.clip(1 + 0.5 * hairs + 0.10 * glued.noise(rng, 0.1), 0.3, 2.2)[..., None]
    glued.lay(
        frayed * np.clip(0.93 + 0.15 * hairs, 0.5, 1), np.clip(np.array(p.hair, np.float32) * shade, 0.01, 1), 0.15
    )
    return glued.film(thick=True)
