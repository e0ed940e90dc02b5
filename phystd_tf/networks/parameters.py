"""The size of a network: trainable parameters of each part (compared in Sec. 3.2), operations for one face."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf
from tabulate import tabulate

from phystd_tf.networks.network import Network


def count_parameters(network: Network, discriminators: Iterable[tf.keras.Model] = ()) -> dict[str, int]:
    """Trainable parameters by part.

    Args:
      network: a built Network, or a new one, which is built here.
      discriminators: built discriminators.

    Returns:
      Name of a part ("encoder", "decoder" and "depth_network" of PhySTD) or of a discriminator -> count.
    """
    if not network.built:
        network.build_variables()
    parts = [*network.layers, *discriminators]
    return {
        part.name: sum(int(np.prod(variable.shape)) for variable in part.trainable_variables)
        for part in parts
        if part.trainable_variables
    }


def count_flops(network: Network) -> int:
    """Floating-point operations for one face, as TensorFlow counts them; a multiply-add counts as two.

    Convolutions and element-wise operations count; batch normalization and resizing do not.
    """
    size = network.hparams.image_size
    traced = tf.function(lambda image: network(image, training=False))
    graph = traced.get_concrete_function(tf.TensorSpec((1, size, size, 3), tf.float32)).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation()).with_empty_output().build()
    return int(profiler.profile(graph=graph, options=options).total_float_ops)


def parameter_table(counts: dict[str, int]) -> str:
    """The counts as lines of text, with their sum."""
    rows = [*counts.items(), ("total", sum(counts.values()))]
    return tabulate([(name, f"{count:,}") for name, count in rows], tablefmt="plain", colalign=("left", "right"))
