"""Where the face is: detect, crop, then a dense mesh of 468 points.

MediaPipe's mesh looks for a face in its whole input; in a wide frame it misses
small ones. So the face is detected first, at several scales if need be, and the
mesh is asked for on a crop around it. A mesh is found on almost anything, also
on a face that stands on its head; hence the checks of ``check_mesh``.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

import cv2
import numpy as np

from phystd_tf.errors import PhystdError

# Vertices of the mesh, left and right as seen in the image.
LEFT_EYE = (33, 133)
RIGHT_EYE = (362, 263)
MOUTH = (13, 14)
NOSE_TIP = 1

MIN_CONFIDENCE = 0.5  # of the detector; MediaPipe's own default
MIN_EYE_DISTANCE = 16.0  # pixels; below, a crop of 256 would be enlarged more than four times
WINDOW = 2.0  # side of the window for the mesh, in sides of the detected box
MAX_ROLL = 60.0  # degrees between "down" in the face and in the image
LARGE_FACE = 0.15  # of the shorter side; a face this large found at once ends the search
SHARP_FACE = 0.25  # of the longer side; the detectors see 128 or 192 pixels of it
MIN_TILE = 64  # pixels; smaller parts of an image hold no face that could be used
SURE = 0.90  # above it stands no face on its head (0.87 at most, of 104 that did)
UPSIDE_DOWN_MARGIN = 0.01  # of 209 faces: turned minus as is was at most 0.00 upright, at least 0.02 upside down


class AlignmentError(PhystdError):
    """A face cannot be used. ``status`` says why, in one word for the manifest."""

    status = "failed"


class NoFaceError(AlignmentError):
    """No face was found."""

    status = "no_face"


class LowQualityError(AlignmentError):
    """A face was found, but its mesh is not believable."""

    status = "low_quality"


class FaceTooSmallError(AlignmentError):
    """The face has too few pixels."""

    status = "too_small"


class FaceExtraMissingError(PhystdError):
    """MediaPipe is not installed."""


class Alignment(NamedTuple):
    """A face in an image.

    Attributes:
      points: [468, 3] float32, (x, y) in pixels of the image and z in pixels,
        towards the camera positive.
      box: (left, top, right, bottom) of the detected face in pixels.
      num_faces: how many faces were seen.
    """

    points: np.ndarray
    box: tuple[float, float, float, float]
    num_faces: int


class Detection(NamedTuple):
    """A face as the detector sees it.

    Attributes:
      score: its confidence, at most 1.
      box: [4], left, top, right, bottom in pixels.
      keypoints: [4, 2], left eye, right eye, tip of the nose and mouth in pixels.
    """

    score: float
    box: np.ndarray
    keypoints: np.ndarray

    @property
    def side(self) -> float:
        """The longer side of the box."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))


