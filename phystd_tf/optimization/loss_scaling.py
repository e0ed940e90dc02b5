"""Loss scaling for float16: small gradients would be 0 in it, so they are computed of a larger loss and divided again.

The factor is a power of two, so nothing is rounded. Where a gradient is not finite, Keras skips the update and halves
the factor; after many good updates it doubles it.
"""

from collections.abc import Sequence

import tensorflow as tf

_Scaling = tf.keras.mixed_precision.LossScaleOptimizer


def with_loss_scaling(optimizer: tf.keras.optimizers.Optimizer, precision: str) -> tf.keras.optimizers.Optimizer:
    """The optimizer as given, or one with a factor of its own where the precision needs it.

    Args:
      optimizer: newly made.
      precision: "float32", "mixed_bfloat16", which has the range of float32, or "mixed_float16".
    """
    return _Scaling(optimizer) if precision == "mixed_float16" else optimizer


def scaled(loss: tf.Tensor, optimizer: tf.keras.optimizers.Optimizer) -> tf.Tensor:
    """The loss times the factor of the optimizer, if it has one."""
    return optimizer.get_scaled_loss(loss) if isinstance(optimizer, _Scaling) else loss


def unscaled(gradients: Sequence[tf.Tensor], optimizer: tf.keras.optimizers.Optimizer) -> Sequence[tf.Tensor]:
    """The gradients of a loss from those of its ``scaled`` value."""
    return optimizer.get_unscaled_gradients(gradients) if isinstance(optimizer, _Scaling) else gradients
