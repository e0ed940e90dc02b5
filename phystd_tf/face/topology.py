"""The topology of the 468-point mesh: named vertices, edges and triangles.

Left and right are those of the image, not of the person.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from phystd_tf.hparams import PAPER

NUM_POINTS = 468

FOREHEAD = 10
CHIN = 152
EARS = (234, 454)
LEFT_EYE = (33, 133)
RIGHT_EYE = (362, 263)

# Closed rings, and arcs of rings from the left to the right corner.
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LEFT_UPPER_LID = (246, 161, 160, 159, 158, 157, 173)
LEFT_LOWER_LID = (7, 163, 144, 145, 153, 154, 155)
RIGHT_UPPER_LID = (398, 384, 385, 386, 387, 388, 466)
RIGHT_LOWER_LID = (382, 381, 380, 374, 373, 390, 249)
INNER_UPPER_LIP = (191, 80, 81, 82, 13, 312, 311, 310, 415)
INNER_LOWER_LIP = (95, 88, 178, 87, 14, 317, 402, 318, 324)
OUTER_UPPER_LIP = (185, 40, 39, 37, 0, 267, 269, 270, 409)
OUTER_LOWER_LIP = (146, 91, 181, 84, 17, 314, 405, 321, 375)
LEFT_MOUTH_CORNER = (61, 78)
RIGHT_MOUTH_CORNER = (308, 291)

LEFT_BROW = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
RIGHT_BROW = (336, 296, 334, 293, 300, 285, 295, 282, 283, 276)

UPPER_LIP = INNER_UPPER_LIP + OUTER_UPPER_LIP
LOWER_LIP = INNER_LOWER_LIP + OUTER_LOWER_LIP
CHIN_LINE = (152, 148, 176, 149, 377, 400, 378, 175, 199, 200, 18)
# Vertices that do not move when the jaw opens.
UPPER_FACE = (
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 109, 67, 103, 54, 21, 162, 127, 234)
    + (33, 133, 362, 263, 1, 2, 4, 168, 98, 327, 50, 280, 205, 425)
    + LEFT_LOWER_LID
    + RIGHT_LOWER_LID
)

# The 68 landmarks of iBUG, in order.
LANDMARKS68 = (
    (127, 234, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 454, 356)  # jaw
    + (70, 63, 105, 66, 107)  # left brow
    + (336, 296, 334, 293, 300)  # right brow
    + (168, 197, 5, 4)  # bridge of the nose
    + (98, 97, 2, 326, 327)  # below the nose
    + (33, 160, 158, 133, 153, 144)  # left eye
    + (362, 385, 387, 263, 373, 380)  # right eye
    + (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181)  # outer lips
    + (78, 81, 13, 311, 308, 402, 14, 178)  # inner lips
)
# Mirror partner of each of the 68 landmarks.
MIRROR68 = np.array(
    list(range(16, -1, -1))
    + list(range(26, 16, -1))
    + [27, 28, 29, 30, 35, 34, 33, 32, 31]
    + [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
)

NUM_SELECTED = PAPER.num_vertices  # Q, Sec. 3.3.1
SELECTED_FIRST = FACE_OVAL + LANDMARKS68 + (78, 308, 50, 280)

# Parts of the face to which triangles belong.
SKIN, EYES, MOUTH = 0, 1, 2


def edges() -> np.ndarray:
    """Returns the edges of MediaPipe's mesh, [1322, 2] int, smaller vertex first."""
    from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION

    return np.array(sorted({tuple(sorted(edge)) for edge in FACEMESH_TESSELATION}))


