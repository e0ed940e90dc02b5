"""What a reader hands back, and how readers walk through folders."""

import os
import re
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import NamedTuple, Optional

from phystd_tf import spoof_types
from phystd_tf.data.clips import Clip
from phystd_tf.errors import PhystdError
from phystd_tf.files.video import is_video
from phystd_tf.protocols import report as protocol_report

_CLUTTER = ("__macosx", "thumbs.db", "desktop.ini")
_NAMED = 5  # names in a sentence

Ignored = list[tuple[str, str]]


class FolderLayoutError(PhystdError):
    """A folder is not laid out as this reader needs; the message says how it should be."""


class Listing(NamedTuple):
    """What was found.

    Attributes:
      clips: list of Clip, in the order of names, numbers in names by value.
      ignored: (path, why) of what is left out. Hidden files are left out without a word.
      notes: sentences on what a user should know and need not change: counts that differ from the published ones,
        side files that are missing, lists with oddities.
    """

    clips: list[Clip]
    ignored: Ignored
    notes: Sequence[str] = ()


class StemFacts(NamedTuple):
    """What the name of a video says. Attributes: see ``Clip``."""

    type: str
    subject: Optional[str] = None
    session: str = ""
    device: str = ""
    instrument: str = ""

    @property
    def label(self) -> int:
        """1 live, 0 spoof."""
        return spoof_types.label_of(self.type)

    def clip(self, identifier: str, paths: Sequence[str], split: Optional[str], side: Optional[str] = None) -> Clip:
        """The clip of this name; see ``Clip`` for the arguments."""
        return Clip(
            id=identifier,
            paths=tuple(paths),
            subject=self.subject,
            type=self.type,
            label=self.label,
            split=split,
            session=self.session,
            device=self.device,
            instrument=self.instrument,
            side=side,
        )


class Collector:
    """Collects the clips of a dataset whose videos have names that say what they are.

    Attributes:
      base: folder that ids start from.
      listing: what was found so far.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.listing = Listing([], [], [])
        self._first: dict[Hashable, str] = {}

    def add(
        self, path: str, what: StemFacts, key: Hashable, split: Optional[str] = None, side: Optional[str] = None
    ) -> None:
        """Adds a video as a clip, unless there is one of this key already."""
        if key in self._first:
            self.listing.ignored.append((path, f"the same clip as {self._first[key]}, by its name"))
            return
        self._first[key] = path
        self.listing.clips.append(what.clip(os.path.splitext(self.below(path))[0], (path,), split, side))

    def ignore(self, path: str, why: str) -> None:
        """Notes that a file is left out."""
        self.listing.ignored.append((path, why))

    def note(self, sentence: str) -> None:
        """Adds a note."""
        self.listing.notes.append(sentence)

    def below(self, path: str) -> str:
        """The path below the base, with slashes, as text that can be written anywhere."""
        return printable(os.path.relpath(path, self.base).replace(os.sep, "/"))

    def finish(self, expected: str) -> Listing:
        """The listing, with a note on side files that are missing where others are there.

        Raises:
          FolderLayoutError: if there is no clip; the message has the tree that is expected.
        """
        clips = self.listing.clips
        if not clips:
            first = "".join(f"; left out: {path} ({why})" for path, why in self.listing.ignored[:1])
            raise FolderLayoutError(f"{self.base}: no video found; expected is {expected}{first}")
        lacking = [clip.id for clip in clips if clip.side is None]
        if len(lacking) < len(clips) and lacking:
            self.note(f"{len(lacking)} of {len(clips)} videos have no file of eyes or boxes: {some(lacking)}")
        return self.listing


def find_base(root: str, wanted: Collection[str], expected: str) -> str:
    """The folder that holds a dataset's own folders: the root, or the one folder right below it that does.

    Args:
      root: what the user gave.
      wanted: names of the dataset's own folders, in lower case; one of them is enough.
      expected: the tree that is expected, for the message.

    Raises:
      FolderLayoutError: if there is none, or several.
    """
    if not os.path.isdir(root):
        raise FolderLayoutError(f"{root}: no such folder")
    inside = subfolders(root)
    if any(os.path.basename(path).lower() in wanted for path in inside):
        return root
    found = []
    for path in inside:
        try:
            names = [os.path.basename(inner).lower() for inner in subfolders(path)]
        except FolderLayoutError:
            continue  # such as lost+found
        if any(name in wanted for name in names):
            found.append(path)
    if len(found) > 1:
        raise FolderLayoutError(f"{root}: holds several such datasets; give one of {', '.join(found)}")
    if not found:
        raise FolderLayoutError(f"{root}: not laid out as expected, which is {expected}")
    return found[0]


def walk_files(folder: str, ignored: Ignored) -> Iterator[str]:
    """Every file below a folder; links are followed, folders with the name of a video are not."""
    yield from _walk(folder, ignored, ())


def _walk(folder: str, ignored: Ignored, above: tuple[str, ...]) -> Iterator[str]:
    real = os.path.realpath(folder)
    if real in above:
        ignored.append((folder, "a link in a circle"))
        return
    inside = entries(folder)
    yield from (entry.path for entry in inside if not is_folder(entry))
    for entry in filter(is_folder, inside):
        if is_video(entry.path):
            ignored.append((entry.path, "a folder, not a video"))
        else:
            yield from _walk(entry.path, ignored, above + (real,))


def side_file(video: str, ending: str) -> Optional[str]:
    """The file of this ending (in either case) beside a video, or None.

    Beside ``a.m.mov`` it may be ``a.m.face`` or ``a.face``.
    """
    stem = os.path.splitext(video)[0]
    stems = (stem, stem[: -len(".m")]) if stem.endswith(".m") else (stem,)
    paths = (f"{name}{suffix}" for name in stems for suffix in (ending, ending.upper()))
    return next((path for path in paths if os.path.isfile(path)), None)


def subfolders(folder: str) -> list[str]:
    """The folders right in this folder."""
    return [entry.path for entry in entries(folder) if is_folder(entry)]


def is_folder(entry: os.DirEntry) -> bool:
    """Whether it is a folder or a link to one; a link to itself is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def entries(folder: str) -> list[os.DirEntry]:
    """What is in a folder in the order of names, without hidden files and the clutter of file managers.

    Raises:
      FolderLayoutError: if it cannot be read.
    """
    try:
        with os.scandir(folder) as inside:
            found = [entry for entry in inside if not entry.name.startswith(".") and entry.name.lower() not in _CLUTTER]
    except OSError as error:
        raise FolderLayoutError(f"{folder}: cannot be read ({error.strerror})") from error
    return sorted(found, key=lambda entry: natural(entry.name))


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts 2 before 10."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts]


def letters(name: str) -> str:
    """A name in lower case, without what separates words."""
    return re.sub(r"[\W_]+", "", name.lower())


def printable(name: str) -> str:
    """A file name as text that can be written anywhere: bytes that are no UTF-8 are spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    return protocol_report.some(names, _NAMED)
