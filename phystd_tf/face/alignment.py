"""Face alignment: detects the face, then fits a dense mesh of 468 points to a window around it.

MediaPipe's mesh network searches its whole input for a face and misses small
faces in a wide frame. Therefore the face is detected first, at several scales if
necessary, and the mesh network is run on a window around it. The mesh network
returns a mesh for almost any input, even for an upside-down face, so the result
is checked by ``check_mesh``.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional, Union

import cv2
import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.face.detection import Box, Detection, detect, merge, overlap, tile_starts, window_around
from phystd_tf.face.topology import LEFT_EYE, RIGHT_EYE

MOUTH = (13, 14)  # vertices of the mesh
NOSE_TIP = 1

MIN_CONFIDENCE = 0.5  # of the detector; MediaPipe's own default
MIN_EYE_DISTANCE = 16.0  # pixels; below this, a crop of 256 px would be enlarged more than four times
WINDOW = 2.0  # side of the window for the mesh network, relative to the side of the detected box
MAX_ROLL = 60.0  # degrees between the "down" directions of the face and of the image
LARGE_FACE = 0.15  # of the shorter side of the image; the search ends if the first pass finds a face this large
SHARP_FACE = 0.25  # of the longer side of the image, which the detectors reduce to 128 or 192 pixels
MIN_TILE = 64  # pixels; smaller tiles of an image cannot contain a usable face
SURE = 0.90  # upside-down faces have a lower detector score (at most 0.87, measured on 104 faces)
# Detector score of the view turned by 180 degrees minus that of the original view; measured on 209 faces: at most 0.00
# for upright faces, at least 0.02 for upside-down ones.
UPSIDE_DOWN_MARGIN = 0.01


class AlignmentError(PhystdError):
    """A face cannot be used.

    Attributes:
      status: the reason in one word, for the manifest.
      box: Box of the face in pixels of the image; None where no face was detected.
    """

    status = "failed"
    box: Optional[Box] = None


class NoFaceError(AlignmentError):
    """No face was found."""

    status = "no_face"


class LowQualityError(AlignmentError):
    """A face was found, but its mesh is not plausible."""

    status = "low_quality"


class FaceTooSmallError(AlignmentError):
    """The face has too few pixels."""

    status = "too_small"


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
        with _quiet_stderr():
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
            skips the test for upside-down faces, which takes a third of the time.

        Returns:
          Alignment.

        Raises:
          NoFaceError: if no face is found.
          FaceTooSmallError: if the face has too few pixels.
          LowQualityError: if the mesh is missing or not plausible, or upside down.
          ValueError: if ``image`` is not [H, W, 3] uint8.
        """
        detections = self._search(image, hint_box)
        if not detections:
            raise NoFaceError("no face found")
        face = max(detections, key=lambda detection: detection.side)
        if hint_box is None:  # with a hint, the detector has already seen a small window
            face = self._refine(image, face)
        return self._aligned(image, face, len(detections), known_upright)

    def align_all(self, image: np.ndarray) -> list[Union[Alignment, AlignmentError]]:
        """Computes the mesh of each face; the first one is that of ``align``.

        Args:
          image: [H, W, 3] uint8, RGB.

        Returns:
          What ``align`` returns or raises for each face, the largest first; one NoFaceError if no face is found.

        Raises:
          ValueError: if ``image`` is not [H, W, 3] uint8.
        """
        detections = sorted(self._search(image, None), key=lambda detection: -detection.side)
        results: list[Union[Alignment, AlignmentError]] = []
        for face in detections:
            try:
                results.append(self._aligned(image, self._refine(image, face), len(detections), False))
            except AlignmentError as error:
                results.append(error)
        return results or [NoFaceError("no face found")]

    def _aligned(self, image: np.ndarray, face: Detection, num_faces: int, known_upright: bool) -> Alignment:
        """The mesh of a detected face, after all checks."""
        left, top, right, bottom = (float(value) for value in face.box)
        try:
            points = self._checked_points(image, face, known_upright)
        except AlignmentError as error:
            error.box = (left, top, right, bottom)
            raise
        return Alignment(points.astype(np.float32), (left, top, right, bottom), num_faces)

    def _checked_points(self, image: np.ndarray, face: Detection, known_upright: bool) -> np.ndarray:
        points = self._fine(image, face)
        if points is None:
            if face.side < 3 * self._min_eye_distance:
                raise FaceTooSmallError(f"the face is only {face.side:.0f} px wide")
            raise LowQualityError("a face was detected, but no mesh was found")
        eye_distance = float(np.linalg.norm(points[list(RIGHT_EYE)].mean(0) - points[list(LEFT_EYE)].mean(0)))
        if eye_distance < self._min_eye_distance:
            raise FaceTooSmallError(
                f"only {eye_distance:.0f} px between the eyes; {self._min_eye_distance:.0f} are needed"
            )
        check_mesh(points, face, image.shape)
        if not known_upright and face.score < SURE and self._is_upside_down(image, face):
            raise LowQualityError("the face is upside down")
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
        for tile in (side, side // 2):
            if tile < side and found:
                break
            if tile < MIN_TILE or tile > 0.8 * max(height, width):
                continue
            corners = [(x, y) for y in tile_starts(height, tile) for x in tile_starts(width, tile)]
            found = merge(
                found + [face for x, y in corners for face in self._detect_in(image, (x, y, x + tile, y + tile))]
            )
        return found

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
            left, top, right, bottom = window_around(face.box, factor, image.shape)
            result = self._mesh.process(np.ascontiguousarray(image[top:bottom, left:right]))
            if result.multi_face_landmarks:
                landmarks = result.multi_face_landmarks[0].landmark
                points = np.array([(point.x, point.y, -point.z) for point in landmarks], np.float64)
                # MediaPipe scales z like x. Its 0 and 1 are the edges of the image; our pixel centers are at integers.
                points *= (right - left, bottom - top, right - left)
                points[:, :2] += (left - 0.5, top - 0.5)
                return points
        return None

    def _is_upside_down(self, image: np.ndarray, face: Detection) -> bool:
        """Returns whether the detector score is higher after a rotation by 180 degrees.

        Both views use the same detector and window, since scores differ more
        between detectors and between windows.
        """
        left, top, right, bottom = window_around(face.box, WINDOW, image.shape)
        window = np.ascontiguousarray(image[top:bottom, left:right])
        scores = []
        for view in (window, cv2.rotate(window, cv2.ROTATE_180)):  # ten times faster than NumPy
            found = detect(self._near, view, (0, 0, right - left, bottom - top))
            scores.append(max((other.score for other in found), default=0.0))
        return scores[1] > scores[0] + UPSIDE_DOWN_MARGIN


def check_mesh(points: np.ndarray, face: Detection, shape: tuple[int, ...]) -> None:
    """Rejects a mesh that is not plausible.

    Args:
      points: [468, 3], as in ``Alignment``.
      face: Detection of the same face.
      shape: shape of the image, height first.

    Raises:
      LowQualityError: if a check fails; the message says which.
    """
    if not np.isfinite(points).all():
        raise LowQualityError("the mesh is not finite")
    flat = points[:, :2]
    left_eye, right_eye = flat[list(LEFT_EYE)].mean(0), flat[list(RIGHT_EYE)].mean(0)
    down = flat[list(MOUTH)].mean(0) - (left_eye + right_eye) / 2
    roll = np.degrees(np.arctan2(abs(down[0]), down[1]))
    if roll > MAX_ROLL:
        raise LowQualityError(f"the eyes are not above the mouth (rotated by {roll:.0f} degrees)")
    across = right_eye - left_eye
    eye_distance = np.linalg.norm(points[list(RIGHT_EYE)].mean(0) - points[list(LEFT_EYE)].mean(0))
    if across[0] * down[1] - across[1] * down[0] <= 0:
        raise LowQualityError("the mesh is inside out")
    extent = flat.max(0) - flat.min(0)
    if not 0.5 < max(extent) / face.side < 2.2:
        raise LowQualityError("the size of the mesh differs from that of the detected face")
    middle = (flat.max(0) + flat.min(0)) / 2
    if (middle < face.box[:2]).any() or (middle > face.box[2:]).any():
        raise LowQualityError("the mesh is outside the detected face")
    keypoints = np.stack([left_eye, right_eye, flat[NOSE_TIP], flat[list(MOUTH)].mean(0)])
    if np.sqrt(np.mean(np.sum((keypoints - face.keypoints) ** 2, -1))) > 0.6 * eye_distance:
        raise LowQualityError("the detector and the mesh disagree about the eyes, nose and mouth")
    inside = ((flat >= -0.5) & (flat <= (shape[1] - 0.5, shape[0] - 0.5))).all(-1)
    if inside.mean() < 0.6:
        raise LowQualityError("most of the face is outside the image")


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Discards the messages that C++ code writes to file descriptor 2."""
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
