"""Paper glasses: a pair of glasses cut out of printed paper and worn over the eyes.

Simulated: the sheet bent around the face in the pose of the head; its print (thick rims, lenses that are printed
eyes, plain colour, or cut out), its dot screen and grain, the white cut
edge, its own shading by the scene's lights, and the shadow it throws on the
skin. Covered region P: where there is paper (soft along the cut). Additive
part: the shadow, outside the paper. Not simulated: folds, and tape.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import eyewear, paper
from phystd_tf.synthetic.person.worn import PIXELS, Worn, blank_sheet
from phystd_tf.synthetic.scene.noise import value_noise
from phystd_tf.synthetic.scene.transfer import to_linear
from phystd_tf.synthetic.shot import Shot

# How the lenses are made. Named like instruments: a protocol may hold one out.
INSTRUMENTS = ("printed_eyes", "plain_lenses", "cut_out")
_DOTS = 0.068  # period of the dot screen, eye distances
_GRAIN = 0.025  # of the paper, eye distances
_EDGE = 0.022  # width of the white cut edge, eye distances


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One pair of paper glasses. Lengths in eye distances, colours sRGB.

    Attributes:
      instrument: what the lenses are.
      rim: colour of the rims.
      lens: colour of plain lenses, or of the skin around printed eyes.
      iris: colour of printed eyes.
      width, height: of a lens with its rim.
      thickness: of the rim.
      roundness: exponent of the outline.
      drop: of the glasses below the eyes.
      shadow: strength of the shadow on the skin.
      texture_seed: draws the grain.
    """

    instrument: str
    rim: tuple[float, float, float]
    lens: tuple[float, float, float]
    iris: tuple[float, float, float]
    width: float
    height: float
    thickness: float
    roundness: float
    drop: float
    shadow: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random pair."""
    instrument = str(rng.choice(INSTRUMENTS))
    rim = rng.uniform(0.03, 0.2) * np.ones(3) if rng.uniform() < 0.5 else rng.uniform(0.05, 0.9, 3)
    plain = rng.uniform(0.05, 0.35) * np.ones(3) if rng.uniform() < 0.5 else rng.uniform(0.15, 0.9, 3)
    face = np.array((0.86, 0.68, 0.56)) * rng.uniform(0.55, 1.05)
    return Parameters(
        instrument=instrument,
        rim=tuple(map(float, rim)),
        lens=tuple(map(float, face if instrument == "printed_eyes" else plain)),
        iris=tuple(map(float, rng.uniform(0.08, 0.5, 3))),
        width=float(rng.uniform(0.86, 0.97)),
        height=float(rng.uniform(0.58, 0.82)),
        thickness=float(rng.uniform(0.08, 0.14) if instrument != "cut_out" else rng.uniform(0.10, 0.16)),
        roundness=float(rng.uniform(2.0, 5.0)),
        drop=float(rng.uniform(-0.02, 0.06)),
        shadow=float(rng.uniform(0.25, 0.55)),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The glasses' covered region, content and shadow on a live frame.

    Args:
      shot: the live frame.
      p: the glasses.
      rng: small slips between frames.
    """
    del rng  # The glasses sit still on the head.
    return eyewear.wear(shot, _draw_sheet(p), p.shadow)


@functools.lru_cache(maxsize=2)
def _draw_sheet(p: Parameters) -> Worn:
    """The printed sheet, drawn flat."""
    x, y = blank_sheet()
    lens_x = np.abs(x) - 0.5
    radius = ((np.abs(lens_x) / (p.width / 2)) ** p.roundness + (np.abs(y) / (p.height / 2)) ** p.roundness) ** (
        1 / p.roundness
    )
    scale = p.height / 2
    inside = (1 - radius) * scale  # distance from the outer edge of a lens, inwards
    bridge = 0.09 - np.abs(y + 0.06) - 0.35 * x * x
    bridge = np.where(np.abs(x) < 0.25, bridge, -1)
    arm = np.where(np.abs(x) > 0.5 + 0.3 * p.width, 0.085 - np.abs(y + 0.10), -1)
    solid = np.maximum(np.maximum(inside, bridge), arm)
    rng = np.random.default_rng(p.texture_seed)
    colour = np.empty(x.shape + (3,), np.float32)
    colour[:] = p.rim
    pattern = 0.06 * np.sin(40 * x + 9 * y)[..., None]
    colour = np.clip(colour + pattern * (0.3 + colour), 0, 1)
    in_lens = np.clip((inside - p.thickness) / 0.012, 0, 1)[..., None]
    lens = _eye(p, lens_x, y) if p.instrument == "printed_eyes" else np.broadcast_to(np.float32(p.lens), colour.shape)
    colour = colour + in_lens * (lens - colour)
    edge = np.clip(1 - (solid - _EDGE) / 0.012, 0, 1)[..., None]
    colour = colour + edge * (np.float32((0.93, 0.92, 0.89)) - colour)
    dots = paper.halftone(colour.astype(np.float32), _DOTS * PIXELS, 0.3, 4.0, rng.uniform(-9, 9, 2))
    colour = colour + 0.20 * (dots - colour)
    light = to_linear(np.clip(colour, 0, 1)) * 0.85 + 0.03
    light = light * (1 + 0.045 * value_noise(rng, x.shape, _GRAIN * PIXELS))[..., None]
    alpha = np.clip(solid / 0.012 + 0.5, 0, 1)
    if p.instrument == "cut_out":
        alpha = alpha * (1 - in_lens[..., 0])
    return Worn(np.concatenate([light, alpha[..., None]], -1).astype(np.float32), p.drop, 0.15)


def _eye(p: Parameters, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Wide-open eyes printed on the lenses."""
    colour = np.empty(x.shape + (3,), np.float32)
    colour[:] = p.lens
    lids = np.clip((0.26 - np.abs(x)) / 0.26, 0, 1) ** 0.6
    opening = np.clip((0.135 * lids - np.abs(y)) / 0.012 + 0.5, 0, 1)[..., None]
    white = np.float32((0.93, 0.92, 0.90))
    radius = np.hypot(x, y)
    iris = np.clip((0.115 - radius) / 0.012 + 0.5, 0, 1)[..., None]
    pupil = np.clip((0.05 - radius) / 0.012 + 0.5, 0, 1)[..., None]
    eye = white + iris * (np.float32(p.iris) - white)
    eye = eye * (1 - 0.95 * pupil)
    glint = np.exp(-(((x - 0.03) / 0.018) ** 2 + ((y + 0.035) / 0.018) ** 2))[..., None]
    eye = eye + glint * (1 - eye)
    line = np.exp(-(((np.abs(y) - 0.14 * lids) / 0.018) ** 2))[..., None] * (np.abs(x) < 0.27)[..., None]
    colour = colour + opening * (eye - colour)
    brow = np.exp(-(((y + 0.23 - 0.4 * x * x) / 0.028) ** 2))[..., None] * (np.abs(x) < 0.26)[..., None]
    return colour * (1 - 0.75 * line) * (1 - 0.65 * brow)
