"""A 3D morphable model of faces, which is fitted to a mesh or to 68 landmarks.

The paper fits a morphable model to obtain the facial vertices (Sec. 3.3.1) and
the depth M0 (Sec. 3.5). Our model uses the topology of MediaPipe's mesh and is
built by ``tools/build_morphable_model.py``. It can be replaced by a file with the
same arrays.

    shape = mean + sum_m coefficient_m * stddev_m * basis_m                  [468, 3]
    image = scale * shape @ rotation.T + translation        (x, y in pixels, z in pixels)

In the units of the model, the eye distance is 1. The origin is midway between the
eyes; x points to the right, y down and z towards the camera.
"""

import functools
import hashlib
import os
from collections.abc import Sequence
from typing import NamedTuple, Optional

import numpy as np
from threadpoolctl import ThreadpoolController

from phystd_tf.errors import PhystdError
from phystd_tf.face import topology

_PACKAGED = os.path.join(os.path.dirname(__file__), "assets", "morphable_model.npz")

# Standard deviations of points in the fit, in eye distances; the coefficients of the model have standard deviation 1.
POINT_STDDEV = 0.01
LANDMARK_STDDEV = 0.02  # the positions of landmarks from other detectors are defined slightly differently
OUTLINE_STDDEV = 0.08  # the first 17 of the 68 landmarks, which slide along the outline of a turned face
# The mesh estimates depth less accurately than x and y, so its residuals are weighted by a fifth.
AXIS_TRUST = np.array([1.0, 1.0, 0.2])
DENSE_ROUNDS = 3  # with depth, the first estimate of the pose is already good
FLAT_ROUNDS = 12  # without depth, pose and shape converge more slowly

# The matrices of a fit are small: multithreaded linear algebra takes ten times as long or more.
_LINEAR_ALGEBRA = ThreadpoolController()


class MorphableModelError(PhystdError):
    """A file is not a morphable model, or the points cannot be fitted."""


class Fit(NamedTuple):
    """A morphable model fitted to an image.

    Attributes:
      coefficients: [M] float64, in standard deviations.
      rotation: [3, 3] float64, rotation of the head.
      scale: pixels per eye distance.
      translation: [3] float64, pixels; the third entry is arbitrary.
      shape: [468, 3] float64, (x, y) in pixels and z in pixels towards the camera.
      error: root mean square distance between the points and the fit in the image,
        in eye distances.
    """

    coefficients: np.ndarray
    rotation: np.ndarray
    scale: float
    translation: np.ndarray
    shape: np.ndarray
    error: float


