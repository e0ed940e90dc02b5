"""The distributed layout of OULU-NPU.

    ROOT/{Train_files,Dev_files,Test_files}/<phone>_<session>_<user>_<file>.avi
    ROOT/.../<the same>.txt                                       eye positions
    ROOT/Protocols/Protocol_{1,2}/{Train,Dev,Test}.txt
    ROOT/Protocols/Protocol_{3,4}/{Train,Dev,Test}_{1..6}.txt

The older layout ``OULU_NPU_Part_{1,2}/Files_{1,2}`` is supported too; there, the user
(the subject) determines the split.
"""

import itertools
import os
import re
from typing import NamedTuple, Optional

from phystd_tf import spoof_types
from phystd_tf.data.readers.face_hints import EYES_SUFFIX
from phystd_tf.data.readers.listing import (
    Collector,
    FolderLayoutError,
    Listing,
    StemFacts,
    entries,
    find_base,
    side_file,
    some,
    subfolders,
    walk_files,
)
from phystd_tf.files.text import read_lines
from phystd_tf.files.video import is_video
from phystd_tf.protocols.clip_facts import SPLITS

_FOLDERS = {"train_files": "train", "dev_files": "dev", "test_files": "test"}
_PARTS = ("oulu_npu_part_1", "oulu_npu_part_2", "files_1", "files_2")
_WITHOUT_VIDEOS = ("protocols", "baseline")
_USERS = {"train": range(1, 21), "dev": range(21, 36), "test": range(36, 56)}
_EXPECTED = "ROOT/{Train_files,Dev_files,Test_files}/<phone>_<session>_<user>_<file>.avi"

# File number -> type and instrument.
_FILES = {
    1: (spoof_types.LIVE, ""),
    2: (spoof_types.PRINT, "print_1"),
    3: (spoof_types.PRINT, "print_2"),
    4: (spoof_types.REPLAY, "replay_1"),
    5: (spoof_types.REPLAY, "replay_2"),
}
# Type -> labels that a list may use for it. The lists for training do not distinguish between the spoof types.
_LABELS = {spoof_types.LIVE: (1,), spoof_types.PRINT: (-1,), spoof_types.REPLAY: (-1, -2)}


class Name(NamedTuple):
    """The numbers in the name of a video."""

    phone: int
    session: int
    user: int
    file: int

    def __str__(self) -> str:
        return f"{self.phone}_{self.session}_{self.user:02d}_{self.file}"


def parse_name(stem: str) -> Optional[Name]:
    """Parses the numbers of a name without its suffix; None if it is not a name of OULU-NPU."""
    if not re.fullmatch(r"[1-6]_[1-3]_[0-5][0-9]_[1-5]", stem):
        return None
    name = Name(*map(int, stem.split("_")))
    return name if any(name.user in users for users in _USERS.values()) else None


def stem_facts(stem: str) -> Optional[StemFacts]:
    """Returns the facts given by a name without its suffix; None if it is not a name of OULU-NPU."""
    name = parse_name(stem)
    if name is None:
        return None
    spoof_type, instrument = _FILES[name.file]
    return StemFacts(spoof_type, f"{name.user:02d}", str(name.session), str(name.phone), instrument)


def list_clips(root: str) -> Listing:
    """Lists all videos.

    Args:
      root: folder of the dataset, or the folder above.

    Returns:
      Listing, with notes about missing videos.

    Raises:
      FolderLayoutError: if the folder is missing or contains no such video.
    """
    base = find_base(root, (*_FOLDERS, *_PARTS), _EXPECTED)
    collector = Collector(base)
    found: dict[str, list[Name]] = {split: [] for split in SPLITS}
    misplaced: list[str] = []
    for folder in subfolders(base):
        name = os.path.basename(folder).lower()
        if name in _FOLDERS or name in _PARTS:
            _add_folder(folder, _FOLDERS.get(name), collector, found, misplaced)
        elif name not in _WITHOUT_VIDEOS:
            collector.ignore(folder, "not a folder of OULU-NPU")
    if misplaced:
        collector.note(
            f"{len(misplaced)} videos are in the folder of another split than that of their user: {some(misplaced)}"
        )
    for split in SPLITS:
        _note_absent(split, found[split], collector)
    return collector.finish(_EXPECTED)


