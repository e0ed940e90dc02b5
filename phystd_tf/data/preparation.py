"""Turns clips into a prepared folder, once: aligned, fitted, cropped, with M0, P0 and triangle maps.

Clips are dealt into chunks. A chunk becomes one shard and one part of the
manifest, both written under a temporary name and renamed, the manifest last. So
a chunk with a manifest part is finished, and preparation that was interrupted,
even by a kill, goes on without doing or losing anything twice.
"""

import concurrent.futures
import hashlib
import multiprocessing
import os
import random
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from phystd_tf.data import records
from phystd_tf.data.clips import Clip
from phystd_tf.data.images import UnreadableImageError, is_image, read_image
from phystd_tf.data.video import UnreadableVideoError, iterate_frames
from phystd_tf.errors import PhystdError
from phystd_tf.evaluation.protocols import Member, assign_splits, shared_subjects
from phystd_tf.face import crop as crop_rule
from phystd_tf.face.alignment import AlignmentError, FaceAligner
from phystd_tf.face.geometry import PreparedFace, describe
from phystd_tf.face.morphable_model import MorphableModel, MorphableModelError
from phystd_tf.physics.triangulation import DegenerateVerticesError

CLIPS_PER_CHUNK = 16
_PARTS = "parts"
UNREADABLE = "unreadable"


class Settings(NamedTuple):
    """How faces are prepared; stored in prepared.json.

    Attributes:
      image_size: S, pixels on a side of the crops.
      map_sizes: sizes of the triangle maps, those that models will be trained at.
      depth_size: K of the stored M0; models with a smaller K average it.
      frame_step: every so many-th frame of a video or folder of frames.
      max_frames: of a clip; None for all.
      seed: of the splits and of the order of clips.
      morphable_model: path of a user's own, or None.
    """

    image_size: int
    map_sizes: Tuple[int, ...]
    depth_size: int
    frame_step: int
    max_frames: Optional[int]
    seed: int
    morphable_model: Optional[str]


class Chunk(NamedTuple):
    """Some clips of one split, prepared together."""

    name: str
    split: str
    clips: Tuple[Clip, ...]


def plan(clips: Sequence[Clip], seed: int) -> List[Chunk]:
    """Deals clips into chunks, by split, in a random order that mixes types and subjects.

    Splits that the layout gives are kept; otherwise they are made by subject. A
    clip whose subject is not known counts as a subject of its own.

    Args:
      clips: all clips of the dataset.
      seed: of the splits and of the order.

    Returns:
      Chunks of at most CLIPS_PER_CHUNK clips.

    Raises:
      PhystdError: if the layout's own splits share a subject.
    """
    members = [Member(clip.subject or clip.id, clip.label) for clip in clips]
    given = [clip.split for clip in clips]
    splits = given if all(given) else assign_splits(members, seed)
    leak = shared_subjects(members, splits)
    if leak is not None:
        raise PhystdError(f"subject '{leak}' is in more than one of train, dev and test; results would be too good")
    chunks = []
    for split in sorted(set(splits)):
        own = [clip._replace(split=split) for clip, its in zip(clips, splits) if its == split]
        random.Random(seed).shuffle(own)
        for start in range(0, len(own), CLIPS_PER_CHUNK):
            name = f"{split}-{start // CLIPS_PER_CHUNK:05d}"
            chunks.append(Chunk(name, split, tuple(own[start : start + CLIPS_PER_CHUNK])))
    return chunks


def prepare(
    clips: Sequence[Clip],
    out: str,
    settings: Settings,
    workers: int,
    draw: int = 0,
    progress: Callable[[int, int], None] = lambda clips, failures: None,
) -> List[Dict[str, Any]]:
    """Prepares all clips that are not yet prepared, and writes the manifest.

    Args:
      clips: all clips of the dataset.
      out: the prepared folder, new or begun with the same settings and clips.
      settings: Settings.
      workers: processes.
      draw: how many chunks show their first face as a picture in out/drawn.
      progress: called with the number of clips that are done and of frames that
        failed, for each finished chunk (those finished earlier first).

    Returns:
      The rows of the manifest.

    Raises:
      PhystdError: if the folder was begun with other settings or clips.
    """
    chunks = plan(clips, settings.seed)
    _open(out, settings, chunks)
    todo = []
    for chunk in chunks:
        part = _part(out, chunk)
        if os.path.exists(part):
            progress(len(chunk.clips), _failures(records.read_manifest(part)))
        else:
            todo.append(chunk)
    # Spawned, since neither TensorFlow nor MediaPipe survives a fork.
    context = multiprocessing.get_context("spawn")
    if todo:
        drawn = {chunk.name for chunk in chunks[:draw]}
        with concurrent.futures.ProcessPoolExecutor(
            min(workers, len(todo)), mp_context=context, initializer=_start_worker, initargs=(settings,)
        ) as pool:
            jobs = [pool.submit(_prepare_chunk, chunk, out, settings, chunk.name in drawn) for chunk in todo]
            try:
                for job in concurrent.futures.as_completed(jobs):
                    progress(*job.result())
            except concurrent.futures.process.BrokenProcessPool as error:
                raise PhystdError(
                    "a worker was killed (out of memory?); what is finished is kept, the same command goes on"
                ) from error
            finally:
                for job in jobs:
                    job.cancel()
    rows = [row for chunk in chunks for row in records.read_manifest(_part(out, chunk))]
    records.write_manifest(os.path.join(out, records.MANIFEST_FILE), rows)
    return rows


