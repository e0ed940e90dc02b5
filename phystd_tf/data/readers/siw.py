"""The distributed layout of SiW.

    ROOT/{Train,Test}/{live,spoof}/<subject>/<subject>-<sensor>-<type>-<medium>-<session>.mov
    ROOT/.../<the same>.face                                      boxes of the face

``ROOT`` is ``SiW_release`` or the folder above. The web page of the dataset writes
names with underscores, whereas the files have hyphens; both are accepted. Some
names end in ``.m.mov``. Not every subject has every video, and copies differ.
"""

import itertools
import os
import re
from typing import NamedTuple, Optional

from phystd_tf import spoof_types
from phystd_tf.data.readers.face_hints import BOXES_SUFFIX
from phystd_tf.data.readers.listing import (
    Collector,
    Listing,
    StemFacts,
    find_base,
    letters,
    side_file,
    some,
    subfolders,
    walk_files,
)
from phystd_tf.files.video import is_video

_SPLIT_FOLDERS = {"train": "train", "test": "test"}
_CLASSES = {"live": 1, "spoof": 0}
_EXPECTED = "ROOT/{Train,Test}/{live,spoof}/<subject>/<subject>-<sensor>-<type>-<medium>-<session>.mov"
_NAME = re.compile(r"([0-9]{3})([-_])([12])\2([123])\2([1-4])\2([12])(\.m)?", re.IGNORECASE)
_TYPES = {1: spoof_types.LIVE, 2: spoof_types.PRINT, 3: spoof_types.REPLAY}
_MEDIA = {1: 2, 2: 2, 3: 4}
# The number of videos stated by the web page, which differs from that in a public list of the files.
_STATED = 4478
_LISTED = {spoof_types.LIVE: 1313, spoof_types.PRINT: 653, spoof_types.REPLAY: 2503}
_SUBJECTS = {"train": 90, "test": 75}


class Name(NamedTuple):
    """The numbers in the name of a video."""

    subject: int
    sensor: int
    type: int
    medium: int
    session: int

    def __str__(self) -> str:
        return f"{self.subject:03d}-{self.sensor}-{self.type}-{self.medium}-{self.session}"


def parse_name(stem: str) -> Optional[Name]:
    """Parses the numbers of a name without its suffix; None if it is not a name of SiW."""
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    name = Name(*(int(match[group]) for group in (1, 3, 4, 5, 6)))
    return name if 1 <= name.subject <= 165 and name.medium <= _MEDIA[name.type] else None


def stem_facts(stem: str) -> Optional[StemFacts]:
    """Returns the facts given by a name without its suffix; None if it is not a name of SiW.

    Live videos have an instrument too: "live_2" was recorded under changing light.
    """
    name = parse_name(stem)
    if name is None:
        return None
    spoof_type = _TYPES[name.type]
    return StemFacts(
        spoof_type, f"{name.subject:03d}", str(name.session), str(name.sensor), f"{spoof_type}_{name.medium}"
    )


def list_clips(root: str) -> Listing:
    """Lists all videos.

    Args:
      root: folder of the dataset, or the folder above.

    Returns:
      Listing, with notes about missing live videos, and if the number of videos is not the published one.

    Raises:
      FolderLayoutError: if the folder is missing or contains no such video.
    """
    base = find_base(root, _SPLIT_FOLDERS, _EXPECTED)
    collector = Collector(base)
    names: dict[str, list[Name]] = {}
    for folder in subfolders(base):
        split = _SPLIT_FOLDERS.get(os.path.basename(folder).lower())
        if split is None:
            collector.ignore(folder, "not Train or Test")
            continue
        for kind in subfolders(folder):
            label = _CLASSES.get(letters(os.path.basename(kind)))
            if label is None:
                collector.ignore(kind, "not live or spoof")
            else:
                _add_folder(kind, label, split, collector, names.setdefault(split, []))
    listing = collector.finish(_EXPECTED)
    _note_counts(collector)
    _note_absent(names, collector)
    return listing


def _add_folder(folder: str, label: int, split: str, collector: Collector, names: list[Name]) -> None:
    for path in walk_files(folder, collector.listing.ignored):
        if path.lower().endswith(BOXES_SUFFIX):
            continue
        stem = os.path.splitext(os.path.basename(path))[0]
        name, facts = parse_name(stem), stem_facts(stem)
        above = os.path.basename(os.path.dirname(path))
        if not is_video(path):
            collector.ignore(path, "neither a video nor a file of boxes, by its suffix")
        elif name is None or facts is None:
            collector.ignore(path, "not a name of SiW such as 003-1-1-1-1")
        elif facts.label != label:
            collector.ignore(path, f"its name says {facts.type}, its folder {os.path.basename(folder)}")
        elif re.fullmatch("[0-9]{3}", above) and above != facts.subject:
            collector.ignore(path, f"its name says subject {facts.subject}, its folder {above}")
        else:
            names.append(name)
            collector.add(path, facts, name, split, side_file(path, BOXES_SUFFIX))


def _note_counts(collector: Collector) -> None:
    clips = collector.listing.clips
    if len(clips) == _STATED:
        return
    counts = {name: sum(clip.type == name for clip in clips) for name in _LISTED}
    found = ", ".join(f"{count} {name}" for name, count in counts.items())
    listed = ", ".join(f"{count} {name}" for name, count in _LISTED.items())
    same = " (the same)" if counts == _LISTED else f" ({listed})"
    collector.note(
        f"{len(clips)} videos ({found}); the web page of SiW states {_STATED}, and a public list of its files has"
        f" {sum(_LISTED.values())}{same}"
    )


def _note_absent(names: dict[str, list[Name]], collector: Collector) -> None:
    """Notes missing subjects and live videos; each subject has eight, and the number of spoofs is not published."""
    for split, count in _SUBJECTS.items():
        present = set(names.get(split, ()))
        subjects = sorted({name.subject for name in present})
        if len(subjects) != count:
            collector.note(f"{split}: {len(subjects)} of the {count} subjects of SiW are present")
        grid = (Name(*numbers) for numbers in itertools.product(subjects, (1, 2), (1,), (1, 2), (1, 2)))
        absent = [str(name) for name in grid if name not in present]
        if absent:
            collector.note(f"{split}: {len(absent)} live videos of these subjects are missing: {some(absent)}")