def triangles(mean: np.ndarray, mirror: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Computes the triangles of the mesh.

    MediaPipe publishes only edges. Three vertices that are joined by three edges
    form a triangle, unless each of the edges already borders two other triangles;
    such edges merely surround a vertex. The holes at the eyes and the mouth are
    closed by strips between their upper and lower rims, so that depth maps and
    renderings have no holes. All triangles are clockwise as seen from the camera
    (x right, y down).

    Args:
      mean: [468, 3] float64, mean face.
      mirror: [468] int, mirror partner of each vertex.

    Returns:
      Triangles [898, 3] int, and the part [898] to which each belongs.

    Raises:
      ValueError: if the mesh is not the expected one.
    """
    skin = _cliques(edges())
    left_eye = _strip((33,) + LEFT_UPPER_LID + (133,), (33,) + LEFT_LOWER_LID + (133,))
    left_mouth = _strip((78,) + INNER_UPPER_LIP[:5], (78,) + INNER_LOWER_LIP[:5])
    eyes = left_eye + [tuple(mirror[list(triangle)]) for triangle in left_eye]
    mouth = left_mouth + [tuple(mirror[list(triangle)]) for triangle in left_mouth]
    if len(skin) != 852 or len(eyes) != 28 or len(mouth) != 18:
        raise ValueError(f"unexpected mesh: {len(skin)}, {len(eyes)}, {len(mouth)} triangles")
    everything = np.array(skin + eyes + mouth)
    parts = np.repeat([SKIN, EYES, MOUTH], [len(skin), len(eyes), len(mouth)])
    return _same_winding(everything, mean), parts


def _cliques(pairs: np.ndarray) -> list[tuple[int, ...]]:
    neighbors: list[set[int]] = [set() for _ in range(NUM_POINTS)]
    for a, b in pairs:
        neighbors[a].add(int(b))
        neighbors[b].add(int(a))
    found: list[tuple[int, ...]] = []
    for a, b in pairs:
        found += [(int(a), int(b), c) for c in sorted(neighbors[a] & neighbors[b]) if c > b]
    count: dict[tuple[int, int], int] = {}
    for triangle in found:
        for edge in itertools.combinations(triangle, 2):
            count[edge] = count.get(edge, 0) + 1
    return [t for t in found if any(count[edge] < 3 for edge in itertools.combinations(t, 2))]


def _strip(upper: Sequence[int], lower: Sequence[int]) -> list[tuple[int, ...]]:
    """Returns the triangles between two rims that have the same number of vertices and common end points."""
    found: list[tuple[int, ...]] = []
    for a, b, c, d in zip(upper, upper[1:], lower[1:], lower):
        found += [t for t in ((a, b, c), (a, c, d)) if len(set(t)) == 3]
    return found


def _same_winding(faces: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Makes neighboring triangles traverse their common edge in opposite directions; the first faces the camera."""
    by_edge: dict[tuple[int, int], list[int]] = {}
    for index, triangle in enumerate(faces):
        for edge in itertools.combinations(sorted(triangle), 2):
            by_edge.setdefault(edge, []).append(index)
    faces = faces.copy()
    # Start at the triangle whose normal is closest to the direction of the camera.
    normal = _normal_z(mean[faces])
    seed = int(np.abs(normal).argmax())
    if normal[seed] < 0:
        faces[seed] = faces[seed][::-1]
    done, queue = {seed}, [seed]
    while queue:
        a, b, c = faces[queue.pop()]
        for edge in ((a, b), (b, c), (c, a)):
            for other in by_edge[tuple(sorted(edge))]:
                if other not in done:
                    ring = list(faces[other])
                    if ring[(ring.index(edge[0]) + 1) % 3] == edge[1]:
                        faces[other] = faces[other][::-1]
                    done.add(other)
                    queue.append(other)
    return faces


def _normal_z(corners: np.ndarray) -> np.ndarray:
    """Returns twice the signed area in (x, y); positive is clockwise in the image, since y points down."""
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def select_vertices(mean: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Selects the 140 vertices of Eq. (13): outline, brows, eyes, nose and lips, then an even cover of the rest.

    Vertices are selected together with their mirror partners. After the facial
    features, each step selects the vertex that is farthest from all selected ones.

    Args:
      mean: [468, 3] float64, mean face.
      mirror: [468] int, mirror partner of each vertex.

    Returns:
      [140] int, sorted.
    """
    chosen = set()
    for vertex in SELECTED_FIRST:
        chosen |= {vertex, int(mirror[vertex])}
    while len(chosen) < NUM_SELECTED:
        gaps = np.linalg.norm(mean[:, None] - mean[None, sorted(chosen)], axis=-1).min(1)
        if len(chosen) % 2:
            gaps = np.where(mirror == np.arange(len(mean)), gaps, -1)  # a vertex on the midline makes the number even
        vertex = int(gaps.argmax())
        chosen |= {vertex, int(mirror[vertex])}
    return np.array(sorted(chosen))
