"""What a step on a part of the batch has to do so that all parts together are one step on the whole batch.

All devices (replicas) see equal numbers of live and of spoof faces. Every loss is a mean over faces; the negative term
of Eq. (19) is normalized per face. The loss of the whole batch is therefore the mean of those of the replicas. Its
gradient is the sum of the gradients of their shares, which the optimizers add up.
"""

from typing import Any, Callable

import tensorflow as tf


def num_replicas() -> int:
    """How many devices share a batch; 1 outside of a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def share_of_loss(loss: tf.Tensor, replicas: int) -> tf.Tensor:
    """A replica's share of the loss of the whole batch: the mean over replicas, which see equally many faces."""
    return loss if replicas == 1 else loss / replicas


def share_of_draws(draw: Callable[[tf.Tensor], tf.Tensor], num_faces: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """The values of the faces of this replica, out of one draw for the whole batch.

    Args:
      draw: maps a number of faces to one value per face, along ``axis``.
      num_faces: number of faces of this replica.
      axis: axis of the faces.

    Returns:
      The values of the faces of this replica.
    """
    replicas = num_replicas()
    if replicas == 1:
        return draw(num_faces)
    parts = tf.stack(tf.split(draw(replicas * num_faces), replicas, axis=axis))
    return parts[tf.distribute.get_replica_context().replica_id_in_sync_group]


def assign(variable: tf.Variable, value: Any) -> None:
    """Gives a variable the same value on each replica."""
    if not tf.distribute.has_strategy():
        variable.assign(value)
        return

    def on_all(strategy: tf.distribute.Strategy, value: Any) -> None:
        strategy.extended.update(variable, lambda own, new: own.assign(new), args=(value,))

    tf.distribute.get_replica_context().merge_call(on_all, args=(value,))
