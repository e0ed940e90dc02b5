"""Prepares the clips of a dataset in several processes, and can be interrupted and resumed.

Each clip is prepared into two files in PREPARED/unfinished: first its faces, then
its rows of the manifest. Both are written atomically, so a clip is finished if its
rows exist. When all clips are finished, their faces are joined into shards, and
the manifest is written last. An interruption loses at most the clips in progress;
the same call resumes from there.
"""

import concurrent.futures
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Callable, NamedTuple, Optional

import cv2
import numpy as np

from phystd_tf.data import records
from phystd_tf.data.clip_preparation import ClipPreparer, Settings
from phystd_tf.data.clips import Clip
from phystd_tf.data.prepared_folder import UNFINISHED, PreparationError, open_folder
from phystd_tf.data.shard_plan import shard_plan
from phystd_tf.data.shards import DamagedShardError, join_shards, record_offsets, write_shard
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.geometry import PreparedFace
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.files.atomic import remove_unfinished, write_json
from phystd_tf.files.json_file import read_json
from phystd_tf.protocols.assignment import Member, assign_splits, shared_subjects

DRAWN = "drawn"
_LOG_ERRORS = 2  # log level of OpenCV: errors, but no warnings

Rows = list[dict[str, Any]]


def with_splits(clips: Sequence[Clip], seed: int) -> list[Clip]:
    """Sets the split of each clip, to that of the layout if all clips have one, and otherwise by subject.

    A clip with an unknown subject counts as a subject of its own.

    Args:
      clips: all clips of the dataset.
      seed: seed of the assignment.

    Raises:
      PreparationError: if the layout's own splits share a subject.
    """
    members = [Member(clip.subject or clip.id, clip.label) for clip in clips]
    given = [clip.split for clip in clips if clip.split]
    splits = given if len(given) == len(clips) else assign_splits(members, seed)
    leak = shared_subjects(members, splits)
    if leak is not None:
        raise PreparationError(
            f"subject '{leak}' is in more than one of train, dev and test, which makes results too good; "
            "rename the folders if these are different people"
        )
    return [clip._replace(split=split) for clip, split in zip(clips, splits)]


def prepare(
    clips: Sequence[Clip],
    out: str,
    settings: Settings,
    workers: int,
    draw: int = 0,
    progress: Callable[[int, int], None] = lambda clips, failures: None,
    share: Optional[tuple[int, int]] = None,
) -> Optional[Rows]:
    """Prepares all clips that are not yet prepared, joins the shards and writes the manifest.

    Args:
      clips: all clips of the dataset.
      out: the prepared folder, either new or started with the same settings and clips.
      settings: Settings.
      workers: number of processes; 1 uses the current process.
      draw: number of clips, spread evenly, whose first face is drawn in out/drawn.
      progress: called with a number of finished clips and the number of their
        failed frames, first for the clips that were finished earlier.
      share: (i, n) prepares only the i-th of n shares of the clips, i from 1, so that the machines of a cluster can
        prepare one share each with the same ``out``. The shards are not joined then; a final call without a share
        prepares whatever is missing and joins them.

    Returns:
      The rows of the manifest, in the order of the clips; None for a share.

    Raises:
      PreparationError: if the folder was started with other settings or clips, cannot
        be written, or a process was killed.
      FaceExtraMissingError: if MediaPipe is not installed.
    """
    clips = with_splits(clips, settings.seed)
    model = MorphableModel.load(settings.morphable_model)  # a wrong file is rejected before any work
    try:
        open_folder(out, settings, clips, model)
        manifest = os.path.join(out, records.MANIFEST_FILE)
        if not os.path.exists(manifest):
            work = _Work(out, settings, _evenly(len(clips), draw))
            for finished, failures in _prepare_missing(work, clips, workers, share):
                progress(finished, failures)
            if share is not None:
                return None
            _finish(out, clips, settings)
        else:
            rows = records.read_manifest(manifest)
            progress(len(clips), _count_failures(rows))
        # The unfinished files are removed only now, since they are the only copy until the manifest exists.
        shutil.rmtree(os.path.join(out, UNFINISHED), ignore_errors=True)
        remove_unfinished(out)
        return records.read_manifest(manifest)
    except OSError as error:
        raise PreparationError(f"{out}: {error}; finished clips are kept, and the same command resumes") from error


class _Work(NamedTuple):
    """The work of a process.

    Attributes:
      out: the prepared folder.
      settings: Settings.
      drawn: numbers of the clips whose first face is drawn.
    """

    out: str
    settings: Settings
    drawn: frozenset[int]

    def faces_path(self, number: int) -> str:
        return os.path.join(self.out, UNFINISHED, f"{number:06d}.tfrecord")

    def rows_path(self, number: int) -> str:
        return os.path.join(self.out, UNFINISHED, f"{number:06d}.json")


def _evenly(count: int, wanted: int) -> frozenset[int]:
    """Chooses ``wanted`` of ``count`` numbers, spread evenly."""
    return frozenset(round(k * (count - 1) / max(wanted - 1, 1)) for k in range(min(wanted, count)))


def of_share(count: int, share: Optional[tuple[int, int]]) -> range:
    """Returns the numbers of the clips of a share.

    Args:
      count: number of clips.
      share: (i, n) for every n-th clip, starting at the i-th (from 1), so that each share has clips of all types; None
        for all clips.
    """
    return range(count) if share is None else range(share[0] - 1, count, share[1])


