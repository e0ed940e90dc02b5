"""How many trainable parameters each part has (Sec. 3.2 compares them)."""

from collections.abc import Iterable

import numpy as np
from tabulate import tabulate

from phystd_tf.networks.discriminator import Discriminator
from phystd_tf.networks.generator import Generator


def count_parameters(generator: Generator, discriminators: Iterable[Discriminator] = ()) -> dict[str, int]:
    """Trainable parameters by part.

    Args:
      generator: a built Generator, or a new one, which is built here.
      discriminators: built ones.

    Returns:
      From "encoder", "decoder", "depth_network", and the names of the discriminators to counts.
    """
    if not generator.built:
        size = generator.hparams.image_size
        generator(np.zeros((1, size, size, 3), np.float32))
    parts = [generator.encoder, generator.decoder, generator.depth_network, *discriminators]
    return {
        part.name: sum(int(np.prod(variable.shape)) for variable in part.trainable_variables)
        for part in parts
        if part is not None
    }


def parameter_table(counts: dict[str, int]) -> str:
    """The counts as lines of text, with their sum."""
    rows = [*counts.items(), ("total", sum(counts.values()))]
    return tabulate([(name, f"{count:,}") for name, count in rows], tablefmt="plain", colalign=("left", "right"))
