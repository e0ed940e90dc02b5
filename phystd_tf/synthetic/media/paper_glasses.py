"""Paper glasses: glasses cut out of printed paper and worn over the eyes.

Simulated: the sheet bent around the face in the pose of the head, and its print:
thick rims, and lenses that are printed eyes, a plain color, or cut out. There are
a dot screen, grain, the white cut edge, shading by the lights of the scene, and a
shadow on the skin. Covered region P: the paper, with soft edges. Additive trace
T_A: the shadow, outside the paper. Not simulated: folds, and tape.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.color import Color, as_color, blend
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import eyewear, paper
from phystd_tf.synthetic.person.worn import PIXELS, WornSheet, sheet_coordinates
from phystd_tf.synthetic.scene.noise import value_noise
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

# The kind of lenses.
INSTRUMENTS = ("printed_eyes", "plain_lenses", "cut_out")
_DOTS = 0.068  # period of the dot screen, eye distances
_GRAIN = 0.025  # size of the grain of the paper, eye distances
_EDGE = 0.022  # width of the white cut edge, eye distances


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One pair of paper glasses. Lengths are in eye distances, colors are sRGB.

    Attributes:
      instrument: the kind of lenses.
      rim: color of the rims.
      lens: color of plain lenses, or of the skin around printed eyes.
      iris: color of printed eyes.
      width, height: size of a lens with its rim.
      thickness: thickness of the rim.
      roundness: exponent of the outline; 2 is an ellipse.
      drop: distance of the glasses below the eyes.
      shadow: strength of the shadow on the skin.
      texture_seed: seed of the grain.
    """

    instrument: str
    rim: Color
    lens: Color
    iris: Color
    width: float
    height: float
    thickness: float
    roundness: float
    drop: float
    shadow: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random pair of paper glasses."""
    instrument = str(rng.choice(INSTRUMENTS))
    rim = rng.uniform(0.03, 0.2) * np.ones(3) if rng.uniform() < 0.5 else rng.uniform(0.05, 0.9, 3)
    plain = rng.uniform(0.05, 0.35) * np.ones(3) if rng.uniform() < 0.5 else rng.uniform(0.15, 0.9, 3)
    face = np.array((0.86, 0.68, 0.56)) * rng.uniform(0.55, 1.05)
    return Parameters(
        instrument=instrument,
        rim=as_color(rim),
        lens=as_color(face if instrument == "printed_eyes" else plain),
        iris=as_color(rng.uniform(0.08, 0.5, 3)),
        width=float(rng.uniform(0.86, 0.97)),
        height=float(rng.uniform(0.58, 0.82)),
        thickness=float(rng.uniform(0.08, 0.14) if instrument != "cut_out" else rng.uniform(0.10, 0.16)),
        roundness=float(rng.uniform(2.0, 5.0)),
        drop=float(rng.uniform(-0.02, 0.06)),
        shadow=float(rng.uniform(0.25, 0.55)),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The covered region, content and shadow of the glasses on a live frame.

    Args:
      shot: the live frame.
      p: the glasses.
      rng: unused; the glasses do not move on the head.
    """
    del rng
    return eyewear.eyewear_layers(shot, _draw_sheet(p), p.shadow)


@functools.lru_cache(maxsize=2)
def _draw_sheet(p: Parameters) -> WornSheet:
    """The flat printed sheet."""
    x, y = sheet_coordinates()
    lens_x = np.abs(x) - 0.5
    radius = ((np.abs(lens_x) / (p.width / 2)) ** p.roundness + (np.abs(y) / (p.height / 2)) ** p.roundness) ** (
        1 / p.roundness
    )
    scale = p.height / 2
    inside = (1 - radius) * scale  # distance inwards from the outer edge of a lens
    bridge = 0.09 - np.abs(y + 0.06) - 0.35 * x * x
    bridge = np.where(np.abs(x) < 0.25, bridge, -1)
    arm = np.where(np.abs(x) > 0.5 + 0.3 * p.width, 0.085 - np.abs(y + 0.10), -1)
    solid = np.maximum(np.maximum(inside, bridge), arm)
    rng = np.random.default_rng(p.texture_seed)
    color = np.empty(x.shape + (3,), np.float32)
    color[:] = p.rim
    pattern = 0.06 * np.sin(40 * x + 9 * y)[..., None]
    color = np.clip(color + pattern * (0.3 + color), 0, 1)
    in_lens = np.clip((inside - p.thickness) / 0.012, 0, 1)
    color = blend(color, in_lens, _eye(p, lens_x, y) if p.instrument == "printed_eyes" else p.lens)
    color = blend(color, np.clip(1 - (solid - _EDGE) / 0.012, 0, 1), (0.93, 0.92, 0.89))
    dots = paper.halftone(color.astype(np.float32), _DOTS * PIXELS, 0.3, 4.0, rng.uniform(-9, 9, 2))
    color = color + 0.20 * (dots - color)
    light = to_linear(np.clip(color, 0, 1)) * 0.85 + 0.03
    light = light * (1 + 0.045 * value_noise(rng, (x.shape[0], x.shape[1]), _GRAIN * PIXELS))[..., None]
    alpha = np.clip(solid / 0.012 + 0.5, 0, 1)
    if p.instrument == "cut_out":
        alpha = alpha * (1 - in_lens)
    return WornSheet(np.concatenate([light, alpha[..., None]], -1).astype(np.float32), p.drop, 0.15)


def _eye(p: Parameters, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The wide-open eye printed on each lens, sRGB; ``x`` and ``y`` are eye distances from the center of the lens."""
    color = np.empty(x.shape + (3,), np.float32)
    color[:] = p.lens
    lids = np.clip((0.26 - np.abs(x)) / 0.26, 0, 1) ** 0.6
    opening = np.clip((0.135 * lids - np.abs(y)) / 0.012 + 0.5, 0, 1)[..., None]
    white = np.array((0.93, 0.92, 0.90), np.float32)
    radius = np.hypot(x, y)
    iris = np.clip((0.115 - radius) / 0.012 + 0.5, 0, 1)[..., None]
    pupil = np.clip((0.05 - radius) / 0.012 + 0.5, 0, 1)[..., None]
    eye = white + iris * (np.array(p.iris, np.float32) - white)
    eye = eye * (1 - 0.95 * pupil)
    glint = np.exp(-(((x - 0.03) / 0.018) ** 2 + ((y + 0.035) / 0.018) ** 2))[..., None]
    eye = eye + glint * (1 - eye)
    line = np.exp(-(((np.abs(y) - 0.14 * lids) / 0.018) ** 2))[..., None] * (np.abs(x) < 0.27)[..., None]
    color = color + opening * (eye - color)
    brow = np.exp(-(((y + 0.23 - 0.4 * x * x) / 0.028) ** 2))[..., None] * (np.abs(x) < 0.26)[..., None]
    return color * (1 - 0.75 * line) * (1 - 0.65 * brow)