def _prepare_missing(
    work: _Work, clips: Sequence[Clip], workers: int, share: Optional[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yields (1, number of failed frames) for each clip, first for the clips that were finished earlier."""
    _quiet_opencv()
    missing = []
    for number in of_share(len(clips), share):
        if os.path.exists(work.rows_path(number)):
            yield 1, _count_failures(_read_rows(work.rows_path(number)))
        else:
            missing.append(number)
    if workers <= 1 or len(missing) <= 1:
        with FaceAligner() as aligner:
            preparer = ClipPreparer(work.settings, aligner, MorphableModel.load(work.settings.morphable_model))
            for number in missing:
                yield 1, _prepare_clip(preparer, work, number, clips[number])
        return
    # Spawn, since neither TensorFlow nor MediaPipe supports fork.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        min(workers, len(missing)), mp_context=context, initializer=_start_process, initargs=(work,)
    ) as pool:
        jobs = [pool.submit(_prepare_in_process, number, clips[number]) for number in missing]
        try:
            for job in concurrent.futures.as_completed(jobs):
                yield 1, job.result()
        except concurrent.futures.process.BrokenProcessPool as error:
            raise PreparationError(
                "a process was killed (out of memory?); finished clips are kept, and the same command resumes; "
                "fewer --workers need less memory"
            ) from error
        finally:
            for job in jobs:
                job.cancel()


_process: dict[str, Any] = {}


def _start_process(work: _Work) -> None:
    """Initializes a process of the pool."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent; here it would print a traceback
    cv2.setNumThreads(1)  # there is already one process per core
    _quiet_opencv()
    _process["work"] = work


def _quiet_opencv() -> None:
    """Silences OpenCV and FFmpeg: unreadable files are listed in the manifest instead of across the progress bar."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.setLogLevel(_LOG_ERRORS)


def _end_with_parent() -> None:
    """Ends this process when its parent ends; otherwise, it would wait for work forever if the parent is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a process of the pool
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _prepare_in_process(number: int, clip: Clip) -> int:
    work = _process["work"]
    if "preparer" not in _process:  # created here, not in the initializer, so that its errors reach the user
        model = MorphableModel.load(work.settings.morphable_model)
        _process["preparer"] = ClipPreparer(work.settings, FaceAligner(), model)
    return _prepare_clip(_process["preparer"], work, number, clip)


def _prepare_clip(preparer: ClipPreparer, work: _Work, number: int, clip: Clip) -> int:
    """Prepares a clip into its two files, and returns the number of failed frames."""
    rows: Rows = []
    picture = os.path.join(work.out, DRAWN, f"{number:06d}_{clip.type}.png") if number in work.drawn else None

    def examples() -> Iterator[bytes]:
        wanted = picture
        for frame in preparer.frames(clip):
            rows.append(frame.row)
            if frame.face is None or frame.image is None:
                continue
            if wanted:
                _draw(frame.image, frame.face, preparer.model, wanted)
                wanted = None
            yield records.encode(frame.face, records.FaceKey(*(frame.row[name] for name in records.FaceKey._fields)))

    write_shard(work.faces_path(number), examples())
    write_json(rows, work.rows_path(number))
    return _count_failures(rows)


def _draw(image: np.ndarray, face: PreparedFace, model: MorphableModel, path: str) -> None:
    from phystd_tf.face.overlay import overlay

    os.makedirs(os.path.dirname(path), exist_ok=True)
    cv2.imwrite(path, cv2.cvtColor(overlay(image, face, model), cv2.COLOR_RGB2BGR))


def _finish(out: str, clips: Sequence[Clip], settings: Settings) -> None:
    """Joins the faces of all clips into shards and writes the manifest.

    The plan of the shards depends only on the rows. After an interruption, a shard
    that exists is therefore complete, and the files it was made of can be removed.
    """
    work = _Work(out, settings, frozenset())
    rows = [_read_rows(work.rows_path(number)) for number in range(len(clips))]
    face_counts = [sum(row["status"] == records.OK for row in clip_rows) for clip_rows in rows]
    for name, numbers in shard_plan(clips, face_counts, settings):
        path = os.path.join(out, name)
        if not os.path.exists(path):
            join_shards([work.faces_path(number) for number in numbers], path)
        for number in numbers:
            if os.path.exists(work.faces_path(number)):
                os.remove(work.faces_path(number))
        in_shard = [row for number in numbers for row in rows[number] if row["status"] == records.OK]
        offsets = record_offsets(path)
        if len(offsets) != len(in_shard):
            raise DamagedShardError(
                f"{path}: holds {len(offsets)} faces, not {len(in_shard)}; remove it and prepare again"
            )
        for row, offset in zip(in_shard, offsets):
            row.update(shard=name, offset=offset)
    records.write_manifest(os.path.join(out, records.MANIFEST_FILE), [row for clip_rows in rows for row in clip_rows])


def _read_rows(path: str) -> Rows:
    return read_json(path, PreparationError, "remove it and prepare again", kind=list)


def _count_failures(rows: Sequence[dict[str, Any]]) -> int:
    return sum(row["status"] != records.OK for row in rows)
