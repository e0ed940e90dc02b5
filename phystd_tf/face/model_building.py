"""Builds the morphable model from a few photographs.

The mean is the average of frontalized meshes. There are two kinds of deformations:

* Smooth deformations are eigenvectors of the mesh Laplacian, each along x, y or z.
  Their standard deviation decreases with frequency, so that a fit prefers the
  smoothest explanation.
* Named deformations open the jaw, close the eyes, smile, or change the brows,
  nose, mouth, chin and jaw locally. Many smooth modes would be needed for these.

Every deformation is either even or odd under mirroring, so the model treats both
sides of a face alike. All lengths are in the units of the model: the eye distance
is 1; x points to the right, y down and z towards the camera.
"""

from collections.abc import Sequence
from typing import Optional

import numpy as np

from phystd_tf.face import topology

FLIP = np.array([-1.0, 1.0, 1.0])

NUM_SMOOTH = 32  # number of eigenvectors, each along three axes
# The rms displacement of the smoothest mode at one standard deviation, and how fast it decreases with the mode
# number. Together, the modes move a vertex by about 0.06 eye distances (4 mm), like the differences between people.
SMOOTH_STDDEV = 0.02
SMOOTH_DECAY = 3.0
# Faces are nearly symmetric, so the standard deviation of odd deformations is reduced by this factor.
ODD_FACTOR = 0.35


def build(photographs: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Builds all arrays of the model.

    Args:
      photographs: each [H, W, 3] uint8 RGB, with one face that looks at the camera.

    Returns:
      The arrays documented in ``MorphableModel``, by name.
    """
    from phystd_tf.face.alignment import FaceAligner

    with FaceAligner() as aligner:
        meshes = [aligner.align(photograph).points.astype(np.float64) for photograph in photographs]
    edges = topology.edges()
    mirror = find_mirror(meshes[0], edges)
    mean = mean_shape(meshes, mirror)
    triangles, parts = topology.triangles(mean, mirror)
    basis, stddev, names = deformations(mean, triangles, parts, mirror)
    return {
        "mean": mean.astype(np.float32),
        "basis": basis.astype(np.float16),
        "stddev": stddev.astype(np.float32),
        "names": np.array(names),
        "triangles": triangles.astype(np.int16),
        "parts": parts.astype(np.uint8),
        "mirror": mirror.astype(np.int16),
        "vertices": topology.select_vertices(mean, mirror).astype(np.int16),
        "landmarks68": np.array(topology.LANDMARKS68, np.int16),
    }


def procrustes(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Computes the similarity transform that brings ``source`` [n, 3] closest to ``target`` [n, 3].

    Returns:
      Rotation [3, 3], scale and translation [3]; the result is ``scale * source @ rotation.T + translation``.
    """
    middle_s, middle_t = source.mean(0), target.mean(0)
    u, d, vt = np.linalg.svd((target - middle_t).T @ (source - middle_s))
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * signs) @ vt
    scale = float((d * signs).sum() / np.sum((source - middle_s) ** 2))
    return rotation, scale, middle_t - scale * rotation @ middle_s


def apply(transform: tuple[np.ndarray, float, np.ndarray], points: np.ndarray) -> np.ndarray:
    """Applies a transform returned by ``procrustes`` to points [n, 3]."""
    rotation, scale, translation = transform
    return scale * points @ rotation.T + translation


