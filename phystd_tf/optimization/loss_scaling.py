"""Loss scaling for float16: small gradients would underflow, so the loss is multiplied and its gradients are divided.

The factor is a power of two, so nothing is rounded. If a gradient is not finite, Keras skips the update and halves the
factor; after many good updates it doubles it.
"""

from collections.abc import Sequence

import tensorflow as tf

_Scaling = tf.keras.mixed_precision.LossScaleOptimizer


def with_loss_scaling(optimizer: tf.keras.optimizers.Optimizer, precision: str) -> tf.keras.optimizers.Optimizer:
    """The optimizer as given, or wrapped with its own loss scaling factor if the precision needs one.

    Args:
      optimizer: a new optimizer.
      precision: "float32", "mixed_bfloat16", which has the range of float32, or "mixed_float16".
    """
    return _Scaling(optimizer) if precision == "mixed_float16" else optimizer


def scaled(loss: tf.Tensor, optimizer: tf.keras.optimizers.Optimizer) -> tf.Tensor:
    """The loss times the factor of the optimizer, if it has one."""
    return optimizer.get_scaled_loss(loss) if isinstance(optimizer, _Scaling) else loss


def unscaled(gradients: Sequence[tf.Tensor], optimizer: tf.keras.optimizers.Optimizer) -> Sequence[tf.Tensor]:
    """The gradients of a loss from those of its ``scaled`` value."""
    return optimizer.get_unscaled_gradients(gradients) if isinstance(optimizer, _Scaling) else gradients
