"""Random sampling of prepared faces, which depends only on the seed and the number of the draw.

The frames of a clip look alike and are stored next to each other in a shard. A shuffle buffer over shards mixes too few
clips for the moving averages of batch normalization, and gives long videos more weight than people. Instead, a face is
drawn from the manifest, and its record is read from its offset in the shard.
"""

import collections
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from phystd_tf.errors import PhystdError
from phystd_tf.hparams import choices_of

Row = Mapping[str, str]


class _Level(NamedTuple):
    """The nodes of one level of the tree of faces.

    Attributes:
      first_child: [n] int64, index in the next level of the first child of each node.
      num_children: [n] int64.
    """

    first_child: tf.Tensor
    num_children: tf.Tensor


class FaceSampler:
    """Draws an infinite sequence of faces.

    With ``sampling`` "clip", each draw takes a different clip until all have been taken, and then starts again in
    another order; each visit to a clip takes a different frame. With "type", all spoof types are drawn equally
    often, and so are the clips of a type. With "frame", all frames are drawn equally often. No state is kept between
    draws, so training can resume at any draw.

    Args:
      rows: rows of a manifest.
      sampling: "clip", "frame" or "type".
      seed: integer.

    Raises:
      PhystdError: if ``sampling`` is unknown or there are no rows.
    """

    def __init__(self, rows: Sequence[Row], sampling: str, seed: int) -> None:
        if sampling not in choices_of("sampling"):
            raise PhystdError(f"sampling must be one of {', '.join(choices_of('sampling'))}, not {sampling!r}")
        if not rows:
            raise PhystdError("there is no face to draw from")
        keys = {"clip": ("clip",), "type": ("type", "clip"), "frame": ()}[sampling]
        order, counts = _grouped(list(range(len(rows))), rows, keys)
        self._levels = [_level(count) for count in counts]
        self._order = tf.constant(order, tf.int64)
        self._seed = seed

    def __call__(self, draw: tf.Tensor) -> tf.Tensor:
        """Returns the index of the row that a draw takes.

        Args:
          draw: scalar int64, number of the draw from 0.

        Returns:
          Scalar int64.
        """
        node, visit = tf.constant(0, tf.int64), draw
        for depth, level in enumerate(self._levels):
            count = level.num_children[node]
            # Each pass over all children uses another permutation of them.
            seed = tf.stack([tf.constant(len(self._levels) * self._seed + depth, tf.int64), node, visit // count])
            # The op behind tf.random.experimental.index_shuffle, which exposes only two of its three seeds.
            child = tf.raw_ops.RandomIndexShuffle(index=visit % count, seed=seed, max_index=count - 1, rounds=4)
            node, visit = level.first_child[node] + child, visit // count
        return self._order[node]


def _grouped(numbers: list[int], rows: Sequence[Row], keys: tuple[str, ...]) -> tuple[list[int], list[list[int]]]:
    """Returns the indices of rows in the order of the leaves, and the numbers of children at each level."""
    if not keys:
        return numbers, [[len(numbers)]]
    groups: dict[str, list[int]] = collections.defaultdict(list)
    for number in numbers:
        groups[rows[number][keys[0]]].append(number)
    order: list[int] = []
    counts: list[list[int]] = [[len(groups)]]
    for _, group in sorted(groups.items()):
        group_order, group_counts = _grouped(group, rows, keys[1:])
        order += group_order
        for depth, children in enumerate(group_counts, start=1):
            if depth == len(counts):
                counts.append([])
            counts[depth] += children
    return order, counts


def _level(counts: Sequence[int]) -> _Level:
    first_child = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return _Level(tf.constant(first_child, tf.int64), tf.constant(counts, tf.int64))


def stratified(rows: Iterable[Row], count: int, seed: int) -> list[Row]:
    """Selects faces for held-out losses, cycling through the types, and within a type through the people.

    Args:
      rows: rows of a manifest, all of one class.
      count: number of faces to select; if there are fewer, all are selected.
      seed: seed of the order of people, and of the frames of each.

    Returns:
      The selected rows; the first few are of different types and people.
    """
    rng = random.Random(seed)
    by_type: dict[str, dict[str, list[Row]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        by_type[row["type"]][row["subject"] or row["clip"]].append(row)
    queues = [
        _in_turn([_shuffled(frames, rng) for frames in _shuffled_values(people, rng)])
        for _, people in sorted(by_type.items())
    ]
    return _in_turn(queues)[:count]


def _shuffled_values(groups: Mapping[str, list[Any]], rng: random.Random) -> list[list[Any]]:
    return _shuffled([group for _, group in sorted(groups.items())], rng)


def _shuffled(values: Sequence[Any], rng: random.Random) -> list[Any]:
    return rng.sample(list(values), len(values))


def _in_turn(queues: Sequence[Sequence[Any]]) -> list[Any]:
    """Returns the first item of each queue, then the second of each, and so on."""
    longest = max(map(len, queues), default=0)
    return [queue[place] for place in range(longest) for queue in queues if place < len(queue)]