def find_mirror(mesh: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Finds the mirror partner of each vertex.

    The mirrored mesh is aligned with the mesh, starting from a few known pairs.
    Vertices are then matched so that the sum of distances is minimal.

    Three quads of MediaPipe's mesh have diagonals that are not mirrored, so six
    edges have no mirror image. All other edges must have one.

    Returns:
      [468] int.

    Raises:
      ValueError: if the matching is not its own inverse, or loses other edges.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    known = np.array([(33, 263), (133, 362), (61, 291), (234, 454), (10, 10), (152, 152), (1, 1), (168, 168)])
    vertices, partners = np.concatenate([known, known[:, ::-1]]).T
    flipped = mesh * FLIP
    transform = procrustes(flipped[partners], mesh[vertices])
    for _ in range(5):
        match = linear_sum_assignment(cdist(mesh, apply(transform, flipped)))[1]
        transform = procrustes(flipped[match], mesh)
    if (match[match] != np.arange(len(mesh))).any():
        raise ValueError("the mirror matching is not its own inverse")
    all_edges = {tuple(edge) for edge in np.sort(edges, 1)}
    lost = [edge for edge in all_edges if tuple(sorted(match[list(edge)])) not in all_edges]
    if len(lost) > 6:
        raise ValueError(f"the mirror matching loses {len(lost)} edges: {lost[:8]}")
    return match


def mean_shape(meshes: Sequence[np.ndarray], mirror: np.ndarray) -> np.ndarray:
    """Computes the average face, frontal and symmetric, [468, 3] float64."""
    faces = [_frontal(mesh, mirror) for mesh in meshes]
    mean = faces[0]
    for _ in range(3):
        mean = _normalized(np.mean([apply(procrustes(face, mean), face) for face in faces], 0))
        mean = (mean + mean[mirror] * FLIP) / 2
    return mean


def _frontal(mesh: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Rotates the mesh so that its plane of symmetry is x = 0, and averages it with its mirror image."""
    reflected = mesh[mirror] * FLIP
    rotation, scale, translation = procrustes(reflected, mesh)
    symmetric = (mesh + apply((rotation, scale, translation), reflected)) / 2
    # rotation * FLIP is a reflection; its normal is the direction from left to right.
    values, vectors = np.linalg.eigh((rotation * FLIP + (rotation * FLIP).T) / 2)
    x = vectors[:, 0] * np.sign(vectors[0, 0])
    # The direction from the top of the forehead to the chin is "down", which defines the pitch of a frontal face.
    y = symmetric[topology.CHIN] - symmetric[topology.FOREHEAD]
    y -= x * (x @ y)
    y /= np.linalg.norm(y)
    z = np.cross(x, y)
    return _normalized(symmetric @ np.stack([x, y, z], 1))


def _normalized(shape: np.ndarray) -> np.ndarray:
    left, right = shape[list(topology.LEFT_EYE)].mean(0), shape[list(topology.RIGHT_EYE)].mean(0)
    return (shape - (left + right) / 2) / np.linalg.norm(right - left)


def deformations(
    mean: np.ndarray, triangles: np.ndarray, parts: np.ndarray, mirror: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Computes the basis [M, 468, 3] with rms displacement 1, the standard deviations [M] and the names [M]."""
    similarity = _similarity_space(mean)
    basis, stddev, names = [], [], []

    def add(name: str, field: np.ndarray, size: Optional[float]) -> None:
        """Adds a field after removing changes of pose; ``size`` is its stddev, by default that of the field itself."""
        before = _rms(field)
        flat = field.reshape(-1)
        field = (flat - similarity @ (similarity.T @ flat)).reshape(field.shape)
        after = _rms(field)
        if after < 0.3 * before:
            return
        basis.append(field / after)
        stddev.append(after if size is None else size)
        names.append(name)

    for name, field in _named_fields(mean, triangles[parts == topology.SKIN], mirror):
        add(name, field, None)
    for number, vector in enumerate(_smooth_vectors(mean, triangles, mirror)):
        for axis in range(3):
            field = np.zeros_like(mean)
            field[:, axis] = vector
            is_odd = np.sum(field * field[mirror] * FLIP) < 0
            size = SMOOTH_STDDEV / (1 + number / SMOOTH_DECAY) * (ODD_FACTOR if is_odd else 1)
            add(f"smooth_{number:02d}_{'xyz'[axis]}", field, size)
    return np.array(basis), np.array(stddev), names


def _rms(field: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.sum(field**2, -1))))


def _similarity_space(mean: np.ndarray) -> np.ndarray:
    """Returns orthonormal directions [468 * 3, 7] that translate, rotate or scale the mean."""
    fields = [np.broadcast_to(axis, mean.shape) for axis in np.eye(3)]
    fields += [np.cross(axis, mean) for axis in np.eye(3)]
    fields.append(mean)
    return np.linalg.qr(np.stack([field.reshape(-1) for field in fields], 1))[0]


