"""Writes the synthetic dataset.

The layout of a user's own folders is:

    OUT/synthetic.json                                   recipe and counts
    OUT/clips.csv                                        instruments and parameters, see ``clip_list``
    OUT/{train,dev,test}/live/<subject>/<clip>/<frame>.jpg
    OUT/{train,dev,test}/spoof/<type>/<subject>/<clip>/<frame>.jpg
    OUT/truth/<the same path>.npz                        see ``truth``; never read by preparation
    OUT/photographs.csv                                  with photographs: person of each subject, see ``gallery``

In the layouts of real datasets (``layouts``), a clip is a video and its truth is
OUT/truth/<path without extension>/<frame>.npz.

A clip that exists is complete: clips are written to another folder and then
renamed. The same recipe gives the same bytes, regardless of the number of
workers and of interruptions.
"""

import dataclasses
import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Any, Callable, Optional

import cv2

from phystd_tf.files.atomic import other_files, remove_unfinished, write_json, write_text
from phystd_tf.files.json_file import read_json
from phystd_tf.files.lock import is_read_only, locked
from phystd_tf.files.processes import in_processes
from phystd_tf.protocols.clip_facts import SPLITS
from phystd_tf.synthetic.clip_list import CLIPS, clip_list
from phystd_tf.synthetic.clips import SyntheticFrame, make_clip, subject_renderer
from phystd_tf.synthetic.gallery import PHOTOGRAPHS, Gallery, PhotographedPerson
from phystd_tf.synthetic.layouts import LAYOUTS, all_clips
from phystd_tf.synthetic.layouts.layout import Layout
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip, SyntheticError
from phystd_tf.synthetic.recording import write_video

# Increased whenever the same recipe gives different images.
VERSION = 2
MANIFEST = "synthetic.json"


def make_dataset(
    out: str,
    recipe: Recipe,
    workers: int = 1,
    progress: Optional[Callable[[int, int], None]] = None,
    gallery: Optional[Gallery] = None,
) -> dict[str, Any]:
    """Makes all parts of a dataset that do not exist yet.

    Args:
      out: folder of the dataset.
      recipe: what to make.
      workers: number of processes; 1 works in the current process.
      progress: called with (finished frames, all frames) from time to time.
      gallery: live people with photographs, at least as many as the recipe has subjects. Its fingerprint must be
        that of the recipe.

    Returns:
      The manifest, as written to ``synthetic.json``.

    Raises:
      SyntheticError: if the folder holds a dataset of another recipe, or files that are not a synthetic dataset, or
        if a process was killed.
      FolderInUseError: if another program works in the folder.
    """
    manifest = manifest_of(recipe)
    _check_folder(out, manifest)
    if is_read_only(out) and _is_finished(out, recipe):
        if progress:
            progress(manifest["frames"], manifest["frames"])
        return {**manifest, "complete": True}
    with locked(out):
        return _make_dataset(out, recipe, workers, progress, gallery, manifest)


def _is_finished(out: str, recipe: Recipe) -> bool:
    manifest = read_json(os.path.join(out, MANIFEST), SyntheticError)
    return bool(manifest.get("complete")) and all(
        os.path.exists(os.path.join(out, clip.path)) for clip in all_clips(recipe)
    )


def _make_dataset(
    out: str,
    recipe: Recipe,
    workers: int,
    progress: Optional[Callable[[int, int], None]],
    gallery: Optional[Gallery],
    manifest: dict[str, Any],
) -> dict[str, Any]:
    total = int(manifest["frames"])
    done = 0
    if progress:
        progress(0, total)
    tasks = [(out, recipe, number, gallery.people[number] if gallery else None) for number in range(recipe.subjects)]
    if workers <= 1:
        finished: Iterator[int] = (_make_subject_clips(*task) for task in tasks)
    else:
        finished = in_processes(_make_subject_clips, tasks, workers, SyntheticError)
    for count in finished:
        done += count
        if progress:
            progress(done, total)
    shutil.rmtree(_unfinished_folder(out), ignore_errors=True)
    clips = all_clips(recipe)
    lists = dict(LAYOUTS[recipe.layout].lists(clips), **{CLIPS: clip_list(recipe)})
    if gallery:
        names = {clip.subject: clip.subject_name for clip in clips}
        lists[PHOTOGRAPHS] = gallery.report([names[number] for number in range(recipe.subjects)])
    for path, text in lists.items():
        write_text(text, os.path.join(out, path))
    manifest["complete"] = True
    write_json(manifest, os.path.join(out, MANIFEST))
    remove_unfinished(out)
    return manifest


