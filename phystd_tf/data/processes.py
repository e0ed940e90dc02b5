"""Prepares clips in the processes of this machine."""

import concurrent.futures
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import cv2

from phystd_tf.data.clip_work import Work, new_preparer, prepare_clip, quiet_opencv
from phystd_tf.data.clips import Clip
from phystd_tf.data.prepared_folder import PreparationError
from phystd_tf.face.alignment import FaceAligner


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
    # Spawn, since neither TensorFlow nor MediaPipe supports fork.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        min(workers, len(clips)), mp_context=context, initializer=_start_process, initargs=(work,)
    ) as pool:
        jobs = [pool.submit(_prepare_in_process, number, clip) for number, clip in clips]
        try:
            for job in concurrent.futures.as_completed(jobs):
                yield job.result()
        except concurrent.futures.process.BrokenProcessPool as error:
            raise PreparationError(
                "a process was killed (out of memory?); finished clips are kept, and the same command resumes; "
                "fewer --workers need less memory"
            ) from error
        finally:
            for job in jobs:
                job.cancel()


_process: dict[str, Any] = {}


def _start_process(work: Work) -> None:
    """Initializes a process of the pool."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent; here it would print a traceback
    cv2.setNumThreads(1)  # there is already one process per core
    quiet_opencv()
    _process["work"] = work


def _end_with_parent() -> None:
    """Ends this process when its parent ends; otherwise, it would wait for work forever if the parent is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a process of the pool
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _prepare_in_process(number: int, clip: Clip) -> int:
    work = _process["work"]
    if "preparer" not in _process:  # created here, not in the initializer, so that its errors reach the user
        _process["preparer"] = new_preparer(work, FaceAligner())
    return prepare_clip(_process["preparer"], work, number, clip)
