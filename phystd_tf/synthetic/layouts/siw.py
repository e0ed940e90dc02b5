"""SiW: two cameras, prints and replays with several media, two sessions.

    OUT/{Train,Test}/{live,spoof}/<subject>/<subject>-<sensor>-<type>-<medium>-<session>.mov
    OUT/.../<the same>.face                                      face boxes

``OUT`` corresponds to ``SiW_release``. There is no development split and there
are no lists: the protocols are rules on the file names. Each sensor has its own
camera. Medium 2 of live faces has a moving light. People approach the camera in
session 1 and turn their heads in session 2. Replays show such recordings too;
prints do not move in this way.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic.layouts.annotations import box_lines
from phystd_tf.synthetic.layouts.layout import Layout, split_counts
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip
from phystd_tf.synthetic.scene.conditions import APPROACH, TURN, Conditions

LIVE, PRINT, REPLAY = 1, 2, 3
_TYPES = {LIVE: spoof_types.LIVE, PRINT: spoof_types.PRINT, REPLAY: spoof_types.REPLAY}
# By medium number, from 1: two qualities of paper; two phones, a tablet, a notebook screen.
INSTRUMENTS = {
    PRINT: ("laser_office", "inkjet_photo"),
    REPLAY: ("phone_lcd", "phone_oled", "tablet", "notebook"),
}
_SIZES = (90, 75)
# Real test subjects whose live videos by the second sensor have names ending in .m. They come first,
# so that even the smallest copy has one.
DOT_M_SUBJECTS = (153, 154, 158, 161)
TEST_SUBJECTS = DOT_M_SUBJECTS + (
    *(1, 2, 4, 5, 8, 9, 10, 12, 13, 15, 18, 19, 20, 21, 23, 24, 25, 26, 27, 29, 31, 36, 37, 39, 43, 44, 48, 49, 50, 52),
    *(53, 57, 59, 61, 64, 65, 66, 67, 71, 73, 75, 79, 82, 83, 84, 85, 87, 88, 90, 94, 95, 97, 102, 106, 108, 109, 110),
    *(114, 116, 118, 122, 124, 125, 126, 130, 132, 137, 138, 139, 141, 142),
)
TRAIN_SUBJECTS = tuple(sorted(set(range(1, 166)) - set(TEST_SUBJECTS)))


class VideoName(NamedTuple):
    """The numbers in the file name of a video."""

    subject: int
    sensor: int
    type: int
    medium: int
    session: int

    def __str__(self) -> str:
        stem = f"{self.subject:03d}-{self.sensor}-{self.type}-{self.medium}-{self.session}"
        dot_m = self.subject in DOT_M_SUBJECTS and self.sensor == 2 and self.type == LIVE
        return stem + ".m" if dot_m else stem


class Siw(Layout):
    """The layout of SiW, see the module."""

    types = (spoof_types.PRINT, spoof_types.REPLAY)
    subjects = 4
    min_subjects = 2
    max_subjects = sum(_SIZES)
    annotation_suffix = ".face"

    def clips_of(self, recipe: Recipe, subject: int) -> list[SyntheticClip]:
        """Eight live videos and about twenty spoofs."""
        split, folder, real_number = _real_subject(recipe.subjects, subject)
        clips = []
        for name in _names(real_number, with_second_prints=subject % 3 == 1):
            spoof_type = _TYPES[name.type]
            if spoof_type not in (spoof_types.LIVE, *recipe.types):
                continue
            kind = "live" if name.type == LIVE else "spoof"
            clips.append(
                SyntheticClip(
                    split,
                    spoof_type,
                    subject,
                    number=(name.sensor * 10 + name.medium) * 10 + name.session,
                    file=f"{folder}/{kind}/{real_number:03d}/{name}.mov",
                    layout_name=f"{real_number:03d}",
                    conditions=Conditions(
                        instruments=() if name.type == LIVE else (INSTRUMENTS[name.type][name.medium - 1],),
                        device=name.sensor,
                        motion="" if name.type == PRINT else (APPROACH, TURN)[name.session - 1],
                        changing_light=name.type == LIVE and name.medium == 2,
                    ),
                )
            )
        return clips

    def annotation_text(self, clip: SyntheticClip, vertices: Sequence[np.ndarray]) -> str:
        """Face boxes."""
        return box_lines(clip, vertices)


def _real_subject(subjects: int, subject: int) -> tuple[str, str, int]:
    """Split, its folder, and the number of the subject in the real dataset."""
    train, _ = split_counts(subjects, _SIZES)
    if subject < train:
        return "train", "Train", TRAIN_SUBJECTS[subject]
    return "test", "Test", TEST_SUBJECTS[subject - train]


def _names(real_number: int, with_second_prints: bool) -> Iterator[VideoName]:
    """The videos of a subject.

    As in the real dataset, subjects have different videos: some have prints by the second sensor, in the first session
    only, and lack the fourth replay medium.
    """
    for sensor in (1, 2):
        for session in (1, 2):
            for medium in (1, 2):
                yield VideoName(real_number, sensor, LIVE, medium, session)
                if sensor == 1 or (with_second_prints and session == 1):
                    yield VideoName(real_number, sensor, PRINT, medium, session)
            for medium in (1, 2, 3) if with_second_prints else (1, 2, 3, 4):
                yield VideoName(real_number, sensor, REPLAY, medium, session)
