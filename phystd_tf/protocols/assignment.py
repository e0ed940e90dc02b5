"""Divides data without a protocol of its own into splits, by subject."""

from collections.abc import Sequence
from typing import NamedTuple, Optional

import numpy as np

from phystd_tf.files.names import first_spellings, folded
from phystd_tf.protocols.clip_facts import SPLITS

# Our choice, for data without a protocol: most subjects for training, and equal
# numbers for choosing a threshold (dev) and for reporting (test).
SHARES = {"train": 0.6, "dev": 0.2, "test": 0.2}


class Member(NamedTuple):
    """The facts about a clip on which its split depends.

    Attributes:
      subject: the person in the clip.
      label: 1 live, 0 spoof.
    """

    subject: str
    label: int


def assign_splits(members: Sequence[Member], seed: int) -> list[str]:
    """Assigns subjects to disjoint splits, each with live and spoof clips where possible.

    Subjects are grouped by the classes they have (live, spoof, or both), and each
    group is divided according to SHARES, so that every split has the same
    proportion of classes. Fewer than three subjects of a group go to train and
    then test.

    Args:
      members: one Member per clip.
      seed: seed of the random order of subjects.

    Returns:
      One of SPLITS for each member; all members with the same subject get the same split. Names that differ only
      in case are the same subject.
    """
    person = first_spellings(member.subject for member in members)
    classes: dict[str, set[int]] = {}
    for member in members:
        classes.setdefault(person[member.subject], set()).add(member.label)
    rng = np.random.default_rng(seed)
    split_of: dict[str, str] = {}
    for group in ({0, 1}, {1}, {0}):
        subjects = sorted(subject for subject, labels in classes.items() if labels == group)
        order = rng.permutation(len(subjects))
        for position, split in enumerate(_sequence(len(subjects))):
            split_of[subjects[order[position]]] = split
    return [split_of[person[member.subject]] for member in members]


def _sequence(count: int) -> list[str]:
    """Returns ``count`` splits in the proportions of SHARES; fewer than three are train and then test."""
    sizes = dict.fromkeys(SPLITS, 0)
    for split in ("train", "test", "dev")[:count]:
        sizes[split] = 1
    for _ in range(count - sum(sizes.values())):
        furthest_below = max(SPLITS, key=lambda split: SHARES[split] * count - sizes[split])
        sizes[furthest_below] += 1
    return [split for split in SPLITS for _ in range(sizes[split])]


def shared_subjects(members: Sequence[Member], splits: Sequence[str]) -> Optional[str]:
    """Finds a subject that is in more than one split; such a leak makes results too good.

    Returns:
      The first such subject, or None. Names that differ only in case are the same subject.
    """
    seen: dict[str, str] = {}
    for member, split in zip(members, splits):
        if seen.setdefault(folded(member.subject), split) != split:
            return member.subject
    return None
