"""Rendered faces for the benchmarks that need pictures of faces: prepared faces, and a video."""

import os

import cv2
import numpy as np

from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.preparation import prepare
from phystd_tf.data.readers.folder import list_clips
from phystd_tf.hparams import PAPER
from phystd_tf.synthetic.clips import make_clip, subject_renderer
from phystd_tf.synthetic.dataset import make_dataset
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip

_SUBJECTS = 6
_VIDEO = (1920, 1080)  # like those of OULU-NPU
_MARGIN = (_VIDEO[0] - _VIDEO[1]) // 2


def prepared_faces(folder: str, size: int) -> str:
    """Prepares a few rendered faces, live and printed, and returns the prepared folder.

    Args:
      folder: an empty folder for the output.
      size: pixels on a side of the crops.
    """
    recipe = Recipe(
        subjects=_SUBJECTS, clips_per_subject=1, frames_per_clip=1, size=512, types=("print",), truth="none"
    )
    faces, prepared = os.path.join(folder, "faces"), os.path.join(folder, "prepared")
    make_dataset(faces, recipe, 1)
    prepare(list_clips(faces).clips, prepared, Settings(size, (size,), PAPER.depth_size, embedded=True), 1)
    return prepared


def face_frames(count: int) -> list[np.ndarray]:
    """Frames [1080, 1920, 3] uint8, RGB, of a rendered live face."""
    recipe = Recipe(subjects=3, frames_per_clip=count, size=512, types=("print",), truth="none")
    frames = []
    for rendered in make_clip(recipe, SyntheticClip("train", "live", 0, 0), subject_renderer(recipe, 0)):
        face = cv2.imdecode(np.frombuffer(rendered.jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        large = cv2.resize(face, (_VIDEO[1], _VIDEO[1]))
        frames.append(cv2.copyMakeBorder(large, 0, 0, _MARGIN, _MARGIN, cv2.BORDER_REFLECT))
    return frames


def write_video(frames: list[np.ndarray], path: str) -> None:
    """Writes frames as an .avi of JPEG frames."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 30, (width, height))
    for frame in frames:
        writer.write(frame[..., ::-1])
    writer.release()