def _smooth_vectors(mean: np.ndarray, triangles: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Returns the smoothest non-constant functions on the mesh, [NUM_SMOOTH, 468], each even or odd."""
    import scipy.linalg

    laplacian, mass = _cotangent_laplacian(mean, triangles)
    laplacian = (laplacian + laplacian[np.ix_(mirror, mirror)]) / 2
    mass = (mass + mass[mirror]) / 2
    vectors = scipy.linalg.eigh(laplacian, np.diag(mass), subset_by_index=(1, NUM_SMOOTH))[1].T
    parity = np.sign(np.sum(vectors * vectors[:, mirror], 1))[:, None]
    return (vectors + parity * vectors[:, mirror]) / 2


def _cotangent_laplacian(points: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = len(points)
    laplacian, mass = np.zeros((count, count)), np.zeros(count)
    for shift in range(3):
        a, b, c = (triangles[:, (shift + k) % 3] for k in range(3))
        u, v = points[b] - points[a], points[c] - points[a]
        area = np.linalg.norm(np.cross(u, v), axis=1)
        cotangent = np.clip(np.sum(u * v, 1) / area, 0.01, 10) / 2
        for i, j in ((b, c), (c, b)):
            np.add.at(laplacian, (i, j), -cotangent)
            np.add.at(laplacian, (i, i), cotangent)
        np.add.at(mass, a, area / 6)
    return laplacian, mass


def _named_fields(mean: np.ndarray, skin: np.ndarray, mirror: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Returns fields [468, 3], each with a size of one standard deviation."""

    def bump(vertices: Sequence[int], width: float, height: Optional[float] = None) -> np.ndarray:
        """Returns 1 at the vertices, with a Gaussian falloff of ``width`` in x and z and ``height`` in y."""
        scale = np.array([width, height or width, width])
        gaps = (mean[:, None] - mean[None, list(vertices)]) / scale
        return np.exp(-0.5 * np.sum(gaps**2, -1).min(1))[:, None]

    def even(field: np.ndarray) -> np.ndarray:
        return field + field[mirror] * FLIP

    def odd(field: np.ndarray) -> np.ndarray:
        return field - field[mirror] * FLIP

    fields = []

    # The lower jaw rotates about an axis through the ears, and the lips part.
    fixed = dict.fromkeys(topology.LOWER_LIP + topology.CHIN_LINE, 1.0)
    fixed.update(dict.fromkeys(topology.UPPER_LIP + topology.UPPER_FACE, 0.0))
    weight = _harmonic(len(mean), skin, fixed)
    weight = (weight + weight[mirror])[:, None] / 2
    hinge = np.array([0.0, 0.55, mean[topology.EARS[0], 2]])
    arm = mean - hinge
    opening = weight * np.stack([0 * arm[:, 0], arm[:, 2], -arm[:, 1]], 1)
    fields.append(("jaw_open", 0.08 * opening))

    left_corner = bump((61, 78), 0.22, 0.18)
    fields.append(("smile", even(left_corner * (-0.07, -0.05, -0.03))))
    fields.append(("smirk", odd(left_corner * (-0.03, -0.03, 0.0))))
    lips = bump((0, 17, 13, 14), 0.30, 0.16)
    fields.append(("pucker", even(left_corner * (0.05, 0.0, 0.0)) + lips * (0, 0, 0.05)))
    upper, lower = bump(topology.UPPER_LIP, 0.08, 0.04), bump(topology.LOWER_LIP, 0.08, 0.04)
    apart = np.where(mean[:, 1:2] < mean[13:15, 1].mean(), -upper, lower)
    fields.append(("lips_part", 0.03 * apart * (0, 1, 0)))
    fields.append(("mouth_shift", lips * (0.0, 0.04, 0.0)))

    lid = np.zeros_like(mean)
    for above, below in zip(topology.LEFT_UPPER_LID, topology.LEFT_LOWER_LID):
        lid[above] = mean[below] - mean[above]
    gaps = np.linalg.norm(mean[:, None] - mean[None, topology.LEFT_UPPER_LID], axis=-1)
    near = gaps.argmin(1)
    above_eye = (mean[:, 1] < mean[np.array(topology.LEFT_UPPER_LID)[near], 1]) & (mean[:, 0] < 0)
    falloff = np.where(above_eye, np.exp(-gaps.min(1) / 0.05), 0.0)[:, None]
    lid = np.where((np.abs(lid).sum(1) > 0)[:, None], lid, falloff * lid[np.array(topology.LEFT_UPPER_LID)[near]])
    fields.append(("eyes_close", 0.35 * even(lid)))
    fields.append(("wink", 0.2 * odd(lid)))

    brow = bump(topology.LEFT_BROW, 0.10, 0.14)
    fields.append(("brows_up", even(brow * (0.0, -0.04, 0.0))))
    fields.append(("brow_up_one_side", odd(brow * (0.0, -0.02, 0.0))))
    fields.append(("frown", even(bump((55, 107), 0.12) * (0.03, 0.03, 0.0))))

    fields.append(("nose_length", bump((1, 4, 2), 0.16, 0.2) * (0.0, 0.04, 0.0)))
    fields.append(("nose_height", bump((1, 4, 5, 195), 0.14, 0.2) * (0.0, 0.0, 0.05)))
    fields.append(("nose_width", even(bump((48, 64, 98), 0.08, 0.1) * (-0.03, 0.0, 0.0))))
    fields.append(("chin_length", bump((152, 175), 0.3, 0.2) * (0.0, 0.05, 0.0)))
    fields.append(("chin_forward", bump((152, 175), 0.25, 0.2) * (0.0, 0.0, 0.05)))
    fields.append(("jaw_width", even(bump((172, 58), 0.2, 0.25) * (-0.05, 0.0, 0.0))))
    fields.append(("cheeks", even(bump((205, 50), 0.15) * (-0.01, 0.0, 0.03))))
    fields.append(("forehead_height", bump((10, 109, 338), 0.5, 0.25) * (0.0, -0.05, 0.0)))
    return fields


def _harmonic(count: int, triangles: np.ndarray, fixed: dict[int, float]) -> np.ndarray:
    """Returns the smooth function [count] that has the given values at some vertices."""
    adjacent = np.zeros((count, count))
    for a, b in ((0, 1), (1, 2), (2, 0)):
        adjacent[triangles[:, a], triangles[:, b]] = adjacent[triangles[:, b], triangles[:, a]] = 1
    laplacian = np.diag(adjacent.sum(1)) - adjacent
    known = np.array(sorted(fixed))
    free = np.setdiff1d(np.arange(count), known)
    values = np.zeros(count)
    values[known] = [fixed[vertex] for vertex in known]
    values[free] = np.linalg.solve(laplacian[np.ix_(free, free)], -laplacian[np.ix_(free, known)] @ values[known])
    return values