class MorphableModel:
    """Mean, deformations and topology of faces; use ``MorphableModel.load`` to read one.

    Attributes:
      mean: [468, 3] float64.
      basis: [M, 468, 3] float64, deformations with an rms displacement of 1.
      stddev: [M] float64, standard deviation of each deformation among faces.
      names: [M] str, names of the deformations; ``smooth_...`` for those without a specific meaning.
      triangles: [F, 3] int32, clockwise as seen from the camera; eyes and mouth are closed.
      parts: [F] uint8, 0 for skin, 1 if the triangle closes an eye, 2 if it closes the mouth.
      mirror: [468] int64, the mirror partner of each vertex.
      vertices: [140] int64, the vertices of Eq. (13).
      vertex_pairs: [140] int64, index into ``vertices`` of the mirror partner of each of them.
      landmarks68: [68] int64, the vertex of each iBUG landmark.
    """

    def __init__(
        self,
        mean: np.ndarray,
        basis: np.ndarray,
        stddev: np.ndarray,
        triangles: np.ndarray,
        mirror: np.ndarray,
        vertices: np.ndarray,
        landmarks68: np.ndarray,
        names: Optional[Sequence[str]] = None,
        parts: Optional[np.ndarray] = None,
    ) -> None:
        """Checks and stores the arrays.

        Raises:
          MorphableModelError: if the arrays are not consistent.
        """
        self.mean = np.asarray(mean, np.float64)
        self.basis = np.asarray(basis, np.float64)
        self.stddev = np.asarray(stddev, np.float64)
        self.triangles = np.asarray(triangles, np.int32)
        self.mirror = np.asarray(mirror, np.int64)
        self.vertices = np.asarray(vertices, np.int64)
        self.landmarks68 = np.asarray(landmarks68, np.int64)
        self.names = tuple(map(str, names)) if names is not None else ("",) * len(self.basis)
        self.parts = np.asarray(parts if parts is not None else np.zeros(len(self.triangles)), np.uint8)
        self._check()
        position = {int(vertex): index for index, vertex in enumerate(self.vertices)}
        self.vertex_pairs = np.array([position[int(self.mirror[vertex])] for vertex in self.vertices])
        self._deformations = self.basis * self.stddev[:, None, None]
        count = len(self.mean)
        self._dense = _Observed(self.mean, self._deformations, np.full(count, 1 / POINT_STDDEV))
        weight = np.full(68, 1 / LANDMARK_STDDEV)
        weight[:17] = 1 / OUTLINE_STDDEV
        chosen = self.landmarks68
        self._landmarks = _Observed(self.mean[chosen], self._deformations[:, chosen], weight)

    def fingerprint(self) -> str:
        """Returns the SHA-256 hash of the arrays, which identifies the model."""
        arrays = (self.mean, self.basis, self.stddev, self.triangles, self.mirror, self.vertices, self.landmarks68)
        return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

    @classmethod
    def load(cls, path: Optional[str] = None) -> "MorphableModel":
        """Reads a model.

        Args:
          path: path of an .npz file; None for the model of this package.

        Raises:
          MorphableModelError: if the file cannot be read or its arrays are wrong; the message names the file.
        """
        path = path or _PACKAGED
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except Exception as error:  # NumPy and zipfile raise many kinds of errors for a damaged file
            raise MorphableModelError(f"{path} cannot be read as a morphable model (.npz): {error}") from error
        needed = ("mean", "basis", "stddev", "triangles", "mirror", "vertices", "landmarks68")
        missing = [name for name in needed if name not in arrays]
        if missing:
            raise MorphableModelError(f"{path} lacks the array(s) {', '.join(missing)}")
        known = {name: arrays[name] for name in needed + ("names", "parts") if name in arrays}
        try:
            return cls(**known)
        except MorphableModelError as error:
            raise MorphableModelError(f"{path}: {error}") from error

    def _check(self) -> None:
        count, modes, faces = topology.NUM_POINTS, len(self.basis), len(self.triangles)
        wanted = {
            "mean": (count, 3),
            "basis": (modes, count, 3),
            "stddev": (modes,),
            "triangles": (faces, 3),
            "mirror": (count,),
            "vertices": (topology.NUM_SELECTED,),
            "landmarks68": (68,),
            "parts": (faces,),
        }
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise MorphableModelError(f"{name} has shape {array.shape}, not {shape}")
            if not np.isfinite(array).all():
                raise MorphableModelError(f"{name} is not finite")
        for name in ("triangles", "mirror", "vertices", "landmarks68"):
            array = getattr(self, name)
            if array.size and not 0 <= array.min() <= array.max() < count:
                raise MorphableModelError(f"{name} points to vertices that do not exist")
        if (self.stddev <= 0).any():
            raise MorphableModelError("stddev must be positive")
        if (self.mirror[self.mirror] != np.arange(count)).any():
            raise MorphableModelError("mirror is not its own inverse")
        chosen = set(self.vertices.tolist())
        if len(chosen) != len(self.vertices) or chosen != set(self.mirror[self.vertices].tolist()):
            raise MorphableModelError("vertices must be different and closed under mirror")

    def shape_of(self, coefficients: np.ndarray) -> np.ndarray:
        """Returns the face [468, 3] for coefficients [M], in the units of the model."""
        return self.mean + np.tensordot(np.asarray(coefficients, np.float64), self._deformations, 1)

    def project(
        self, coefficients: np.ndarray, rotation: np.ndarray, scale: float, translation: np.ndarray
    ) -> np.ndarray:
        """Projects the face for some coefficients into the image.

        Args:
          coefficients: [M], in standard deviations.
          rotation: [3, 3].
          scale: pixels per eye distance.
          translation: [2] or [3], pixels.

        Returns:
          [468, 3] float64, (x, y) and z in pixels.
        """
        moved = scale * self.shape_of(coefficients) @ np.asarray(rotation, np.float64).T
        moved[:, : len(translation)] += translation
        return moved

    def fit_dense(self, points: np.ndarray) -> Fit:
        """Fits the model to a whole mesh.

        Args:
          points: [468, 2 or 3], pixels; the third column is depth in pixels,
            positive towards the camera, and helps to estimate the pose.

        Raises:
          MorphableModelError: if the points have the wrong shape, are not finite, or are all in one place.
        """
        points = np.asarray(points, np.float64)
        if points.ndim != 2 or len(points) != len(self.mean) or points.shape[1] not in (2, 3):
            raise MorphableModelError(f"the mesh must have shape [{len(self.mean)}, 2 or 3], not {points.shape}")
        rounds = DENSE_ROUNDS if points.shape[1] == 3 else FLAT_ROUNDS
        return self._fit(points, np.arange(len(self.mean)), self._dense, rounds)

    def fit_landmarks68(self, points: np.ndarray) -> Fit:
        """Fits the model to the 68 landmarks of iBUG.

        Args:
          points: [68, 2], pixels, in the order of iBUG.

        Raises:
          MorphableModelError: if the points have the wrong shape, are not finite, or are all in one place.
        """
        points = np.asarray(points, np.float64)
        if points.shape != (68, 2):
            raise MorphableModelError(f"68 landmarks must have shape [68, 2], not {points.shape}")
        return self._fit(points, self.landmarks68, self._landmarks, FLAT_ROUNDS)

    @_LINEAR_ALGEBRA.wrap(limits=1, user_api="blas")
    def _fit(self, points: np.ndarray, chosen: np.ndarray, observed: "_Observed", rounds: int) -> Fit:
        """Alternates between the best pose for the coefficients and the most likely coefficients for the pose."""
        if not np.isfinite(points).all():
            raise MorphableModelError("points must be finite")
        if np.linalg.norm(points.std(0)) < 1e-6:
            raise MorphableModelError("points must not all be in one place")
        coefficients = np.zeros(len(self.basis))
        for _ in range(rounds):
            rotation, scale, shift = _pose(observed.shape_of(coefficients), points, observed.weights)
            coefficients = observed.best_coefficients((points - shift) / scale, rotation)
        rotation, scale, shift = _pose(observed.shape_of(coefficients), points, observed.weights)
        translation = np.append(shift, np.zeros(3 - points.shape[1]))
        whole = self.project(coefficients, rotation, scale, translation)
        gaps = whole[chosen, :2] - points[:, :2]
        error = float(np.sqrt(np.mean(np.sum(gaps**2, -1))) / scale)
        return Fit(coefficients, rotation, scale, translation, whole, error)


