"""The interface of a layout: which clips there are, how files are named, and which annotations accompany a video."""

import abc
from collections.abc import Sequence
from typing import Optional

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip, SyntheticError


class Layout(abc.ABC):
    """A layout of folders and files.

    Attributes:
      types: spoof types that the layout supports.
      subjects, clips_per_subject: defaults for a ``Recipe``.
      min_subjects, max_subjects: limits, inclusive.
      annotation_suffix: extension of the annotation file of a video; empty if there is none.
    """

    types: tuple[str, ...] = spoof_types.SPOOF_TYPES
    subjects, clips_per_subject = 30, 2
    min_subjects, max_subjects = 3, 10**4
    annotation_suffix = ""

    def check(self, recipe: Recipe) -> None:
        """Raises SyntheticError if the layout does not support the recipe."""
        if not self.min_subjects <= recipe.subjects <= self.max_subjects:
            raise SyntheticError(
                f"layout {recipe.layout} supports {self.min_subjects} to {self.max_subjects} subjects,"
                f" not {recipe.subjects}"
            )
        unsupported = sorted(set(recipe.types) - set(self.types))
        if unsupported:
            raise SyntheticError(f"layout {recipe.layout} does not support {', '.join(unsupported)}")

    @abc.abstractmethod
    def clips_of(self, recipe: Recipe, subject: int) -> list[SyntheticClip]:
        """All clips of the subject with this number."""

    def lists(self, clips: Sequence[SyntheticClip]) -> dict[str, str]:
        """List files of the whole dataset: path below the root -> text."""
        return {}

    def annotation_text(self, clip: SyntheticClip, vertices: Sequence[np.ndarray]) -> Optional[str]:
        """The annotations of a clip, or None.

        Args:
          clip: the clip.
          vertices: face mesh [468, 2] of each frame, pixels.
        """
        return None


def split_counts(subjects: int, sizes: Sequence[int]) -> list[int]:
    """Divides subjects among splits.

    Args:
      subjects: number of subjects, at least the number of splits and at most the sum of ``sizes``.
      sizes: number of subjects in each split of the real dataset.

    Returns:
      The number of subjects per split, in the ratio of ``sizes``: at least 1 and at most the real size.
    """
    counts = [max(1, round(subjects * size / sum(sizes))) for size in sizes[1:]]
    return [subjects - sum(counts), *counts]
