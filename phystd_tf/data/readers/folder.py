"""A user's own folders: ``[train|dev|test/]live/...`` and ``[train|dev|test/]spoof/[type/]...``.

Below ``live`` or a spoof type may come a folder a subject, and below that a
folder a clip. A video is a clip. Images are a clip each, unless they lie in a
folder below a subject's: then the folder is one clip of frames.

The folders below ``spoof`` are types, known or not. Only where none of them is
a known type and all have the name of a folder below ``live``, they are subjects.
"""

import os
import re
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from phystd_tf import spoof_types
from phystd_tf.data.clips import Clip
from phystd_tf.data.images import is_image
from phystd_tf.data.video import is_video
from phystd_tf.errors import PhystdError

SPLITS = ("train", "dev", "test")
_LIVE, _SPOOF = "live", "spoof"
_CLASSES = (_LIVE, _SPOOF)
# Other words for classes and splits, which are refused: guessing which side is
# which is how results come out reversed.
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
_CLUTTER = ("__macosx", "thumbs.db", "desktop.ini")
_SIDE_FILE = ".npy"  # landmarks beside an image


class FolderLayoutError(PhystdError):
    """A folder is not laid out as this reader needs; the message says how it should be."""


class Listing(NamedTuple):
    """What was found.

    Attributes:
      clips: list of Clip, in the order of names, numbers in names by value.
      ignored: (path, why) of what is left out. Hidden files are left out without a word.
    """

    clips: List[Clip]
    ignored: List[Tuple[str, str]]


def list_clips(root: str) -> Listing:
    """All clips below a folder.

    Args:
      root: folder with live/ and spoof/, or with train/, dev/ and test/ that hold those.

    Returns:
      Listing.

    Raises:
      FolderLayoutError: if the folder is missing, holds no clip, or uses other
        words for the classes or the splits.
    """
    if not os.path.isdir(root):
        raise FolderLayoutError(f"{root}: no such folder")
    listing = Listing([], [])
    top = _named_folders(root, SPLITS + _CLASSES, listing)
    of_splits = [name for name in top if name in SPLITS]
    if of_splits and any(name in top for name in _CLASSES):
        raise FolderLayoutError(
            f"{root}: holds both {of_splits[0]}/ and live/ or spoof/; move all photographs below train/, dev/ and test/"
        )
    by_split: Dict[Optional[str], Dict[str, List[str]]] = {None: top}
    if of_splits:
        by_split = {
            split: _merged(_named_folders(folder, _CLASSES, listing) for folder in top[split]) for split in of_splits
        }
    live_folders = {
        os.path.basename(path)
        for classes in by_split.values()
        for live in classes.get(_LIVE, ())
        for path in _subfolders(live)
    }
    reader = _Reader(root, live_folders, listing)
    for split, classes in by_split.items():
        for live in classes.get(_LIVE, ()):
            reader.add_live(live, split)
        for spoof in classes.get(_SPOOF, ()):
            reader.add_spoof(spoof, split)
    if not listing.clips:
        raise FolderLayoutError(
            f"{root}: no image or video found in {root}/live/... or {root}/spoof/[type/]... "
            f"(or in {root}/train/live/... and so on)"
        )
    return listing


