"""What a layout decides: which clips there are, what their files are called, and which files stand beside them."""

import abc
from collections.abc import Sequence
from typing import Optional

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic.recipe import Clip, Recipe, SyntheticError


class Layout(abc.ABC):
    """One way of laying out a dataset.

    Attributes:
      types: spoof types that it has a place for.
      subjects, clips_per_subject: unless told otherwise, see ``Recipe``.
      fewest_subjects, most_subjects: limits.
      side_suffix: ending of the file of annotations beside a video; empty if there is none.
    """

    types: tuple[str, ...] = spoof_types.SPOOF_TYPES
    subjects, clips_per_subject = 30, 2
    fewest_subjects, most_subjects = 3, 10**4
    side_suffix = ""

    def check(self, recipe: Recipe) -> None:
        """Raises SyntheticError if the layout has no place for what the recipe wants."""
        if not self.fewest_subjects <= recipe.subjects <= self.most_subjects:
            raise SyntheticError(
                f"layout {recipe.layout} takes {self.fewest_subjects} to {self.most_subjects} subjects,"
                f" not {recipe.subjects}"
            )
        foreign = sorted(set(recipe.types) - set(self.types))
        if foreign:
            raise SyntheticError(f"layout {recipe.layout} has no place for {', '.join(foreign)}")

    @abc.abstractmethod
    def clips_of(self, recipe: Recipe, subject: int) -> list[Clip]:
        """All clips of a subject, given by number."""

    def lists(self, clips: Sequence[Clip]) -> dict[str, str]:
        """Files of the whole set: from the path below the root to the text."""
        return {}

    def side_text(self, clip: Clip, vertices: Sequence[np.ndarray]) -> Optional[str]:
        """The annotations of a clip, from the face meshes [468, 2] of its frames."""
        return None


def share_out(subjects: int, sizes: Sequence[int]) -> list[int]:
    """How many of a few subjects go to each split, in the ratio of the real sizes: each at least one, none too many."""
    counts = [max(1, round(subjects * size / sum(sizes))) for size in sizes[1:]]
    return [subjects - sum(counts), *counts]
