"""Turns clips into a prepared folder, in several processes, so that an interruption costs nothing that is finished.

Each clip is prepared into two files in PREPARED/unfinished: its faces, then the
rows of the manifest, each under a temporary name and renamed. So a clip with
rows is finished. When all are, the faces are joined into shards, and the
manifest is written last. A kill at any moment loses at most the clips that are
being worked on; the same call goes on from there.
"""

import concurrent.futures
import hashlib
import json
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Callable, NamedTuple, Optional

import cv2

from phystd_tf.data import records
from phystd_tf.data.clip_preparation import ClipPreparer, Frame, Settings
from phystd_tf.data.clips import Clip
from phystd_tf.data.shard_plan import shard_plan
from phystd_tf.data.shards import DamagedShardError, join_shards, record_offsets, write_shard
from phystd_tf.errors import PhystdError
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.crop import crop_recipe
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.files.atomic import UNFINISHED_PREFIX, write_json
from phystd_tf.files.versions import package_versions
from phystd_tf.protocols.assignment import Member, assign_splits, shared_subjects

DRAWN = "drawn"
_UNFINISHED = "unfinished"
_PACKAGES = ("phystd_tf", "numpy", "scipy", "opencv-python", "mediapipe")  # those that can change a prepared face
_LOG_ERRORS = 2  # of OpenCV: errors, no warnings

Rows = list[dict[str, Any]]


class PreparationError(PhystdError):
    """Preparation cannot start or go on; the message says why and what is kept."""


def with_splits(clips: Sequence[Clip], seed: int) -> list[Clip]:
    """Clips with their split: that of the layout, or else one assigned by subject.

    A clip whose subject is not known counts as a subject of its own.

    Args:
      clips: all clips of the dataset.
      seed: of the assignment.

    Raises:
      PreparationError: if the layout's own splits share a subject.
    """
    members = [Member(clip.subject or clip.id, clip.label) for clip in clips]
    given = [clip.split for clip in clips]
    splits = given if all(given) else assign_splits(members, seed)
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
      out: the prepared folder, new or begun with the same settings and clips.
      settings: Settings.
      workers: processes; 1 works in this one.
      draw: for so many clips, evenly chosen, the first face is drawn in out/drawn.
      progress: called with a number of clips that are done and of their frames
        that failed; first for those that were finished earlier.
      share: (i, n) to prepare only the i-th of n shares of the clips, i from 1: each machine of a cluster takes one,
        all with the same ``out``. Nothing is joined then: the call without a share does that, and what is missing.

    Returns:
      The rows of the manifest, in the order of the clips; None for a share.

    Raises:
      PreparationError: if the folder was begun in another way, cannot be
        written, or a process was killed.
      FaceExtraMissingError: if MediaPipe is not installed.
    """
    clips = with_splits(clips, settings.seed)
    model = MorphableModel.load(settings.morphable_model)  # a wrong file is refused before any work
    try:
        _open(out, settings, clips, model)
        manifest = os.path.join(out, records.MANIFEST_FILE)
        if not os.path.exists(manifest):
            work = _Work(out, settings, _evenly(len(clips), draw))
            for done in _prepare_missing(work, clips, workers, share):
                progress(*done)
            if share is not None:
                return None
            _finish(out, clips, settings)
        else:
            rows = records.read_manifest(manifest)
            progress(len(clips), _count_failures(rows))
        # Only now: until there is a manifest, these files are all there is.
        shutil.rmtree(os.path.join(out, _UNFINISHED), ignore_errors=True)
        for name in os.listdir(out):
            if name.startswith(UNFINISHED_PREFIX):  # of a process that was killed while it joined shards
                os.remove(os.path.join(out, name))
        return records.read_manifest(manifest)
    except OSError as error:
        raise PreparationError(f"{out}: {error}; what is finished is kept, the same command goes on") from error


class _Work(NamedTuple):
    """What a process needs to know."""

    out: str
    settings: Settings
    drawn: frozenset

    def faces(self, number: int) -> str:
        return os.path.join(self.out, _UNFINISHED, f"{number:06d}.tfrecord")

    def rows(self, number: int) -> str:
        return os.path.join(self.out, _UNFINISHED, f"{number:06d}.json")


def _open(out: str, settings: Settings, clips: Sequence[Clip], model: MorphableModel) -> None:
    """Makes the folder, or checks that it was begun with the same settings and clips."""
    # As JSON gives it back, to compare with what is stored.
    wanted = json.loads(
        json.dumps(
            {
                "format": records.FORMAT_VERSION,
                **{name: value for name, value in settings._asdict().items() if name != "morphable_model"},
                "crop": crop_recipe(),
                "morphable_model_sha256": model.fingerprint(),
                "vertex_pairs": model.vertex_pairs.tolist(),
                "clips": len(clips),
                "clips_sha256": _fingerprint(clips),
            }
        )
    )
    if os.path.exists(os.path.join(out, records.PREPARED_FILE)):
        found = records.load_settings(out)
        differing = [name for name in wanted if found.get(name) != wanted[name]]
        if differing:
            raise PreparationError(f"{out} was begun in another way: {_described(differing, found, wanted)}")
    elif os.path.exists(out) and (not os.path.isdir(out) or _of_others(out)):
        raise PreparationError(f"{out} is not empty and is not a prepared folder; give another --out")
    else:
        os.makedirs(out, exist_ok=True)
        records.save_settings(out, {**wanted, "versions": package_versions(_PACKAGES)})
    os.makedirs(os.path.join(out, _UNFINISHED), exist_ok=True)


def _of_others(out: str) -> list[str]:
    """What is in a folder, but for files that another process is about to write there."""
    return [name for name in os.listdir(out) if not name.startswith(UNFINISHED_PREFIX)]


def _described(differing: Sequence[str], found: dict[str, Any], wanted: dict[str, Any]) -> str:
    if set(differing) <= {"clips", "clips_sha256"}:
        change = f"it was {found['clips']} clips, now {wanted['clips']}" if "clips" in differing else "renamed or moved"
        return f"the photographs and videos are not the same any more ({change}); give another --out"
    if "morphable_model_sha256" in differing:
        return "with another morphable model; give another --out"
    shown = [name for name in differing if not name.startswith("clips")]
    return "; ".join(f"{name} was {found.get(name)}, is {wanted[name]}" for name in shown) + "; give another --out"


def _fingerprint(clips: Sequence[Clip]) -> str:
    lines = [
        repr((clip.id, clip.subject, clip.type, clip.split, [os.path.basename(path) for path in clip.paths]))
        for clip in clips
    ]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()


def _evenly(count: int, wanted: int) -> frozenset:
    return frozenset(round(k * (count - 1) / max(wanted - 1, 1)) for k in range(min(wanted, count)))


def of_share(count: int, share: Optional[tuple[int, int]]) -> range:
    """Numbers of the clips of a share (i, n), i from 1: every n-th, so that each has of all types. None is all."""
    return range(count) if share is None else range(share[0] - 1, count, share[1])


def _prepare_missing(
    work: _Work, clips: Sequence[Clip], workers: int, share: Optional[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yields (1, frames that failed) for each clip, those that were finished earlier first."""
    _quiet_opencv()
    missing = []
    for number in of_share(len(clips), share):
        if os.path.exists(work.rows(number)):
            yield 1, _count_failures(_read_rows(work.rows(number)))
        else:
            missing.append(number)
    if workers <= 1 or len(missing) <= 1:
        with FaceAligner() as aligner:
            preparer = ClipPreparer(work.settings, aligner, MorphableModel.load(work.settings.morphable_model))
            for number in missing:
                yield 1, _prepare_clip(preparer, work, number, clips[number])
        return
    # Spawned, since neither TensorFlow nor MediaPipe survives a fork.
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
                "a process was killed (out of memory?); what is finished is kept, the same command goes on; "
                "fewer --workers need less memory"
            ) from error
        finally:
            for job in jobs:
                job.cancel()


