"""Funny eyeglasses: toy glasses of colored plastic.

Simulated: a thick glossy frame in the shape of stars, hearts, flowers, discs or
cat eyes, bent around the face in the pose of the head. The lenses are colored
plastic, mirrors with a gradient, or white discs with pupils that roll between
frames. The glasses have their own shading, a strong highlight, and a shadow on
the skin. Covered region P: plastic; colored lenses are slightly transparent.
Additive trace T_A: the shadow. Not simulated: attached noses and mustaches.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.color import Color, as_color, blend
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import eyewear
from phystd_tf.synthetic.person.worn import WornSheet, sheet_coordinates
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

# The kind of lenses.
INSTRUMENTS = ("coloured_lenses", "mirror_lenses", "rolling_eyes")
SHAPES = ("star", "heart", "flower", "disc", "cat_eye")
_SOFT = 0.012  # width of an edge, eye distances
_ROLL_STEPS = 5  # positions of a rolling pupil; few, so that drawn sheets can be cached


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One pair of glasses. Lengths are in eye distances, colors are sRGB.

    Attributes:
      instrument: the kind of lenses.
      shape: shape of the frame, one of SHAPES.
      rim, second: colors of the frame and of its ornaments.
      lens: color of the lenses.
      radius: radius of a lens with its rim.
      thickness: thickness of the rim.
      opacity: opacity of colored lenses, 0 to 1.
      dots: number of ornaments around a rim; 0 is plain.
      drop: distance of the glasses below the eyes.
      gloss: gloss of the plastic.
      shadow: strength of the shadow on the skin.
    """

    instrument: str
    shape: str
    rim: Color
    second: Color
    lens: Color
    radius: float
    thickness: float
    opacity: float
    dots: int
    drop: float
    gloss: float
    shadow: float


def sample(rng: np.random.Generator) -> Parameters:
    """A random pair of glasses."""
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


def _bright(rng: np.random.Generator) -> Color:
    """A random saturated color."""
    low, middle, high = rng.uniform(0.03, 0.25), rng.uniform(0.1, 0.8), rng.uniform(0.65, 0.95)
    return as_color(rng.permutation((low, middle, high)))


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The covered region, content and shadow of the glasses on a live frame.

    Args:
      shot: the live frame.
      p: the glasses.
      rng: rolls the pupils between frames.
    """
    left, right = rng.integers(_ROLL_STEPS, size=2) if p.instrument == "rolling_eyes" else (0, 0)
    return eyewear.eyewear_layers(shot, _draw_sheet(p, (int(left), int(right))), p.shadow)


@functools.lru_cache(maxsize=6)
def _draw_sheet(p: Parameters, roll: tuple[int, int]) -> WornSheet:
    """The flat glasses; ``roll`` is the position of the two pupils, each below _ROLL_STEPS."""
    x, y = sheet_coordinates()
    side = np.sign(x) + (x == 0)
    across = np.abs(x) - 0.5  # distance outwards from the center of a lens
    angle, distance = np.arctan2(-y, across), np.hypot(across, y)
    inside = _outline(p.shape, angle) * p.radius - distance
    bridge = np.where(np.abs(x) < 0.25, 0.07 - np.abs(y + 0.05 - 0.3 * x * x), -1)
    arms = np.where(np.abs(x) > 0.5 + 0.6 * p.radius, 0.07 - np.abs(y + 0.06), -1)
    solid = np.maximum(np.maximum(inside, bridge), arms)
    color = np.empty(x.shape + (3,), np.float32)
    color[:] = p.rim

    lens = _soft(inside - p.thickness)
    if p.dots:
        beads = (inside > 0.02) * (np.abs(inside - 0.55 * p.thickness) < 0.025)
        color = blend(color, beads * _soft(0.3 * (np.cos(p.dots * angle) - 0.55)), p.second)
    # A molded rim is brightest along its center line.
    color = color * (1 - 0.35 * np.clip(np.abs(inside / p.thickness - 0.5), 0, 1) * (1 - lens))[..., None]
    if p.instrument == "coloured_lenses":
        color = blend(color, lens, np.array(p.lens) * 0.8)
    elif p.instrument == "mirror_lenses":
        share = np.clip(0.5 - 1.2 * y, 0, 1)[..., None]
        sky, tint = np.array((0.85, 0.88, 0.92), np.float32), np.array(p.lens, np.float32)
        color = blend(color, lens, tint * share + sky * (1 - share))
        color = blend(color, 0.8 * lens * np.exp(-(((across - 0.5 * y) / 0.05) ** 2)), (0.97, 0.97, 0.97))
    else:
        color = blend(color, lens, (0.95, 0.95, 0.93))
        for number, on_side in enumerate((side < 0, side > 0)):
            turn = 2 * np.pi * roll[number] / _ROLL_STEPS
            reach = 0.5 * (p.radius - p.thickness)
            pupil = np.hypot(across - reach * np.cos(turn) * (1, -1)[number], y - reach * np.sin(turn))
            share = on_side * lens * _soft(0.42 * (p.radius - p.thickness) - pupil)
            color = blend(color, share, (0.03, 0.03, 0.03))
    alpha = _soft(solid)
    if p.instrument == "coloured_lenses":
        alpha = alpha * (1 - (1 - p.opacity) * lens)
    light = to_linear(np.clip(color, 0, 1)) * 0.9
    return WornSheet(np.concatenate([light, alpha[..., None]], -1).astype(np.float32), p.drop, p.gloss)


def _outline(shape: str, angle: np.ndarray) -> np.ndarray:
    """Relative radius of the outline by angle (0 is outwards, positive is upwards), about 1 on average."""
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
