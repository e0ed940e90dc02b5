"""Prepares the clips of a dataset, and can be interrupted and resumed.

Each clip is prepared into two files, which are written atomically, and all of them are joined at the end (see
``finished_clips``). An interruption loses at most the clips in progress; the same call resumes from there. It also
prepares clips again if their files have changed since.
"""

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Callable, Optional

from phystd_tf.data import finished_clips, records
from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.clip_work import DRAWN, Work
from phystd_tf.data.clips import Clip
from phystd_tf.data.finished_clips import FinishedClip, Rows
from phystd_tf.data.prepared_folder import UNFINISHED, PreparationError, open_folder
from phystd_tf.data.processes import prepare_in_processes
from phystd_tf.data.readers.listing import some
from phystd_tf.data.sources import has_changed
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.files.lock import is_read_only, locked
from phystd_tf.protocols.assignment import Member, assign_splits, shared_subjects

# Prepares clips, each with its number, into their files, and yields the number of failed frames of each.
Engine = Callable[[Work, Sequence[tuple[int, Clip]]], Iterator[int]]

_SHARE = "share-"  # prefix of the folders with the locks of shares


def with_splits(clips: Sequence[Clip], seed: int) -> list[Clip]:
    """Sets the split of each clip: that of the layout if all clips have one, otherwise by subject.

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
    engine: Optional[Engine] = None,
) -> Optional[Rows]:
    """Prepares all clips that are not yet prepared or have changed since, joins the shards and writes the manifest.

    Args:
      clips: all clips of the dataset.
      out: the prepared folder, either new or started with the same settings and clips.
      settings: Settings.
      workers: number of processes on this machine; 1 uses the current process.
      draw: number of clips, spread evenly, whose first face is drawn in out/drawn.
      progress: called with a number of finished clips and the number of their
        failed frames, first for the clips that were finished earlier.
      share: (i, n) prepares only the i-th of n shares of the clips, i from 1, so that the machines of a cluster can
        prepare one share each with the same ``out``. The shards are not joined then; a final call without a share
        prepares whatever is missing and joins them.
      note: called with a sentence about clips that have changed.
      engine: prepares the clips instead of processes of this machine; see ``phystd_tf.data.beam``.

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
                engine = engine or functools.partial(prepare_in_processes, workers=workers)
                work = Work(out, settings, _evenly(len(clips), draw), records.source_base(out))
                for finished, failures in _prepare_missing(work, clips, engine, share):
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
    """The result of ``prepare`` for a finished folder that is read-only."""
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
    """Keeps others from preparing the same clips at the same time; shares may run in parallel."""
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
    """Forgets clips whose files have changed, so that they are prepared again, with a note."""
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
    """The numbers of the clips that have changed since they were prepared."""
    return [
        number
        for number, clip in finished.items()
        if clip.source is not None and has_changed(clips[number], settings.landmarks68, clip.source)
    ]


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
    work: Work, clips: Sequence[Clip], engine: Engine, share: Optional[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yields (1, number of failed frames) for each clip, first for the clips that were finished earlier."""
    missing = []
    for number in of_share(len(clips), share):
        clip = finished_clips.read_clip(work.out, number)
        if clip is None:
            missing.append((number, clips[number]))
        else:
            yield 1, clip.failures
    for failures in engine(work, missing) if missing else ():
        yield 1, failures
