"""The estimate of the memory that a training step needs."""

import pytest
import tensorflow as tf

from phystd_tf.physics.triangulation import MAX_TRIANGLES
from phystd_tf.training.step_memory import batch_bytes, peak_bytes
from tests.training.tiny import random_batch, tiny_hparams


@pytest.mark.parametrize(
    ("steps", "peak"),
    [
        (lambda x: x + 1.0, 8 + 8 + 4),  # the input, the result and a constant
        (lambda x: tf.reshape(x + 1.0, (2, 1)), 8 + 8 + 4),  # another name for the same memory
        (lambda x: tf.tile(tf.tile(x, [3]) * 2.0, [2]), 24 + 48 + 4),
    ],
)
def test_peak_memory_is_that_of_the_tensors_that_are_there_at_once(steps, peak):
    graph = tf.function(steps).get_concrete_function(tf.TensorSpec((2,))).graph
    assert peak_bytes(graph) == peak


def test_bytes_of_a_batch_are_those_of_its_arrays():
    batch = random_batch()  # fewer triangles than the maximum
    rest = [part for half in batch for name, part in half._asdict().items() if name != "triangles"]
    triangles = 2 * 2 * MAX_TRIANGLES * 3 * 4
    assert batch_bytes(tiny_hparams()) == sum(part.numpy().nbytes for part in rest) + triangles
