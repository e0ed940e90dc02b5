"""Which network and which trained model a system has."""

from typing import Callable, NamedTuple

from phystd_tf.baselines.cdcn import CDCN, CDCNNetwork
from phystd_tf.baselines.despoof import DeSpoof, TrainedDeSpoof
from phystd_tf.baselines.stdn import STDN, TrainedSTDN
from phystd_tf.errors import PhystdError
from phystd_tf.hparams import HParams
from phystd_tf.networks.generator import Generator
from phystd_tf.networks.network import Network
from phystd_tf.optimization.trained_model import TrainedModel


class Baseline(NamedTuple):
    """A system that PhySTD is compared with.

    Attributes:
      network: from HParams to its Network, for whoever uses a trained one.
      model: from HParams and a seed to its TrainedModel.
    """

    network: Callable[[HParams], Network]
    model: Callable[[HParams, int], TrainedModel]


_BASELINES: dict[str, Baseline] = {
    "stdn": Baseline(STDN, TrainedSTDN),
    "despoof": Baseline(DeSpoof, TrainedDeSpoof),
    "cdcn": Baseline(CDCNNetwork, CDCN),
    "cdcn++": Baseline(CDCNNetwork, CDCN),
}


def new_network(hparams: HParams) -> Network:
    """The network of a system, newly made.

    Raises:
      PhystdError: if there is no such system yet.
    """
    return Generator(hparams) if hparams.system == "phystd" else baseline(hparams.system).network(hparams)


def baseline(system: str) -> Baseline:
    """A baseline by its name.

    Raises:
      PhystdError: if there is no such system yet.
    """
    if system not in _BASELINES:
        raise PhystdError(f"system {system} cannot be trained yet; there are {', '.join(('phystd', *_BASELINES))}")
    return _BASELINES[system]
