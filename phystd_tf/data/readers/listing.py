"""The result of a reader, and functions with which readers search folders."""

import os
import re
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import NamedTuple, Optional

from phystd_tf import spoof_types
from phystd_tf.data.clips import Clip
from phystd_tf.errors import PhystdError
from phystd_tf.files.names import is_dangling, printable
from phystd_tf.files.video import is_video
from phystd_tf.protocols import report as protocol_report

_CLUTTER = ("__macosx", "thumbs.db", "desktop.ini")
_NOWHERE = "a link to something that does not exist"
_NAMED = 5  # number of names in a sentence

Ignored = list[tuple[str, str]]


class FolderLayoutError(PhystdError):
    """A folder does not have the layout that this reader expects; the message describes the layout."""


class Listing(NamedTuple):
    """The clips that a reader found.

    Attributes:
      clips: list of Clip, sorted by name, with numbers in names sorted by value.
      ignored: (path, reason) of everything that is left out, except for hidden files.
      notes: sentences about things that a user should know but need not change: counts that differ from the published
        ones, missing side files, irregularities in lists.
    """

    clips: list[Clip]
    ignored: Ignored
    notes: list[str]


class StemFacts(NamedTuple):
    """The facts given by the name of a video; for the attributes, see ``Clip``."""

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
        """Creates the clip with these facts; for the arguments, see ``Clip``."""
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
    """Collects the clips of a dataset whose videos are described by their names.

    Attributes:
      base: folder to which the IDs of clips are relative.
      listing: the Listing so far.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.listing = Listing([], [], [])
        self._first: dict[Hashable, str] = {}

    def add(
        self, path: str, facts: StemFacts, key: Hashable, split: Optional[str] = None, side: Optional[str] = None
    ) -> None:
        """Adds a video as a clip, unless a clip with the same key was added before."""
        if key in self._first:
            self.listing.ignored.append((path, f"the same clip as {self._first[key]}, by its name"))
            return
        self._first[key] = path
        self.listing.clips.append(facts.clip(os.path.splitext(self.below(path))[0], (path,), split, side))

    def ignore(self, path: str, why: str) -> None:
        """Records that a file is left out."""
        self.listing.ignored.append((path, why))

    def note(self, sentence: str) -> None:
        """Adds a note."""
        self.listing.notes.append(sentence)

    def below(self, path: str) -> str:
        """Returns the path relative to the base, with slashes, as printable text."""
        return printable(os.path.relpath(path, self.base).replace(os.sep, "/"))

    def finish(self, expected: str) -> Listing:
        """Returns the listing, with a note about missing side files if some videos have one.

        Args:
          expected: the expected folder tree, for the error message.

        Raises:
          FolderLayoutError: if there is no clip.
        """
        clips = self.listing.clips
        if not clips:
            first = "".join(f"; left out: {path} ({why})" for path, why in self.listing.ignored[:1])
            raise FolderLayoutError(f"{self.base}: no video found; expected {expected}{first}")
        lacking = [clip.id for clip in clips if clip.side is None]
        if len(lacking) < len(clips) and lacking:
            self.note(f"{len(lacking)} of {len(clips)} videos have no file of eyes or boxes: {some(lacking)}")
        return self.listing


def with_dangling_links(listing: Listing, root: str) -> Listing:
    """Adds the dangling links below a folder to ``ignored``, unless they are files of a clip."""
    taken = {path for clip in listing.clips for path in clip.paths}
    dangling = {path: _NOWHERE for path in _dangling_links(root) if path not in taken}
    ignored = [(path, dangling.pop(path, why)) for path, why in listing.ignored]
    return listing._replace(ignored=ignored + list(dangling.items()))


def _dangling_links(root: str) -> Iterator[str]:
    seen = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        if os.path.realpath(folder) in seen:  # a link leads back
            folders.clear()
            continue
        seen.add(os.path.realpath(folder))
        yield from (path for path in (os.path.join(folder, name) for name in sorted(files)) if is_dangling(path))


def find_base(root: str, wanted: Collection[str], expected: str) -> str:
    """Finds the folder that contains the folders of a dataset: the root, or the only such folder directly below it.

    Args:
      root: folder given by the user.
      wanted: names of the folders of the dataset, in lower case; one of them is sufficient.
      expected: the expected folder tree, for the error message.

    Raises:
      FolderLayoutError: if there is no such folder, or more than one.
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
        raise FolderLayoutError(f"{root}: contains several such datasets; give one of {', '.join(found)}")
    if not found:
        raise FolderLayoutError(f"{root}: not laid out as expected: {expected}")
    return found[0]


def walk_files(folder: str, ignored: Ignored) -> Iterator[str]:
    """Yields every file below a folder; follows links, but skips folders that have the name of a video."""
    yield from _walk(folder, ignored, ())


def _walk(folder: str, ignored: Ignored, above: tuple[str, ...]) -> Iterator[str]:
    real = os.path.realpath(folder)
    if real in above:
        ignored.append((folder, "a circular link"))
        return
    inside = entries(folder)
    yield from (entry.path for entry in inside if not is_folder(entry))
    for entry in filter(is_folder, inside):
        if is_video(entry.path):
            ignored.append((entry.path, "a folder, not a video"))
        else:
            yield from _walk(entry.path, ignored, above + (real,))


def side_file(video: str, suffix: str) -> Optional[str]:
    """Finds the file next to a video that has the same name and this suffix, in lower or upper case.

    For ``a.m.mov``, this is ``a.m.face`` or ``a.face``.

    Returns:
      The path, or None if there is no such file.
    """
    stem = os.path.splitext(video)[0]
    stems = (stem, stem[: -len(".m")]) if stem.endswith(".m") else (stem,)
    paths = (f"{name}{cased}" for name in stems for cased in (suffix, suffix.upper()))
    return next((path for path in paths if os.path.isfile(path)), None)


def subfolders(folder: str) -> list[str]:
    """Returns the paths of the folders directly in this folder."""
    return [entry.path for entry in entries(folder) if is_folder(entry)]


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Returns whether an entry is a folder or a link to one; a link to itself is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def entries(folder: str) -> list[os.DirEntry[str]]:
    """Lists a folder in the order of names, without hidden files and the clutter of file managers.

    Raises:
      FolderLayoutError: if the folder cannot be read.
    """
    try:
        with os.scandir(folder) as inside:
            found = [entry for entry in inside if not entry.name.startswith(".") and entry.name.lower() not in _CLUTTER]
    except OSError as error:
        raise FolderLayoutError(f"{folder}: cannot be read ({error.strerror})") from error
    return sorted(found, key=lambda entry: natural(entry.name))


def natural(name: str) -> list[tuple[int, int, str]]:
    """Returns a sort key with which 2 comes before 10."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts]


def letters(name: str) -> str:
    """Returns a name in lower case, without the characters that separate words."""
    return re.sub(r"[\W_]+", "", name.lower())


def some(names: Sequence[str]) -> str:
    """Joins the first few names, and says how many more there are."""
    return protocol_report.some(names, _NAMED)
