"""SiW: two cameras, prints and replays of several media, two sessions.

    OUT/{Train,Test}/{live,spoof}/<subject>/<subject>-<sensor>-<type>-<medium>-<session>.mov
    OUT/.../<the same>.face                                      boxes of the face

``OUT`` stands for ``SiW_release``. There is no dev part and there are no lists:
the protocols are rules about the names. A sensor is a camera of its own. Medium
2 of live faces is a wandering light. In session 1 people come nearer, in
session 2 they turn their heads; replays are of such recordings, prints are not.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic.layouts.annotations import box_lines
from phystd_tf.synthetic.layouts.layout import Layout, share_out
from phystd_tf.synthetic.recipe import Clip, Recipe
from phystd_tf.synthetic.scene.conditions import APPROACH, TURN, Conditions

LIVE, PRINT, REPLAY = 1, 2, 3
_TYPES = {LIVE: spoof_types.LIVE, PRINT: spoof_types.PRINT, REPLAY: spoof_types.REPLAY}
# By medium, from 1: paper of two qualities; two telephones, a tablet, the screen of a computer.
INSTRUMENTS = {
    PRINT: ("laser_office", "inkjet_photo"),
    REPLAY: ("phone_lcd", "phone_oled", "tablet", "notebook"),
}
_SIZES = (90, 75)
# Subjects of the real test part whose live names, by the second sensor, end in .m; they come first,
# so that the smallest copy has one.
ODD_SUBJECTS = (153, 154, 158, 161)
TEST_SUBJECTS = ODD_SUBJECTS + (
    *(1, 2, 4, 5, 8, 9, 10, 12, 13, 15, 18, 19, 20, 21, 23, 24, 25, 26, 27, 29, 31, 36, 37, 39, 43, 44, 48, 49, 50, 52),
    *(53, 57, 59, 61, 64, 65, 66, 67, 71, 73, 75, 79, 82, 83, 84, 85, 87, 88, 90, 94, 95, 97, 102, 106, 108, 109, 110),
    *(114, 116, 118, 122, 124, 125, 126, 130, 132, 137, 138, 139, 141, 142),
)
TRAIN_SUBJECTS = tuple(sorted(set(range(1, 166)) - set(TEST_SUBJECTS)))


class Name(NamedTuple):
    """The numbers in the name of a video."""

    subject: int
    sensor: int
    type: int
    medium: int
    session: int

    def __str__(self) -> str:
        stem = f"{self.subject:03d}-{self.sensor}-{self.type}-{self.medium}-{self.session}"
        odd = self.subject in ODD_SUBJECTS and self.sensor == 2 and self.type == LIVE
        return stem + ".m" if odd else stem


class Siw(Layout):
    """See the module."""

    types = (spoof_types.PRINT, spoof_types.REPLAY)
    subjects = 4
    fewest_subjects = 2
    most_subjects = sum(_SIZES)
    side_suffix = ".face"

    def clips_of(self, recipe: Recipe, subject: int) -> list[Clip]:
        """Eight live videos and about twenty spoofs."""
        split, folder, person = _person(recipe.subjects, subject)
        clips = []
        for name in _names(person, with_second_prints=subject % 3 == 1):
            spoof_type = _TYPES[name.type]
            if spoof_type not in (spoof_types.LIVE, *recipe.types):
                continue
            kind = "live" if name.type == LIVE else "spoof"
            clips.append(
                Clip(
                    split,
                    spoof_type,
                    subject,
                    number=(name.sensor * 10 + name.medium) * 10 + name.session,
                    file=f"{folder}/{kind}/{person:03d}/{name}.mov",
                    person=f"{person:03d}",
                    conditions=Conditions(
                        instruments=() if name.type == LIVE else (INSTRUMENTS[name.type][name.medium - 1],),
                        device=name.sensor,
                        motion="" if name.type == PRINT else (APPROACH, TURN)[name.session - 1],
                        changing_light=name.type == LIVE and name.medium == 2,
                    ),
                )
            )
        return clips

    def side_text(self, clip: Clip, vertices: Sequence[np.ndarray]) -> str:
        """Boxes of the face."""
        return box_lines(clip, vertices)


def _person(subjects: int, subject: int) -> tuple[str, str, int]:
    """Split, its folder, and the number in the real dataset."""
    train, _ = share_out(subjects, _SIZES)
    if subject < train:
        return "train", "Train", TRAIN_SUBJECTS[subject]
    return "test", "Test", TEST_SUBJECTS[subject - train]


def _names(person: int, with_second_prints: bool) -> Iterator[Name]:
    """The videos of a person.

    As in the real set not everybody has the same: some have prints by the second sensor (in the first session
    only), and those lack the fourth replay medium.
    """
    for sensor in (1, 2):
        for session in (1, 2):
            for medium in (1, 2):
                yield Name(person, sensor, LIVE, medium, session)
                if sensor == 1 or (with_second_prints and session == 1):
                    yield Name(person, sensor, PRINT, medium, session)
            for medium in (1, 2, 3) if with_second_prints else (1, 2, 3, 4):
                yield Name(person, sensor, REPLAY, medium, session)