class FaceAligner:
    """Finds the largest face of an image and its mesh.

    The networks are loaded once and kept; use it as a context manager, or call
    ``close``. One aligner serves one thread.
    """

    def __init__(self, min_eye_distance: float = MIN_EYE_DISTANCE) -> None:
        """Loads the networks.

        Args:
          min_eye_distance: pixels between the middles of the eyes below which a
            face is refused.

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
            # The first image makes the delegates, which print too.
            blank = np.zeros((64, 64, 3), np.uint8)
            for graph in (self._near, self._far, self._mesh):
                graph.process(blank)
        self._min_eye_distance = min_eye_distance

    def __enter__(self) -> "FaceAligner":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees the networks."""
        for graph in (self._near, self._far, self._mesh):
            graph.close()

    def align(
        self, image: np.ndarray, hint_box: Optional[Sequence[float]] = None, known_upright: bool = False
    ) -> Alignment:
        """The mesh of the largest face.

        Args:
          image: [H, W, 3] uint8, RGB.
          hint_box: (left, top, right, bottom) in pixels of a face that is known to
            be there; only its surroundings are searched.
          known_upright: whether this face was seen upright just before; it is not turned
            upside down then, to see whether it looks better, which takes a third of the time.

        Returns:
          Alignment.

        Raises:
          NoFaceError, LowQualityError, FaceTooSmallError: as they say.
          ValueError: if ``image`` is no RGB image of bytes.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ValueError(f"image must be [H, W, 3] uint8, not {image.shape} {image.dtype}")
        detections = self._search(image, hint_box)
        if not detections:
            raise NoFaceError("no face found")
        face = max(detections, key=lambda detection: detection.side)
        if hint_box is None:  # else it was seen from near by already
            face = self._refine(image, face)
        points = self._fine(image, face)
        if points is None:
            if face.side < 3 * self._min_eye_distance:
                raise FaceTooSmallError(f"the face is only {face.side:.0f} px wide")
            raise LowQualityError("a face was detected, but no mesh fits it")
        eye_distance = float(np.linalg.norm(points[list(RIGHT_EYE)].mean(0) - points[list(LEFT_EYE)].mean(0)))
        if eye_distance < self._min_eye_distance:
            raise FaceTooSmallError(
                f"only {eye_distance:.0f} px between the eyes; {self._min_eye_distance:.0f} are needed"
            )
        check_mesh(points, face, image.shape)
        if not known_upright and face.score < SURE and self._stands_on_its_head(image, face):
            raise LowQualityError("the face is upside down")
        left, top, right, bottom = (float(value) for value in face.box)
        return Alignment(points.astype(np.float32), (left, top, right, bottom), len(detections))

    def _search(self, image: np.ndarray, hint_box: Optional[Sequence[float]]) -> list[Detection]:
        height, width = image.shape[:2]
        if hint_box is not None:
            window = _window(np.asarray(hint_box, np.float64), WINDOW, image.shape)
            return self._detect_close(image, window)
        whole = (0, 0, width, height)
        found = _detect(self._near, image, whole)
        if any(face.side >= LARGE_FACE * min(height, width) for face in found):
            return found
        found = _merge(found + _detect(self._far, image, whole))
        # The detectors see a wide frame much reduced. Squares of its height that overlap by half show more, and if
        # there is still nothing, squares of half its height.
        side = min(height, width)
        for tile in (side, side // 2):
            if tile < side and found:
                break
            if tile < MIN_TILE or tile > 0.8 * max(height, width):
                continue
            corners = [(x, y) for y in _starts(height, tile) for x in _starts(width, tile)]
            found = _merge(
                found + [face for x, y in corners for face in self._detect_in(image, (x, y, x + tile, y + tile))]
            )
        return found

    def _detect_in(self, image: np.ndarray, window: tuple[int, int, int, int]) -> list[Detection]:
        return _merge(_detect(self._near, image, window) + _detect(self._far, image, window))

    def _detect_close(self, image: np.ndarray, window: tuple[int, int, int, int]) -> list[Detection]:
        """Where the face fills a good part of the window, the near detector is right, and faster."""
        return _detect(self._near, image, window) or _detect(self._far, image, window)

    def _refine(self, image: np.ndarray, face: Detection) -> Detection:
        """Looks again from near by: in a wide frame the box of a small face is off by a part of its size."""
        if face.side >= SHARP_FACE * max(image.shape[:2]):
            return face
        near = self._detect_close(image, _window(face.box, 1.5 * WINDOW, image.shape))
        return max(near, key=lambda other: (_overlap(face.box, other.box) > 0, other.score), default=face)

    def _fine(self, image: np.ndarray, face: Detection) -> Optional[np.ndarray]:
        """The mesh [468, 3], asked for in windows of several sizes; None if there is none."""
        for factor in (WINDOW, 1.5, 3.0):
            left, top, right, bottom = _window(face.box, factor, image.shape)
            result = self._mesh.process(np.ascontiguousarray(image[top:bottom, left:right]))
            if result.multi_face_landmarks:
                landmarks = result.multi_face_landmarks[0].landmark
                points = np.array([(point.x, point.y, -point.z) for point in landmarks], np.float64)
                # MediaPipe scales z like x. Its 0 and 1 are edges of the image; pixel centres are at integers.
                points *= (right - left, bottom - top, right - left)
                points[:, :2] += (left - 0.5, top - 0.5)
                return points
        return None

    def _stands_on_its_head(self, image: np.ndarray, face: Detection) -> bool:
        """Whether the detector likes the face better when it is turned by 180 degrees.

        Both ways are seen by the same detector in the same window: scores of
        different detectors and windows differ by more.
        """
        left, top, right, bottom = _window(face.box, WINDOW, image.shape)
        window = np.ascontiguousarray(image[top:bottom, left:right])
        scores = []
        for view in (window, cv2.rotate(window, cv2.ROTATE_180)):  # NumPy turns pixels one by one, ten times slower
            found = _detect(self._near, view, (0, 0, right - left, bottom - top))
            scores.append(max((other.score for other in found), default=0.0))
        return scores[1] > scores[0] + UPSIDE_DOWN_MARGIN


def check_mesh(points: np.ndarray, face: Detection, shape: tuple[int, ...]) -> None:
    """Refuses a mesh that is not believable.

    Args:
      points: [468, 3], as in ``Alignment``.
      face: what the detector saw.
      shape: of the image, height first.

    Raises:
      LowQualityError: says which check failed.
    """
    if not np.isfinite(points).all():
        raise LowQualityError("the mesh is not finite")
    flat = points[:, :2]
    left_eye, right_eye = flat[list(LEFT_EYE)].mean(0), flat[list(RIGHT_EYE)].mean(0)
    down = flat[list(MOUTH)].mean(0) - (left_eye + right_eye) / 2
    roll = np.degrees(np.arctan2(abs(down[0]), down[1]))
    if roll > MAX_ROLL:
        raise LowQualityError(f"the eyes are not above the mouth (turned by {roll:.0f} degrees)")
    across = right_eye - left_eye
    eye_distance = np.linalg.norm(points[list(RIGHT_EYE)].mean(0) - points[list(LEFT_EYE)].mean(0))
    if across[0] * down[1] - across[1] * down[0] <= 0:
        raise LowQualityError("the mesh is inside out")
    extent = flat.max(0) - flat.min(0)
    if not 0.5 < max(extent) / face.side < 2.2:
        raise LowQualityError("the size of the mesh differs from that of the detected face")
    middle = (flat.max(0) + flat.min(0)) / 2
    if (middle < face.box[:2]).any() or (middle > face.box[2:]).any():
        raise LowQualityError("the mesh lies outside the detected face")
    keypoints = np.stack([left_eye, right_eye, flat[NOSE_TIP], flat[list(MOUTH)].mean(0)])
    if np.sqrt(np.mean(np.sum((keypoints - face.keypoints) ** 2, -1))) > 0.6 * eye_distance:
        raise LowQualityError("detector and mesh disagree about eyes, nose and mouth")
    inside = ((flat >= -0.5) & (flat <= (shape[1] - 0.5, shape[0] - 0.5))).all(-1)
    if inside.mean() < 0.6:
        raise LowQualityError("most of the face is outside the image")


def _detect(graph: Any, image: np.ndarray, window: tuple[int, int, int, int]) -> list[Detection]:
    left, top, right, bottom = window
    result = graph.process(np.ascontiguousarray(image[top:bottom, left:right]))
    scale = np.array((right - left, bottom - top), np.float64)
    origin = np.array((left, top), np.float64) - 0.5
    found = []
    for detection in result.detections or ():
        location = detection.location_data
        box = location.relative_bounding_box
        low = np.array((box.xmin, box.ymin)) * scale + origin
        high = low + np.array((box.width, box.height)) * scale
        keypoints = np.array([(point.x, point.y) for point in location.relative_keypoints[:4]]) * scale + origin
        found.append(Detection(detection.score[0], np.concatenate([low, high]), keypoints))
    return found


def _merge(found: list[Detection]) -> list[Detection]:
    """Keeps the surest of those that overlap."""
    kept: list[Detection] = []
    for face in sorted(found, key=lambda detection: -detection.score):
        if all(_overlap(face.box, other.box) < 0.3 for other in kept):
            kept.append(face)
    return kept


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over the smaller area: also a box inside a box is the same face."""
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    areas = (np.prod(first[2:] - first[:2]), np.prod(second[2:] - second[:2]))
    return float(np.prod(np.maximum(sides, 0)) / max(min(areas), 1e-9))


def _window(box: np.ndarray, factor: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """A square of ``factor`` times the box around its middle, cut at the edge of the image."""
    middle = (box[:2] + box[2:]) / 2
    half = factor * max(box[2] - box[0], box[3] - box[1]) / 2
    low = np.floor(middle - half).astype(int)
    high = np.ceil(middle + half).astype(int) + 1
    left, top = (int(min(max(value, 0), limit - 1)) for value, limit in zip(low, (shape[1], shape[0])))
    right, bottom = (int(max(min(value, limit), 1)) for value, limit in zip(high, (shape[1], shape[0])))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _starts(length: int, tile: int) -> list[int]:
    count = 1 if length <= tile else int(np.ceil((length - tile) / (tile / 2))) + 1
    return [int(start) for start in np.linspace(0, max(length - tile, 0), count)]


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keeps what C++ code writes to file descriptor 2 off the terminal."""
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
