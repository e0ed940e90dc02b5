"""Two trainings that give the same bits."""

import tensorflow as tf


def make_deterministic() -> None:
    """On a CPU, what this process does with TensorFlow from now on depends on seeds alone; it may be slower."""
    tf.config.experimental.enable_op_determinism()
    # Grappler rewrites the same graph in another way in each process, with other rounding.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
