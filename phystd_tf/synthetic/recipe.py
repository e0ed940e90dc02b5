"""What the embedded dataset shall be: its recipe, its people and splits, and its clips."""

import dataclasses
import os
from typing import NamedTuple

from phystd_tf import spoof_types
from phystd_tf.errors import PhystdError
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.scene.conditions import Conditions

SPLITS = ("train", "dev", "test")
TRUTHS = ("full", "camera", "none")


class SyntheticError(PhystdError):
    """The recipe is impossible, or the folder holds another dataset."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What to make.

    Attributes:
      seed: of everything.
      subjects: people; at least one for each split.
      clips_per_subject: of each spoof type.
      live_clips_per_subject: live clips; 0 is twice as many as of a spoof type, because a type is one of several.
      frames_per_clip: frames.
      size: of a frame in pixels; the face crop is about half of it.
      types: spoof types.
      truth: "full" (before and after the camera), "camera" (only P and the live face after the camera) or "none"; the
        vertices are always there, except with "none".
      layout: of folders and files, one of ``layouts.LAYOUTS``.
      photographs: fingerprint of the gallery of live people; empty for rendered people.
      dev_share, test_share: of the people; the rest is for training. A split whose share is 0 has none. Only the
        layout of own folders divides people in this way.
    """

    seed: int = 1
    subjects: int = 30
    clips_per_subject: int = 2
    live_clips_per_subject: int = 0
    frames_per_clip: int = 4
    size: int = 256
    types: tuple[str, ...] = tuple(MEDIA)
    truth: str = "full"
    layout: str = "own"
    photographs: str = ""
    dev_share: float = 0.2
    test_share: float = 0.2

    def __post_init__(self) -> None:
        """Raises SyntheticError for what cannot be made."""
        for name in ("clips_per_subject", "frames_per_clip"):
            if getattr(self, name) < 1:
                raise SyntheticError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.live_clips_per_subject < 0:
            raise SyntheticError(f"live_clips_per_subject must not be negative, not {self.live_clips_per_subject}")
        if not 96 <= self.size <= 1024:
            raise SyntheticError(f"size must be between 96 and 1024 pixels, not {self.size}")
        if self.seed < 0:
            raise SyntheticError(f"seed must not be negative, not {self.seed}")
        unknown = sorted(set(self.types) - set(MEDIA))
        if unknown or not self.types:
            raise SyntheticError(f"no such medium: {', '.join(unknown) or 'none given'}; there are {', '.join(MEDIA)}")
        if min(self.dev_share, self.test_share) < 0 or self.dev_share + self.test_share > 1:
            raise SyntheticError(
                f"dev_share and test_share must be at least 0 and together at most 1, not {self.dev_share} and "
                f"{self.test_share}"
            )
        if self.truth not in TRUTHS:
            raise SyntheticError(f"truth must be one of {', '.join(TRUTHS)}, not {self.truth!r}")

    @property
    def live_clips(self) -> int:
        """Live clips of a subject."""
        return self.live_clips_per_subject or 2 * self.clips_per_subject


class Clip(NamedTuple):
    """One clip to make.

    Attributes:
      split: train, dev or test.
      spoof_type: a spoof type or ``live``.
      subject: number.
      number: of the clip within subject and type.
      file: path of the video below the root, with slashes; empty for frames in a folder.
      person: name of the subject in the layout; empty for that of the embedded set.
      conditions: what it has in common with other clips.
    """

    split: str
    spoof_type: str
    subject: int
    number: int
    file: str = ""
    person: str = ""
    conditions: Conditions = Conditions()

    @property
    def subject_name(self) -> str:
        """The subject as the layout names it."""
        return self.person or f"s{self.subject:04d}"

    @property
    def folder(self) -> str:
        """Path of the frames below the root, in the layout of own folders."""
        kind = ("live",) if self.spoof_type == spoof_types.LIVE else ("spoof", self.spoof_type)
        return os.path.join(self.split, *kind, self.subject_name, f"c{self.number:02d}")

    @property
    def path(self) -> str:
        """Path of the clip below the root: a video or a folder."""
        return self.file or self.folder


def split_of(subject: int, recipe: Recipe) -> str:
    """The split of a subject: the first people are train, then dev, then test; each with a share has at least one.

    Consecutive subjects spread over the range of skin tones, so every split does.
    """
    test, dev = (
        max(1, round(share * recipe.subjects)) if share else 0 for share in (recipe.test_share, recipe.dev_share)
    )
    if subject < recipe.subjects - dev - test:
        return "train"
    return "dev" if subject < recipe.subjects - test else "test"
