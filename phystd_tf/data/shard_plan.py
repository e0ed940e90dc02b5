"""Which clips share a shard of the prepared folder."""

import collections
import random
from collections.abc import Sequence

from phystd_tf.data import records
from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.clips import Clip

FACES_PER_SHARD = 512  # about 15 MB at 128 px, 60 MB at 256 px


def shard_plan(clips: Sequence[Clip], faces: Sequence[int], settings: Settings) -> list[tuple[str, list[int]]]:
    """Divides clips into shards; those that may be trained on are mixed: in a dataset with protocols, all.

    Args:
      clips: all clips, with their splits.
      faces: how many faces each of them has; clips without any are in no shard.
      settings: of the preparation; its dataset and seed are used.

    Returns:
      For each shard its file name and the numbers of its clips, in order.
    """
    groups: dict[tuple[str, int], list[int]] = collections.defaultdict(list)
    for number, clip in enumerate(clips):
        if faces[number]:
            groups[clip.split, clip.label].append(number)
    plan = []
    for (split, label), numbers in sorted(groups.items()):
        if split == "train" or settings.dataset != "folder":
            random.Random(settings.seed).shuffle(numbers)
        filled, shard = FACES_PER_SHARD, -1
        for number in numbers:
            if filled >= FACES_PER_SHARD:
                filled, shard = 0, shard + 1
                plan.append((records.shard_name(split, label, shard), []))
            plan[-1][1].append(number)
            filled += faces[number]
    return plan
