"""Folders of frames as used with the predecessor STDN, with 68 landmarks next to each frame.

    ROOT/[train|dev|test/]{live,spoof}/<clip>/<n>.png             of any size
    ROOT/.../<n>.npy                                              [68, 2], (x, y) in pixels

The folders do not give the type of a spoof. It is taken from the name of the clip if
this is a name of SiW-M, OULU-NPU or SiW; otherwise, the type and the subject are
unknown.
"""

import os
from typing import Optional

from phystd_tf import spoof_types
from phystd_tf.data.readers import oulu, siw, siwm
from phystd_tf.data.readers.landmarks import landmark_file
from phystd_tf.data.readers.listing import (
    FolderLayoutError,
    Listing,
    StemFacts,
    find_base,
    some,
    subfolders,
    walk_files,
)
from phystd_tf.files.images import is_image
from phystd_tf.files.names import printable
from phystd_tf.protocols.clip_facts import SPLITS

_CLASSES = ("live", "spoof")
_LANDMARKS_SUFFIX = ".npy"
_EXPECTED = "ROOT/[train|dev|test/]{live,spoof}/<clip>/<n>.png with 68 landmarks in <n>.npy"


def list_clips(root: str) -> Listing:
    """Lists all folders of frames.

    Args:
      root: folder with live/ and spoof/, or with train/, dev/ and test/ that contain these, or the folder above.

    Returns:
      Listing.

    Raises:
      FolderLayoutError: if the folder is missing or contains no such frame.
    """
    base = find_base(root, _CLASSES + SPLITS, _EXPECTED)
    listing = Listing([], [], [])
    for folder in subfolders(base):
        name = os.path.basename(folder).lower()
        if name in _CLASSES:
            _add_class(base, folder, None, listing)
        elif name in SPLITS:
            for inner in subfolders(folder):
                if os.path.basename(inner).lower() in _CLASSES:
                    _add_class(base, inner, name, listing)
                else:
                    listing.ignored.append((inner, "not live or spoof"))
        else:
            listing.ignored.append((folder, "not live or spoof, nor train, dev or test"))
    if not listing.clips:
        raise FolderLayoutError(f"{base}: no frame found; expected {_EXPECTED}")
    frames = [path for clip in listing.clips for path in clip.paths]
    lacking = [os.path.relpath(path, base) for path in frames if landmark_file(path) is None]
    if lacking:
        listing.notes.append(
            f"{len(lacking)} of {len(frames)} frames have no landmark file, and are aligned instead: {some(lacking)}"
        )
    return listing


def _add_class(base: str, folder: str, split: Optional[str], listing: Listing) -> None:
    kind = os.path.basename(folder).lower()
    by_clip: dict[str, list[str]] = {}
    for path in walk_files(folder, listing.ignored):
        inside = os.path.dirname(path)
        if path.lower().endswith(_LANDMARKS_SUFFIX):
            continue
        if not is_image(path):
            listing.ignored.append((path, "neither an image nor landmarks, by its suffix"))
        elif inside == folder:
            listing.ignored.append((path, "not in the folder of a clip"))
        else:
            by_clip.setdefault(inside, []).append(path)
    for inside, paths in by_clip.items():
        facts = _stem_facts(os.path.basename(inside), kind)
        if facts.label != (kind == "live"):
            listing.ignored.append((inside, f"its name says {facts.type}, its folder {kind}"))
            continue
        listing.clips.append(facts.clip(printable(os.path.relpath(inside, base).replace(os.sep, "/")), paths, split))


def _stem_facts(name: str, kind: str) -> StemFacts:
    """Returns the facts given by the name of a clip, or otherwise by its folder, "live" or "spoof"."""
    for reader in (siwm, oulu, siw):
        facts = reader.stem_facts(name)
        if facts is not None:
            return facts
    return StemFacts(spoof_types.LIVE if kind == "live" else spoof_types.UNKNOWN)
