"""Partial paper: pieces of a printed photograph of another person, attached over the eyes or over the mouth.

Simulated: a strip over both eyes, a piece over each eye, or a piece over the
mouth. The pieces are cut from a print (with the gamut of its inks, dots, blur
and fibers) and bent over the face, but flatter than the face. They have white
cut edges, are shaded by the lights of the scene, and cast a shadow; some have
tape. Covered region P: paper and tape. Additive trace T_A: the shadow. Not
simulated: loose ends that stand off the face.
"""

import dataclasses
import functools

import numpy as np

from phystd_tf.synthetic.color import blend
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import mask_canvas, masks
from phystd_tf.synthetic.media.mask_canvas import Canvas
from phystd_tf.synthetic.media.masks import Coat
from phystd_tf.synthetic.media.printing import Print, paper_coat, print_face, sample_print
from phystd_tf.synthetic.shot import Shot

# Position of the paper, and the printer.
INSTRUMENTS = ("eyes_laser", "eyes_inkjet", "mouth_laser", "mouth_inkjet")
_CUT = 0.02  # width of the white cut edge, eye distances
_JITTER = 0.03  # irregularity of cuts by hand: radians and eye distances


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One set of pieces. Lengths are in eye distances.

    Attributes:
      instrument: position of the paper, and the printer.
      print: how it is printed.
      pieces: 1 strip or 2 pieces over the eyes; 1 piece over the mouth.
      width, height: size of a piece.
      tape: whether each piece is attached with tape.
      gloss: gloss of the paper.
      shadow: strength of the shadow on the skin.
      texture_seed: seed of cuts and fibers.
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
    """The covered region, content and shadow of the pieces on a live frame.

    Args:
      shot: the live frame.
      p: the pieces.
      rng: unused; the pieces do not move.
    """
    del rng
    coat = _pieces_coat(p, masks.atlas_height(shot))
    placement = masks.place_mask(shot, masks.mold_normals(p.texture_seed, 0.35), 0.8)
    covered = masks.cover_on_face(shot.rendering.surface, coat.cover, placement)
    return masks.coat_layers(shot, coat, placement, covered, scatter=0.1, shadow=p.shadow)


@functools.lru_cache(maxsize=2)
def _pieces_coat(p: Parameters, height: int) -> Coat:
    """The pieces on an atlas with this number of rows."""
    canvas = Canvas(height)
    rng = np.random.default_rng(p.texture_seed)
    middles = _middles(p, canvas)
    solid = canvas.signed_distance(*(_piece(middle, p.width, p.height, rng) for middle in middles))
    color = print_face(canvas, p.print, rng)
    color = blend(color, 0.95 * mask_canvas.near_edge(solid, _CUT), p.print.bare)
    cover = canvas.soft_edge(solid, 0.012)
    gloss = np.full(solid.shape, p.gloss, np.float32)
    if p.tape:
        ends = [middle + ((side * 0.5 * p.width * 0.8), 0) for middle in middles for side in (-1, 1)]
        strips = [_piece(end, 0.22, 0.5 * p.height, rng) for end in ends]
        tape = canvas.soft_edge(canvas.signed_distance(*strips), 0.012)
        color = blend(color, 0.8 * (tape * (1 - cover)), (0.62, 0.58, 0.46))
        gloss = np.where(tape > 0.5, 1.6, gloss).astype(np.float32)
        cover = np.maximum(cover, 0.75 * tape)
    return paper_coat(canvas, color, cover, gloss, p.texture_seed + 1, sag=(0.005, 0.4))


def _middles(p: Parameters, canvas: Canvas) -> list[np.ndarray]:
    """The centers (angle, y) of the pieces."""
    if p.instrument.startswith("mouth"):
        return [canvas.places[[13, 14]].mean(0)]
    eyes = [canvas.places[list(ring)].mean(0) for ring in mask_canvas.EYE_RINGS]
    return eyes if p.pieces == 2 else [np.mean(eyes, 0)]


def _piece(middle: np.ndarray, width: float, height: float, rng: np.random.Generator) -> np.ndarray:
    """The outline [8, 2] of a piece that is cut by hand; near the front, one radian is about 1.15 eye distances."""
    corners = np.array([(-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0)], float)
    size = np.array((0.5 * width / 1.15, 0.5 * height))
    return middle + corners * size + rng.uniform(-_JITTER, _JITTER, corners.shape)
