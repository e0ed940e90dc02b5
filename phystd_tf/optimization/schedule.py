"""Learning rates as functions of the iteration count, Sec. 4.1."""

from typing import Any

import tensorflow as tf

from phystd_tf.hparams import HParams


def generator_learning_rate(iteration: Any, hparams: HParams) -> Any:
    """Learning rate of the generator at a mini-batch iteration, Sec. 4.1.

    Mini-batches are counted (Alg. 1), not optimizer updates: with an optimizer
    that is applied twice per batch, the rate would otherwise decay twice as fast.

    Args:
      iteration: integer from 0, or an integer tensor.
      hparams: HParams.

    Returns:
      The rate, divided by ``decay_ratio`` after each ``decay_every`` iterations.
    """
    return _decayed(hparams.learning_rate, iteration, hparams.decay_every, hparams.decay_ratio)


def discriminator_learning_rate(iteration: Any, hparams: HParams) -> Any:
    """Learning rate of the discriminators, Sec. 3.5: reduced by half.

    ``discriminator_decay_every`` sets its own decay interval; 0 means no decay.
    """
    every = hparams.decay_every if hparams.discriminator_decay_every is None else hparams.discriminator_decay_every
    start = hparams.learning_rate * hparams.discriminator_lr_ratio
    return _decayed(start, iteration, every, hparams.decay_ratio)


def _decayed(start: float, iteration: Any, every: int, ratio: float) -> Any:
    if every == 0:
        return start
    return tf.keras.optimizers.schedules.ExponentialDecay(start, every, 1 / ratio, staircase=True)(iteration)
