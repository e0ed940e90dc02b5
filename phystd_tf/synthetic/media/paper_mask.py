"""Paper mask: a face that is folded and glued from a printed sheet.

Simulated: a head of a few rigid, flat facets, each shaded as a plane. The paper
is bare card with drawn features, or shows the printed face of another person
(with the gamut of its inks, blur, dots and fibers). The print is worn to white
along the folds; there are white cut edges, and holes for the eyes or printed
eyes. The mask casts a shadow on the skin around it. Covered region P: the paper.
Additive trace T_A: the shadow. Not simulated: gluing tabs, and a polygonal
outline where the mask would stand off the head.
"""

import dataclasses
import functools

import cv2
import numpy as np

from phystd_tf.face import topology
from phystd_tf.face.morphable_model import default_model
from phystd_tf.synthetic.color import blend, scale
from phystd_tf.synthetic.composition import Layers
from phystd_tf.synthetic.media import mask_canvas, masks
from phystd_tf.synthetic.media.mask_canvas import Canvas
from phystd_tf.synthetic.media.masks import Coat
from phystd_tf.synthetic.media.printing import Print, paper_coat, print_face, sample_print
from phystd_tf.synthetic.person.atlas_canvas import OUTER_LIPS, SHIFT
from phystd_tf.synthetic.shot import Shot

# The printer.
INSTRUMENTS = ("laser_card", "inkjet_card", "bare_card")
_CUT = 0.03  # width of the white cut edge, eye distances
# Vertices at the corners of the facets (outline, brows, eyes, nose, cheeks, mouth, chin): left half, and middle.
_LEFT = (109, 54, 127, 234, 132, 172, 150, 105, 70, 55, 33, 133, 145, 159, 48, 50, 187, 206, 61, 182, 169, 69)
_MIDDLE = (10, 151, 168, 195, 4, 2, 0, 14, 18, 152)


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One mask. Lengths are in eye distances.

    Attributes:
      instrument: the printer.
      print: how it is printed; for bare card, only the paper matters.
      folds: whiteness of the worn folds.
      fold_width: width of the worn part.
      facets: flatness of the facets; 1 gives sharp folds.
      depth: factor on the depth of the features.
      eye_holes: whether the eyes are cut out.
      size: size of the mask relative to the outline of the face.
      gloss: gloss of the paper.
      shadow: strength of the shadow on the skin.
      texture_seed: seed of corners and fibers.
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
    """The covered region, content and shadow of the mask on a live frame.

    Args:
      shot: the live frame.
      p: the mask.
      rng: unused; the mask does not move on the head.
    """
    del rng
    coat, facets = _fold(p, masks.atlas_height(shot))
    placement = masks.place_mask(shot, masks.mold_normals(p.texture_seed))
    covered = masks.cover_on_face(shot.rendering.surface, coat.cover, placement)
    flat = masks.sample_atlas(facets, placement.place) @ shot.scene.rotation.T.astype(np.float32)
    normal = masks.normalized(placement.normal + p.facets * (flat - placement.normal))
    return masks.coat_layers(shot, coat, placement._replace(normal=normal), covered, scatter=0.1, shadow=p.shadow)


@functools.lru_cache(maxsize=2)
def _fold(p: Parameters, height: int) -> tuple[Coat, np.ndarray]:
    """The mask on an atlas with this number of rows, and the normals [H, 2 H, 3] of its facets before the pose."""
    canvas = Canvas(height)
    rng = np.random.default_rng(p.texture_seed)
    mirror = default_model().mirror
    corners = np.array(_MIDDLE + _LEFT + tuple(mirror[list(_LEFT)]))
    points = default_model().mean[corners] * (1, 1, p.depth)
    # Folds are not exact.
    points = points + 0.018 * rng.standard_normal(points.shape)
    places = canvas.places[corners]
    triangles = _triangulate(places)
    facets = _facet_normals(canvas, places, points, triangles)

    outline = canvas.signed_distance(canvas.ring([i for i in topology.FACE_OVAL if i in set(corners)], p.size - 1))
    solid = outline
    if p.eye_holes:
        # Holes that are cut with scissors have few corners.
        holes = [canvas.ring(ring, 0.25)[::2] for ring in mask_canvas.EYE_RINGS]
        solid = np.minimum(solid, -canvas.signed_distance(*holes))
    cover = canvas.soft_edge(solid, 0.012)
    color = _drawing(p, canvas) if p.instrument == "bare_card" else print_face(canvas, p.print, rng)
    folds = canvas.distance_from(*(places[triangle[[0, 1, 2, 0]]] for triangle in triangles))
    worn = mask_canvas.mottle(p.texture_seed + 1, canvas, (0.15, 0.05))
    crease = np.exp(-((folds / p.fold_width) ** 2))
    white = p.folds * crease * np.clip(0.7 + 0.4 * worn, 0, 1.5)
    white = np.maximum(np.clip(white, 0, 1), 0.9 * mask_canvas.near_edge(solid, _CUT))
    color = blend(color, white, p.print.bare)
    if p.instrument == "bare_card":
        color = scale(color, 1 - 0.35 * crease)
    gloss = np.full(folds.shape, p.gloss, np.float32)
    return paper_coat(canvas, color, cover, gloss, p.texture_seed + 2, sag=(0.006, 0.5)), facets


