"""The distributed layouts of SiW-M (first edition) and SiW-Mv2.

First edition:

    ROOT/Live/{Train,Test}/Live_<n>.mov                  and a .face file next to each video
    ROOT/{Paper,Replay}/<stem>_<n>.mov
    ROOT/{Makeup,Mask,Partial}/<folder>/<stem>_<n>.mov

or preprocessed, with ``.dat`` instead of ``.mov``, see ``dat_records``. SiW-Mv2:

    ROOT/Live/Live_<n>.{mov,avi,mp4}
    ROOT/Spoof/<folder>/<stem>_<n>.{mov,avi,mp4}

The name of a video determines its type; most folders are named differently from
the videos in them. ``Paper`` is a print, ``Mask_Paper`` a mask, and
``Partial_Paperglass`` glasses. Subjects are unknown.
"""

import os
import re
from collections.abc import Sequence
from typing import Optional

from phystd_tf import spoof_types
from phystd_tf.data.clips import Clip
from phystd_tf.data.readers.dat_records import DatFileError, is_dat, label_of_dat
from phystd_tf.data.readers.face_hints import BOXES_SUFFIX
from phystd_tf.data.readers.listing import (
    Collector,
    FolderLayoutError,
    Listing,
    StemFacts,
    entries,
    find_base,
    is_folder,
    letters,
    side_file,
    some,
    walk_files,
)
from phystd_tf.errors import PhystdError
from phystd_tf.files.text import read_lines
from phystd_tf.files.video import is_video
from phystd_tf.protocols.lists import names_in

# Stem -> type, folders in either edition, and published numbers of videos in the first edition and in SiW-Mv2.
_STEMS = {
    "Live": (spoof_types.LIVE, ("Live",), 660, 785),
    "Replay": (spoof_types.REPLAY, ("Replay",), 99, 98),
    "Paper": (spoof_types.PRINT, ("Paper", "Print"), 118, 135),
    "Mask_Half": (spoof_types.HALF_MASK, ("HalfMask", "Mask_HalfMask"), 72, 72),
    "Mask_Silicone": (spoof_types.SILICONE_MASK, ("SiliconeMask", "Silicone"), 27, 17),
    "Mask_Trans": (spoof_types.TRANSPARENT_MASK, ("TransparentMask", "Mask_TransparentMask"), 88, 60),
    "Mask_Paper": (spoof_types.PAPER_MASK, ("PaperMask", "Mask_PaperMask"), 17, 17),
    "Mask_Mann": (spoof_types.MANNEQUIN, ("MannequinHead", "Mannequin"), 40, 40),
    "Makeup_Ob": (spoof_types.OBFUSCATION_MAKEUP, ("Obfuscation", "Makeup_Obfuscation"), 23, 22),
    "Makeup_Im": (spoof_types.IMPERSONATION_MAKEUP, ("Impersonation", "Makeup_Impersonation"), 61, 61),
    "Makeup_Co": (spoof_types.COSMETIC_MAKEUP, ("Cosmetic", "Makeup_Cosmetic"), 50, 52),
    "Partial_Funnyeye": (spoof_types.FUNNY_EYEGLASSES, ("FunnyeyeGlasses", "Partial_FunnyeyeGlasses"), 160, 179),
    "Partial_Paperglass": (spoof_types.PAPER_GLASSES, ("PaperGlasses", "Partial_PaperGlasses"), 127, 76),
    "Partial_Eye": (spoof_types.PARTIAL_EYE, ("PaperCut", "Partial_Eye"), 57, 57),
    "Partial_Mouth": (spoof_types.PARTIAL_MOUTH, ("PaperCut", "Partial_Mouth"), 29, 29),
}
TYPES = {stem: facts[0] for stem, facts in _STEMS.items()}
_V1_COUNTS = {stem: facts[2] for stem, facts in _STEMS.items()}
_V2_COUNTS = {stem: facts[3] for stem, facts in _STEMS.items()}
_FOLDERS = {stem: tuple(map(letters, (stem, *facts[1]))) for stem, facts in _STEMS.items()}
_TYPE_FOLDERS = {name for names in _FOLDERS.values() for name in names}
# Folders that may be directly below the root.
_TOP = _TYPE_FOLDERS | {"spoof", "mask", "makeup", "partial", "train", "test"}
_BY_LOWER = {stem.lower(): stem for stem in _STEMS}
_EXPECTED_V1 = "ROOT/Live/{Train,Test}/Live_<n>.mov, ROOT/Paper/Paper_<n>.mov, ROOT/Mask/HalfMask/Mask_Half_<n>.mov ..."
_EXPECTED_V2 = "ROOT/Live/Live_<n>.mov (or .avi, .mp4), ROOT/Spoof/Paper/Paper_<n>.mov ..."
_LISTS = "pro_3_text"


