"""Decides which clips share a shard of the prepared folder."""

import collections
import random
from collections.abc import Sequence

from phystd_tf.data import records
from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.clips import Clip

FACES_PER_SHARD = 512  # about 15 MB at 128 px, 60 MB at 256 px


def shard_plan(clips: Sequence[Clip], face_counts: Sequence[int], settings: Settings) -> list[tuple[str, list[int]]]:
    """Divides clips into shards.

    Clips that may be used for training are shuffled; in a dataset with protocols,
    these are all clips.

    Args:
      clips: all clips, with their splits.
      face_counts: number of faces of each clip; clips without faces are in no shard.
      settings: settings of the preparation; the dataset and the seed are used.

    Returns:
      The file name of each shard, and the numbers of its clips, in order.
    """
    groups: dict[tuple[str, int], list[int]] = collections.defaultdict(list)
    for number, clip in enumerate(clips):
        if face_counts[number]:
            assert clip.split is not None  # every clip has a split by now
            groups[clip.split, clip.label].append(number)
    plan: list[tuple[str, list[int]]] = []
    for (split, label), numbers in sorted(groups.items()):
        if split == "train" or settings.dataset != "folder":
            random.Random(settings.seed).shuffle(numbers)
        filled, shard = FACES_PER_SHARD, -1
        for number in numbers:
            if filled >= FACES_PER_SHARD:
                filled, shard = 0, shard + 1
                plan.append((records.shard_name(split, label, shard), []))
            plan[-1][1].append(number)
            filled += face_counts[number]
    return plan
