"""Replay attack: the face on a screen in front of the camera.

Simulated: gamma, black level and cool white of the screen. Its grid of red, green
and blue stripes is sampled by the camera pixels at almost the same frequency and
aliases to colored moire; this is computed as in the sensor, from the light of the
stripes at the position of each pixel, and is not a drawn pattern. Also simulated:
flicker bands of a rolling shutter, falloff with the viewing angle, and a lamp or
window reflected in the glass. The screen fills the frame, so P = 0 and the trace
is purely additive. Not simulated: the edge of the screen, fingerprints, and video
compression.
"""

import dataclasses

import cv2
import numpy as np

from phystd_tf.synthetic.color import Color, as_color
from phystd_tf.synthetic.composition import Layers, additive
from phystd_tf.synthetic.media.paper import soften
from phystd_tf.synthetic.scene.transfer import to_encoded
from phystd_tf.synthetic.shot import Shot


@dataclasses.dataclass(frozen=True)
class Screen:
    """A screen. Pairs are ranges from which the parameters of a clip are drawn.

    Attributes:
      frequency: screen pixels per camera pixel.
      grid: contrast of the gaps between stripes, after the lens.
      rows: contrast of the gaps between rows, after the lens.
      subpixels: positions of the R, G, B stripes within a pixel, in pixels.
      gamma: gamma of the screen relative to the standard.
      white: R, G, B of the white of the screen.
      black: light of the black of the screen.
      flicker: contrast of the flicker bands.
      glass: strength of reflections in the glass.
    """

    frequency: tuple[float, float]
    grid: tuple[float, float]
    rows: tuple[float, float]
    subpixels: tuple[float, float, float]
    gamma: tuple[float, float]
    white: Color
    black: tuple[float, float]
    flicker: tuple[float, float]
    glass: tuple[float, float]


