"""Follows faces through the frames of a clip."""

from typing import NamedTuple, Optional, Union

import numpy as np

from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.detection import Box, is_same_face
from phystd_tf.face.geometry import FoundFace, face_box, find_face, find_faces
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.face.refusals import AlignmentError, FaceTooSmallError

SEARCH_EVERY = 25  # frames, about a second; a search for faces of all sizes takes longer than following known ones


class SeenFace(NamedTuple):
    """A face in a frame of a clip.

    Attributes:
      number: number of the face within the clip, from 0; None if it cannot be used and has not been followed.
      face: FoundFace, or the AlignmentError that says why it cannot be used.
    """

    number: Optional[int]
    face: Union[FoundFace, AlignmentError]


class FaceFollower:
    """Finds all faces in the frames of a clip, and tracks them by position.

    The first face is followed as the preparation of training data follows the face of a clip. The whole frame is
    searched if a face is lost, and every second for new ones. A new face takes the lowest missing number, or a new one.
    """

    def __init__(self, aligner: FaceAligner, model: MorphableModel, size: int) -> None:
        """Starts a clip.

        Args:
          aligner: FaceAligner, which may be used for other clips too.
          model: the morphable model.
          size: S, side of the crops in pixels.
        """
        self._how = (aligner, model, size)
        self._boxes: dict[int, Box] = {}  # where each face was last seen
        self._present: set[int] = set()  # in the last frame
        self._num_frames = 0

    def faces(self, image: np.ndarray) -> list[SeenFace]:
        """Finds the faces of the next frame.

        Args:
          image: [H, W, 3] uint8, RGB.

        Returns:
          The usable faces in the order of their numbers, then the others; one with a NoFaceError if there is no face.
        """
        found: dict[int, FoundFace] = {}
        boxes: dict[int, Box] = {}  # in this frame
        refused: list[SeenFace] = []
        for number, box in self._boxes.items():
            try:
                face = find_face(image, *self._how, hint_box=box, known_upright=True)
            except FaceTooSmallError as error:
                boxes[number] = box
                refused.append(SeenFace(number, error))
            except AlignmentError:
                pass
            else:
                if not _is_known(face_box(face), boxes):  # otherwise, two faces have become one
                    found[number], boxes[number] = face, face_box(face)
        if not boxes or self._present - set(boxes) or self._num_frames % SEARCH_EVERY == 0:
            for other in find_faces(image, *self._how):
                if isinstance(other, AlignmentError):
                    if not (_is_known(other.box, boxes) if other.box else boxes):
                        refused.append(SeenFace(None, other))
                elif not _is_known(face_box(other), boxes):
                    missing = sorted(set(self._boxes) - set(boxes))
                    number = missing[0] if missing else len(self._boxes)
                    found[number], boxes[number] = other, face_box(other)
                    self._boxes[number] = boxes[number]
        self._boxes.update(boxes)
        self._present = set(boxes)
        self._num_frames += 1
        return [SeenFace(number, found[number]) for number in sorted(found)] + refused


def _is_known(box: Box, known: dict[int, Box]) -> bool:
    return any(is_same_face(box, other) for other in known.values())
