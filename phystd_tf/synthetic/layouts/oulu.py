"""OULU-NPU: six phones, three sessions, two printers, two displays, and the lists of its four protocols.

    OUT/{Train_files,Dev_files,Test_files}/<phone>_<session>_<user>_<file>.avi
    OUT/.../<the same>.txt                                       eye positions
    OUT/Protocols/Protocol_{1,2}/{Train,Dev,Test}.txt
    OUT/Protocols/Protocol_{3,4}/{Train,Dev,Test}_{1..6}.txt     the number of the phone that is held out

Each user has the full grid of 90 videos. Each phone has its own camera. Each
session has its own place, with the same light and background for all users.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.protocols.clip_facts import SPLITS
from phystd_tf.synthetic.layouts.annotations import eye_lines
from phystd_tf.synthetic.layouts.layout import Layout, split_counts
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip
from phystd_tf.synthetic.scene.conditions import Conditions

PHONES, SESSIONS = range(1, 7), range(1, 4)
FIRST_USER = {"train": 1, "dev": 21, "test": 36}
_SIZES = (20, 15, 20)
_FOLDERS = {"train": "Train_files", "dev": "Dev_files", "test": "Test_files"}
# File number -> type and instrument: one live video, two prints, two replays.
FILES = {
    1: (spoof_types.LIVE, ""),
    2: (spoof_types.PRINT, "laser_fine"),
    3: (spoof_types.PRINT, "inkjet_photo"),
    4: (spoof_types.REPLAY, "notebook"),
    5: (spoof_types.REPLAY, "tablet"),
}
# Labels in the lists; only the test lists distinguish prints from replays.
_LABELS = {spoof_types.LIVE: "+1", spoof_types.PRINT: "-1", spoof_types.REPLAY: "-1"}
_TEST_LABELS = dict(_LABELS, **{spoof_types.REPLAY: "-2"})


class VideoName(NamedTuple):
    """The numbers in the file name of a video."""

    phone: int
    session: int
    user: int
    file: int

    def __str__(self) -> str:
        return f"{self.phone}_{self.session}_{self.user:02d}_{self.file}"


class OuluNpu(Layout):
    """The layout of OULU-NPU, see the module."""

    types = (spoof_types.PRINT, spoof_types.REPLAY)
    subjects = 3
    max_subjects = sum(_SIZES)
    annotation_suffix = ".txt"

    def clips_of(self, recipe: Recipe, subject: int) -> list[SyntheticClip]:
        """The grid of phones, sessions and files of a user."""
        split, user = _user(recipe.subjects, subject)
        clips = []
        for phone in PHONES:
            for session in SESSIONS:
                for file, (spoof_type, instrument) in FILES.items():
                    if spoof_type not in (spoof_types.LIVE, *recipe.types):
                        continue
                    name = VideoName(phone, session, user, file)
                    clips.append(
                        SyntheticClip(
                            split,
                            spoof_type,
                            subject,
                            number=(phone * 10 + session) * 10 + file,
                            file=f"{_FOLDERS[split]}/{name}.avi",
                            layout_name=f"{user:02d}",
                            conditions=Conditions((instrument,) if instrument else (), phone, session),
                        )
                    )
        return clips

    def lists(self, clips: Sequence[SyntheticClip]) -> dict[str, str]:
        """The 42 protocol lists of the given clips."""
        named = [(clip, VideoName(*map(int, clip.file.rsplit("/", 1)[1][:-4].split("_")))) for clip in clips]
        named.sort(key=lambda pair: pair[1])
        texts = {}
        for protocol, fold in _folds():
            for split in SPLITS:
                labels = _TEST_LABELS if split == "test" else _LABELS
                rows = [
                    f"{labels[clip.spoof_type]},{name}\n"
                    for clip, name in named
                    if clip.split == split and _includes(protocol, fold, split == "test", name)
                ]
                suffix = f"_{fold}" if fold else ""
                texts[f"Protocols/Protocol_{protocol}/{split.capitalize()}{suffix}.txt"] = "".join(rows)
        return texts

    def annotation_text(self, clip: SyntheticClip, vertices: Sequence[np.ndarray]) -> str:
        """Eye positions."""
        return eye_lines(clip, vertices)


def _user(subjects: int, subject: int) -> tuple[str, int]:
    """Split and number of a user; each split uses its first real numbers."""
    for split, count in zip(SPLITS, split_counts(subjects, _SIZES)):
        if subject < count:
            return split, FIRST_USER[split] + subject
        subject -= count
    raise IndexError(subject)


def _folds() -> Iterator[tuple[int, int]]:
    """Pairs of protocol and held-out phone; the phone is 0 if the protocol holds out none."""
    for protocol in (1, 2, 3, 4):
        for fold in (0,) if protocol < 3 else PHONES:
            yield protocol, fold


def _includes(protocol: int, phone: int, testing: bool, name: VideoName) -> bool:
    """Whether a protocol uses a video for testing, or for training and development.

    Protocol 1 holds out the third session, 2 a printer and a display, 3 a phone, and 4 all of these.

    Args:
      protocol: 1 to 4.
      phone: number of the held-out phone, for protocols 3 and 4.
      testing: whether the list is for testing.
      name: name of the video.
    """
    if protocol in (1, 4) and (name.session == 3) != testing:
        return False
    if protocol in (2, 4) and name.file not in ((1, 3, 5) if testing else (1, 2, 4)):
        return False
    return protocol < 3 or (name.phone == phone) == testing