INSTRUMENTS = {
    "phone_lcd": Screen(
        (1.03, 1.12),
        (0.16, 0.30),
        (0.10, 0.2),
        (0, 0.333, 0.667),
        (1.05, 1.3),
        (0.88, 0.98, 1.12),
        (0.006, 0.02),
        (0, 0.05),
        (0.05, 0.25),
    ),
    "phone_oled": Screen(
        (1.04, 1.16),
        (0.20, 0.34),
        (0.12, 0.22),
        (0, 0.5, 0.25),
        (1.1, 1.4),
        (0.92, 1.0, 1.10),
        (0.0, 0.006),
        (0.03, 0.10),
        (0.05, 0.3),
    ),
    "tablet": Screen(
        (0.90, 0.98),
        (0.15, 0.28),
        (0.08, 0.18),
        (0, 0.333, 0.667),
        (0.95, 1.2),
        (0.90, 1.0, 1.10),
        (0.01, 0.03),
        (0, 0.04),
        (0.05, 0.35),
    ),
    "notebook": Screen(
        (0.84, 0.96),
        (0.18, 0.34),
        (0.12, 0.22),
        (0, 0.333, 0.667),
        (0.85, 1.1),
        (0.86, 0.97, 1.14),
        (0.02, 0.05),
        (0, 0.03),
        (0.0, 0.12),
    ),
}


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One screen in a clip. See Screen for attributes that are not listed here.

    Attributes:
      brightness: factor on the light of the screen.
      angle: rotation of the screen, degrees.
      keystone: perspective distortion in x and y.
      flicker_period: period of the flicker bands, in frame heights.
      falloff: relative change of light across the frame, in x and y.
      glare: (x, y, width, height) of the reflection, in frame widths.
      blur: blur of the lens, pixels of a 256 px frame.
    """

    instrument: str
    frequency: float
    grid: float
    rows: float
    gamma: float
    white: Color
    black: float
    brightness: float
    angle: float
    keystone: tuple[float, float]
    flicker: float
    flicker_period: float
    falloff: tuple[float, float]
    glass: float
    glare: tuple[float, float, float, float]
    blur: float


def sample(rng: np.random.Generator) -> Parameters:
    """A replay on a random screen."""
    name = str(rng.choice(sorted(INSTRUMENTS)))
    screen = INSTRUMENTS[name]
    return Parameters(
        instrument=name,
        frequency=float(rng.uniform(*screen.frequency)),
        grid=float(rng.uniform(*screen.grid)),
        rows=float(rng.uniform(*screen.rows)),
        gamma=float(rng.uniform(*screen.gamma)),
        white=as_color(value * np.exp(rng.normal(0, 0.02)) for value in screen.white),
        black=float(rng.uniform(*screen.black)),
        brightness=float(rng.uniform(0.85, 1.15)),
        angle=float(rng.normal(0, 3)),
        keystone=(float(rng.normal(0, 0.03)), float(rng.normal(0, 0.03))),
        flicker=float(rng.uniform(*screen.flicker)),
        flicker_period=float(rng.uniform(0.15, 0.6)),
        falloff=(float(rng.normal(0, 0.12)), float(rng.normal(0, 0.12))),
        glass=float(rng.uniform(*screen.glass)) if rng.uniform() < 0.6 else 0.0,
        glare=_sample_glare(rng),
        blur=float(rng.uniform(0.2, 0.6)),
    )


def _sample_glare(rng: np.random.Generator) -> tuple[float, float, float, float]:
    x, y = rng.uniform(0.15, 0.85, 2)
    return float(x), float(y), float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.05, 0.3))


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The additive trace of the screen on a live frame.

    Args:
      shot: the live frame.
      p: the screen.
      rng: draws small motions of the screen between frames and the phases of grid and flicker.
    """
    size = shot.live.shape[0]
    factor = size / 256
    screen = INSTRUMENTS[p.instrument]
    image = soften(shot.live, p.blur * factor)
    emitted = cv2.pow(np.maximum(image, 0), 2.2 * p.gamma)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    across, down = x / size - 0.5, y / size - 0.5
    # Screen coordinates of each camera pixel, in screen pixels, with rotation and perspective.
    turn = np.radians(p.angle + rng.normal(0, 0.4))
    frequency = p.frequency * (1 + rng.normal(0, 0.003))
    depth = 1 + p.keystone[0] * across + p.keystone[1] * down
    u = frequency * (np.cos(turn) * x + np.sin(turn) * y) / depth + rng.uniform()
    v = frequency * (-np.sin(turn) * x + np.cos(turn) * y) / depth + rng.uniform()
    rows = (1 - p.rows * np.cos(2 * np.pi * v))[..., None]
    stripes = 1 - p.grid * np.cos(2 * np.pi * (u[..., None] - np.array(screen.subpixels, np.float32)))
    emitted = emitted * stripes * rows
    bands = 1 + p.flicker * np.sin(2 * np.pi * (down / p.flicker_period + rng.uniform()))
    falloff = 1 + p.falloff[0] * across + p.falloff[1] * down
    light = p.black + p.brightness * emitted * (bands * falloff)[..., None]
    light = light * np.array(p.white, np.float32)
    if p.glass > 0:
        light = light + p.glass * _mirrored(p.glare, size, rng)[..., None]
    return additive(shot.live, to_encoded(light))


def _mirrored(glare: tuple[float, float, float, float], size: int, rng: np.random.Generator) -> np.ndarray:
    """The reflection in the glass, [S, S] in [0, 1]: a blurred ellipse and a faint veil."""
    x, y, width, height = np.array(glare) * size
    x, y = x + rng.normal(0, 0.01 * size), y + rng.normal(0, 0.01 * size)
    canvas = np.zeros((size, size), np.float32)
    cv2.ellipse(canvas, (int(x), int(y)), (max(1, int(width / 2)), max(1, int(height / 2))), 0, 0, 360, 1, -1)
    return 0.9 * cv2.GaussianBlur(canvas, (0, 0), 0.04 * size) + 0.06