def _facet_normals(canvas: Canvas, places: np.ndarray, points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Draws the normals of the facets on the canvas.

    Args:
      canvas: the canvas.
      places: [k, 2], (angle, y) of the corners.
      points: [k, 3], the corners of the folded mask.
      triangles: [F, 3], the facets.

    Returns:
      [H, 2 H, 3] float32; (0, 0, 1) outside the facets.
    """
    corner = points[triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal *= np.sign(normal[:, 2:] + 1e-9) / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    facets = canvas.filled((0, 0, 1))
    for triangle, direction in zip(triangles, normal):
        cv2.fillConvexPoly(facets, canvas.pixels(places[triangle]), tuple(map(float, direction)), cv2.LINE_8, SHIFT)
    return cv2.GaussianBlur(facets, (0, 0), 0.7)


def _drawing(p: Parameters, canvas: Canvas) -> np.ndarray:
    """Features drawn on bare card with felt-tip pens, linear reflectance [H, 2 H, 3]."""
    color = np.broadcast_to(p.print.bare, (*canvas.shape, 3))
    uneven = np.clip(0.85 + 0.12 * mask_canvas.mottle(p.texture_seed + 4, canvas, (0.06, 0.03)), 0, 1)
    rings = [canvas.ring(ring, 0.15) for ring in mask_canvas.EYE_RINGS]
    brows = [canvas.places[list(brow)] - (0, 0.06) for brow in ((46, 53, 52, 65, 55), (276, 283, 282, 295, 285))]
    lips = canvas.soft_edge(canvas.signed_distance(canvas.ring(OUTER_LIPS)), 0.02)
    seam = canvas.soft_edge(0.012 - canvas.distance_from(canvas.places[list(mask_canvas.LIP_SEAM)]), 0.015)
    pen = np.maximum(
        canvas.soft_edge(0.045 - canvas.distance_from(*brows), 0.02),
        canvas.soft_edge(0.02 - np.abs(canvas.signed_distance(*rings)), 0.02),
    )
    for vertex in (99, 328):  # nostrils
        angle, y = canvas.places[vertex]
        pen = np.maximum(pen, canvas.soft_edge(0.04 - np.hypot(canvas.angle - angle, 1.4 * (canvas.y - y)), 0.02))
    color = blend(color, lips * uneven, (0.42, 0.07, 0.07))
    color = blend(color, np.maximum(pen, seam) * uneven, (0.03, 0.025, 0.02))
    return mask_canvas.paint_eyes(canvas, color, (0.15, 0.12, 0.1), 1.0)


def _triangulate(places: np.ndarray) -> np.ndarray:
    """Delaunay triangles [F, 3] of points [k, 2] of (angle, y)."""
    # OpenCV returns float32 coordinates instead of indices.
    rows = np.asarray(places, np.float32)
    index_of = {(float(x), float(y)): index for index, (x, y) in enumerate(rows)}
    subdivision = cv2.Subdiv2D((-4, -4, 8, 8))
    for point in index_of:
        subdivision.insert(point)
    triangles = [
        [index_of.get((float(x), float(y))) for x, y in row.reshape(3, 2)] for row in subdivision.getTriangleList()
    ]
    return np.array([triangle for triangle in triangles if None not in triangle])
