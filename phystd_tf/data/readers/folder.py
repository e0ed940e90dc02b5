"""A user's own folders: ``[train|dev|test/]live/...`` and ``[train|dev|test/]spoof/[type/]...``.

Below ``live`` or a spoof type, there may be one folder per subject, and below that
one folder per clip. Each video is a clip. Each image is a clip, unless it is in a
folder below that of a subject; then the whole folder is one clip of frames.

The folders below ``spoof`` are types, known or unknown. They are subjects only if
none of them is a known type and all have the name of a folder below ``live``.

The embedded dataset has a file ``clips.csv`` at its root that names the instrument
of each spoof.
"""

import csv
import os
from collections.abc import Iterable
from typing import Optional

from phystd_tf import spoof_types
from phystd_tf.data import crop_geometry
from phystd_tf.data.clips import Clip
from phystd_tf.data.readers.listing import (
    FolderLayoutError,
    Listing,
    entries,
    is_folder,
    letters,
    natural,
    subfolders,
)
from phystd_tf.files.images import is_image
from phystd_tf.files.names import printable
from phystd_tf.files.video import is_video
from phystd_tf.protocols.clip_facts import SPLITS

_LIVE_FOLDER, _SPOOF_FOLDER = "live", "spoof"
_CLASSES = (_LIVE_FOLDER, _SPOOF_FOLDER)
# Other words for classes and splits, which are rejected: a wrong guess would
# reverse the results.
_OTHER_WORDS = {
    "live": ("real", "reals", "genuine", "bonafide", "client", "clientface", "true", "alive", "lives", "+1", "1"),
    "spoof": (
        "fake", "fakes", "attack", "attacks", "imposter", "imposterface", "impostor", "presentationattack",
        "presentationattacks", "spoofs", "spoofing", "false", "0", "-1", "2", "-2",
    ),
    "train": ("training",),
    "dev": ("devel", "development", "val", "valid", "validation"),
    "test": ("testing", "eval", "evaluation"),
}  # fmt: skip
_KNOWN_TYPES = spoof_types.SPOOF_TYPES + spoof_types.PARTIAL_KINDS + (spoof_types.UNKNOWN,)
_SIDE_SUFFIXES = (".npy", crop_geometry.SUFFIX)  # landmarks, or the geometry of a crop, next to an image
_CLIP_LIST = "clips.csv"
# The columns of the list of the embedded dataset; a file that lacks one of them is unrelated and ignored.
_CLIP_COLUMNS = {"clip", "split", "type", "subject", "number", "instrument", "seeds", "parameters"}


def list_clips(root: str) -> Listing:
    """Lists all clips below a folder.

    Args:
      root: folder with live/ and spoof/, or with train/, dev/ and test/ that contain these.

    Returns:
      Listing.

    Raises:
      FolderLayoutError: if the folder is missing, contains no clip, or uses other
        words for the classes or the splits.
    """
    if not os.path.isdir(root):
        raise FolderLayoutError(f"{root}: no such folder")
    listing = Listing([], [], [])
    top = _named_folders(root, SPLITS + _CLASSES, listing)
    of_splits = [name for name in top if name in SPLITS]
    if of_splits and any(name in top for name in _CLASSES):
        raise FolderLayoutError(
            f"{root}: contains both {of_splits[0]}/ and live/ or spoof/; move all photographs below train/, dev/ and "
            "test/"
        )
    by_split: dict[Optional[str], dict[str, list[str]]] = {None: top}
    if of_splits:
        by_split = {
            split: _merged(_named_folders(folder, _CLASSES, listing) for folder in top[split]) for split in of_splits
        }
    live_folders = {
        os.path.basename(path)
        for classes in by_split.values()
        for live in classes.get(_LIVE_FOLDER, ())
        for path in subfolders(live)
    }
    reader = _Reader(root, live_folders, listing)
    for split, classes in by_split.items():
        for live in classes.get(_LIVE_FOLDER, ()):
            reader.add_live(live, split)
        for spoof in classes.get(_SPOOF_FOLDER, ()):
            reader.add_spoof(spoof, split)
    if not listing.clips:
        raise FolderLayoutError(
            f"{root}: no image or video found in {root}/live/... or {root}/spoof/[type/]... "
            f"(or in {root}/train/live/... and so on)"
        )
    return listing._replace(clips=_with_list(listing.clips, os.path.join(root, _CLIP_LIST)))


