"""Which prepared faces training sees, and when: a function of the seed and the number of the draw alone.

Frames of a clip look alike and lie next to each other in a shard. Reading shards in turn through a buffer mixes too few
clips for the moving averages of batch normalization, and long videos count more than people. So a face is drawn from
the manifest, and its record is read from the place where it lies in its shard.
"""

import collections
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from phystd_tf.errors import PhystdError

SAMPLINGS = ("clip", "frame", "type")

Row = Mapping[str, str]


class _Level(NamedTuple):
    """The nodes of a level of the tree of faces: where the children of each begin in the next level, and how many."""

    start: tf.Tensor
    count: tf.Tensor


class FaceSampler:
    """Draws faces without end.

    With ``sampling`` "clip", each draw takes another clip until all have been taken, then again in another order; each
    visit to a clip takes another of its frames. With "type", all spoof types are drawn equally often, and so are the
    clips of a type. With "frame", all frames are drawn equally often. Nothing is remembered between draws, so training
    can go on from any draw.

    Args:
      rows: rows of a manifest.
      sampling: "clip", "frame" or "type".
      seed: whole number.

    Raises:
      PhystdError: for another ``sampling``, or no row.
    """

    def __init__(self, rows: Sequence[Row], sampling: str, seed: int) -> None:
        if sampling not in SAMPLINGS:
            raise PhystdError(f"sampling must be one of {', '.join(SAMPLINGS)}, not {sampling!r}")
        if not rows:
            raise PhystdError("there is no face to draw from")
        keys = {"clip": ("clip",), "type": ("type", "clip"), "frame": ()}[sampling]
        order, counts = _grouped(list(range(len(rows))), rows, keys)
        self._levels = [_level(count) for count in counts]
        self._order = tf.constant(order, tf.int64)
        self._seed = seed

    def __call__(self, draw: tf.Tensor) -> tf.Tensor:
        """The number of the row that a draw takes.

        Args:
          draw: scalar int64 from 0.

        Returns:
          Scalar int64.
        """
        node, visit = tf.constant(0, tf.int64), draw
        for depth, level in enumerate(self._levels):
            count = level.count[node]
            # A permutation of the children for each round over all of them.
            seed = tf.stack([tf.constant(len(self._levels) * self._seed + depth, tf.int64), node, visit // count])
            # The op behind tf.random.experimental.index_shuffle, which takes two of its three numbers.
            child = tf.raw_ops.RandomIndexShuffle(index=visit % count, seed=seed, max_index=count - 1, rounds=4)
            node, visit = level.start[node] + child, visit // count
        return self._order[node]


def _grouped(numbers: list[int], rows: Sequence[Row], keys: tuple[str, ...]) -> tuple[list[int], list[list[int]]]:
    """Numbers of rows in the order of the leaves of the tree, and for each level the numbers of children."""
    if not keys:
        return numbers, [[len(numbers)]]
    groups: dict[str, list[int]] = collections.defaultdict(list)
    for number in numbers:
        groups[rows[number][keys[0]]].append(number)
    order: list[int] = []
    counts: list[list[int]] = [[len(groups)]]
    for _, group in sorted(groups.items()):
        own_order, own_counts = _grouped(group, rows, keys[1:])
        order += own_order
        for depth, own in enumerate(own_counts, start=1):
            if depth == len(counts):
                counts.append([])
            counts[depth] += own
    return order, counts


def _level(counts: Sequence[int]) -> _Level:
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return _Level(tf.constant(start, tf.int64), tf.constant(counts, tf.int64))


def stratified(rows: Iterable[Row], count: int, seed: int) -> list[Row]:
    """Faces for held-out losses: types in turn, and within a type people in turn.

    Args:
      rows: rows of a manifest, of one class.
      count: how many are wanted; where there are fewer, all of them.
      seed: of the choice among people, and among the frames of each.

    Returns:
      The chosen rows; the first few are of different types and people.
    """
    rng = random.Random(seed)
    by_type: dict[str, dict[str, list[Row]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        by_type[row["type"]][row["subject"] or row["clip"]].append(row)
    queues = [
        _in_turn([_shuffled(own, rng) for own in _shuffled_values(people, rng)])
        for _, people in sorted(by_type.items())
    ]
    return _in_turn(queues)[:count]


def _shuffled_values(groups: Mapping[str, list[Any]], rng: random.Random) -> list[list[Any]]:
    return _shuffled([group for _, group in sorted(groups.items())], rng)


def _shuffled(values: Sequence[Any], rng: random.Random) -> list[Any]:
    return rng.sample(list(values), len(values))


def _in_turn(queues: Sequence[Sequence[Any]]) -> list[Any]:
    """The first of each queue, then the second of each, and so on."""
    longest = max(map(len, queues), default=0)
    return [queue[place] for place in range(longest) for queue in queues if place < len(queue)]
