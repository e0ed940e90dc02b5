"""Face alignment: detects the face, then fits a dense mesh of 468 points to a window around it.

MediaPipe's mesh network searches its whole input for a face and misses small
faces in a wide frame. Therefore the face is detected first, at several scales if
necessary, and the mesh network is run on a window around it. The mesh network
returns a mesh for almost any input, even for an upside-down face, so the result
is checked by ``check_mesh``.
"""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional, Union

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.face.detection import (
    Box,
    Detection,
    Window,
    best_score,
    detect,
    is_same_face,
    merge,
    overlap,
    square_around,
    tile_starts,
    window_around,
)
from phystd_tf.face.mesh_checks import check_inside, check_mesh, extent, eye_distance
from phystd_tf.face.morphable_model import default_model
from phystd_tf.face.orientation import BEST_VIEW, View, turn_evidence
from phystd_tf.face.refusals import AlignmentError, FaceTooSmallError, LowQualityError, NoFaceError
from phystd_tf.files.quiet import quiet_stderr

MIN_CONFIDENCE = 0.5  # of the detector; MediaPipe's own default
MIN_EYE_DISTANCE = 16.0  # pixels; below this, a crop of 256 px would be enlarged more than four times
WINDOW = 2.0  # side of the window for the mesh network, relative to the side of the detected box
LARGE_FACE = 0.15  # of the shorter side of the image; the search ends if the first pass finds a face this large
SHARP_FACE = 0.25  # of the longer side of the image, which the detectors reduce to 128 or 192 pixels
MIN_TILE = 64  # pixels; smaller tiles of an image cannot contain a usable face
SURE = 0.90  # turned faces have a lower detector score (at most 0.87, measured on 104 upside-down faces)
# A face that fills its picture is found after a gray margin is added: the margins to try, relative to the longer side
# of the image (small pictures need several), and the smallest side of such a face, relative to the shorter side.
MARGINS = (0.5, 1.0, 0.25, 0.75)
FILLING_FACE = 0.5
GRAY = (128, 128, 128)
MOIRE = 2.0  # pixels, standard deviation of the blur that removes moire (1.5 found 13 of 15 such faces, 2.0 all)
# How a face is turned -> the rotation that makes it upright.
_TURNS = {
    "upside down": cv2.ROTATE_180,
    "turned to the left": cv2.ROTATE_90_CLOCKWISE,
    "turned to the right": cv2.ROTATE_90_COUNTERCLOCKWISE,
}


class FaceExtraMissingError(PhystdError):
    """MediaPipe is not installed."""


class Alignment(NamedTuple):
    """A face in an image.

    Attributes:
      points: [468, 3] float32, (x, y) in pixels of the image, and z in pixels,
        positive towards the camera.
      box: (left, top, right, bottom) of the detected face in pixels.
      num_faces: number of detected faces.
    """

    points: np.ndarray
    box: Box
    num_faces: int


