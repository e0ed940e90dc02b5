"""Face detections in windows of an image, and what is needed to combine them."""

from typing import Any, NamedTuple, Union

import numpy as np

Window = tuple[int, int, int, int]
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

_SAME_FACE = 0.3  # minimum overlap of two boxes of the same face


class Detection(NamedTuple):
    """A face found by the detector.

    Attributes:
      score: confidence, at most 1.
      box: [4] float64, left, top, right, bottom in pixels.
      keypoints: [4, 2] float64, left eye, right eye, tip of the nose and mouth in pixels.
    """

    score: float
    box: np.ndarray
    keypoints: np.ndarray

    @property
    def side(self) -> float:
        """The longer side of the box."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))


def detect(detector: Any, image: np.ndarray, window: Window) -> list[Detection]:
    """Runs a detector on a window of an image.

    Args:
      detector: MediaPipe ``FaceDetection``.
      image: [H, W, 3] uint8, RGB.
      window: (left, top, right, bottom) in pixels; right and bottom are exclusive.

    Returns:
      The detections, in pixels of the whole image.
    """
    left, top, right, bottom = window
    result = detector.process(np.ascontiguousarray(image[top:bottom, left:right]))
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


def best_score(detector: Any, image: np.ndarray) -> float:
    """Returns the highest score of a face that a detector finds in an image [H, W, 3] uint8; 0 if it finds none."""
    height, width = image.shape[:2]
    return max((face.score for face in detect(detector, image, (0, 0, width, height))), default=0.0)


def merge(found: list[Detection]) -> list[Detection]:
    """Keeps, of detections that overlap, the one with the highest score."""
    kept: list[Detection] = []
    for face in sorted(found, key=lambda detection: -detection.score):
        if not any(is_same_face(face.box, other.box) for other in kept):
            kept.append(face)
    return kept


def is_same_face(first: Union[Box, np.ndarray], second: Union[Box, np.ndarray]) -> bool:
    """Returns whether two boxes (left, top, right, bottom) overlap enough to be the same face."""
    return overlap(np.asarray(first), np.asarray(second)) >= _SAME_FACE


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the intersection of two boxes over the smaller area.

    A box inside another box overlaps it completely and is thus the same face.
    """
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    areas = (np.prod(first[2:] - first[:2]), np.prod(second[2:] - second[:2]))
    return float(np.prod(np.maximum(sides, 0)) / max(min(areas), 1e-9))


def window_around(box: np.ndarray, factor: float, shape: tuple[int, ...]) -> Window:
    """Returns a square of ``factor`` times the box around its center, clipped to the image.

    Args:
      box: [4], left, top, right, bottom in pixels.
      factor: side of the square, relative to the longer side of the box.
      shape: shape of the image, height first.

    Returns:
      (left, top, right, bottom) in pixels; at least one pixel wide and high.
    """
    middle = (box[:2] + box[2:]) / 2
    half = factor * max(box[2] - box[0], box[3] - box[1]) / 2
    low = np.floor(middle - half).astype(int)
    high = np.ceil(middle + half).astype(int) + 1
    left, top = (int(min(max(value, 0), limit - 1)) for value, limit in zip(low, (shape[1], shape[0])))
    right, bottom = (int(max(min(value, limit), 1)) for value, limit in zip(high, (shape[1], shape[0])))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def square_around(box: np.ndarray, factor: float, image: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    """Returns a square of ``factor`` times the box around its center, even if it is partly outside the image.

    Args:
      box: [4], left, top, right, bottom in pixels.
      factor: side of the square, relative to the longer side of the box.
      image: [H, W, 3] uint8.
      color: color of what is outside the image.

    Returns:
      [side, side, 3] uint8.
    """
    side = round(factor * max(box[2] - box[0], box[3] - box[1]))
    left, top = (int(value) for value in np.round((box[:2] + box[2:]) / 2 - side / 2))
    height, width = image.shape[:2]
    square = np.full((side, side, 3), color, np.uint8)
    inside = np.s_[max(-top, 0) : height - top, max(-left, 0) : width - left]
    square[inside] = image[max(top, 0) : top + side, max(left, 0) : left + side]
    return square


def tile_starts(length: int, tile: int) -> list[int]:
    """Returns evenly spaced starts of tiles that cover ``length`` pixels and overlap by at least half."""
    count = 1 if length <= tile else int(np.ceil((length - tile) / (tile / 2))) + 1
    return [int(start) for start in np.linspace(0, max(length - tile, 0), count)]