def split_name(name: str) -> Optional[str]:
    """Returns the stem of a name, such as "Mask_Half" of "Mask_Half_12"; None if it is not a name of SiW-M."""
    match = re.fullmatch(r"(.+)_[0-9]+", name)
    return _BY_LOWER.get(match[1].lower()) if match else None


def stem_facts(name: str) -> Optional[StemFacts]:
    """Returns the facts given by a name without its suffix; None if it is not a name of SiW-M."""
    stem = split_name(name)
    return None if stem is None else StemFacts(TYPES[stem])


def list_clips(root: str) -> Listing:
    """Lists all videos of the first edition; the session of live videos is their folder, "Train" or "Test".

    Args:
      root: folder of the dataset, or the folder above.

    Returns:
      Listing, with a note if the numbers of videos are not the published ones.

    Raises:
      FolderLayoutError: if the folder is missing or contains no such video.
    """
    base = _base(root, _EXPECTED_V1)
    collector = _collect(base, with_sessions=True)
    listing = collector.finish(_EXPECTED_V1)
    if any(is_folder(entry) and letters(entry.name) == "spoof" for entry in entries(base)):
        collector.note("there is a folder Spoof, as in SiW-Mv2, which is called siwmv2 here and has other protocols")
    _note_counts(collector, _V1_COUNTS, "SiW-M")
    return listing


def list_clips_v2(root: str) -> Listing:
    """Lists all videos of SiW-Mv2.

    Args:
      root: folder of the dataset, or the folder above. It may contain a copy of the authors' lists in pro_3_text.

    Returns:
      Listing, with a note if the numbers of videos are not the published ones, or if listed videos are missing.

    Raises:
      FolderLayoutError: if the folder is missing or contains no such video.
    """
    base = _base(root, _EXPECTED_V2)
    collector = _collect(base, with_sessions=False)
    listing = collector.finish(_EXPECTED_V2)
    _note_counts(collector, _V2_COUNTS, "SiW-Mv2")
    if os.path.isdir(os.path.join(base, _LISTS)):
        _note_absent(os.path.join(base, _LISTS), collector)
    return listing


def absent_stems(lists: dict[str, list[str]], clips: Sequence[Clip]) -> dict[str, list[str]]:
    """Finds the listed names that have no clip.

    Args:
      lists: lists as returned by ``read_siwmv2_lists``.
      clips: the clips that are present.

    Returns:
      Name of a list -> names without a clip, in order; complete lists are left out.
    """
    present = {os.path.basename(clip.id) for clip in clips}
    absent = {name: [stem for stem in stems if stem not in present] for name, stems in lists.items()}
    return {name: stems for name, stems in absent.items() if stems}


def read_siwmv2_lists(folder: str, notes: Optional[list[str]] = None) -> dict[str, list[str]]:
    """Reads the user's copy of the authors' lists, including those for the first edition (trainlist.txt, testlist.txt).

    The lists for training repeat names so that all types have the same number of rows; repetitions are dropped.

    Args:
      folder: folder with the files train*.txt and test*.txt, or with a folder pro_3_text that contains them.
      notes: sentences about irregularities are appended to this list: repeated names, invalid rows, byte order marks.

    Returns:
      Name of a list ("trainlist_all", "test_A_pretrain") -> distinct names such as "Mask_Half_12", in the order of
      their first rows.

    Raises:
      FolderLayoutError: if there is no such list.
    """
    notes = [] if notes is None else notes
    inner = [os.path.join(folder, *parts) for parts in ((), (_LISTS,), ("source_SiW_Mv2", _LISTS))]
    lists: dict[str, list[str]] = {}
    for place in filter(os.path.isdir, inner):
        for entry in entries(place):
            match = re.fullmatch(r"((?:train|test)(?:list)?(?:_\w+)?)\.txt", entry.name, re.IGNORECASE)
            if match and not is_folder(entry):
                lists[match[1]] = _read_list(entry.path, notes)
        if lists:
            return lists
    raise FolderLayoutError(
        f"{folder}: contains no list (trainlist_all.txt, testlist_live.txt ...); copy the folder "
        f"source_SiW_Mv2/{_LISTS} of the authors' public code to it"
    )


