"""Prepares clips in the processes of this machine."""

from collections.abc import Iterator, Sequence
from typing import Any

import cv2

from phystd_tf.data.clip_work import Work, new_preparer, prepare_clip, quiet_opencv
from phystd_tf.data.clips import Clip
from phystd_tf.data.prepared_folder import PreparationError
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.files.processes import in_processes


def prepare_in_processes(work: Work, clips: Sequence[tuple[int, Clip]], workers: int) -> Iterator[int]:
    """Prepares clips, and yields the number of failed frames of each when it is done.

    Args:
      work: Work.
      clips: each with its number.
      workers: number of processes; 1 uses the current process.

    Raises:
      PreparationError: if a process was killed.
      FaceExtraMissingError: if MediaPipe is not installed.
    """
    quiet_opencv()
    if workers <= 1 or len(clips) <= 1:
        with FaceAligner() as aligner:
            preparer = new_preparer(work, aligner)
            for number, clip in clips:
                yield prepare_clip(preparer, work, number, clip)
        return
    yield from in_processes(_prepare_in_process, clips, workers, PreparationError, _start_process, (work,))


_process: dict[str, Any] = {}


def _start_process(work: Work) -> None:
    """Initializes a process of the pool."""
    cv2.setNumThreads(1)  # there is already one process per core
    quiet_opencv()
    _process["work"] = work


def _prepare_in_process(number: int, clip: Clip) -> int:
    work = _process["work"]
    if "preparer" not in _process:  # created here, not in the initializer, so that its errors reach the user
        _process["preparer"] = new_preparer(work, FaceAligner())
    return prepare_clip(_process["preparer"], work, number, clip)
