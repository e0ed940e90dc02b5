"""Judges the faces of an input frame by frame, for all programs that use a model."""

import contextlib
from collections.abc import Generator
from typing import NamedTuple, Optional

import numpy as np

from phystd_tf.face.following import FaceFollower, SeenFace
from phystd_tf.files.ahead import read_ahead
from phystd_tf.inference.inputs import Frame, Input
from phystd_tf.inference.model import Disentangled, Model, unreadable


class JudgedFace(NamedTuple):
    """A face in a frame, or the reason why there is none.

    Attributes:
      number: number of the face within the input, from 0; None if it cannot be used.
      found: Disentangled.
    """

    number: Optional[int]
    found: Disentangled


class JudgedFrame(NamedTuple):
    """A frame and all of its faces.

    Attributes:
      frame: Frame.
      faces: at least one.
    """

    frame: Frame
    faces: list[JudgedFace]


def judge(model: Model, source: Input) -> Generator[JudgedFrame, None, None]:
    """Judges all faces of an input.

    Decoding, finding faces, and the network run at the same time, on different frames.

    Args:
      model: Model.
      source: Input.

    Yields:
      One JudgedFrame per frame, in order; a few frames are in memory at a time.
    """
    follower = model.follower()
    if source.is_clip:
        frames = read_ahead(_seen(read_ahead(source.frames()), follower))
    else:  # there is nothing to do at the same time
        frames = _seen(source.frames(), follower)
    with contextlib.closing(frames):
        for frame, seen in frames:
            if isinstance(frame.image, np.ndarray):
                judged = model.judge([each.face for each in seen])
                yield JudgedFrame(frame, [JudgedFace(each.number, one) for each, one in zip(seen, judged)])
            else:
                yield JudgedFrame(frame, [JudgedFace(None, unreadable(frame.image))])


def _seen(
    frames: Generator[Frame, None, None], follower: FaceFollower
) -> Generator[tuple[Frame, list[SeenFace]], None, None]:
    with contextlib.closing(frames):
        for frame in frames:
            yield frame, follower.faces(frame.image) if isinstance(frame.image, np.ndarray) else []
