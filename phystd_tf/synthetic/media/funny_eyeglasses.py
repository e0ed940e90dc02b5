"""Funny eyeglasses: a toy pair of glasses of coloured plastic.

Simulated: a thick glossy frame in the shape of stars, hearts, flowers, discs or
cat's eyes, bent around the face in the pose of the head, with lenses of
coloured plastic, mirrors with a gradient, or white discs whose pupils roll about
from frame to frame; its own shading, a strong highlight, and the shadow it throws
on the skin. Covered region P: plastic (coloured lenses let a little through).
Additive part: the shadow. Not simulated: noses and moustaches that hang on some.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import eyewear
from phystd_tf.synthetic.person.worn import Worn, blank_sheet
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

Colour = tuple[float, float, float]

# What the lenses are. Named: a protocol may hold one out.
INSTRUMENTS = ("coloured_lenses", "mirror_lenses", "rolling_eyes")
SHAPES = ("star", "heart", "flower", "disc", "cat_eye")
_SOFT = 0.012  # width of an edge, eye distances
_ROLL_STEPS = 5  # places of a rolling pupil: few, so that sheets are drawn once


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One pair. Lengths in eye distances, colours sRGB.

    Attributes:
      instrument: what the lenses are.
      shape: of the frame.
      rim, second: colours of the frame and of its ornaments.
      lens: colour of the lenses.
      radius: of a lens with its rim.
      thickness: of the rim.
      opacity: of coloured lenses.
      dots: how many ornaments there are around a rim; 0 is plain.
      drop: of the glasses below the eyes.
      gloss: of the plastic.
      shadow: strength of the shadow on the skin.
    """

    instrument: str
    shape: str
    rim: Colour
    second: Colour
    lens: Colour
    radius: float
    thickness: float
    opacity: float
    dots: int
    drop: float
    gloss: float
    shadow: float


def sample(rng: np.random.Generator) -> Parameters:
    """A random pair."""
    return Parameters(
        instrument=str(rng.choice(INSTRUMENTS)),
        shape=str(rng.choice(SHAPES)),
        rim=_bright(rng),
        second=_bright(rng),
        lens=_bright(rng),
        radius=float(rng.uniform(0.42, 0.5)),
        thickness=float(rng.uniform(0.08, 0.14)),
        opacity=float(rng.uniform(0.6, 0.9)),
        dots=int(rng.choice((0, 0, 8, 12))),
        drop=float(rng.uniform(-0.02, 0.06)),
        gloss=float(rng.uniform(0.6, 2.0)),
        shadow=float(rng.uniform(0.3, 0.55)),
    )


def _bright(rng: np.random.Generator) -> Colour:
    """A saturated colour, as toys have."""
    low, middle, high = rng.uniform(0.03, 0.25), rng.uniform(0.1, 0.8), rng.uniform(0.65, 0.95)
    return tuple(map(float, rng.permutation((low, middle, high))))


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The glasses' covered region, content and shadow on a live frame.

    Args:
      shot: the live frame.
      p: the glasses.
      rng: rolls the pupils between frames.
    """
    roll = tuple(map(int, rng.integers(_ROLL_STEPS, size=2))) if p.instrument == "rolling_eyes" else (0, 0)
    return eyewear.wear(shot, _draw_sheet(p, roll), p.shadow)


@functools.lru_cache(maxsize=6)
def _draw_sheet(p: Parameters, roll: tuple[int, int]) -> Worn:
    """The glasses, drawn flat."""
    x, y = blank_sheet()
    side = np.sign(x) + (x == 0)
    across = np.abs(x) - 0.5  # from the middle of a lens, outwards
    angle, distance = np.arctan2(-y, across), np.hypot(across, y)
    inside = _outline(p.shape, angle) * p.radius - distance
    bridge = np.where(np.abs(x) < 0.25, 0.07 - np.abs(y + 0.05 - 0.3 * x * x), -1)
    arms = np.where(np.abs(x) > 0.5 + 0.6 * p.radius, 0.07 - np.abs(y + 0.06), -1)
    solid = np.maximum(np.maximum(inside, bridge), arms)
    colour = np.empty(x.shape + (3,), np.float32)
    colour[:] = p.rim

    def lay(share: np.ndarray, paint) -> None:
        nonlocal colour
        colour = colour + share[..., None] * (np.float32(paint) - colour)

    lens = _soft(inside - p.thickness)
    if p.dots:
        beads = (inside > 0.02) * (np.abs(inside - 0.55 * p.thickness) < 0.025)
        lay(beads * _soft(0.3 * (np.cos(p.dots * angle) - 0.55)), p.second)
    # A moulded rim is brightest along its middle.
    colour = colour * (1 - 0.35 * np.clip(np.abs(inside / p.thickness - 0.5), 0, 1) * (1 - lens))[..., None]
    if p.instrument == "coloured_lenses":
        lay(lens, np.array(p.lens) * 0.8)
    elif p.instrument == "mirror_lenses":
        share = np.clip(0.5 - 1.2 * y, 0, 1)[..., None]
        lay(lens, np.float32(p.lens) * share + np.float32((0.85, 0.88, 0.92)) * (1 - share))
        lay(0.8 * lens * np.exp(-(((across - 0.5 * y) / 0.05) ** 2)), (0.97, 0.97, 0.97))
    else:
        lay(lens, (0.95, 0.95, 0.93))
        for number, which in enumerate((side < 0, side > 0)):
            turn = 2 * np.pi * roll[number] / _ROLL_STEPS
            reach = 0.5 * (p.radius - p.thickness)
            pupil = np.hypot(across - reach * np.cos(turn) * (1, -1)[number], y - reach * np.sin(turn))
            lay(which * lens * _soft(0.42 * (p.radius - p.thickness) - pupil), (0.03, 0.03, 0.03))
    alpha = _soft(solid)
    if p.instrument == "coloured_lenses":
        alpha = alpha * (1 - (1 - p.opacity) * lens)
    light = to_linear(np.clip(colour, 0, 1)) * 0.9
    return Worn(np.concatenate([light, alpha[..., None]], -1).astype(np.float32), p.drop, p.gloss)


def _outline(shape: str, angle: np.ndarray) -> np.ndarray:
    """Radius of the outline by angle (0 outwards, rising upwards), 1 on the whole."""
    if shape == "star":
        wave = np.mod(5 * (angle - np.pi / 2) / (2 * np.pi), 1)
        return 1.12 - 0.62 * np.minimum(wave, 1 - wave)
    if shape == "heart":
        return 0.98 - 0.20 * np.sin(angle) + 0.22 * np.abs(np.cos(angle)) * (np.sin(angle) + 0.2)
    if shape == "flower":
        return 0.95 + 0.13 * np.cos(6 * angle)
    if shape == "cat_eye":
        return (
            0.86 + 0.30 * np.exp(-(((angle - 0.7) / 0.4) ** 2)) - 0.16 * np.exp(-(((np.abs(angle) - 1.6) / 0.6) ** 2))
        )
    return np.ones_like(angle)


def _soft(distance: np.ndarray) -> np.ndarray:
    return np.clip(distance / _SOFT + 0.5, 0, 1)
