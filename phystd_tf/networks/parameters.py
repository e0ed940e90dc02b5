"""How many trainable parameters each part has (Sec. 3.2 compares them)."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf
from tabulate import tabulate

from phystd_tf.networks.network import Network


def count_parameters(network: Network, discriminators: Iterable[tf.keras.Model] = ()) -> dict[str, int]:
    """Trainable parameters by part.

    Args:
      network: a built Network, or a new one, which is built here.
      discriminators: built ones.

    Returns:
      From the names of the parts ("encoder", "decoder" and "depth_network" of PhySTD) and of the discriminators to
      counts.
    """
    if not network.built:
        network.build_variables()
    parts = [*network.layers, *discriminators]
    return {
        part.name: sum(int(np.prod(variable.shape)) for variable in part.trainable_variables)
        for part in parts
        if part.trainable_variables
    }


def parameter_table(counts: dict[str, int]) -> str:
    """The counts as lines of text, with their sum."""
    rows = [*counts.items(), ("total", sum(counts.values()))]
    return tabulate([(name, f"{count:,}") for name, count in rows], tablefmt="plain", colalign=("left", "right"))
