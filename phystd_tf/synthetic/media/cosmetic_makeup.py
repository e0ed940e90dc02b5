"""Cosmetic makeup: everyday products, applied heavily.

Simulated: foundation that matches the skin, as powder or liquid, evens it out and
slips off hair; contour, blush, eye shadow, liner with a wing, mascara, penciled
brows, and lipstick or gloss. Each product has its albedo and gloss and is lit with
the face. All films are thin: T_A is the difference from the live face in the same
light, and nothing is covered. The makeup is stronger than that of live people. Not
simulated: false lashes, and sparkling glitter.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.color import Color
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import makeup, masks
from phystd_tf.synthetic.media.makeup import Film, Palette, uniform
from phystd_tf.synthetic.shot import Shot

# The product line.
INSTRUMENTS = ("matte_powder", "dewy_liquid", "shimmer_palette", "smoky_kit")
_LIPS = ((0.55, 0.06, 0.09), (0.64, 0.13, 0.20), (0.42, 0.06, 0.14), (0.70, 0.33, 0.36), (0.52, 0.24, 0.20))
_SHADOWS = ((0.42, 0.26, 0.20), (0.45, 0.28, 0.45), (0.28, 0.34, 0.50), (0.60, 0.42, 0.28), (0.32, 0.38, 0.30))
_SMOKE = ((0.10, 0.09, 0.10), (0.18, 0.12, 0.10), (0.13, 0.10, 0.17))
_BROWS = ((0.10, 0.07, 0.05), (0.20, 0.13, 0.09), (0.28, 0.19, 0.13))
_LINER = (0.035, 0.030, 0.035)


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One makeup. Lengths are in eye distances, colors are sRGB, strengths are in [0, 1].

    Attributes:
      instrument: the product line.
      foundation: cover of the foundation.
      shade: color of the foundation, factors on the color of the skin.
      gloss: gloss of the foundation.
      blush, contour, highlight: strengths.
      blush_tint: color of the blush, factors on the color of the skin.
      lips, shadow, brow: colors.
      lip_cover, shadow_cover, brow_cover: strengths.
      lip_gloss: gloss of the lips.
      overdraw: how far the lipstick extends beyond the lips.
      shadow_height: height of the eye shadow above the lashes.
      liner: thickness of the line.
      wing: extension of liner and shadow beyond the corner of the eye.
      brow_thickness, brow_arch: shape of the brows.
      texture_seed: seed of strokes and powder.
    """

    instrument: str
    foundation: float
    shade: Color
    gloss: float
    blush: float
    blush_tint: Color
    contour: float
    highlight: float
    lips: Color
    lip_cover: float
    lip_gloss: float
    overdraw: float
    shadow: Color
    shadow_cover: float
    shadow_height: float
    liner: float
    wing: float
    brow: Color
    brow_cover: float
    brow_thickness: float
    brow_arch: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random makeup."""
    instrument = str(rng.choice(INSTRUMENTS))
    smoky = instrument == "smoky_kit"
    lightness, warmth = rng.uniform(0.98, 1.25), rng.normal(0, 0.04)
    return Parameters(
        instrument=instrument,
        foundation=uniform(rng, 0.40, 0.72),
        shade=(float(lightness * (1 + warmth)), float(lightness), float(lightness * (1 - warmth))),
        gloss=uniform(rng, *{"matte_powder": (0.02, 0.12), "dewy_liquid": (1.2, 2.0)}.get(instrument, (0.3, 0.7))),
        blush=uniform(rng, 0.25, 0.6),
        blush_tint=(uniform(rng, 0.95, 1.2), uniform(rng, 0.35, 0.55), uniform(rng, 0.45, 0.65)),
        contour=uniform(rng, 0.1, 0.4),
        highlight=uniform(rng, 0.25, 0.55) if instrument == "shimmer_palette" else uniform(rng, 0.0, 0.2),
        lips=makeup.random_color(rng, _LIPS, 0.03),
        lip_cover=uniform(rng, 0.65, 0.92),
        lip_gloss=uniform(rng, 0.1, 0.3) if instrument == "matte_powder" else uniform(rng, 0.6, 1.8),
        overdraw=uniform(rng, 0.0, 0.025),
        shadow=makeup.random_color(rng, _SMOKE if smoky else _SHADOWS, 0.03),
        shadow_cover=uniform(rng, 0.6, 0.9) if smoky else uniform(rng, 0.35, 0.75),
        shadow_height=uniform(rng, 0.09, 0.17),
        liner=uniform(rng, 0.025, 0.05),
        wing=uniform(rng, 0.03, 0.16),
        brow=makeup.random_color(rng, _BROWS, 0.02),
        brow_cover=uniform(rng, 0.45, 0.85),
        brow_thickness=uniform(rng, 0.06, 0.11),
        brow_arch=uniform(rng, -0.01, 0.06),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The additive trace of the makeup on a live frame.

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
    uneven = np.clip(1 + 0.06 * base.noise(rng, 0.25) + 0.05 * base.noise(rng, 0.03), 0, 1.3)
    base.lay_albedo(base.face() * uneven * p.foundation, p.shade, p.gloss)
    hollow = base.line(base.curves(makeup.CHEEK_HOLLOWS), 0.10, 0.07) + base.line([base.curve(makeup.JAW)], 0.06, 0.06)
    hollow = hollow + 0.7 * base.line(base.curves(makeup.NOSE_SIDES), 0.03, 0.025)
    base.lay_albedo(hollow * p.contour, (0.55, 0.45, 0.40), 0.1)
    base.lay_albedo(base.blush(0.13) * p.blush, p.blush_tint, 0.3 * p.gloss)
    bright = base.pair([116, 117], [345, 346], 0.12, 0.05, 0.02) + base.line([base.curve((168, 197, 5))], 0.03, 0.02)
    base.lay_albedo(np.minimum(bright, 1) * p.highlight, (1.7, 1.55, 1.45), 3.0)

    color = Palette(height)
    smoky = p.instrument == "smoky_kit"
    shimmer = 2.0 if p.instrument == "shimmer_palette" else 0.2
    flecks = np.clip(0.95 + 0.10 * color.noise(rng, 0.02), 0, 1.2)
    color.lay(0.7 * color.lids(1.5 * p.shadow_height, p.wing) * p.shadow_cover * flecks, p.shadow, shimmer)
    deep = tuple(0.6 * np.array(p.shadow))
    color.lay(0.8 * color.lids(0.6 * p.shadow_height, p.wing) * p.shadow_cover * flecks, deep, shimmer)
    below = color.lower_liner(0.05 if smoky else 0.02, 0.02 if smoky else 0.01)
    color.lay(below * (0.85 if smoky else 0.5), deep if smoky else _LINER, 0.1)
    color.lay(0.93 * color.liner(p.liner, p.wing), _LINER, 0.4)
    color.lay(0.85 * color.lashes(0.075), _LINER, 0.1)
    color.lay(p.brow_cover * color.brow_pencil(rng, p.brow_thickness, p.brow_arch), p.brow, 0.05)
    mouth = color.lipstick(p.overdraw)
    color.lay(mouth * p.lip_cover * np.clip(0.97 + 0.04 * color.noise(rng, 0.02), 0, 1), p.lips, p.lip_gloss)
    return base.film(tinted=True, slips_off_hair=True), color.film()