_process: dict[str, Any] = {}


def _start_process(work: _Work) -> None:
    """Makes ready a process of the pool."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent; here it would print a traceback
    cv2.setNumThreads(1)  # one process a core is enough
    _quiet_opencv()
    _process["work"] = work


def _quiet_opencv() -> None:
    """Bad files are listed in the manifest; OpenCV and FFmpeg would write about them across the progress bar."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.setLogLevel(_LOG_ERRORS)


def _end_with_parent() -> None:
    """A pool whose parent was killed waits for work for ever."""
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _prepare_in_process(number: int, clip: Clip) -> int:
    work = _process["work"]
    if "preparer" not in _process:  # here, not at the start, so that its errors reach the user
        model = MorphableModel.load(work.settings.morphable_model)
        _process["preparer"] = ClipPreparer(work.settings, FaceAligner(), model)
    return _prepare_clip(_process["preparer"], work, number, clip)


def _prepare_clip(preparer: ClipPreparer, work: _Work, number: int, clip: Clip) -> int:
    """Prepares a clip into its two files; returns the number of frames that failed."""
    rows: Rows = []
    picture = os.path.join(work.out, DRAWN, f"{number:06d}_{clip.type}.png") if number in work.drawn else None

    def examples() -> Iterator[bytes]:
        wanted = picture
        for frame in preparer.frames(clip):
            rows.append(frame.row)
            if frame.face is None:
                continue
            if wanted:
                _draw(frame, preparer.model, wanted)
                wanted = None
            yield records.encode(frame.face, records.FaceKey(*(frame.row[name] for name in records.FaceKey._fields)))

    write_shard(work.faces(number), examples())
    write_json(rows, work.rows(number))
    return _count_failures(rows)


def _draw(frame: Frame, model: MorphableModel, path: str) -> None:
    from phystd_tf.face.overlay import overlay

    os.makedirs(os.path.dirname(path), exist_ok=True)
    cv2.imwrite(path, cv2.cvtColor(overlay(frame.image, frame.face, model), cv2.COLOR_RGB2BGR))


def _finish(out: str, clips: Sequence[Clip], settings: Settings) -> None:
    """Joins the faces of all clips into shards and writes the manifest.

    The plan of the shards depends on the rows alone. So after an interruption a
    shard that is there is finished, and the files that it was made of may go.
    """
    work = _Work(out, None, frozenset())
    rows = [_read_rows(work.rows(number)) for number in range(len(clips))]
    faces = [sum(row["status"] == records.OK for row in own) for own in rows]
    for name, numbers in shard_plan(clips, faces, settings):
        path = os.path.join(out, name)
        if not os.path.exists(path):
            join_shards([work.faces(number) for number in numbers], path)
        for number in numbers:
            if os.path.exists(work.faces(number)):
                os.remove(work.faces(number))
        own = [row for number in numbers for row in rows[number] if row["status"] == records.OK]
        offsets = record_offsets(path)
        if len(offsets) != len(own):
            raise DamagedShardError(f"{path}: holds {len(offsets)} faces, not {len(own)}; remove it and prepare again")
        for row, offset in zip(own, offsets):
            row.update(shard=name, offset=offset)
    records.write_manifest(os.path.join(out, records.MANIFEST_FILE), [row for own in rows for row in own])


def _read_rows(path: str) -> Rows:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _count_failures(rows: Sequence[dict[str, Any]]) -> int:
    return sum(row["status"] != records.OK for row in rows)