def _open(out: str, settings: Settings, chunks: Sequence[Chunk]) -> None:
    os.makedirs(os.path.join(out, _PARTS), exist_ok=True)
    listing = hashlib.sha256("\n".join(clip.id for chunk in chunks for clip in chunk.clips).encode("utf-8", "replace"))
    wanted = {
        "format": records.FORMAT_VERSION,
        **settings._asdict(),
        "map_sizes": list(settings.map_sizes),
        "clips": sum(len(chunk.clips) for chunk in chunks),
        "clips_sha256": listing.hexdigest(),
        "crop": crop_recipe(),
    }
    if os.path.exists(os.path.join(out, records.PREPARED_FILE)):
        found = records.load_settings(out)
        differing = [name for name, value in wanted.items() if found.get(name) != value]
        if differing:
            described = "; ".join(f"{name} was {found.get(name)}, is {wanted[name]}" for name in differing)
            raise PhystdError(f"{out} was begun in another way ({described}); give another --out")
    elif any(name != _PARTS for name in os.listdir(out)):
        raise PhystdError(f"{out} is not empty and is not a prepared folder; give another --out")
    else:
        records.save_settings(out, wanted)


def crop_recipe() -> Dict[str, float]:
    """The crop rule, in half eye distances around the middle between the eyes."""
    return {"side": crop_rule.SIDE, "up": crop_rule.UP, "down": crop_rule.DOWN}


class _Worker(NamedTuple):
    aligner: FaceAligner
    model: MorphableModel


_worker: Optional[_Worker] = None


def _start_worker(settings: Settings) -> None:
    global _worker
    _worker = _Worker(FaceAligner(), MorphableModel.load(settings.morphable_model))


def _prepare_chunk(chunk: Chunk, out: str, settings: Settings, draw: bool) -> Tuple[int, int]:
    """Prepares a chunk; returns the numbers of its clips and of its frames that failed."""
    rows: List[Dict[str, Any]] = []
    shard = f"shard-{chunk.name}.tfrecord"

    def examples() -> Iterator[bytes]:
        pending = draw
        for clip in chunk.clips:
            for row, face, image in _prepare_clip(clip, settings):
                rows.append({**row, "shard": shard if face is not None else ""})
                if face is None:
                    continue
                if pending:
                    _draw(image, face, os.path.join(out, "drawn", f"{chunk.name}.png"))
                    pending = False
                yield records.encode(face, _key(clip, row))

    if not records.write_shard(os.path.join(out, shard), examples()):
        os.remove(os.path.join(out, shard))
    records.write_manifest(_part(out, chunk), rows)
    return len(chunk.clips), _failures(rows)


def _prepare_clip(
    clip: Clip, settings: Settings
) -> Iterator[Tuple[Dict[str, Any], Optional[PreparedFace], Optional[np.ndarray]]]:
    """A manifest row for each frame of a clip, with the face and the frame where there is one."""
    base = {"clip": clip.id, "subject": clip.subject or clip.id, "type": clip.type, "label": clip.label}
    base["split"] = clip.split
    good = 0
    frames = _frames(clip, settings)
    while settings.max_frames is None or good < settings.max_frames:
        try:
            source, index, image = next(frames)
        except StopIteration:
            return
        except UnreadableVideoError as error:
            yield {**base, "source": clip.paths[0], "frame": 0, "status": UNREADABLE, "reason": str(error)}, None, None
            return
        row = {**base, "source": source, "frame": index}
        if isinstance(image, UnreadableImageError):
            yield {**row, "status": UNREADABLE, "reason": str(image)}, None, None
            continue
        row.update(width=image.shape[1], height=image.shape[0])
        try:
            face = describe(
                image,
                _worker.aligner,
                _worker.model,
                settings.image_size,
                clip.type,
                settings.depth_size,
                settings.map_sizes,
            )
        except (AlignmentError, MorphableModelError, DegenerateVerticesError) as error:
            yield {**row, "status": getattr(error, "status", "failed"), "reason": str(error)}, None, None
            continue
        good += 1
        row.update(
            left=f"{face.box.left:.2f}",
            top=f"{face.box.top:.2f}",
            side=f"{face.box.side:.2f}",
            fit_error=f"{face.fit_error:.4f}",
            num_faces=face.num_faces,
            status=records.OK,
        )
        yield row, face, image


def _frames(clip: Clip, settings: Settings) -> Iterator[Tuple[str, int, Any]]:
    """(source, index, image) for each frame; an image that cannot be read is its error."""
    if len(clip.paths) == 1 and not is_image(clip.paths[0]):
        for index, image in iterate_frames(clip.paths[0], settings.frame_step):
            yield clip.paths[0], index, image
        return
    for index in range(0, len(clip.paths), settings.frame_step):
        try:
            yield clip.paths[index], index, read_image(clip.paths[index])
        except UnreadableImageError as error:
            yield clip.paths[index], index, error


def _key(clip: Clip, row: Dict[str, Any]) -> records.FaceKey:
    return records.FaceKey(row["source"], clip.id, row["frame"], row["subject"], clip.type, clip.label)


def _draw(image: np.ndarray, face: PreparedFace, path: str) -> None:
    import cv2

    from phystd_tf.report.overlays import overlay

    os.makedirs(os.path.dirname(path), exist_ok=True)
    cv2.imwrite(path, cv2.cvtColor(overlay(image, face, _worker.model), cv2.COLOR_RGB2BGR))


def _part(out: str, chunk: Chunk) -> str:
    return os.path.join(out, _PARTS, f"{chunk.name}.csv")


def _failures(rows: Sequence[Dict[str, Any]]) -> int:
    return sum(row["status"] != records.OK for row in rows)
