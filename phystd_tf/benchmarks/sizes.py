"""The size of each system: parameters, and operations for one face."""

from collections.abc import Iterable

from phystd_tf.baselines.registry import new_network
from phystd_tf.benchmarks.bench import Bench
from phystd_tf.hparams import HParams
from phystd_tf.networks.parameters import count_flops, count_parameters


def sizes(bench: Bench, preset: str, systems: Iterable[tuple[str, HParams]]) -> None:
    """Counts trainable parameters, and multiply-adds for the score of a face.

    Args:
      bench: Bench, for the counts.
      preset: name of the hyper-parameters.
      systems: (name, HParams) of systems that are trained by iterations.
    """
    for name, hparams in systems:
        network = new_network(hparams)
        case = f"sizes, {preset}, {hparams.image_size} px"
        bench.add(case, f"{name}: parameters", sum(count_parameters(network).values()) / 1e6, "million")
        bench.add(case, f"{name}: multiply-adds for a face", count_flops(network) / 2e9, "billion")