class _Reader:
    """Walks the folders of the classes."""

    def __init__(self, root: str, live_folders: Iterable[str], listing: Listing) -> None:
        self._root = root
        self._live_folders = set(live_folders)
        self._listing = listing

    def add_live(self, folder: str, split: Optional[str]) -> None:
        for path in _subfolders(folder):
            name = os.path.basename(path)
            kind = spoof_types.normalise(name)
            if kind in spoof_types.SPOOF_TYPES and _letters(name) == _letters(kind):
                raise FolderLayoutError(f"{path}: a spoof type below live/; move it below spoof/")
        self._add_type(folder, spoof_types.LIVE, split)

    def add_spoof(self, folder: str, split: Optional[str]) -> None:
        folders = _subfolders(folder)
        kinds = [spoof_types.normalise(os.path.basename(path)) for path in folders]
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
        for path in _subfolders(folder):
            subject = printable(os.path.basename(path))
            self._add_files(path, spoof_type, subject, split)
            for inner in _subfolders(path):
                self._add_frames(inner, spoof_type, subject, split, (os.path.realpath(path),))

    def _add_files(self, folder: str, spoof_type: str, subject: Optional[str], split: Optional[str]) -> None:
        """Each image and each video right in this folder is a clip."""
        images, videos = self._files(folder)
        for path in sorted(images + videos, key=_natural):
            self._add_clip(path, (path,), spoof_type, subject, split)

    def _add_frames(
        self, folder: str, spoof_type: str, subject: str, split: Optional[str], above: Tuple[str, ...]
    ) -> None:
        """The images in this folder are one clip; so are those of each folder below."""
        real = os.path.realpath(folder)
        if real in above:  # a symbolic link to a folder above
            self._listing.ignored.append((folder, "a link in a circle"))
            return
        images, videos = self._files(folder)
        if images:
            self._add_clip(folder, tuple(images), spoof_type, subject, split)
        for path in videos:
            self._add_clip(path, (path,), spoof_type, subject, split)
        for path in _subfolders(folder):
            self._add_frames(path, spoof_type, subject, split, above + (real,))

    def _add_clip(
        self, path: str, paths: Tuple[str, ...], spoof_type: str, subject: Optional[str], split: Optional[str]
    ) -> None:
        identifier = printable(os.path.relpath(path, self._root).replace(os.sep, "/"))
        label = spoof_types.label_of(spoof_type)
        self._listing.clips.append(Clip(identifier, paths, subject, spoof_type, label, split))

    def _files(self, folder: str) -> Tuple[List[str], List[str]]:
        """Images and videos right in this folder."""
        images, videos = [], []
        for entry in _entries(folder):
            if entry.is_dir() or entry.name.lower().endswith(_SIDE_FILE):
                continue
            if is_image(entry.path):
                images.append(entry.path)
            elif is_video(entry.path):
                videos.append(entry.path)
            else:
                self._listing.ignored.append((entry.path, "neither image nor video, by the ending of its name"))
        return images, videos


def printable(name: str) -> str:
    """A file name as text that can be written anywhere: bytes that are no UTF-8 are spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _named_folders(folder: str, names: Tuple[str, ...], listing: Listing) -> Dict[str, List[str]]:
    """The folders of these names, in any case; the rest is listed as ignored.

    Raises:
      FolderLayoutError: for a folder that seems to mean one of them by another word.
    """
    found: Dict[str, List[str]] = {}
    for entry in _entries(folder):
        name = entry.name.lower()
        if not entry.is_dir():
            if is_image(entry.path) or is_video(entry.path):
                listing.ignored.append((entry.path, f"not inside one of {', '.join(names)}"))
            continue
        if name in names:
            found.setdefault(name, []).append(entry.path)
            continue
        for right, words in _OTHER_WORDS.items():
            if name in words or _letters(name) in words:
                raise FolderLayoutError(
                    f"{entry.path}: '{entry.name}' is not guessed at; rename this folder to '{right}' if it means that "
                    f"(known are {', '.join(SPLITS + _CLASSES)})"
                )
        listing.ignored.append((entry.path, f"a folder that is not one of {', '.join(names)}"))
    order = {name: position for position, name in enumerate(names)}
    return dict(sorted(found.items(), key=lambda item: order[item[0]]))


def _merged(parts: Iterable[Dict[str, List[str]]]) -> Dict[str, List[str]]:
    merged: Dict[str, List[str]] = {}
    for part in parts:
        for name, folders in part.items():
            merged.setdefault(name, []).extend(folders)
    return merged


def _subfolders(folder: str) -> List[str]:
    return [entry.path for entry in _entries(folder) if entry.is_dir()]


def _entries(folder: str) -> List[os.DirEntry]:
    """What is in a folder, without hidden files and the clutter of file managers."""
    try:
        with os.scandir(folder) as entries:
            found = [
                entry for entry in entries if not entry.name.startswith(".") and entry.name.lower() not in _CLUTTER
            ]
    except OSError as error:
        raise FolderLayoutError(f"{folder}: cannot be read ({error.strerror})") from error
    return sorted(found, key=lambda entry: _natural(entry.name))


def _natural(name: str) -> List[Tuple[int, int, str]]:
    """Sorts 2 before 10."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts]


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())
