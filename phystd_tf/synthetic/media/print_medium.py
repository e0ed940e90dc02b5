"""Print attack: a photograph on paper in front of the camera.

Simulated: the gamut of the inks (raised black, tinted paper white, impure inks
that bleed into each other, less saturation), loss of sharpness, the dot screens
of the printer, streaks of the print head, fibers of the paper, the shading of a
bent sheet, and the sheen of glossy paper. The photograph fills the frame and
covers nothing of the face, so P = 0 and the trace is purely additive. Not
simulated: the edge of the sheet, fingers, and the displacement of pixels by the
bend.
"""

import dataclasses

import numpy as np

from phystd_tf.synthetic.color import Color, as_color
from phystd_tf.synthetic.composition import Layers, additive
from phystd_tf.synthetic.media import paper
from phystd_tf.synthetic.scene.transfer import to_encoded, to_linear
from phystd_tf.synthetic.shot import Shot


@dataclasses.dataclass(frozen=True)
class Printer:
    """A printer and its paper. Pairs are ranges from which the parameters of a clip are drawn.

    Attributes:
      period: period of the dot screen, pixels of a 256 px frame.
      screen: share of dots in the image; the rest is continuous tone.
      softness: softness of the dots.
      black, white: reflectance of full ink and of bare paper.
      tint: color of the paper.
      saturation: saturation of the inks.
      bleed: share of the other colors in each ink.
      streaks: strength of the streaks of the print head.
      grain: strength of the fibers.
      gloss: strength of the sheen.
    """

    period: tuple[float, float]
    screen: tuple[float, float]
    softness: float
    black: tuple[float, float]
    white: tuple[float, float]
    tint: Color
    saturation: tuple[float, float]
    bleed: float
    streaks: float
    grain: float
    gloss: tuple[float, float]


INSTRUMENTS = {
    "laser_office": Printer(
        (3.4, 4.6),
        (0.17, 0.28),
        0.25,
        (0.045, 0.09),
        (0.72, 0.86),
        (1.0, 0.985, 0.95),
        (0.7, 0.95),
        0.10,
        0.02,
        0.020,
        (0, 0.06),
    ),
    "laser_fine": Printer(
        (2.6, 3.6),
        (0.16, 0.26),
        0.30,
        (0.03, 0.07),
        (0.78, 0.92),
        (0.985, 0.99, 1.0),
        (0.8, 1.05),
        0.06,
        0.01,
        0.014,
        (0.02, 0.12),
    ),
    "inkjet_plain": Printer(
        (2.8, 4.2),
        (0.14, 0.24),
        0.40,
        (0.07, 0.13),
        (0.70, 0.84),
        (1.0, 0.975, 0.93),
        (0.6, 0.85),
        0.16,
        0.05,
        0.032,
        (0, 0.03),
    ),
    "inkjet_photo": Printer(
        (2.4, 3.2),
        (0.13, 0.22),
        0.40,
        (0.025, 0.05),
        (0.82, 0.95),
        (0.99, 1.0, 0.985),
        (0.9, 1.15),
        0.08,
        0.04,
        0.012,
        (0.08, 0.25),
    ),
}


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One print in a clip. See Printer for attributes that are not listed here.

    Attributes:
      gamma: gamma of the inks.
      blur: blur of the print, pixels of a 256 px frame.
      angle: rotation of the dot screen, degrees.
      bend_angle: direction of the bend, radians.
      bend: relative change of light across the sheet.
      sheen_place, sheen_width: position and width of the band of sheen, in frame widths.
      cast: color of the light, RGB factors.
      texture_seed: seed of fibers and streaks.
    """

    instrument: str
    period: float
    screen: float
    black: float
    white: float
    saturation: float
    gamma: float
    blur: float
    gloss: float
    angle: float
    bend_angle: float
    bend: float
    sheen_place: float
    sheen_width: float
    cast: Color
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A print by a random printer."""
    name = str(rng.choice(sorted(INSTRUMENTS)))
    printer = INSTRUMENTS[name]
    warm = rng.normal(0, 0.05)
    return Parameters(
        instrument=name,
        period=float(rng.uniform(*printer.period)),
        screen=float(rng.uniform(*printer.screen)),
        black=float(rng.uniform(*printer.black)),
        white=float(rng.uniform(*printer.white)),
        saturation=float(rng.uniform(*printer.saturation)),
        gamma=float(rng.uniform(0.85, 1.2)),
        blur=float(rng.uniform(0.4, 0.9)),
        gloss=float(rng.uniform(*printer.gloss)),
        angle=float(rng.uniform(-8, 8)),
        bend_angle=float(rng.uniform(-0.6, 0.6)),
        bend=float(rng.uniform(-0.35, 0.35)),
        sheen_place=float(rng.uniform(-0.35, 0.35)),
        sheen_width=float(rng.uniform(0.06, 0.2)),
        cast=as_color(np.exp(np.array((warm, rng.normal(0, 0.02), -warm)))),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The additive trace of the print on a live frame.

    Args:
      shot: the live frame.
      p: the print.
      rng: draws small motions of the sheet between frames.
    """
    printer = INSTRUMENTS[p.instrument]
    size = shot.live.shape[0]
    factor = size / 256
    still = np.random.default_rng(p.texture_seed)
    image = paper.soften(shot.live, p.blur * factor)
    gray = image.mean(-1, keepdims=True)
    image = np.clip(gray + p.saturation * (image - gray), 0, 1)
    others = image[..., [1, 2, 0]] + image[..., [2, 0, 1]]
    image = (1 - printer.bleed) * image + 0.5 * printer.bleed * others
    dots = paper.halftone(
        image, p.period * factor, printer.softness, p.angle + rng.normal(0, 0.5), rng.uniform(-20, 20, 2)
    )
    image = image + p.screen * (dots - image)
    ink = to_linear(image) ** p.gamma
    streak = 1 + printer.streaks * paper.soften(still.standard_normal((size, 1, 1), dtype=np.float32), 0)
    reflectance = (p.black + (p.white - p.black) * ink) * np.array(printer.tint, np.float32)
    reflectance = reflectance * streak * paper.grain(still, size, size, printer.grain)
    place = p.sheen_place + rng.normal(0, 0.02)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    across = (x * np.float32(np.cos(p.bend_angle)) + y * np.float32(np.sin(p.bend_angle)))[..., None]
    light = np.array(p.cast, np.float32) * (1 + p.bend * across - 0.5 * abs(p.bend) * across**2)
    light = reflectance * light + p.gloss * paper.sheen(size, size, p.bend_angle, place, p.sheen_width)
    return additive(shot.live, to_encoded(light))
