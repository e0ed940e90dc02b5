"""The specification of a synthetic dataset: its recipe, its subjects and splits, and its clips."""

import dataclasses
import os
from typing import NamedTuple

from phystd_tf import spoof_types
from phystd_tf.errors import PhystdError
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.scene.conditions import Conditions

TRUTHS = ("full", "camera", "none")


class SyntheticError(PhystdError):
    """The recipe is invalid, or the folder holds something else."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What to make.

    Attributes:
      seed: seed of all random numbers, at least 0.
      subjects: number of people; at least one per split.
      clips_per_subject: number of clips per subject and spoof type.
      live_clips_per_subject: number of live clips per subject; 0 means twice ``clips_per_subject``, because live faces
        are one type among several.
      frames_per_clip: number of frames per clip.
      size: side of a frame, pixels; the face crop takes up about half of it.
      types: spoof types.
      truth: which ground truth is stored: "full" (before and after the camera), "camera" (only P and the live face
        after the camera) or "none". The vertices are always stored, except with "none".
      layout: layout of folders and files, one of ``layouts.LAYOUTS``.
      photographs: fingerprint of the gallery of live people; empty if people are rendered.
      dev_share, test_share: shares of the subjects; the rest is for training. A split with share 0 is empty. Only the
        layout of a user's own folders uses these shares.
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
        """Raises SyntheticError for an invalid recipe."""
        for name in ("clips_per_subject", "frames_per_clip"):
            if getattr(self, name) < 1:
                raise SyntheticError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.live_clips_per_subject < 0:
            raise SyntheticError(f"live_clips_per_subject must be at least 0, not {self.live_clips_per_subject}")
        if not 96 <= self.size <= 1024:
            raise SyntheticError(f"size must be between 96 and 1024 pixels, not {self.size}")
        if self.seed < 0:
            raise SyntheticError(f"seed must be at least 0, not {self.seed}")
        if not self.types:
            raise SyntheticError("types must not be empty")
        unknown = sorted(set(self.types) - set(MEDIA))
        if unknown:
            raise SyntheticError(f"unknown spoof types: {', '.join(unknown)}; choose from {', '.join(MEDIA)}")
        if min(self.dev_share, self.test_share) < 0 or self.dev_share + self.test_share > 1:
            raise SyntheticError(
                f"dev_share and test_share must be at least 0 and together at most 1, not {self.dev_share} and "
                f"{self.test_share}"
            )
        if self.truth not in TRUTHS:
            raise SyntheticError(f"truth must be one of {', '.join(TRUTHS)}, not {self.truth!r}")

    @property
    def live_clips(self) -> int:
        """Number of live clips per subject."""
        return self.live_clips_per_subject or 2 * self.clips_per_subject


class SyntheticClip(NamedTuple):
    """One clip to make.

    Attributes:
      split: train, dev or test.
      spoof_type: a spoof type or ``live``.
      subject: number of the subject.
      number: number of the clip within subject and type.
      file: path of the video below the root, with forward slashes; empty for frames in a folder.
      layout_name: name of the subject in the layout; empty for the default name.
      conditions: conditions that the clip shares with other clips.
    """

    split: str
    spoof_type: str
    subject: int
    number: int
    file: str = ""
    layout_name: str = ""
    conditions: Conditions = Conditions()

    @property
    def subject_name(self) -> str:
        """Name of the subject in the layout."""
        return self.layout_name or f"s{self.subject:04d}"

    @property
    def folder(self) -> str:
        """Path of the frames below the root, in the layout of a user's own folders."""
        kind = ("live",) if self.spoof_type == spoof_types.LIVE else ("spoof", self.spoof_type)
        return os.path.join(self.split, *kind, self.subject_name, f"c{self.number:02d}")

    @property
    def path(self) -> str:
        """Path of the clip below the root: a video or a folder."""
        return self.file or self.folder


def split_of(subject: int, recipe: Recipe) -> str:
    """The split of a subject.

    The first subjects are for train, the next for dev, the last for test. Each split with a share has at least one
    subject. Consecutive subjects cover the range of skin tones, so each split covers it too.

    Args:
      subject: number of the subject.
      recipe: recipe of the dataset.
    """
    test, dev = (
        max(1, round(share * recipe.subjects)) if share else 0 for share in (recipe.test_share, recipe.dev_share)
    )
    if subject < recipe.subjects - dev - test:
        return "train"
    return "dev" if subject < recipe.subjects - test else "test"