class _Observed:
    """The observed vertices of a model, with the parts of the least-squares problem that do not depend on the pose.

    With the rows r of the rotation, the matrix of the normal equations is the sum
    over axes a and b of r_a r_b times the product of the deformations along a and
    b. These nine products are computed once.
    """

    def __init__(self, mean: np.ndarray, deformations: np.ndarray, weight: np.ndarray) -> None:
        self.mean = mean
        self.weights = (weight**2 / np.sum(weight**2))[:, None]
        self._weight = weight[:, None]
        self._flat = np.ascontiguousarray(deformations.reshape(len(deformations), -1))
        weighted = deformations * self._weight
        self._products = np.einsum("mva,nvb->abmn", weighted, weighted, optimize=True)

    def shape_of(self, coefficients: np.ndarray) -> np.ndarray:
        return self.mean + (coefficients @ self._flat).reshape(self.mean.shape)

    def best_coefficients(self, target: np.ndarray, rotation: np.ndarray) -> np.ndarray:
        """Returns the most likely coefficients [M] for positions ``target`` [n, 2 or 3] in eye distances."""
        dimensions = target.shape[1]
        rows = rotation[:dimensions] * AXIS_TRUST[:dimensions, None]
        residual = target * AXIS_TRUST[:dimensions] - self.mean @ rows.T
        right = self._flat @ (self._weight**2 * residual @ rows).reshape(-1)
        matrix = np.tensordot(rows.T @ rows, self._products, 2)
        matrix[np.diag_indices_from(matrix)] += 1
        return np.linalg.solve(matrix, right)


def _pose(shape: np.ndarray, points: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Computes rotation [3, 3], scale, and shift [d] of a scaled orthographic camera.

    Aligns ``scale * shape @ rotation[:d].T + shift`` with the points [n, d], under
    weights [n, 1] that sum to 1. With depth (d = 3), this is the Procrustes
    problem, which is solved exactly. Without depth (d = 2), the best affine camera
    is orthogonalized. The scale is fitted in x and y only.
    """
    middle_s, middle_p = np.sum(weights * shape, 0), np.sum(weights * points, 0)
    centered_s, centered_p = shape - middle_s, points - middle_p
    if points.shape[1] == 3:
        u, _, vt = np.linalg.svd(centered_p.T @ (weights * centered_s))
        signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
        rotation = (u * signs) @ vt
    else:
        weighted = weights * centered_s
        linear = np.linalg.solve(weighted.T @ centered_s, weighted.T @ centered_p).T
        u, _, vt = np.linalg.svd(linear, full_matrices=False)
        rows = u @ vt
        rotation = np.vstack([rows, np.cross(rows[0], rows[1])])
    turned = centered_s @ rotation[:2].T
    scale = float(np.sum(weights * turned * centered_p[:, :2]) / np.sum(weights * turned**2))
    return rotation, scale, middle_p - scale * rotation[: points.shape[1]] @ middle_s


@functools.lru_cache(maxsize=1)
def default_model() -> MorphableModel:
    """Returns the model of this package, which is read only once."""
    return MorphableModel.load()
