"""Paper mask: a face folded and glued from a printed sheet.

Simulated: a head of few flat facets that keep their shape, each lit as the plane that it is; somebody's printed face
on it (ink's gamut, blur, dots, fibres) or bare card; folds where the print is
worn to white, cut edges, gluing tabs that stand out, holes for the eyes or
printed ones; the shadow on the skin around. Covered region P: the paper. Additive
part: the shadow. Not simulated: a polygonal outline against the background, where
the mask would stand off the head.
"""

import dataclasses
import functools

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import masks
from phystd_tf.synthetic.media.masks import Canvas, Coat
from phystd_tf.synthetic.media.printing import Print, print_face, sample_print
from phystd_tf.synthetic.person.atlas_canvas import OUTER_LIPS, SHIFT
from phystd_tf.synthetic.shot import Shot

# What it is printed with. Named: a protocol may hold one out.
INSTRUMENTS = ("laser_card", "inkjet_card", "bare_card")
_CUT = 0.03  # width of the white cut edge, eye distances
_GRAIN = (0.012, 0.03)  # of the fibres, eye distances
# Corners of the facets: the outline, brows, eyes, nose, cheeks, mouth, chin; of the image's left half and the middle.
_LEFT = (109, 54, 127, 234, 132, 172, 150, 105, 70, 55, 33, 133, 145, 159, 48, 50, 187, 206, 61, 182, 169, 69)
_MIDDLE = (10, 151, 168, 195, 4, 2, 0, 14, 18, 152)


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mask. Lengths in eye distances.

    Attributes:
      instrument: the printer.
      print: how it is printed; of bare card, only the paper counts.
      folds: how white the folds are worn.
      fold_width: of their worn part.
      facets: how flat the facets are; 1 has sharp folds.
      depth: how far features stand out.
      eye_holes: whether the eyes are cut out.
      size: share of the outline of the face that is covered.
      gloss: of the paper.
      shadow: on the skin around.
      texture_seed: draws corners and fibres.
    """

    instrument: str
    print: Print
    folds: float
    fold_width: float
    facets: float
    depth: float
    eye_holes: bool
    size: float
    gloss: float
    shadow: float
    texture_seed: int


def sample(rng: np.random.Generator) -> Parameters:
    """A random mask."""
    instrument = str(rng.choice(INSTRUMENTS, p=(0.42, 0.42, 0.16)))
    inkjet = instrument == "inkjet_card"
    return Parameters(
        instrument=instrument,
        print=sample_print(rng, inkjet),
        folds=float(rng.uniform(0.04, 0.28)),
        fold_width=float(rng.uniform(0.008, 0.014)),
        facets=float(rng.uniform(0.6, 0.9)),
        depth=float(rng.uniform(0.7, 1.1)),
        eye_holes=bool(rng.uniform() < 0.6),
        size=float(rng.uniform(0.90, 0.99)),
        gloss=float(rng.uniform(0.0, 0.25) if inkjet else rng.uniform(0.2, 0.7)),
        shadow=float(rng.uniform(0.4, 0.7)),
        texture_seed=int(rng.integers(2**31)),
    )


def layers(shot: Shot, p: Parameters, rng: np.random.Generator) -> Layers:
    """The mask's covered region, content and shadow on a live frame.

    Args:
      shot: the live frame.
      p: the mask.
      rng: unused; the mask sits still on the head.
    """
    del rng
    surface = shot.rendering.surface
    coat, facets = _fold(p, masks.atlas_height(shot))
    seated = masks.seat(shot, masks.mould_normals(p.texture_seed))
    covered = np.where(masks.on_face(surface), masks.look_up(coat.cover, seated.place), 0)
    flat = masks.look_up(facets, seated.place) @ shot.scene.rotation.T.astype(np.float32)
    normal = masks.normalised(seated.normal + p.facets * (flat - seated.normal))
    light = masks.light_of(shot, coat, seated._replace(normal=normal), covered > 0, scatter=0.1)
    return masks.put_on(shot, covered, light, p.shadow)


@functools.lru_cache(maxsize=2)
def _fold(p: Parameters, height: int) -> tuple[Coat, np.ndarray]:
    """The mask on an atlas of this height, and the normals [H, 2 H, 3] of its facets before the pose."""
    canvas = Canvas(height)
    rng = np.random.default_rng(p.texture_seed)
    mirror = default_model().mirror
    corners = np.array(_MIDDLE + _LEFT + tuple(mirror[list(_LEFT)]))
    points = default_model().mean[corners] * (1, 1, p.depth)
    # Nobody folds exactly.
    points = points + 0.018 * rng.standard_normal(points.shape)
    places = canvas.places[corners]
    triangles = _triangulate(places)
    corner = points[triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal *= np.sign(normal[:, 2:] + 1e-9) / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    facets = np.zeros(canvas.y.shape + (3,), np.float32)
    facets[..., 2] = 1
    for triangle, direction in zip(triangles, normal):
        cv2.fillConvexPoly(facets, canvas.pixels(places[triangle]), tuple(map(float, direction)), cv2.LINE_8, SHIFT)
    facets = cv2.GaussianBlur(facets, (0, 0), 0.7)

    outline = canvas.inside(canvas.ring([i for i in topology.FACE_OVAL if i in set(corners)], p.size - 1))
    solid = outline
    if p.eye_holes:
        # Cut with scissors: few corners.
        holes = [canvas.ring(ring, 0.25)[::2] for ring in masks.EYE_RINGS]
        solid = np.minimum(solid, -canvas.inside(*holes))
    cover = canvas.soft(solid, 0.012)
    colour = _drawing(p, canvas) if p.instrument == "bare_card" else print_face(canvas, p.print, rng)
    folds = canvas.away(*(places[triangle[[0, 1, 2, 0]]] for triangle in triangles))
    worn = masks.mottle(p.texture_seed + 1, canvas, (0.15, 0.05))
    white = p.folds * np.exp(-((folds / p.fold_width) ** 2)) * np.clip(0.7 + 0.4 * worn, 0, 1.5)
    white = np.maximum(np.clip(white, 0, 1), 0.9 * np.exp(-((np.clip(solid, 0, None) / _CUT) ** 2)))[..., None]
    colour = colour + white * (p.print.bare - colour)
    if p.instrument == "bare_card":
        colour = colour * (1 - 0.35 * np.exp(-((folds / p.fold_width) ** 2)))[..., None]
    fibres = masks.mottle(p.texture_seed + 2, canvas, _GRAIN)
    sag = masks.mottle(p.texture_seed + 3, canvas, (0.5,))
    colour = colour * (1 + 0.02 * fibres)[..., None]
    coat = Coat(
        np.clip(colour, 0.005, 0.95).astype(np.float32), cover, np.full(folds.shape, p.gloss, np.float32),
        (0.006 * sag + 0.0004 * fibres).astype(np.float32),
    )  # fmt: skip
    return coat, facets


def _drawing(p: Parameters, canvas: Canvas) -> np.ndarray:
    """Features drawn on bare card with felt pens, linear reflectance [H, 2 H, 3]."""
    colour = np.broadcast_to(p.print.bare, canvas.y.shape + (3,))
    uneven = np.clip(0.85 + 0.12 * masks.mottle(p.texture_seed + 4, canvas, (0.06, 0.03)), 0, 1)
    rings = [canvas.ring(ring, 0.15) for ring in masks.EYE_RINGS]
    brows = [canvas.places[list(brow)] - (0, 0.06) for brow in ((46, 53, 52, 65, 55), (276, 283, 282, 295, 285))]
    lips = canvas.soft(canvas.inside(canvas.ring(OUTER_LIPS)), 0.02)
    seam = canvas.soft(0.012 - canvas.away(canvas.places[list(masks.LIP_SEAM)]), 0.015)
    pen = np.maximum(
        canvas.soft(0.045 - canvas.away(*brows), 0.02), canvas.soft(0.02 - np.abs(canvas.inside(*rings)), 0.02)
    )
    for vertex in (99, 328):  # nostrils
        angle, y = canvas.places[vertex]
        pen = np.maximum(pen, canvas.soft(0.04 - np.hypot(canvas.angle - angle, 1.4 * (canvas.y - y)), 0.02))
    for share, paint in ((lips, (0.42, 0.07, 0.07)), (np.maximum(pen, seam), (0.03, 0.025, 0.02))):
        colour = colour + (share * uneven)[..., None] * (np.float32(paint) - colour)
    return masks.painted_eyes(canvas, colour, (0.15, 0.12, 0.1), 1.0)


def _triangulate(places: np.ndarray) -> np.ndarray:
    """Delaunay triangles [F, 3] of places [k, 2] of (angle, y)."""
    # OpenCV gives corners, not indices, in float32.
    where = {tuple(np.float32(place)): index for index, place in enumerate(places)}
    net = cv2.Subdiv2D((-4, -4, 8, 8))
    for place in where:
        net.insert((float(place[0]), float(place[1])))
    found = [[where.get(tuple(corner)) for corner in row.reshape(3, 2)] for row in net.getTriangleList()]
    return np.array([row for row in found if None not in row])
