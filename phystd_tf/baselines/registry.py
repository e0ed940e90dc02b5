"""The network and the trained model of each system."""

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
      network: makes its Network from HParams, for inference.
      model: makes its TrainedModel from HParams and a seed.
    """

    network: Callable[[HParams], Network]
    model: Callable[[HParams, int], TrainedModel]


class FittedBaseline(NamedTuple):
    """A system that is fitted to features of faces in one go, without iterations; its run stores named arrays.

    Attributes:
      require_installed: raises PhystdError if a package is missing.
      faces_per_class: maximum number of faces of each class (live, spoof) that are used.
      features: maps faces [n, N, N, 3] float32 in [0, 1] to features [n, d] float64.
      fit: maps features [n, d] and labels [n] to a NamedTuple of arrays.
      network: makes its Network from HParams and these arrays by name.
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
    """Makes the network of a system that is trained by iterations."""
    return Generator(hparams) if hparams.system == "phystd" else baseline(hparams.system).network(hparams)


def baseline(system: str) -> Baseline:
    """Looks up a baseline that is trained by iterations, by its name."""
    return _BASELINES[system]


def fitted_baseline(system: str) -> Optional[FittedBaseline]:
    """Looks up a baseline that is fitted in one go, by its name; None for the other systems."""
    return _FITTED.get(system)
