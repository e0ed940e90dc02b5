"""Divides data that have no protocol of their own, by subject."""

from collections.abc import Sequence
from typing import NamedTuple, Optional

import numpy as np

from phystd_tf.protocols.clip_facts import SPLITS

# Ours, for data without a protocol: most subjects to learn from, as many to
# choose a threshold on as to report on.
SHARES = {"train": 0.6, "dev": 0.2, "test": 0.2}


class Member(NamedTuple):
    """What a split depends on: who is seen, and whether live (1) or spoof (0)."""

    subject: str
    label: int


def assign_splits(members: Sequence[Member], seed: int) -> list[str]:
    """Splits by subject, disjoint, each with live and spoof where possible.

    Subjects are grouped by what they have (live, spoof, or both) and each group
    is divided by SHARES, so that the classes keep their proportion. A group of
    few subjects is given to train, test and dev in that order.

    Args:
      members: one Member a clip.
      seed: of the random order of subjects.

    Returns:
      One of SPLITS for each member; all members of a subject get the same.
    """
    kinds: dict[str, set] = {}
    for member in members:
        kinds.setdefault(member.subject, set()).add(member.label)
    rng = np.random.default_rng(seed)
    split_of: dict[str, str] = {}
    for kind in ({0, 1}, {1}, {0}):
        subjects = sorted(subject for subject, labels in kinds.items() if labels == kind)
        order = rng.permutation(len(subjects))
        for position, split in enumerate(_sequence(len(subjects))):
            split_of[subjects[order[position]]] = split
    return [split_of[member.subject] for member in members]


def _sequence(count: int) -> list[str]:
    """``count`` splits in SHARES; few are given to train, then test, then dev."""
    sizes = dict.fromkeys(SPLITS, 0)
    for split in ("train", "test", "dev")[:count]:
        sizes[split] = 1
    for _ in range(count - sum(sizes.values())):
        most_wanting = max(SPLITS, key=lambda split: SHARES[split] * count - sizes[split])
        sizes[most_wanting] += 1
    return [split for split in SPLITS for _ in range(sizes[split])]


def shared_subjects(members: Sequence[Member], splits: Sequence[str]) -> Optional[str]:
    """A subject that is in more than one split, or None: such a leak makes results too good."""
    seen: dict[str, str] = {}
    for member, split in zip(members, splits):
        if seen.setdefault(member.subject, split) != split:
            return member.subject
    return None