def _with_list(clips: list[Clip], path: str) -> list[Clip]:
    """Adds the facts from the list of the embedded dataset; clips are unchanged if there is no such list."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if not set(reader.fieldnames or ()) >= _CLIP_COLUMNS:
                return clips
            rows = {(row["clip"], row["type"]): row for row in reader}
    except (OSError, ValueError, csv.Error):
        return clips
    known = [rows.get((clip.id, clip.type), {}) for clip in clips]
    return [
        clip._replace(
            session=row.get("session") or "", device=row.get("device") or "", instrument=row.get("instrument") or ""
        )
        for clip, row in zip(clips, known)
    ]


class _Reader:
    """Collects the clips in the folders of the classes."""

    def __init__(self, root: str, live_folders: Iterable[str], listing: Listing) -> None:
        self._root = root
        self._live_folders = set(live_folders)
        self._listing = listing

    def add_live(self, folder: str, split: Optional[str]) -> None:
        for path in subfolders(folder):
            name = os.path.basename(path)
            kind = spoof_types.normalize(name)
            if kind in spoof_types.SPOOF_TYPES and letters(name) == letters(kind):
                raise FolderLayoutError(f"{path}: a spoof type below live/; move it below spoof/")
        self._add_type(folder, spoof_types.LIVE, split)

    def add_spoof(self, folder: str, split: Optional[str]) -> None:
        folders = subfolders(folder)
        kinds = [spoof_types.normalize(os.path.basename(path)) for path in folders]
        for path, kind in zip(folders, kinds):
            if spoof_types.label_of(kind) == 1:
                raise FolderLayoutError(f"{path}: a live folder below spoof/; move it below live/ or rename it")
        are_subjects = not any(kind in _KNOWN_TYPES for kind in kinds) and all(
            os.path.basename(path) in self._live_folders for path in folders
        )
        if are_subjects:
            self._add_type(folder, spoof_types.UNKNOWN, split)
            return
        self._add_files(folder, spoof_types.UNKNOWN, None, split)
        for path, kind in zip(folders, kinds):
            self._add_type(path, kind, split)

    def _add_type(self, folder: str, spoof_type: str, split: Optional[str]) -> None:
        self._add_files(folder, spoof_type, None, split)
        for path in subfolders(folder):
            subject = printable(os.path.basename(path))
            self._add_files(path, spoof_type, subject, split)
            for inner in subfolders(path):
                self._add_frames(inner, spoof_type, subject, split, (os.path.realpath(path),))

    def _add_files(self, folder: str, spoof_type: str, subject: Optional[str], split: Optional[str]) -> None:
        """Adds each image and each video directly in this folder as a clip."""
        images, videos = self._files(folder)
        for path in sorted(images + videos, key=natural):
            self._add_clip(path, (path,), spoof_type, subject, split)

    def _add_frames(
        self, folder: str, spoof_type: str, subject: str, split: Optional[str], above: tuple[str, ...]
    ) -> None:
        """Adds the images in this folder as one clip, and likewise those in each folder below it."""
        real = os.path.realpath(folder)
        if real in above:  # a symbolic link to a folder above
            self._listing.ignored.append((folder, "a circular link"))
            return
        images, videos = self._files(folder)
        if images:
            self._add_clip(folder, tuple(images), spoof_type, subject, split)
        for path in videos:
            self._add_clip(path, (path,), spoof_type, subject, split)
        for path in subfolders(folder):
            self._add_frames(path, spoof_type, subject, split, above + (real,))

    def _add_clip(
        self, path: str, paths: tuple[str, ...], spoof_type: str, subject: Optional[str], split: Optional[str]
    ) -> None:
        identifier = printable(os.path.relpath(path, self._root).replace(os.sep, "/"))
        label = spoof_types.label_of(spoof_type)
        self._listing.clips.append(Clip(identifier, paths, subject, spoof_type, label, split))

    def _files(self, folder: str) -> tuple[list[str], list[str]]:
        """Returns the images and the videos directly in this folder."""
        images, videos = [], []
        for entry in entries(folder):
            if is_folder(entry) or entry.name.lower().endswith(_SIDE_SUFFIXES):
                continue
            if is_image(entry.path):
                images.append(entry.path)
            elif is_video(entry.path):
                videos.append(entry.path)
            else:
                self._listing.ignored.append((entry.path, "neither an image nor a video, by its suffix"))
        return images, videos


def _named_folders(folder: str, names: tuple[str, ...], listing: Listing) -> dict[str, list[str]]:
    """Returns the folders with these names, ignoring case; other folders are listed as ignored.

    Raises:
      FolderLayoutError: if a folder seems to use another word for one of the names.
    """
    found: dict[str, list[str]] = {}
    for entry in entries(folder):
        name = entry.name.lower()
        if not is_folder(entry):
            if is_image(entry.path) or is_video(entry.path):
                listing.ignored.append((entry.path, f"not inside one of {', '.join(names)}"))
            continue
        if name in names:
            found.setdefault(name, []).append(entry.path)
            continue
        for right, words in _OTHER_WORDS.items():
            if name in words or letters(name) in words:
                raise FolderLayoutError(
                    f"{entry.path}: '{entry.name}' is ambiguous; rename this folder to '{right}' if that is what it "
                    f"means (allowed: {', '.join(SPLITS + _CLASSES)})"
                )
        listing.ignored.append((entry.path, f"a folder that is not one of {', '.join(names)}"))
    order = {name: position for position, name in enumerate(names)}
    return dict(sorted(found.items(), key=lambda item: order[item[0]]))


def _merged(parts: Iterable[dict[str, list[str]]]) -> dict[str, list[str]]:
    merged: dict[str, list[str]] = {}
    for part in parts:
        for name, folders in part.items():
            merged.setdefault(name, []).extend(folders)
    return merged
