"""What is trained: the model of a system."""

from phystd_tf.baselines.registry import baseline
from phystd_tf.hparams import HParams
from phystd_tf.optimization.trained_model import TrainedModel
from phystd_tf.training.phystd_model import PhySTD


def new_model(hparams: HParams, seed: int = 0) -> TrainedModel:
    """The model of ``hparams.system``, newly made.

    Args:
      hparams: HParams.
      seed: of what its losses draw; the weights follow TensorFlow's global seed.
    """
    return PhySTD(hparams, seed) if hparams.system == "phystd" else baseline(hparams.system).model(hparams, seed)
