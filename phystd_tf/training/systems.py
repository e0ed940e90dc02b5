"""The model to train for each system."""

from phystd_tf.baselines.registry import baseline
from phystd_tf.hparams import HParams
from phystd_tf.optimization.trained_model import TrainedModel
from phystd_tf.training.phystd_model import PhySTD


def new_model(hparams: HParams, seed: int = 0) -> TrainedModel:
    """A new model of ``hparams.system``.

    Args:
      hparams: HParams.
      seed: for the random draws of its losses; the weights depend on TensorFlow's global seed.
    """
    return PhySTD(hparams, seed) if hparams.system == "phystd" else baseline(hparams.system).model(hparams, seed)
