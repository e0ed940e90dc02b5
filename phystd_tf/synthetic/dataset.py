"""Writes the embedded dataset.

In the layout of a user's own folders:

    OUT/synthetic.json                                   recipe and counts
    OUT/clips.csv                                        instruments and settings, see ``clip_list``
    OUT/{train,dev,test}/live/<subject>/<clip>/<frame>.jpg
    OUT/{train,dev,test}/spoof/<type>/<subject>/<clip>/<frame>.jpg
    OUT/truth/<the same path>.npz                        see ``truth``; preparation never reads it
    OUT/photographs.csv                                  if people are photographed: who is who, see ``gallery``

In the layouts of real datasets (``layouts``) a clip is a video, and its truth is
OUT/truth/<the path without its ending>/<frame>.npz.

A clip that is there is finished: clips are written elsewhere and renamed. The
same recipe gives the same bytes, whatever the number of workers and however
often the work was interrupted.
"""

import concurrent.futures
import dataclasses
import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Callable, Optional

import cv2

from phystd_tf.synthetic.clip_list import CLIPS, clip_list
from phystd_tf.synthetic.clips import Frame, make_clip, sitter_of
from phystd_tf.synthetic.gallery import PHOTOGRAPHS, Gallery, Person
from phystd_tf.synthetic.layouts import LAYOUTS, all_clips
from phystd_tf.synthetic.layouts.layout import Layout
from phystd_tf.synthetic.recipe import SPLITS, Clip, Recipe, SyntheticError
from phystd_tf.synthetic.recording import write_video

# Raised whenever the same recipe gives other images.
VERSION = 2
MANIFEST = "synthetic.json"


def make_dataset(
    out: str,
    recipe: Recipe,
    workers: int = 1,
    progress: Optional[Callable[[int, int], None]] = None,
    gallery: Optional[Gallery] = None,
) -> dict[str, object]:
    """Makes what is missing of a dataset.

    Args:
      out: its folder.
      recipe: what to make.
      workers: processes; 1 works in this one.
      progress: called with (frames finished, frames in all) now and then.
      gallery: live people with photographs, at least as many as the recipe has subjects; its fingerprint is the
        recipe's.

    Returns:
      The manifest, as written to ``synthetic.json``.

    Raises:
      SyntheticError: if the folder holds a dataset of another recipe, or files that are none.
    """
    manifest = manifest_of(recipe)
    _claim(out, manifest)
    total = int(manifest["frames"])
    done = 0
    if progress:
        progress(0, total)
    tasks = [(out, recipe, number, gallery.people[number] if gallery else None) for number in range(recipe.subjects)]
    if workers <= 1:
        finished: Iterator[int] = (_make_subject_clips(*task) for task in tasks)
        for count in finished:
            done += count
            if progress:
                progress(done, total)
    else:
        # Spawned, not forked: the caller may hold threads.
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
            futures = [pool.submit(_make_subject_clips, *task) for task in tasks]
            for future in concurrent.futures.as_completed(futures):
                done += future.result()
                if progress:
                    progress(done, total)
    shutil.rmtree(_workshop(out), ignore_errors=True)
    clips = all_clips(recipe)
    lists = dict(LAYOUTS[recipe.layout].lists(clips), **{CLIPS: clip_list(recipe)})
    if gallery:
        names = {clip.subject: clip.subject_name for clip in clips}
        lists[PHOTOGRAPHS] = gallery.report([names[number] for number in range(recipe.subjects)])
    for path, text in lists.items():
        os.makedirs(os.path.dirname(os.path.join(out, path)), exist_ok=True)
        _write(os.path.join(out, path), text.encode("utf-8"))
    _write(os.path.join(out, MANIFEST), _as_json(dict(manifest, complete=True)))
    return dict(manifest, complete=True)


def manifest_of(recipe: Recipe) -> dict[str, object]:
    """The manifest of a recipe: its parameters and the counts that follow from them.

    Raises:
      SyntheticError: if the layout has no place for what the recipe wants.
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


def _make_subject_clips(out: str, recipe: Recipe, number: int, person: Optional[Person]) -> int:
    """Makes the missing clips of a subject; returns the number of its frames."""
    cv2.setNumThreads(1)
    layout = LAYOUTS[recipe.layout]
    clips = layout.clips_of(recipe, number)
    sitter = None
    for clip in clips:
        if os.path.exists(os.path.join(out, clip.path)):
            continue
        if sitter is None:
            sitter = sitter_of(recipe, number, person)
        _store(out, layout, clip, list(make_clip(recipe, clip, sitter)))
    return len(clips) * recipe.frames_per_clip


def _store(out: str, layout: Layout, clip: Clip, frames: Sequence[Frame]) -> None:
    workshop = os.path.join(_workshop(out), clip.path.replace(os.sep, "-").replace("/", "-"))
    shutil.rmtree(workshop, ignore_errors=True)
    os.makedirs(workshop)
    bare, ending = os.path.splitext(clip.file)
    truths, pictures = os.path.join(workshop, "truth"), os.path.join(workshop, "frames" + ending)
    side = layout.side_text(clip, [frame.vertices for frame in frames])
    # What belongs to a clip first: a clip that is there is whole.
    if any(frame.truth for frame in frames):
        _write_all(truths, ".npz", [frame.truth for frame in frames])
        _move(truths, os.path.join(out, "truth", bare or clip.folder))
    if side is not None:
        _write(os.path.join(workshop, "side"), side.encode("utf-8"))
        _move(os.path.join(workshop, "side"), os.path.join(out, bare + layout.side_suffix))
    if clip.file:
        write_video(pictures, [frame.jpeg for frame in frames])
    else:
        _write_all(pictures, ".jpg", [frame.jpeg for frame in frames])
    _move(pictures, os.path.join(out, clip.path))
    shutil.rmtree(workshop)


def _write_all(folder: str, ending: str, files: Sequence[bytes]) -> None:
    os.makedirs(folder)
    for index, data in enumerate(files):
        _write(os.path.join(folder, f"{index:03d}{ending}"), data)


def _move(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(target):  # truth of a clip that was interrupted
        shutil.rmtree(target)
    os.replace(source, target)


def _claim(out: str, manifest: dict[str, object]) -> None:
    path = os.path.join(out, MANIFEST)
    if os.path.exists(path):
        try:
            with open(path, encoding="utf-8") as file:
                old = json.load(file)
            differing = [key for key in ("version", "recipe") if old[key] != manifest[key]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SyntheticError(
                f"{path} is not the manifest of a synthetic dataset; choose another folder ({error!r})"
            ) from error
        if differing:
            raise SyntheticError(
                f"{out} holds a synthetic dataset of another recipe or version; choose another folder or remove it"
            )
        return
    if os.path.exists(out) and (not os.path.isdir(out) or os.listdir(out)):
        raise SyntheticError(f"{out} is there and is no synthetic dataset; choose a new or an empty folder")
    os.makedirs(out, exist_ok=True)
    _write(path, _as_json(manifest))


def _workshop(out: str) -> str:
    return os.path.join(out, ".unfinished")


def _as_json(values: dict[str, object]) -> bytes:
    return (json.dumps(values, indent=2) + "\n").encode("utf-8")


def _write(path: str, data: bytes) -> None:
    with open(path + ".tmp", "wb") as file:
        file.write(data)
    os.replace(path + ".tmp", path)
