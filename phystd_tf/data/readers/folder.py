"""A user's own folders: ``[train|dev|test/]live/...`` and ``[train|dev|test/]spoof/[type/]...``.

Below ``live`` or a spoof type may come a folder a subject, and below that a
folder a clip. A video is a clip. Images are a clip each, unless they lie in a
folder below a subject's: then the folder is one clip of frames.
"""

import os
from typing import Iterator, List, NamedTuple, Optional, Tuple

from phystd_tf import spoof_types
from phystd_tf.data.clips import Clip
from phystd_tf.data.images import is_image
from phystd_tf.data.video import is_video
from phystd_tf.errors import PhystdError

SPLITS = ("train", "dev", "test")
_LIVE, _SPOOF = "live", "spoof"
# Other words for the two classes, which are refused: guessing which side is
# which is how results come out reversed.
_OTHER_WORDS = {
    _LIVE: ("real", "genuine", "bonafide", "bona_fide", "client", "true", "1"),
    _SPOOF: ("fake", "attack", "attacks", "imposter", "impostor", "presentation_attack", "0", "-1"),
}


class FolderLayoutError(PhystdError):
    """A folder is not laid out as this reader needs; the message says how it should be."""


class Listing(NamedTuple):
    """What was found.

    Attributes:
      clips: list of Clip.
      ignored: paths of files that are neither image nor video.
    """

    clips: List[Clip]
    ignored: List[str]


def list_clips(root: str) -> Listing:
    """All clips below a folder.

    Args:
      root: folder with live/ and spoof/, or with train/, dev/ and test/ that hold those.

    Returns:
      Listing, in the order of names.

    Raises:
      FolderLayoutError: if the folder is missing, holds no live or no spoof
        clip, or uses other words for them.
    """
    if not os.path.isdir(root):
        raise FolderLayoutError(f"{root}: no such folder")
    splits = [name for name in SPLITS if os.path.isdir(os.path.join(root, name))]
    listing = Listing([], [])
    for split in splits or [None]:
        _add_classes(os.path.join(root, split) if split else root, root, split, listing)
    for label, name in ((1, _LIVE), (0, _SPOOF)):
        if not any(clip.label == label for clip in listing.clips):
            raise FolderLayoutError(
                f"{root}: no {name} image or video found; expected {root}/{name}/... or {root}/train/{name}/..."
            )
    return listing


def _add_classes(folder: str, root: str, split: Optional[str], listing: Listing) -> None:
    for name in _subfolders(folder):
        for right, words in _OTHER_WORDS.items():
            if name.lower() in words:
                raise FolderLayoutError(
                    f"{os.path.join(folder, name)}: rename this folder to '{right}' if it means that"
                )
    live = os.path.join(folder, _LIVE)
    if os.path.isdir(live):
        _add_type(live, root, spoof_types.LIVE, split, listing)
    spoof = os.path.join(folder, _SPOOF)
    if os.path.isdir(spoof):
        # Files right below spoof/, and the folders that are no type, have an unknown type.
        for name in _subfolders(spoof):
            spoof_type = spoof_types.normalise(name)
            if spoof_types.label_of(spoof_type) == 1:
                raise FolderLayoutError(f"{os.path.join(spoof, name)}: a live folder below spoof/")
            _add_type(os.path.join(spoof, name), root, spoof_type, split, listing)
        _add_files(spoof, root, spoof_types.UNKNOWN, None, split, listing)


def _add_type(folder: str, root: str, spoof_type: str, split: Optional[str], listing: Listing) -> None:
    _add_files(folder, root, spoof_type, None, split, listing)
    for subject in _subfolders(folder):
        path = os.path.join(folder, subject)
        _add_files(path, root, spoof_type, subject, split, listing)
        for name in _subfolders(path):
            _add_frames(os.path.join(path, name), root, spoof_type, subject, split, listing)


def _add_files(
    folder: str, root: str, spoof_type: str, subject: Optional[str], split: Optional[str], listing: Listing
) -> None:
    """Each image and each video right in this folder is a clip."""
    images, videos = _files(folder, listing)
    for path in sorted(images + videos):
        listing.clips.append(_clip(path, (path,), root, spoof_type, subject, split))


def _add_frames(
    folder: str, root: str, spoof_type: str, subject: Optional[str], split: Optional[str], listing: Listing
) -> None:
    """The images in this folder are one clip; so are those of each folder below."""
    images, videos = _files(folder, listing)
    for path in videos:
        listing.clips.append(_clip(path, (path,), root, spoof_type, subject, split))
    if images:
        listing.clips.append(_clip(folder, tuple(images), root, spoof_type, subject, split))
    for name in _subfolders(folder):
        _add_frames(os.path.join(folder, name), root, spoof_type, subject, split, listing)


def _clip(
    path: str, paths: Tuple[str, ...], root: str, spoof_type: str, subject: Optional[str], split: Optional[str]
) -> Clip:
    identifier = os.path.relpath(path, root).replace(os.sep, "/")
    return Clip(identifier, paths, subject, spoof_type, spoof_types.label_of(spoof_type), split)


def _files(folder: str, listing: Listing) -> Tuple[List[str], List[str]]:
    images, videos = [], []
    for entry in _entries(folder):
        if entry.is_dir() or entry.name.startswith("."):
            continue
        if is_image(entry.path):
            images.append(entry.path)
        elif is_video(entry.path):
            videos.append(entry.path)
        else:
            listing.ignored.append(entry.path)
    return images, videos


def _subfolders(folder: str) -> List[str]:
    return [entry.name for entry in _entries(folder) if entry.is_dir() and not entry.name.startswith(".")]


def _entries(folder: str) -> Iterator[os.DirEntry]:
    with os.scandir(folder) as entries:
        return iter(sorted(entries, key=lambda entry: entry.name))
