"""Prepares single clips into the files of a prepared folder, in whichever process this runs."""

import os
from collections.abc import Iterator
from typing import NamedTuple, Optional

import cv2

from phystd_tf.data import finished_clips, records
from phystd_tf.data.clip_preparation import ClipPreparer, Settings
from phystd_tf.data.clips import Clip
from phystd_tf.data.finished_clips import Rows
from phystd_tf.data.shards import write_shard
from phystd_tf.data.sources import state_of
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.face.overlay import overlay
from phystd_tf.files.images import write_image

DRAWN = "drawn"
_LOG_ERRORS = 2  # log level of OpenCV: errors, but no warnings


class Work(NamedTuple):
    """What the preparation of all clips of a folder has in common.

    Attributes:
      out: the prepared folder.
      settings: Settings.
      drawn: numbers of the clips whose first face is drawn.
      source_base: see ``records.source_base``.
    """

    out: str
    settings: Settings
    drawn: frozenset[int]
    source_base: Optional[str]


def new_preparer(work: Work, aligner: FaceAligner) -> ClipPreparer:
    """Creates the ClipPreparer of a process, which is slow.

    Args:
      work: Work.
      aligner: FaceAligner of the process.

    Raises:
      MorphableModelError: if the morphable model cannot be read.
    """
    return ClipPreparer(work.settings, aligner, MorphableModel.load(work.settings.morphable_model))


def quiet_opencv() -> None:
    """Silences OpenCV: unreadable files are listed in the manifest instead of across the progress bar."""
    cv2.setLogLevel(_LOG_ERRORS)


def prepare_clip(preparer: ClipPreparer, work: Work, number: int, clip: Clip) -> int:
    """Prepares a clip into its two files, and returns the number of failed frames.

    Args:
      preparer: see ``new_preparer``.
      work: Work.
      number: number of the clip among all clips of the dataset.
      clip: Clip, with its split.

    Raises:
      OSError: if the files cannot be written.
    """
    state = state_of(clip, work.settings.landmarks68)  # before the files are read
    rows: Rows = []
    picture = os.path.join(work.out, DRAWN, f"{number:06d}_{clip.type}.png") if number in work.drawn else None

    def examples() -> Iterator[bytes]:
        wanted = picture
        for frame in preparer.frames(clip):
            frame.row["source"] = records.stored_source(work.source_base, frame.row["source"])
            rows.append(frame.row)
            if frame.face is None or frame.image is None:
                continue
            if wanted:
                write_image(overlay(frame.image, frame.face, preparer.model), wanted)
                wanted = None
            yield records.encode(frame.face, records.FaceKey.of_row(frame.row))

    write_shard(finished_clips.faces_path(work.out, number), examples())
    finished = finished_clips.FinishedClip(rows, state)
    finished_clips.write_clip(work.out, number, finished)
    return finished.failures
