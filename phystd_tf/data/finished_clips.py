"""The files of prepared clips: written clip by clip, joined into shards, and split again.

Each clip is prepared into two files in PREPARED/unfinished: first its faces, then its manifest rows with the state of
its sources. When all clips are prepared, their faces are joined into shards; the states of the sources and the manifest
are written last. To prepare some clips again, the shards are split first.

Everything may be interrupted at any time: if there is a shard, all clips are prepared, and a shard that exists is
complete, whether or not the files of its clips still exist.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from phystd_tf.data import records
from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.clips import Clip
from phystd_tf.data.prepared_folder import UNFINISHED, PreparationError
from phystd_tf.data.shard_plan import shard_plan
from phystd_tf.data.shards import DamagedShardError, join_shards, record_offsets
from phystd_tf.data.sources import SourceState
from phystd_tf.files.atomic import remove_unfinished, replacing, write_json
from phystd_tf.files.json_file import read_json

SOURCES_FILE = "sources.json"

Rows = list[dict[str, Any]]


class FinishedClip(NamedTuple):
    """What is known about a prepared clip.

    Attributes:
      rows: its manifest rows; the shards are not known yet.
      source: state of its files before they were read; None if it was prepared by a version that did not record it.
    """

    rows: Rows
    source: Optional[SourceState]

    @property
    def failures(self) -> int:
        """The number of frames without a usable face."""
        return sum(row["status"] != records.OK for row in self.rows)

    @property
    def faces(self) -> int:
        """The number of usable faces."""
        return len(self.rows) - self.failures


def faces_path(out: str, number: int) -> str:
    """The file with the faces of a clip; there is none if the clip has no usable face."""
    return os.path.join(out, UNFINISHED, f"{number:06d}.tfrecord")


def write_clip(out: str, number: int, clip: FinishedClip) -> None:
    """Writes the second file of a clip, which marks it as prepared."""
    write_json({"source": clip.source, "rows": clip.rows}, _rows_path(out, number))


def read_clip(out: str, number: int) -> Optional[FinishedClip]:
    """Reads what ``write_clip`` wrote; None if the clip is not prepared yet.

    Raises:
      PreparationError: if the file is damaged.
    """
    path = _rows_path(out, number)
    if not os.path.exists(path):
        return None
    advice = "remove it and prepare again"
    values = read_json(path, PreparationError, advice)
    if not isinstance(values.get("rows"), list):
        raise PreparationError(f"{path}: not the rows of a clip; {advice}")
    return FinishedClip(values["rows"], _source_state(values.get("source")))


def read_clips(out: str, clips: Sequence[Clip]) -> list[FinishedClip]:
    """Reads all clips of a finished folder.

    Raises:
      PreparedFolderError: if the manifest or the states of the sources cannot be read.
    """
    states: dict[str, Any] = {}
    path = os.path.join(out, SOURCES_FILE)
    if os.path.exists(path):
        states = read_json(path, records.PreparedFolderError, "remove it; changes of the sources are unknown then")
    rows: dict[str, Rows] = {}
    for row in records.read_manifest(os.path.join(out, records.MANIFEST_FILE)):
        rows.setdefault(row["clip"], []).append({**row, "shard": "", "offset": ""})
    return [FinishedClip(rows.get(clip.id, []), _source_state(states.get(clip.id))) for clip in clips]


def join(out: str, clips: Sequence[Clip], settings: Settings) -> None:
    """Joins the faces of all clips into shards and writes the manifest.

    The shard plan depends only on clips and rows, so an interrupted call can be repeated.
    """
    finished = []
    for number in range(len(clips)):
        clip = read_clip(out, number)
        assert clip is not None  # all are prepared by now
        finished.append(clip)
    for name, numbers in shard_plan(clips, [clip.faces for clip in finished], settings):
        path = os.path.join(out, name)
        parts = [faces_path(out, number) for number in numbers]
        if not os.path.exists(path):
            join_shards(parts, path)
        for part in filter(os.path.exists, parts):
            os.remove(part)
        in_shard = [row for number in numbers for row in finished[number].rows if row["status"] == records.OK]
        offsets = record_offsets(path)
        if len(offsets) != len(in_shard):
            raise DamagedShardError(
                f"{path}: holds {len(offsets)} faces, not {len(in_shard)}; remove it and prepare again"
            )
        for row, offset in zip(in_shard, offsets):
            row.update(shard=name, offset=offset)
    states = {clip.id: done.source for clip, done in zip(clips, finished) if done.source is not None}
    write_json(states, os.path.join(out, SOURCES_FILE))
    records.write_manifest(os.path.join(out, records.MANIFEST_FILE), [row for clip in finished for row in clip.rows])


def tidy(out: str, drawn: str) -> None:
    """Removes what is no longer needed once the manifest exists, and what a killed process left behind.

    Args:
      out: the prepared folder.
      drawn: the folder of its pictures; need not exist.
    """
    shutil.rmtree(os.path.join(out, UNFINISHED), ignore_errors=True)
    for folder in (out, drawn):
        remove_unfinished(folder)


def are_joined(out: str) -> bool:
    """Whether ``join`` has begun, so that all clips are prepared."""
    return os.path.exists(os.path.join(out, records.MANIFEST_FILE)) or bool(_shards(out))


def forget(
    out: str, numbers: Sequence[int], clips: Sequence[Clip], finished: Mapping[int, FinishedClip], settings: Settings
) -> None:
    """Removes clips, so that they are prepared again; shards are split first.

    Args:
      out: the prepared folder.
      numbers: numbers of the clips to be prepared again.
      clips: all clips of the dataset.
      finished: clips by number; all clips if they are joined.
      settings: settings of the preparation.

    Raises:
      DamagedShardError: if a shard is damaged or missing.
    """
    if are_joined(out):
        _take_apart(out, clips, [finished[number] for number in range(len(clips))], settings)
    for number in numbers:
        os.remove(_rows_path(out, number))
        if os.path.exists(faces_path(out, number)):
            os.remove(faces_path(out, number))


def _take_apart(out: str, clips: Sequence[Clip], finished: Sequence[FinishedClip], settings: Settings) -> None:
    """Undoes ``join``, which may have been interrupted."""
    counts = [clip.faces for clip in finished]
    for name, numbers in shard_plan(clips, counts, settings):
        parts = [(faces_path(out, number), counts[number]) for number in numbers]
        if not all(os.path.exists(path) for path, _ in parts):
            _split(os.path.join(out, name), parts)
    manifest = os.path.join(out, records.MANIFEST_FILE)
    if os.path.exists(manifest):
        for number, clip in enumerate(finished):
            write_clip(out, number, clip)
        os.remove(manifest)
    for path in _shards(out):
        os.remove(path)


def _rows_path(out: str, number: int) -> str:
    return os.path.join(out, UNFINISHED, f"{number:06d}.json")


def _shards(out: str) -> list[str]:
    return [os.path.join(out, name) for name in os.listdir(out) if name.startswith("shard-")]


def _split(shard: str, parts: Sequence[tuple[str, int]]) -> None:
    """Writes the records of a shard into files with the given numbers of records."""
    offsets = [*record_offsets(shard), os.path.getsize(shard)]
    if len(offsets) != 1 + sum(count for _, count in parts):
        raise DamagedShardError(f"{shard}: does not hold the faces of the manifest; prepare again into another folder")
    start = 0
    with open(shard, "rb") as source:
        for path, count in parts:
            with replacing(path) as temporary, open(temporary, "wb") as target:
                target.write(source.read(offsets[start + count] - offsets[start]))
            start += count


def _source_state(value: Any) -> Optional[SourceState]:
    return SourceState(*map(str, value)) if isinstance(value, list) and len(value) == 2 else None
