"""The appearance of a subject: everything that is the same in all photographs of a person."""

import dataclasses
from typing import Optional

import numpy as np

from phystd_tf.synthetic.color import Color, as_color

# sRGB of skin from the lightest to the darkest, equally spaced in ``Subject.tone``.
SKIN_PALETTE = (
    (0.965, 0.850, 0.780),
    (0.915, 0.765, 0.665),
    (0.840, 0.660, 0.535),
    (0.735, 0.540, 0.410),
    (0.600, 0.415, 0.295),
    (0.455, 0.305, 0.215),
    (0.335, 0.225, 0.165),
)
# Pairs of color (sRGB) and share in a light-skinned population.
HAIR_PALETTE = (
    ((0.055, 0.045, 0.040), 0.30),
    ((0.150, 0.095, 0.065), 0.25),
    ((0.280, 0.175, 0.105), 0.16),
    ((0.520, 0.370, 0.200), 0.10),
    ((0.410, 0.170, 0.080), 0.05),
    ((0.450, 0.440, 0.430), 0.09),
    ((0.740, 0.730, 0.710), 0.05),
)
DARK_HAIR = 2  # people with dark skin only have this many first colors of the palette, or gray hair
IRIS_PALETTE = ((0.19, 0.11, 0.06), (0.33, 0.20, 0.10), (0.36, 0.36, 0.20), (0.33, 0.46, 0.58), (0.42, 0.48, 0.50))
HAIR_STYLES = ("short", "crop", "receding", "bald", "medium", "long", "curly")
# Separates these random numbers from those of clips.
_SUBJECT_STREAM = 1


@dataclasses.dataclass(frozen=True)
class Glasses:
    """Real glasses, worn by some live people. They are not a trace of a spoof.

    Attributes:
      rim: sRGB of the rims.
      thickness: thickness of the rims, in eye distances.
      roundness: exponent of the lens outline; 2 is an ellipse, 6 nearly a rectangle.
      width: width of a lens, in eye distances.
      height: height of a lens, in eye distances.
      tint: darkness of the lenses, 0 is clear.
    """

    rim: Color
    thickness: float
    roundness: float
    width: float
    height: float
    tint: float


@dataclasses.dataclass(frozen=True)
class Subject:
    """A person. Colors are sRGB in [0, 1]; lengths are in eye distances.

    Attributes:
      number: number of the subject in the dataset.
      shape_seed: seed of the identity coefficients of the morphable model.
      texture_seed: seed of blotches, pores and strands.
      tone: skin tone, from 0 (lightest) to 1 (darkest).
      skin, hair, brow, iris, lips, cloth, cloth_second: colors.
      hair_style: one of HAIR_STYLES.
      hair_volume: thickness of the hair.
      hairline: distance of the hairline below (positive) or above (negative) its usual position.
      brow_thickness, brow_arch, brow_density: shape of the brows.
      beard: 0 is none, about 0.3 stubble, 1 a full beard.
      freckles, blotches, gloss, lashes, wrinkles: strengths, from 0 to about 1.
      makeup: strength of everyday makeup of live people, 0 to 1.
      neckline: y of the upper edge of the clothes.
      pattern: pattern of the clothes: plain, stripes or checks.
      glasses: or None.
    """

    number: int
    shape_seed: int
    texture_seed: int
    tone: float
    skin: Color
    hair: Color
    brow: Color
    iris: Color
    lips: Color
    cloth: Color
    cloth_second: Color
    hair_style: str
    hair_volume: float
    hairline: float
    brow_thickness: float
    brow_arch: float
    brow_density: float
    beard: float
    freckles: float
    blotches: float
    gloss: float
    lashes: float
    wrinkles: float
    makeup: float
    neckline: float
    pattern: str
    glasses: Optional[Glasses]


