"""Writes the embedded dataset in the layout of a user's own folders.

    OUT/synthetic.json                                   recipe and counts
    OUT/{train,dev,test}/live/<subject>/<clip>/<frame>.jpg
    OUT/{train,dev,test}/spoof/<type>/<subject>/<clip>/<frame>.jpg
    OUT/truth/<the same path>.npz                        see ``truth``; preparation never reads it

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
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import cv2
import numpy as np

from phystd_tf import spoof_types
from phystd_tf.errors import PhystdError
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic import camera as cameras
from phystd_tf.synthetic import composition, scene, truth
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.renderer import Renderer
from phystd_tf.synthetic.shot import Shot
from phystd_tf.synthetic.subjects import make_subject

# Raised whenever the same recipe gives other images.
VERSION = 1
MANIFEST = "synthetic.json"
SPLITS = ("train", "dev", "test")
DEV_SHARE, TEST_SHARE = 0.2, 0.2
# Each spoof type has as many clips as the recipe says, live has this many times more: a type is one of several.
LIVE_CLIPS = 2
TRUTHS = ("full", "camera", "none")
_CLIP_STREAM = 2


class SyntheticError(PhystdError):
    """The recipe is impossible, or the folder holds another dataset."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What to make.

    Attributes:
      seed: of everything.
      subjects: people; at least 3, one for each split.
      clips_per_subject: of each spoof type; live has twice as many.
      frames_per_clip: frames.
      size: of a frame in pixels; the face crop is about half of it.
      types: spoof types.
      truth: "full" (before and after the camera), "camera" (only the live face after the camera) or "none"; the
        vertices are always there, except with "none".
    """

    seed: int = 1
    subjects: int = 30
    clips_per_subject: int = 2
    frames_per_clip: int = 4
    size: int = 256
    types: Tuple[str, ...] = tuple(MEDIA)
    truth: str = "full"

    def __post_init__(self) -> None:
        """Raises SyntheticError for what cannot be made."""
        if self.subjects < len(SPLITS):
            raise SyntheticError(f"at least {len(SPLITS)} subjects are needed, one for each split, not {self.subjects}")
        for name in ("clips_per_subject", "frames_per_clip"):
            if getattr(self, name) < 1:
                raise SyntheticError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 96 <= self.size <= 1024:
            raise SyntheticError(f"size must be between 96 and 1024 pixels, not {self.size}")
        if self.seed < 0:
            raise SyntheticError(f"seed must not be negative, not {self.seed}")
        unknown = sorted(set(self.types) - set(MEDIA))
        if unknown or not self.types:
            raise SyntheticError(f"no such medium: {', '.join(unknown) or 'none given'}; there are {', '.join(MEDIA)}")
        if self.truth not in TRUTHS:
            raise SyntheticError(f"truth must be one of {', '.join(TRUTHS)}, not {self.truth!r}")


class Clip(NamedTuple):
    """One clip to make.

    Attributes:
      split: train, dev or test.
      spoof_type: a spoof type or ``live``.
      subject: number.
      number: of the clip within subject and type.
    """

    split: str
    spoof_type: str
    subject: int
    number: int

    @property
    def folder(self) -> str:
        """Path of the clip below the root."""
        kind = ("live",) if self.spoof_type == spoof_types.LIVE else ("spoof", self.spoof_type)
        return os.path.join(self.split, *kind, f"s{self.subject:04d}", f"c{self.number:02d}")


class Frame(NamedTuple):
    """One frame.

    Attributes:
      jpeg: the photograph.
      truth: bytes of its truth file; empty if none is wanted.
    """

    jpeg: bytes
    truth: bytes


def split_of(subject: int, subjects: int) -> str:
    """The split of a subject: the first 60 % train, then dev, then test; each has at least one.

    Consecutive subjects spread over the range of skin tones, so every split does.
    """
    test = max(1, round(TEST_SHARE * subjects))
    dev = max(1, round(DEV_SHARE * subjects))
    if subject < subjects - dev - test:
        return "train"
    return "dev" if subject < subjects - test else "test"


def clips_of(recipe: Recipe, subject: int) -> List[Clip]:
    """All clips of a subject."""
    split = split_of(subject, recipe.subjects)
    clips = [Clip(split, spoof_types.LIVE, subject, n) for n in range(LIVE_CLIPS * recipe.clips_per_subject)]
    for name in recipe.types:
        clips += [Clip(split, name, subject, n) for n in range(recipe.clips_per_subject)]
    return clips


def make_clip(recipe: Recipe, clip: Clip, renderer: Renderer) -> Iterator[Frame]:
    """The frames of a clip; the same recipe and clip give the same bytes."""
    kind = 0 if clip.spoof_type == spoof_types.LIVE else 1 + spoof_types.SPOOF_TYPES.index(clip.spoof_type)
    rng = np.random.default_rng(np.random.SeedSequence([recipe.seed, _CLIP_STREAM, clip.subject, kind, clip.number]))
    moment = scene.random_scene(rng)
    camera = cameras.random_camera(rng)
    medium = MEDIA.get(clip.spoof_type)
    parameters = medium.sample(rng) if medium else None
    for _ in range(recipe.frames_per_clip):
        noise_seed = int(rng.integers(2**63))
        rendering = renderer.render(moment)
        live = composition.quantise(rendering.image)
        truth_bytes = b""
        if medium is None:
            jpeg = cameras.photograph(live, camera, noise_seed)
            if recipe.truth != "none":
                truth_bytes = truth.pack(rendering.vertices)
        else:
            layers = medium.layers(Shot(live, rendering, moment), parameters, rng)
            jpeg = cameras.photograph(composition.compose(live, layers), camera, noise_seed)
            if recipe.truth != "none":
                live_jpeg = cameras.photograph(live, camera, noise_seed)
                stored = (live, layers) if recipe.truth == "full" else (None, None)
                truth_bytes = truth.pack(rendering.vertices, *stored, live_jpeg)
        yield Frame(jpeg, truth_bytes)
        moment = scene.move(moment, rng)


def make_dataset(
    out: str, recipe: Recipe, workers: int = 1, progress: Optional[Callable[[int, int], None]] = None
) -> Dict[str, object]:
    """Makes what is missing of a dataset.

    Args:
      out: its folder.
      recipe: what to make.
      workers: processes; 1 works in this one.
      progress: called with (frames finished, frames in all) now and then.

    Returns:
      The manifest, as written to ``synthetic.json``.

    Raises:
      SyntheticError: if the folder holds a dataset of another recipe, or files that are none.
    """
    manifest = describe(recipe)
    _claim(out, manifest)
    total = int(manifest["frames"])
    done = 0
    if progress:
        progress(0, total)
    numbers = range(recipe.subjects)
    if workers <= 1:
        finished: Iterator[int] = (_make_subject_clips(out, recipe, number) for number in numbers)
        for count in finished:
            done += count
            if progress:
                progress(done, total)
    else:
        # Spawned, not forked: the caller may hold threads.
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
            futures = [pool.submit(_make_subject_clips, out, recipe, number) for number in numbers]
            for future in concurrent.futures.as_completed(futures):
                done += future.result()
                if progress:
                    progress(done, total)
    shutil.rmtree(_workshop(out), ignore_errors=True)
    _write(os.path.join(out, MANIFEST), _as_json(dict(manifest, complete=True)))
    return dict(manifest, complete=True)


def describe(recipe: Recipe) -> Dict[str, object]:
    """The manifest of a recipe: its parameters and the counts that follow from them."""
    counts: Dict[str, Dict[str, int]] = {split: {} for split in SPLITS}
    people: Dict[str, List[str]] = {split: [] for split in SPLITS}
    for number in range(recipe.subjects):
        people[split_of(number, recipe.subjects)].append(f"s{number:04d}")
        for clip in clips_of(recipe, number):
            by_type = counts[clip.split]
            by_type[clip.spoof_type] = by_type.get(clip.spoof_type, 0) + recipe.frames_per_clip
    return {
        "version": VERSION,
        "recipe": dict(dataclasses.asdict(recipe), types=list(recipe.types)),
        "subjects": people,
        "frames_by_split_and_type": counts,
        "frames": sum(sum(by_type.values()) for by_type in counts.values()),
        "complete": False,
    }


def _make_subject_clips(out: str, recipe: Recipe, number: int) -> int:
    """Makes the missing clips of a subject; returns the number of its frames."""
    cv2.setNumThreads(1)
    clips = clips_of(recipe, number)
    renderer = None
    for clip in clips:
        if os.path.isdir(os.path.join(out, clip.folder)):
            continue
        if renderer is None:
            renderer = Renderer(make_subject(recipe.seed, number), MorphableModel.load(), recipe.size)
        _store(out, clip, list(make_clip(recipe, clip, renderer)))
    return len(clips) * recipe.frames_per_clip


def _store(out: str, clip: Clip, frames: Sequence[Frame]) -> None:
    workshop = os.path.join(_workshop(out), clip.folder.replace(os.sep, "-"))
    shutil.rmtree(workshop, ignore_errors=True)
    pictures, truths = os.path.join(workshop, "frames"), os.path.join(workshop, "truth")
    os.makedirs(pictures)
    os.makedirs(truths)
    for index, frame in enumerate(frames):
        _write(os.path.join(pictures, f"{index:03d}.jpg"), frame.jpeg)
        if frame.truth:
            _write(os.path.join(truths, f"{index:03d}.npz"), frame.truth)
    # The truth first: a clip that is there has its truth.
    if any(frame.truth for frame in frames):
        _move(truths, os.path.join(out, "truth", clip.folder))
    _move(pictures, os.path.join(out, clip.folder))
    shutil.rmtree(workshop)


def _move(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(target):  # truth of a clip that was interrupted
        shutil.rmtree(target)
    os.replace(source, target)


def _claim(out: str, manifest: Dict[str, object]) -> None:
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


def _as_json(values: Dict[str, object]) -> bytes:
    return (json.dumps(values, indent=2) + "\n").encode("utf-8")


def _write(path: str, data: bytes) -> None:
    with open(path + ".tmp", "wb") as file:
        file.write(data)
    os.replace(path + ".tmp", path)
