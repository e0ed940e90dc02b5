"""What a step on a part of the batch has to do so that all parts together are one step on the joined batch.

Each device (replica) sees as many live and as many spoof faces as the others, and every loss is a mean over faces; the
normalizer of the negative term of Eq. (19) is that of a face. So the joined loss is the mean of those of the replicas,
and its gradient, which the optimizers add up, the sum of the gradients of their shares.
"""

from typing import Any, Callable

import tensorflow as tf


def num_replicas() -> int:
    """How many devices share a batch; 1 outside of a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def share_of_loss(loss: tf.Tensor, replicas: int) -> tf.Tensor:
    """What a replica adds to the joined loss, which is the mean over replicas that see equally many faces."""
    return loss if replicas == 1 else loss / replicas


def share_of_draws(draw: Callable[[tf.Tensor], tf.Tensor], num_faces: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """What is drawn for the faces of this replica, in a draw for the whole joined batch.

    Args:
      draw: from a number of faces to a value of each, along ``axis``.
      num_faces: those of this replica.
      axis: that of the faces.

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
