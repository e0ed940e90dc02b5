"""Trains a tiny PhySTD on one device and on two, each with half of every batch.

Prints for each variable by how much the two differ, and by how much training has changed it.
"""

import numpy as np
import tensorflow as tf

from phystd_tf.training.phystd_model import PhySTD
from tests.training.stubs import distinct_batch
from tests.training.tiny import tiny_hparams

HPARAMS = tiny_hparams(synchronized_batch_norm=True, learning_rate=1e-3, init_stddev=None)
STEPS = 2


def _half(batch, index):
    return tf.nest.map_structure(lambda value: value[index : index + 1], batch)


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    tf.keras.utils.set_random_seed(1)
    one = PhySTD(HPARAMS, seed=3)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        two = PhySTD(HPARAMS, seed=3)
        two.set_weights(one.get_weights())
    start = {name: network.get_weights() for name, network in zip(("G", "D1", "D2", "D3", "D4"), _networks(one))}
    for step in range(STEPS):
        batch = distinct_batch(step)
        one.train_step(batch)
        halves = strategy.experimental_distribute_values_from_function(
            lambda context, batch=batch: _half(batch, context.replica_id_in_sync_group)
        )
        strategy.run(two.train_step, args=(halves,))
    for name, network, other in zip(("G", "D1", "D2", "D3", "D4"), _networks(one), _networks(two)):
        for variable, same, first in zip(network.variables, other.variables, start[name]):
            value, unit = variable.numpy(), max(1.0, np.abs(first).max())
            difference, change = (np.abs(value - than).max() / unit for than in (same.numpy(), first))
            print(f"{name} {variable.name} {difference:.3g} {change:.3g}")


def _networks(model):
    return model.generator, *model.discriminators


if __name__ == "__main__":
    main()
