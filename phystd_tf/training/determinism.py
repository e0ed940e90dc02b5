"""Training that gives the same bits each time."""

import tensorflow as tf


def make_deterministic() -> None:
    """Makes TensorFlow results of this process on a CPU depend on seeds alone, from now on; it may be slower."""
    tf.config.experimental.enable_op_determinism()
    # Grappler rewrites the same graph differently in each process, with different rounding.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