def manifest_of(recipe: Recipe) -> dict[str, Any]:
    """The manifest of a recipe: its parameters and the counts that follow from them.

    Raises:
      SyntheticError: if the layout does not support the recipe.
    """
    counts: dict[str, dict[str, int]] = {split: {} for split in SPLITS}
    people: dict[str, list[str]] = {split: [] for split in SPLITS}
    for clip in all_clips(recipe):
        if clip.subject_name not in people[clip.split]:
            people[clip.split].append(clip.subject_name)
        by_type = counts[clip.split]
        by_type[clip.spoof_type] = by_type.get(clip.spoof_type, 0) + recipe.frames_per_clip
    return {
        "version": VERSION,
        "recipe": dict(dataclasses.asdict(recipe), types=list(recipe.types), live_clips_per_subject=recipe.live_clips),
        "subjects": people,
        "frames_by_split_and_type": counts,
        "frames": sum(sum(by_type.values()) for by_type in counts.values()),
        "complete": False,
    }


def _make_subject_clips(out: str, recipe: Recipe, number: int, person: Optional[PhotographedPerson]) -> int:
    """Makes the missing clips of a subject; returns the number of frames of all its clips."""
    cv2.setNumThreads(1)
    layout = LAYOUTS[recipe.layout]
    clips = layout.clips_of(recipe, number)
    renderer = None
    for clip in clips:
        if os.path.exists(os.path.join(out, clip.path)):
            continue
        if renderer is None:
            renderer = subject_renderer(recipe, number, person)
        _store(out, layout, clip, list(make_clip(recipe, clip, renderer)))
    return len(clips) * recipe.frames_per_clip


def _store(out: str, layout: Layout, clip: SyntheticClip, frames: Sequence[SyntheticFrame]) -> None:
    unfinished = os.path.join(_unfinished_folder(out), clip.path.replace(os.sep, "-").replace("/", "-"))
    shutil.rmtree(unfinished, ignore_errors=True)
    os.makedirs(unfinished)
    stem, extension = os.path.splitext(clip.file)
    truths, pictures = os.path.join(unfinished, "truth"), os.path.join(unfinished, "frames" + extension)
    annotations = layout.annotation_text(clip, [frame.vertices for frame in frames])
    # The clip itself is moved last, because a clip that exists counts as complete.
    if any(frame.truth for frame in frames):
        _write_all(truths, ".npz", [frame.truth for frame in frames])
        _move(truths, os.path.join(out, "truth", stem or clip.folder))
    if annotations is not None:
        _write(os.path.join(unfinished, "annotations"), annotations.encode("utf-8"))
        _move(os.path.join(unfinished, "annotations"), os.path.join(out, stem + layout.annotation_suffix))
    if clip.file:
        write_video(pictures, [frame.jpeg for frame in frames])
    else:
        _write_all(pictures, ".jpg", [frame.jpeg for frame in frames])
    _move(pictures, os.path.join(out, clip.path))
    shutil.rmtree(unfinished)


def _write_all(folder: str, extension: str, files: Sequence[bytes]) -> None:
    os.makedirs(folder)
    for index, data in enumerate(files):
        _write(os.path.join(folder, f"{index:03d}{extension}"), data)


def _move(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(target):  # truth of an interrupted clip
        shutil.rmtree(target)
    os.replace(source, target)


def _check_folder(out: str, manifest: dict[str, Any]) -> None:
    path = os.path.join(out, MANIFEST)
    if os.path.exists(path):
        advice = "it is not the manifest of a synthetic dataset; choose another folder"
        old = read_json(path, SyntheticError, advice)
        if not {"version", "recipe"} <= set(old):
            raise SyntheticError(f"{path}: {advice}")
        differing = [key for key in ("version", "recipe") if old[key] != manifest[key]]
        if differing:
            raise SyntheticError(
                f"{out} holds a synthetic dataset of another recipe or version; choose another folder or remove it"
            )
        return
    if os.path.exists(out) and (not os.path.isdir(out) or other_files(out)):
        raise SyntheticError(f"{out} exists and is not a synthetic dataset; choose a new or an empty folder")
    write_json(manifest, path)


def _unfinished_folder(out: str) -> str:
    return os.path.join(out, ".unfinished")


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
