"""Prepares the clips of a dataset in several processes, and can be interrupted and resumed.

Each clip is prepared into two files, which are written atomically, and all of them are joined at the end (see
``finished_clips``). An interruption loses at most the clips in progress; the same call resumes from there. It also
prepares those clips again whose files have changed since.
"""

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

import cv2
import numpy as np

from phystd_tf.data import finished_clips, records
from phystd_tf.data.clip_preparation import ClipPreparer, Settings
from phystd_tf.data.clips import Clip
from phystd_tf.data.finished_clips import FinishedClip, Rows
from phystd_tf.data.prepared_folder import UNFINISHED, PreparationError, open_folder
from phystd_tf.data.readers.listing import some
from phystd_tf.data.shards import write_shard
from phystd_tf.data.sources import has_changed, state_of
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.geometry import PreparedFace
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.files.images import write_image
from phystd_tf.files.lock import is_read_only, locked
from phystd_tf.protocols.assignment import Member, assign_splits, shared_subjects

DRAWN = "drawn"
_SHARE = "share-"  # folders with the locks of shares
_LOG_ERRORS = 2  # log level of OpenCV: errors, but no warnings


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
    note: Callable[[str], None] = lambda sentence: None,
) -> Optional[Rows]:
    """Prepares all clips that are not yet prepared or have changed since, joins the shards and writes the manifest.

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
      note: called with a sentence about clips that have changed.

    Returns:
      The rows of the manifest, in the order of the clips; None for a share.

    Raises:
      PreparationError: if the folder was started with other settings or clips, cannot
        be written, or a process was killed.
      FolderInUseError: if another program is preparing the same clips into the folder.
      FaceExtraMissingError: if MediaPipe is not installed.
    """
    clips = with_splits(clips, settings.seed)
    model = MorphableModel.load(settings.morphable_model)  # a wrong file is rejected before any work
    try:
        open_folder(out, settings, clips, model)
        if is_read_only(out) and os.path.exists(os.path.join(out, records.MANIFEST_FILE)):
            return _as_it_is(out, clips, settings, share, progress)
        os.makedirs(os.path.join(out, UNFINISHED), exist_ok=True)
        with _alone_in(out, share):
            manifest = os.path.join(out, records.MANIFEST_FILE)
            _forget_changed(out, clips, settings, share, note)
            if not os.path.exists(manifest):
                work = _Work(out, settings, _evenly(len(clips), draw), records.source_base(out))
                for finished, failures in _prepare_missing(work, clips, workers, share):
                    progress(finished, failures)
                if share is not None:
                    return None
                finished_clips.join(out, clips, settings)
            else:
                progress(len(clips), _failures(records.read_manifest(manifest)))
            finished_clips.tidy(out, os.path.join(out, DRAWN))
            return records.read_manifest(manifest)
    except OSError as error:
        raise PreparationError(f"{out}: {error}; finished clips are kept, and the same command resumes") from error


def _as_it_is(
    out: str,
    clips: Sequence[Clip],
    settings: Settings,
    share: Optional[tuple[int, int]],
    progress: Callable[[int, int], None],
) -> Optional[Rows]:
    """What ``prepare`` gives for a finished folder that may not be written."""
    changed = _changed(clips, settings, dict(enumerate(finished_clips.read_clips(out, clips))))
    if changed:
        names = some([clips[number].id for number in changed])
        raise PreparationError(f"{out}: {len(changed)} clips have changed since, but the folder is read-only: {names}")
    rows = records.read_manifest(os.path.join(out, records.MANIFEST_FILE))
    progress(len(clips), _failures(rows))
    return rows if share is None else None


def _failures(rows: Rows) -> int:
    return sum(row["status"] != records.OK for row in rows)


@contextlib.contextmanager
def _alone_in(out: str, share: Optional[tuple[int, int]]) -> Iterator[None]:
    """Keeps others from preparing the same clips at the same time. Shares are prepared next to each other."""
    unfinished = os.path.join(out, UNFINISHED)
    if share is not None:
        folders = [os.path.join(unfinished, f"{_SHARE}{share[0]}-of-{share[1]}")]
    else:
        folders = [os.path.join(unfinished, name) for name in os.listdir(unfinished) if name.startswith(_SHARE)] + [out]
    with contextlib.ExitStack() as stack:
        for folder in folders:
            stack.enter_context(locked(folder))
        yield


def _forget_changed(
    out: str,
    clips: Sequence[Clip],
    settings: Settings,
    share: Optional[tuple[int, int]],
    note: Callable[[str], None],
) -> None:
    """Lets those clips be prepared again whose files have changed, and says so."""
    if os.path.exists(os.path.join(out, records.MANIFEST_FILE)):
        finished = dict(enumerate(finished_clips.read_clips(out, clips)))
    else:
        read = ((number, finished_clips.read_clip(out, number)) for number in of_share(len(clips), share))
        finished = {number: clip for number, clip in read if clip is not None}
    unknown = sum(clip.source is None for clip in finished.values())
    if unknown:
        note(
            f"{unknown} clips were prepared before the state of their files was recorded; if these have changed since, "
            "prepare into another folder"
        )
    changed = _changed(clips, settings, finished)
    if not changed:
        return
    names = some([clips[number].id for number in changed])
    if share is not None and finished_clips.are_joined(out):
        raise PreparationError(
            f"{out}: {len(changed)} clips have changed since the shares were joined: {names}; "
            "run the command without a share"
        )
    finished_clips.forget(out, changed, clips, finished, settings)
    note(f"{len(changed)} of {len(finished)} clips have changed since and are prepared again: {names}")


def _changed(clips: Sequence[Clip], settings: Settings, finished: Mapping[int, FinishedClip]) -> list[int]:
    """The numbers of the clips that are not what they were when they were prepared."""
    return [
        number
        for number, clip in finished.items()
        if clip.source is not None and has_changed(clips[number], settings.landmarks68, clip.source)
    ]


class _Work(NamedTuple):
    """The work of a process.

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
        clip = finished_clips.read_clip(work.out, number)
        if clip is None:
            missing.append(number)
        else:
            yield 1, clip.failures
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
    """Silences OpenCV: unreadable files are listed in the manifest instead of across the progress bar."""
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
    state = state_of(clip, work.settings.landmarks68)  # before they are read
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
                _draw(frame.image, frame.face, preparer.model, wanted)
                wanted = None
            yield records.encode(frame.face, records.FaceKey(*(frame.row[name] for name in records.FaceKey._fields)))

    write_shard(finished_clips.faces_path(work.out, number), examples())
    finished = finished_clips.FinishedClip(rows, state)
    finished_clips.write_clip(work.out, number, finished)
    return finished.failures


def _draw(image: np.ndarray, face: PreparedFace, model: MorphableModel, path: str) -> None:
    from phystd_tf.face.overlay import overlay

    write_image(overlay(image, face, model), path)
