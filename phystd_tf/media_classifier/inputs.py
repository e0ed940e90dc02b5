"""What a medium classifier sees: the additive traces that a frozen run estimates, or the images, Sec. 4.4."""

from typing import Callable

import tensorflow as tf

from phystd_tf.errors import PhystdError
from phystd_tf.networks.network import Network
from phystd_tf.networks.outputs import traced_outputs

TRACES, IMAGE = "traces", "image"
INPUTS = (TRACES, IMAGE)
_ADDITIVE = ("B", "C", "T")

Input = Callable[[tf.Tensor], tf.Tensor]


def input_of(name: str, generator: Network) -> Input:
    """The input of a medium classifier.

    B, C and T are concatenated, as they enter the reconstruction. Inpainting is left out: P0 would reveal the type.

    Args:
      name: "traces" or "image".
      generator: network of a run, which is not trained further.

    Returns:
      A function from crops [n, N, N, 3] float32 in [0, 1] to [n, N, N, 9] float32 traces, or to the crops themselves.

    Raises:
      PhystdError: if there is no such input, or the run has no traces.
    """
    if name == IMAGE:
        return tf.identity
    if name != TRACES:
        raise PhystdError(f"the input is one of {', '.join(INPUTS)}, not '{name}'")
    hparams = generator.hparams
    if not generator.has_traces:
        raise PhystdError(f"a run of {hparams.system} ({hparams.ablation}) has no traces; give --media_input={IMAGE}")
    outputs = traced_outputs(generator, alpha0=0.0)

    def additive_traces(crops: tf.Tensor) -> tf.Tensor:
        named = outputs(crops)
        return tf.stop_gradient(tf.concat([named[trace] for trace in _ADDITIVE], axis=-1))

    return additive_traces