def _add_folder(
    folder: str, split: Optional[str], collector: Collector, found: dict[str, list[Name]], misplaced: list[str]
) -> None:
    for path in walk_files(folder, collector.listing.ignored):
        if path.lower().endswith(EYES_SUFFIX):
            continue
        stem = os.path.splitext(os.path.basename(path))[0]
        name, facts = parse_name(stem), stem_facts(stem)
        if not is_video(path):
            collector.ignore(path, "neither a video nor a file of eye positions, by its suffix")
        elif name is None or facts is None:
            collector.ignore(path, "not a name of OULU-NPU such as 1_1_01_1")
        else:
            home = next(split for split, users in _USERS.items() if name.user in users)
            if split not in (None, home):
                misplaced.append(collector.below(path))
            found[home].append(name)
            collector.add(path, facts, name, split or home, side_file(path, EYES_SUFFIX))


def _note_absent(split: str, found: list[Name], collector: Collector) -> None:
    grid = [Name(*numbers) for numbers in itertools.product(range(1, 7), range(1, 4), _USERS[split], _FILES)]
    present = set(found)
    absent = [str(name) for name in grid if name not in present]
    if absent:
        collector.note(
            f"{split}: {len(present)} of the {len(grid)} videos of OULU-NPU are present; missing: {some(absent)}"
        )


def read_official_lists(root: str, notes: Optional[list[str]] = None) -> dict[str, dict[str, list[str]]]:
    """Reads the user's own copy of the official protocol files.

    Lines are ``<label>,<video>``. The label is optional, and is only compared with the name of the video.

    Args:
      root: folder of the dataset, the folder above, or the folder of the protocols.
      notes: sentences about irregularities are appended to this list: invalid lines, repeated videos, wrong labels.

    Returns:
      Protocol ("oulu_1", "oulu_2", "oulu_3_1" to "oulu_4_6") -> split -> IDs of its videos such as "1_1_01_1"; empty if
      there are no such files.
    """
    notes = [] if notes is None else notes
    lists: dict[str, dict[str, list[str]]] = {}
    for folder in _protocol_folders(root):
        number = os.path.basename(folder)[-1]
        for entry in entries(folder):
            name = re.fullmatch(r"(train|dev|test)(_[1-6])?\.txt", entry.name.lower())
            if name is None or bool(name[2]) != (number in "34"):
                if entry.name.lower().endswith(".txt"):
                    notes.append(f"{entry.path}: not one of the official lists; left out")
                continue
            protocol = lists.setdefault(f"oulu_{number}{name[2] or ''}", {})
            protocol[name[1]] = _read_list(entry.path, notes)
    return lists


def _protocol_folders(root: str) -> list[str]:
    """Finds the folders Protocol_1 to Protocol_4, at most three levels below the root."""
    level = [root] if os.path.isdir(root) else []
    for _ in range(4):
        inside = [path for folder in level for path in _subfolders_if_readable(folder)]
        found = [path for path in inside if re.fullmatch(r"protocol_[1-4]", os.path.basename(path).lower())]
        if found:
            return found
        # The folders of videos are large and contain no protocols.
        level = [path for path in inside if os.path.basename(path).lower() not in (*_FOLDERS, *_PARTS)]
    return []


def _subfolders_if_readable(folder: str) -> list[str]:
    try:
        return subfolders(folder)
    except FolderLayoutError:  # such as lost+found
        return []


def _read_list(path: str, notes: list[str]) -> list[str]:
    lines = read_lines(path)
    ids: dict[str, None] = {}
    wrong, repeated, mislabeled = [], [], []
    for number, row in enumerate(lines.rows, 1):
        if not row.strip():
            continue
        parsed = _list_row(row)
        if parsed is None:
            wrong.append(number)
            continue
        name, label = parsed
        if label is not None and label not in _LABELS[_FILES[name.file][0]]:
            mislabeled.append(str(name))
        if str(name) in ids:
            repeated.append(str(name))
        ids[str(name)] = None
    if lines.oddities:
        notes.append(f"{path}: has {' and '.join(lines.oddities)}, which is harmless")
    if wrong:
        notes.append(f"{path}: {len(wrong)} lines are not '<label>,<video>', the first is line {wrong[0]}")
    if repeated:
        notes.append(f"{path}: {len(repeated)} videos are repeated: {some(repeated)}")
    if mislabeled:
        notes.append(f"{path}: {len(mislabeled)} labels do not match the names of their videos: {some(mislabeled)}")
    return list(ids)


def _list_row(row: str) -> Optional[tuple[Name, Optional[int]]]:
    fields = [field.strip() for field in row.split(",")]
    name = parse_name(re.sub(r"\.avi$", "", fields[-1]))
    if name is None or len(fields) > 2:
        return None
    if len(fields) == 1:
        return name, None
    return (name, int(fields[0])) if re.fullmatch(r"\+?1|-[12]", fields[0]) else None
