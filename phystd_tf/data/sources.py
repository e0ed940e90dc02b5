"""The state of the source files of a clip, by which later changes are noticed."""

import hashlib
import os
from collections.abc import Sequence
from typing import NamedTuple

from phystd_tf.data.clips import Clip
from phystd_tf.data.crop_geometry import geometry_file
from phystd_tf.data.readers.landmarks import landmark_file
from phystd_tf.files.images import is_image

_BYTES_AT_ONCE = 1 << 20


class SourceState(NamedTuple):
    """The state of the files of a clip at some time.

    Attributes:
      stamp: hash of their names, sizes and times of modification, and of whether they may be read.
      content: hash of their names and bytes.

    Both also cover what lists of the dataset say about the clip.
    """

    stamp: str
    content: str


def state_of(clip: Clip, landmarks68: bool) -> SourceState:
    """The current state; files that cannot be read have one too.

    Args:
      clip: the clip.
      landmarks68: whether landmark files next to the images are used.
    """
    files = _files(clip, landmarks68)
    return SourceState(_stamp(clip, files), _content(clip, files))


def has_changed(clip: Clip, landmarks68: bool, before: SourceState) -> bool:
    """Whether a clip has changed. The bytes are read only if the stamp differs."""
    files = _files(clip, landmarks68)
    return _stamp(clip, files) != before.stamp and _content(clip, files) != before.content


def _files(clip: Clip, landmarks68: bool) -> list[str]:
    """The paths of all files that a clip is prepared from: images or video, side file, geometry, landmarks."""
    files = list(clip.paths)
    if clip.side:
        files.append(clip.side)
    files += [path for path in map(geometry_file, filter(is_image, clip.paths)) if path]
    if landmarks68:
        files += [path for path in map(landmark_file, filter(is_image, clip.paths)) if path]
    return files


def _facts(clip: Clip) -> bytes:
    """What the reader of the dataset knows about a clip from lists, not from its name."""
    return repr((clip.session, clip.device, clip.instrument)).encode("utf-8", "backslashreplace")


def _stamp(clip: Clip, files: Sequence[str]) -> str:
    digest = hashlib.blake2b(_facts(clip), digest_size=8)
    for path in files:
        try:
            status = os.stat(path)
            state = f"{status.st_size} {status.st_mtime_ns} {os.access(path, os.R_OK)}"
        except OSError as error:
            state = f"{error.errno}"
        digest.update(os.fsencode(os.path.basename(path)) + f"\0{state}\0".encode())
    return digest.hexdigest()


def _content(clip: Clip, files: Sequence[str]) -> str:
    digest = hashlib.blake2b(_facts(clip), digest_size=16)
    for path in files:
        digest.update(os.fsencode(os.path.basename(path)) + b"\0")
        if not os.path.isfile(path):
            continue  # a pipe would never end
        try:
            with open(path, "rb") as file:
                digest.update(b"%d\0" % os.fstat(file.fileno()).st_size)
                while block := file.read(_BYTES_AT_ONCE):
                    digest.update(block)
        except OSError as error:
            digest.update(f"{error.errno}".encode())
    return digest.hexdigest()
