"""Partial paper: pieces of somebody's printed photograph stuck over the eyes or over the mouth.

Simulated: a strip over both eyes, a piece over each eye, or one over the mouth,
cut with scissors from a print (ink's gamut, dots, blur, fibres) and bent over the
face, flatter than it; white cut edges, its own shading in the light of the
scene, tape on some, the shadow beside it. Covered region P: paper and tape.
Additive part: the shadow. Not simulated: loose ends that stand off.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.media.masks import Canvas, Coat
from phystd_tf.synthetic.media.printing import Print, print_face, sample_print
from phystd_tf.synthetic.shot import Shot

# Where it is stuck, and what it is printed with. Named: a protocol may hold one out.
INSTRUMENTS = ("eyes_laser", "eyes_inkjet", "mouth_laser", "mouth_inkjet")
_CUT = 0.02  # width of the white cut edge, eye distances
_GRAIN = (0.012, 0.03)  # of the fibres, eye distances
_JITTER = 0.03  # nobody cuts straight


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One set of pieces. Lengths in eye distances.

    Attributes:
      instrument: where it is stuck, and the printer.
      print: how it is printed.
      pieces: 1 strip or 2 pieces over the eyes; 1 over the mouth.
      width, height: of a piece.
      tape: whether a strip of tape holds each piece.
      gloss: of the paper.
      shadow: on the skin beside it.
      texture_seed: draws cuts and fibres.
    """

    instrument: str
    print: Print
    pieces: int
    width: float
    height: float
    tape: bool
    gloss: float
    shadow: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """Random pieces."""
    instrument = str(rng.choice(INSTRUMENTS))
    inkjet = instrument.endswith("inkjet")
    eyes = instrument.startswith("eyes")
    pieces = int(rng.choice((1, 2))) if eyes else 1
    return Parameters(
        instrument=instrument,
        print=sample_print(rng, inkjet),
        pieces=pieces,
        width=float(
            rng.uniform(1.7, 2.0)
            if eyes and pieces == 1
            else rng.uniform(0.62, 0.85)
            if eyes
            else rng.uniform(0.9, 1.2)
        ),
        height=float(rng.uniform(0.45, 0.75)),
        tape=bool(rng.uniform() < 0.4),
        gloss=float(rng.uniform(0.0, 0.25) if inkjet else rng.uniform(0.2, 0.7)),
        shadow=float(rng.uniform(0.3, 0.6)),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The pieces' covered region, content and shadow on a live frame.

    Args:
      shot: the live frame.
      p: the pieces.
      rng: unused; they are stuck.
    """
    del rng
    surface = shot.rendering.surface
    coat = _cut_out(p, masks.atlas_height(shot))
    seated = masks.seat(shot, masks.mould_normals(p.texture_seed, 0.35), 0.8)
    covered = np.where(masks.on_face(surface), masks.look_up(coat.cover, seated.place), 0)
    light = masks.light_of(shot, coat, seated, covered > 0, scatter=0.1)
    return masks.put_on(shot, covered, light, p.shadow)


@functools.lru_cache(maxsize=2)
def _cut_out(p: Parameters, height: int) -> Coat:
    """The pieces on an atlas of this height."""
    canvas = Canvas(height)
    rng = np.random.default_rng(p.texture_seed)
    middles = _middles(p, canvas)
    solid = canvas.inside(*(_piece(middle, p.width, p.height, rng) for middle in middles))
    colour = print_face(canvas, p.print, rng)
    white = 0.95 * np.exp(-((np.clip(solid, 0, None) / _CUT) ** 2))[..., None]
    colour = colour + white * (p.print.bare - colour)
    fibres = masks.mottle(p.texture_seed + 1, canvas, _GRAIN)
    sag = masks.mottle(p.texture_seed + 2, canvas, (0.4,))
    cover = canvas.soft(solid, 0.012)
    gloss = np.full(solid.shape, p.gloss, np.float32)
    if p.tape:
        ends = [middle + ((side * 0.5 * p.width * 0.8), 0) for middle in middles for side in (-1, 1)]
        tape = canvas.soft(canvas.inside(*(_piece(end, 0.22, 0.5 * p.height, rng) for end in ends)), 0.012)
        colour = colour + 0.8 * (tape * (1 - cover))[..., None] * (np.float32((0.62, 0.58, 0.46)) - colour)
        gloss = np.where(tape > 0.5, 1.6, gloss).astype(np.float32)
        cover = np.maximum(cover, 0.75 * tape)
    colour = np.clip(colour * (1 + 0.02 * fibres)[..., None], 0.005, 0.95)
    return Coat(colour.astype(np.float32), cover, gloss, (0.005 * sag + 0.0004 * fibres).astype(np.float32))


def _middles(p: Parameters, canvas: Canvas) -> list[np.ndarray]:
    """The middles of the pieces, (angle, y)."""
    if p.instrument.startswith("mouth"):
        return [canvas.places[[13, 14]].mean(0)]
    eyes = [canvas.places[list(ring)].mean(0) for ring in masks.EYE_RINGS]
    return eyes if p.pieces == 2 else [np.mean(eyes, 0)]


def _piece(middle: np.ndarray, width: float, height: float, rng: np.random.Generator) -> np.ndarray:
    """The outline [8, 2] of a piece, cut by hand; on the front an angle of 1 is about 1.15 eye distances."""
    corners = np.array([(-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0)], float)
    size: tuple[float, float] = (0.5 * width / 1.15, 0.5 * height)
    return middle + corners * size + rng.uniform(-_JITTER, _JITTER, corners.shape)
