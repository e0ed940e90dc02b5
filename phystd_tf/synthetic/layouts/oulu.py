"""OULU-NPU: six phones, three sessions, two printers and two displays, and the lists of its four protocols.

    OUT/{Train_files,Dev_files,Test_files}/<phone>_<session>_<user>_<file>.avi
    OUT/.../<the same>.txt                                       positions of the eyes
    OUT/Protocols/Protocol_{1,2}/{Train,Dev,Test}.txt
    OUT/Protocols/Protocol_{3,4}/{Train,Dev,Test}_{1..6}.txt     the phone that is held out

Each user has the whole grid of 90 videos. A phone is a camera of its own, a
session a place with its own light and background, the same for everybody.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic.layouts.annotations import eye_lines
from phystd_tf.synthetic.layouts.layout import Layout, share_out
from phystd_tf.synthetic.recipe import SPLITS, Clip, Recipe
from phystd_tf.synthetic.scene.conditions import Conditions

PHONES, SESSIONS = range(1, 7), range(1, 4)
FIRST_USER = {"train": 1, "dev": 21, "test": 36}
_SIZES = (20, 15, 20)
_FOLDERS = {"train": "Train_files", "dev": "Dev_files", "test": "Test_files"}
# File number -> type and instrument: one live video, two printers, two displays.
FILES = {
    1: (spoof_types.LIVE, ""),
    2: (spoof_types.PRINT, "laser_fine"),
    3: (spoof_types.PRINT, "inkjet_photo"),
    4: (spoof_types.REPLAY, "notebook"),
    5: (spoof_types.REPLAY, "tablet"),
}
# Labels in the lists; only those for testing tell print from replay.
_LABELS = {spoof_types.LIVE: "+1", spoof_types.PRINT: "-1", spoof_types.REPLAY: "-1"}
_TEST_LABELS = dict(_LABELS, **{spoof_types.REPLAY: "-2"})


class Name(NamedTuple):
    """The numbers in the name of a video."""

    phone: int
    session: int
    user: int
    file: int

    def __str__(self) -> str:
        return f"{self.phone}_{self.session}_{self.user:02d}_{self.file}"


class OuluNpu(Layout):
    """See the module."""

    types = (spoof_types.PRINT, spoof_types.REPLAY)
    subjects = 3
    most_subjects = sum(_SIZES)
    side_suffix = ".txt"

    def clips_of(self, recipe: Recipe, subject: int) -> list[Clip]:
        """The grid of phones, sessions and files of a user."""
        split, user = _user(recipe.subjects, subject)
        clips = []
        for phone in PHONES:
            for session in SESSIONS:
                for file, (spoof_type, instrument) in FILES.items():
                    if spoof_type not in (spoof_types.LIVE, *recipe.types):
                        continue
                    name = Name(phone, session, user, file)
                    clips.append(
                        Clip(
                            split,
                            spoof_type,
                            subject,
                            number=(phone * 10 + session) * 10 + file,
                            file=f"{_FOLDERS[split]}/{name}.avi",
                            person=f"{user:02d}",
                            conditions=Conditions(instrument and (instrument,) or (), phone, session),
                        )
                    )
        return clips

    def lists(self, clips: Sequence[Clip]) -> dict[str, str]:
        """The 42 lists, of the videos that are there."""
        named = [(clip, Name(*map(int, clip.file.rsplit("/", 1)[1][:-4].split("_")))) for clip in clips]
        named.sort(key=lambda pair: pair[1])
        texts = {}
        for protocol, fold in _folds():
            for split in SPLITS:
                labels = _TEST_LABELS if split == "test" else _LABELS
                rows = [
                    f"{labels[clip.spoof_type]},{name}\n"
                    for clip, name in named
                    if clip.split == split and _takes(protocol, fold, split == "test", name)
                ]
                ending = f"_{fold}" if fold else ""
                texts[f"Protocols/Protocol_{protocol}/{split.capitalize()}{ending}.txt"] = "".join(rows)
        return texts

    def side_text(self, clip: Clip, vertices: Sequence[np.ndarray]) -> str:
        """Positions of the eyes."""
        return eye_lines(clip, vertices)


def _user(subjects: int, subject: int) -> tuple[str, int]:
    """Split and number of a user: the first ones of each split."""
    for split, count in zip(SPLITS, share_out(subjects, _SIZES)):
        if subject < count:
            return split, FIRST_USER[split] + subject
        subject -= count
    raise IndexError(subject)


def _folds() -> Iterator[tuple[int, int]]:
    """Protocol and the phone held out, 0 where none is."""
    for protocol in (1, 2, 3, 4):
        for fold in (0,) if protocol < 3 else PHONES:
            yield protocol, fold


def _takes(protocol: int, phone: int, testing: bool, name: Name) -> bool:
    """Whether a protocol takes a video.

    1 holds the third session out, 2 a printer and a display, 3 a phone, 4 all of them.
    """
    if protocol in (1, 4) and (name.session == 3) != testing:
        return False
    if protocol in (2, 4) and name.file not in ((1, 3, 5) if testing else (1, 2, 4)):
        return False
    return protocol < 3 or (name.phone == phone) == testing