def _read_list(path: str, notes: list[str]) -> list[str]:
    lines = read_lines(path)
    found = names_in(lines.rows)
    foreign = [number for number, name in found.lines.items() if split_name(name) is None]
    wrong = sorted(found.wrong + foreign)
    names = [name for name in found.once if split_name(name) is not None]
    rows = len(found.lines) - len(foreign)
    if lines.oddities:
        notes.append(f"{path}: has {' and '.join(lines.oddities)}, which is harmless")
    if rows > len(names):
        notes.append(f"{path}: {rows} rows name {len(names)} videos; repeated names count once")
    if wrong:
        notes.append(f"{path}: {len(wrong)} rows are not names of SiW-M, the first is line {wrong[0]}")
    return names


def _note_absent(folder: str, collector: Collector) -> None:
    """Notes listed videos that are missing; an unusable list is only a note, since only protocols need the lists."""
    try:
        lists = read_siwmv2_lists(folder, collector.listing.notes)
    except PhystdError as error:
        collector.note(str(error))
        return
    absent = sorted({name for names in absent_stems(lists, collector.listing.clips).values() for name in names})
    if absent:
        collector.note(f"{len(absent)} listed videos are missing: {some(absent)}")


def _base(root: str, expected: str) -> str:
    """Returns the root, or the folder directly below it that contains the folders of types."""
    if os.path.isdir(root) and any(stem_facts(os.path.splitext(entry.name)[0]) for entry in entries(root)):
        return root  # a folder of .dat files
    # Names that also occur in other datasets or in a user's own folders do not identify this dataset.
    signs = {name.lower() for _, folders, _, _ in _STEMS.values() for name in folders} | {"spoof", "mask", "makeup"}
    return find_base(root, signs, expected)


def _collect(base: str, with_sessions: bool) -> Collector:
    collector = Collector(base)
    misplaced: list[str] = []
    at_root = [entry for entry in entries(base) if not is_folder(entry)]
    paths = [entry.path for entry in at_root if stem_facts(os.path.splitext(entry.name)[0])]
    for entry in filter(is_folder, entries(base)):
        if letters(entry.name) in _TOP:
            paths += walk_files(entry.path, collector.listing.ignored)
        elif entry.name.lower() not in (_LISTS, "source_siw_mv2", "truth"):
            collector.ignore(entry.path, "not a folder of SiW-M")
    # Videos come before preprocessed frames, since the second clip with the same name is left out.
    for path in sorted(paths, key=is_dat):
        if not path.lower().endswith(BOXES_SUFFIX):
            _add(path, collector, with_sessions, misplaced)
    if misplaced:
        collector.note(
            f"{len(misplaced)} videos are in the folder of another type; their names decide: {some(misplaced)}"
        )
    return collector


def _add(path: str, collector: Collector, with_sessions: bool, misplaced: list[str]) -> None:
    name = os.path.splitext(os.path.basename(path))[0]
    stem, facts = split_name(name), stem_facts(name)
    folders = collector.below(path).split("/")[:-1]
    kinds = [letters(folder) for folder in folders]
    if not (is_video(path) or is_dat(path)):
        collector.ignore(path, "neither a video nor a file of boxes, by its suffix")
        return
    if stem is None or facts is None:
        collector.ignore(path, "not a name of SiW-M such as Mask_Half_12")
        return
    known = [kind for kind in kinds if kind in _TYPE_FOLDERS]
    if (known and facts.label != ("live" in known)) or (facts.label and "spoof" in kinds):
        collector.ignore(path, f"its name says {facts.type}, its folder {'/'.join(folders)}")
        return
    if is_dat(path) and not _label_fits(path, facts, collector):
        return
    if known and known[-1] not in _FOLDERS[stem]:
        misplaced.append(collector.below(path))
    if with_sessions and facts.label and kinds[-1:] in (["train"], ["test"]):
        facts = facts._replace(session=kinds[-1].capitalize())
    collector.add(path, facts, name.lower(), None, side_file(path, BOXES_SUFFIX))


def _label_fits(path: str, facts: StemFacts, collector: Collector) -> bool:
    """Returns whether the label of the records matches the name; unreadable files are reported by the preparation."""
    try:
        label = label_of_dat(path)
    except DatFileError:
        return True
    if label != facts.label:
        found = {0: "spoof", 1: "live", None: "neither live nor spoof"}[label]
        collector.ignore(path, f"its name says {facts.type}, its records {found}")
    return label == facts.label


def _note_counts(collector: Collector, published: dict[str, int], edition: str) -> None:
    found = dict.fromkeys(published, 0)
    for clip in collector.listing.clips:
        stem = split_name(os.path.basename(clip.id))
        assert stem is not None  # only clips with such a name are added
        found[stem] += 1
    differing = [f"{stem} {found[stem]} ({count})" for stem, count in published.items() if found[stem] != count]
    if differing:
        collector.note(
            f"numbers of videos that differ from the published ones of {edition} (in parentheses): "
            f"{', '.join(differing)}"
        )