class FaceAligner:
    """Finds the largest face of an image and its mesh.

    The networks are loaded once. Use the aligner as a context manager, or call
    ``close``, and do not share it between threads.
    """

    def __init__(self, min_eye_distance: float = MIN_EYE_DISTANCE) -> None:
        """Loads the networks.

        Args:
          min_eye_distance: minimum distance between the centers of the eyes, in
            pixels; smaller faces are rejected.

        Raises:
          FaceExtraMissingError: if MediaPipe is not installed.
        """
        os.environ.setdefault("GLOG_minloglevel", "2")
        with quiet_stderr():
            try:
                from mediapipe.python.solutions import face_detection, face_mesh
            except ImportError as error:
                raise FaceExtraMissingError(
                    f"face alignment needs MediaPipe ({error}); install it with: pip install 'phystd_tf[face]'"
                ) from error
            self._near = face_detection.FaceDetection(MIN_CONFIDENCE, model_selection=0)
            self._far = face_detection.FaceDetection(MIN_CONFIDENCE, model_selection=1)
            self._mesh = face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1)
            # The first image creates the delegates, which also print messages.
            blank = np.zeros((64, 64, 3), np.uint8)
            for graph in (self._near, self._far, self._mesh):
                graph.process(blank)
        self._min_eye_distance = min_eye_distance

    def __enter__(self) -> "FaceAligner":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the networks."""
        for graph in (self._near, self._far, self._mesh):
            graph.close()

    def align(
        self, image: np.ndarray, hint_box: Optional[Sequence[float]] = None, known_upright: bool = False
    ) -> Alignment:
        """Computes the mesh of the largest face.

        Args:
          image: [H, W, 3] uint8, RGB.
          hint_box: (left, top, right, bottom) in pixels of a face that is known to
            be there; only its neighborhood is searched.
          known_upright: whether this face was upright in the previous frame; this
            skips the comparison with turned views, which takes longer than everything else.

        Returns:
          Alignment.

        Raises:
          NoFaceError: if no face is found.
          FaceTooSmallError: if the face has too few pixels.
          LowQualityError: if the mesh is missing or not plausible, or the face is not upright.
          ValueError: if ``image`` is not [H, W, 3] uint8.
        """
        try:
            return self._align(image, hint_box, known_upright)
        except AlignmentError:
            found = None if hint_box is not None else self._align_with_margin(image)
            found = found or self._align_smoothed(image, hint_box, known_upright)
            if found is None:
                raise
            return found

    def align_all(self, image: np.ndarray) -> list[Union[Alignment, AlignmentError]]:
        """Computes the mesh of each face; the first result is that of ``align``.

        Args:
          image: [H, W, 3] uint8, RGB.

        Returns:
          What ``align`` returns or raises for the largest face, then for each smaller one with its own mesh: the
          detectors also find patterns that are not faces.

        Raises:
          ValueError: if ``image`` is not [H, W, 3] uint8.
        """
        first: Union[Alignment, AlignmentError]
        try:
            first = self.align(image)
        except AlignmentError as error:
            first = error
        results = [first]
        known = [first.box] if first.box is not None else []

        def is_known(box: Union[Box, np.ndarray]) -> bool:
            return any(is_same_face(box, other) for other in known)

        for pattern in sorted(self._search_everywhere(image), key=lambda detection: -detection.side):
            if is_known(pattern.box):
                continue
            # Next to a pattern, the finer searches may find a known face again.
            face = self._refine(image, pattern)
            points = None if is_known(face.box) else self._fine(image, face)
            if points is None or is_known(extent(points)):
                continue
            known.append(_box(face))
            try:
                results.append(self._aligned(image, face, points, 1, False))
            except AlignmentError as error:
                results.append(error)
        return results

    def _align(self, image: np.ndarray, hint_box: Optional[Sequence[float]], known_upright: bool) -> Alignment:
        detections = self._search(image, hint_box)
        if not detections:
            raise NoFaceError("no face found")
        face = max(detections, key=lambda detection: detection.side)
        if hint_box is None:  # with a hint, the detector has already seen a small window
            face = self._refine(image, face)
        return self._aligned(image, face, self._fine(image, face), len(detections), known_upright)

    def _align_smoothed(
        self, image: np.ndarray, hint_box: Optional[Sequence[float]], known_upright: bool
    ) -> Optional[Alignment]:
        """The mesh of a face under moire, which hides faces from the networks; None if there is none."""
        try:
            return self._align(cv2.GaussianBlur(image, (0, 0), MOIRE), hint_box, known_upright)
        except AlignmentError:
            return None

    def _align_with_margin(self, image: np.ndarray) -> Optional[Alignment]:
        """The mesh of a face that fills its picture; None if there is none."""
        height, width = image.shape[:2]
        for margin in (round(share * max(height, width)) for share in MARGINS):
            padded = cv2.copyMakeBorder(image, *(margin,) * 4, cv2.BORDER_CONSTANT, value=GRAY)
            detections = self._detect_in(padded, (0, 0, width + 2 * margin, height + 2 * margin))
            face = max(detections, key=lambda detection: detection.side, default=None)
            if face is None or face.side < FILLING_FACE * min(height, width):
                continue
            try:
                found = self._aligned(padded, face, self._fine(padded, face), len(detections), False)
                points: np.ndarray = found.points - np.array([margin, margin, 0], np.float32)
                check_inside(points, image.shape)
            except AlignmentError:
                continue
            left, top, right, bottom = (side - margin for side in found.box)
            return Alignment(points, (left, top, right, bottom), len(detections))
        return None

    def _aligned(
        self, image: np.ndarray, face: Detection, points: Optional[np.ndarray], num_faces: int, known_upright: bool
    ) -> Alignment:
        """The Alignment of a face and its mesh from ``_fine``, after all checks."""
        try:
            points = self._checked(image, face, points, known_upright)
        except AlignmentError as error:
            error.box = _box(face)
            raise
        return Alignment(points.astype(np.float32), _box(face), num_faces)

    def _checked(
        self, image: np.ndarray, face: Detection, points: Optional[np.ndarray], known_upright: bool
    ) -> np.ndarray:
        if points is None:
            if face.side < 3 * self._min_eye_distance:
                raise FaceTooSmallError(f"the face is only {face.side:.0f} px wide")
            raise LowQualityError("a face was detected, but no mesh was found")
        distance = eye_distance(points)
        if distance < self._min_eye_distance:
            raise FaceTooSmallError(f"only {distance:.0f} px between the eyes; {self._min_eye_distance:.0f} are needed")
        check_mesh(points, face, image.shape)
        if not known_upright and face.score < SURE:
            self._check_upright(image, face, points)
        return points

    def _search(self, image: np.ndarray, hint_box: Optional[Sequence[float]]) -> list[Detection]:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ValueError(f"image must be [H, W, 3] uint8, not {image.shape} {image.dtype}")
        height, width = image.shape[:2]
        if hint_box is not None:
            window = window_around(np.asarray(hint_box, np.float64), WINDOW, image.shape)
            return self._detect_close(image, window)
        whole = (0, 0, width, height)
        found = detect(self._near, image, whole)
        if any(face.side >= LARGE_FACE * min(height, width) for face in found):
            return found
        found = merge(found + detect(self._far, image, whole))
        # The detectors reduce a wide frame considerably. Therefore square tiles of its height that overlap by half are
        # searched, and, if no face is found in them, tiles of half its height.
        side = min(height, width)
        found = self._search_tiles(image, side, found)
        return found or self._search_tiles(image, side // 2, found)

    def _search_everywhere(self, image: np.ndarray) -> list[Detection]:
        """Finds faces of all sizes, even if there is a large one."""
        height, width = image.shape[:2]
        found = self._detect_in(image, (0, 0, width, height))
        for tile in (min(height, width), min(height, width) // 2):
            found = self._search_tiles(image, tile, found)
        return found

    def _search_tiles(self, image: np.ndarray, tile: int, found: list[Detection]) -> list[Detection]:
        """Adds the faces in square tiles; none if the tiles are too small, or hardly smaller than the image."""
        height, width = image.shape[:2]
        if tile < MIN_TILE or tile > 0.8 * max(height, width):
            return found
        corners = [(x, y) for y in tile_starts(height, tile) for x in tile_starts(width, tile)]
        return merge(found + [face for x, y in corners for face in self._detect_in(image, (x, y, x + tile, y + tile))])

    def _detect_in(self, image: np.ndarray, window: tuple[int, int, int, int]) -> list[Detection]:
        return merge(detect(self._near, image, window) + detect(self._far, image, window))

    def _detect_close(self, image: np.ndarray, window: tuple[int, int, int, int]) -> list[Detection]:
        """Uses the near detector first: it is faster and accurate if the face fills much of the window."""
        return detect(self._near, image, window) or detect(self._far, image, window)

    def _refine(self, image: np.ndarray, face: Detection) -> Detection:
        """Detects the face again in a smaller window: the box of a small face in a wide frame is inaccurate."""
        if face.side >= SHARP_FACE * max(image.shape[:2]):
            return face
        found = self._detect_close(image, window_around(face.box, 1.5 * WINDOW, image.shape))
        return max(found, key=lambda other: (overlap(face.box, other.box) > 0, other.score), default=face)

    def _fine(self, image: np.ndarray, face: Detection) -> Optional[np.ndarray]:
        """Returns the mesh [468, 3], trying windows of several sizes; None if there is none."""
        for factor in (WINDOW, 1.5, 3.0):
            points = self._mesh_in(image, window_around(face.box, factor, image.shape))
            if points is not None:
                return points
        return None

    def _mesh_in(self, image: np.ndarray, window: Window) -> Optional[np.ndarray]:
        left, top, right, bottom = window
        result = self._mesh.process(np.ascontiguousarray(image[top:bottom, left:right]))
        if not result.multi_face_landmarks:
            return None
        landmarks = result.multi_face_landmarks[0].landmark
        points = np.array([(point.x, point.y, -point.z) for point in landmarks], np.float64)
        # MediaPipe scales z like x. Its 0 and 1 are the edges of the image; our pixel centers are at integers.
        points *= (right - left, bottom - top, right - left)
        points[:, :2] += (left - 0.5, top - 0.5)
        return points

    def _check_upright(self, image: np.ndarray, face: Detection, points: np.ndarray) -> None:
        """Compares a square around the face, which is gray outside the image, with its turned views."""
        square = square_around(face.box, WINDOW, image, GRAY)
        fit_error = default_model().fit_dense(points).error
        original = View(best_score(self._near, square), best_score(self._far, square), fit_error)
        for name, rotation in _TURNS.items():
            turned = cv2.rotate(square, rotation)  # ten times faster than NumPy
            # Usually the first measure is enough: even the best others would not change the answer.
            if all(turn_evidence(original, view) > 0 for view in self._views(turned)):
                raise LowQualityError(f"the face is {name}")

    def _views(self, turned: np.ndarray) -> Iterator[View]:
        """Yields the best possible view of a turned square, each time with one more measure known, fastest first."""
        view = BEST_VIEW._replace(near_score=best_score(self._near, turned))
        yield view
        view = view._replace(far_score=best_score(self._far, turned))
        yield view
        yield view._replace(fit_error=self._fit_error(turned))

    def _fit_error(self, square: np.ndarray) -> Optional[float]:
        points = self._mesh_in(square, (0, 0, len(square), len(square)))
        return None if points is None else default_model().fit_dense(points).error


def _box(face: Detection) -> Box:
    left, top, right, bottom = (float(side) for side in face.box)
    return left, top, right, bottom