def make_subject(seed: int, number: int) -> Subject:
    """The subject with this number; the same seed and number give the same subject.

    Skin tone is stratified by number with the golden ratio sequence, so that a few
    subjects already cover the whole range.

    Args:
      seed: seed of the dataset.
      number: number of the subject, at least 0.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, _SUBJECT_STREAM, number]))
    offset = np.random.default_rng(np.random.SeedSequence([seed, _SUBJECT_STREAM])).uniform()
    tone = float((offset + number * 0.6180339887) % 1.0)
    skin = _skin(rng, tone)
    masculine = rng.uniform() < 0.5
    style = str(
        rng.choice(
            HAIR_STYLES,
            p=(0.38, 0.2, 0.15, 0.1, 0.04, 0.03, 0.1) if masculine else (0.16, 0.03, 0, 0.01, 0.3, 0.4, 0.1),
        )
    )
    hair = _hair(rng, tone)
    beard = (
        float(rng.choice((0, rng.uniform(0.15, 0.4), rng.uniform(0.5, 1)), p=(0.35, 0.4, 0.25))) if masculine else 0.0
    )
    lips = np.array(skin) * (0.86, 0.62, 0.62) + (0.05, 0.0, 0.01)
    makeup = 0.0 if masculine else float(rng.choice((0, rng.uniform(0.2, 0.8)), p=(0.6, 0.4)))
    lips = lips * (1 - 0.6 * makeup) + 0.6 * makeup * np.array((rng.uniform(0.5, 0.75), 0.12, rng.uniform(0.15, 0.25)))
    return Subject(
        number=number,
        shape_seed=int(rng.integers(2**31)),
        texture_seed=int(rng.integers(2**31)),
        tone=tone,
        skin=skin,
        hair=hair,
        brow=_color(np.array(hair) * 0.8 if max(hair) < 0.6 else np.array(hair) * 0.55),
        iris=_color(np.array(IRIS_PALETTE[int(rng.integers(2 if tone > 0.45 else 5))]) * rng.uniform(0.8, 1.15)),
        lips=_color(lips),
        cloth=_cloth(rng),
        cloth_second=_cloth(rng),
        hair_style=style,
        hair_volume=float(rng.uniform(0.10, 0.22))
        * {"crop": 0.5, "bald": 0.0, "curly": 1.7, "receding": 0.7}.get(style, 1.0),
        hairline=float(rng.normal(0, 0.05)) - (0.22 if style == "receding" else 0),
        brow_thickness=float(rng.uniform(0.07, 0.13) if masculine else rng.uniform(0.045, 0.09)),
        brow_arch=float(rng.uniform(-0.02, 0.05)),
        brow_density=float(rng.uniform(0.55, 1.0)),
        beard=beard,
        freckles=float(rng.uniform(0.3, 1) if tone < 0.35 and rng.uniform() < 0.35 else rng.uniform(0, 0.12)),
        blotches=float(rng.uniform(0.3, 1.0)),
        gloss=float(rng.uniform(0.25, 1.0)),
        lashes=float(rng.uniform(0.3, 0.6) if masculine else rng.uniform(0.6, 1.0)),
        wrinkles=float(rng.beta(1.2, 2.0)),
        makeup=makeup,
        neckline=float(rng.uniform(2.05, 2.5)),
        pattern=str(rng.choice(("plain", "stripes", "checks"), p=(0.7, 0.15, 0.15))),
        glasses=_glasses(rng) if rng.uniform() < 0.25 else None,
    )


def _color(values: np.ndarray) -> Color:
    return as_color(np.clip(values, 0, 1))


def _skin(rng: np.random.Generator, tone: float) -> Color:
    position = tone * (len(SKIN_PALETTE) - 1)
    base = np.array([np.interp(position, range(len(SKIN_PALETTE)), channel) for channel in zip(*SKIN_PALETTE)])
    ruddy, sallow = rng.normal(0, 0.015), rng.normal(0, 0.015)
    return _color(base + np.array((ruddy, -0.4 * ruddy + 0.5 * sallow, -0.4 * ruddy - sallow)) * (1 - 0.5 * tone))


def _cloth(rng: np.random.Generator) -> Color:
    return _color(rng.beta(0.8, 1.1) * 0.75 + 0.05 + rng.normal(0, 0.11, 3))


def _hair(rng: np.random.Generator, tone: float) -> Color:
    weights = np.array([weight for _, weight in HAIR_PALETTE])
    if tone > 0.45:
        weights[DARK_HAIR:5] = 0
    color = HAIR_PALETTE[int(rng.choice(len(weights), p=weights / weights.sum()))][0]
    return _color(np.array(color) * rng.uniform(0.8, 1.2) + rng.normal(0, 0.008, 3))


def _glasses(rng: np.random.Generator) -> Glasses:
    dark = rng.uniform() < 0.6
    rim = rng.uniform(0.02, 0.14) * np.ones(3) if dark else rng.uniform(0.15, 0.6, 3)
    return Glasses(
        rim=_color(rim),
        thickness=float(rng.uniform(0.025, 0.06)),
        roundness=float(rng.uniform(2.0, 5.0)),
        width=float(rng.uniform(0.74, 0.88)),
        height=float(rng.uniform(0.46, 0.66)),
        tint=float(rng.choice((0.0, rng.uniform(0.05, 0.25)), p=(0.75, 0.25))),
    )
