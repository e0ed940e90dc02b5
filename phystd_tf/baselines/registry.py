"""Which network and which trained model a system has."""

from collections.abc import Mapping
from typing import Callable, NamedTuple, Optional

import numpy as np
import tensorflow as tf

from phystd_tf.baselines import lbp_svm
from phystd_tf.baselines.cdcn import CDCN, CDCNNetwork
from phystd_tf.baselines.despoof import DeSpoof, TrainedDeSpoof
from phystd_tf.baselines.stdn import STDN, TrainedSTDN
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


class FittedBaseline(NamedTuple):
    """A system that is fitted to features of faces at once, without iterations; its run holds arrays by name.

    Attributes:
      require_installed: raises PhystdError where a package is missing.
      faces_per_class: at most so many live and so many spoof faces are taken.
      features: from faces [n, N, N, 3] float32 in [0, 1] to features [n, d] float64.
      fit: from features [n, d] and labels [n] to a NamedTuple of arrays.
      network: from HParams and these arrays by name to its Network.
    """

    require_installed: Callable[[], None]
    faces_per_class: int
    features: Callable[[tf.Tensor], np.ndarray]
    fit: Callable[[np.ndarray, np.ndarray], lbp_svm.SupportVectorMachine]
    network: Callable[[HParams, Mapping[str, np.ndarray]], Network]


_BASELINES: dict[str, Baseline] = {
    "stdn": Baseline(STDN, TrainedSTDN),
    "despoof": Baseline(DeSpoof, TrainedDeSpoof),
    "cdcn": Baseline(CDCNNetwork, CDCN),
    "cdcn++": Baseline(CDCNNetwork, CDCN),
}

_FITTED: dict[str, FittedBaseline] = {
    "lbp_svm": FittedBaseline(
        lbp_svm.require_installed,
        lbp_svm.FACES_PER_CLASS,
        lambda images: lbp_svm.color_lbp(lbp_svm.small_faces(images).numpy()),
        lbp_svm.fit,
        lbp_svm.LbpSvmNetwork,
    ),
}


def new_network(hparams: HParams) -> Network:
    """The network of a system that is trained by iterations, newly made."""
    return Generator(hparams) if hparams.system == "phystd" else baseline(hparams.system).network(hparams)


def baseline(system: str) -> Baseline:
    """A baseline that is trained by iterations, by its name."""
    return _BASELINES[system]


def fitted_baseline(system: str) -> Optional[FittedBaseline]:
    """A baseline that is fitted at once, by its name; None for the other systems."""
    return _FITTED.get(system)
