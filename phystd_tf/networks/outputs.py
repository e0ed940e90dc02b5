"""All outputs of a system for faces, by name: the terms of the score, the traces, the live face."""

from typing import Any

import tensorflow as tf

from phystd_tf.liveness import TERMS, liveness_score
from phystd_tf.networks.network import Network
from phystd_tf.traces import GeneratorOutput


def all_outputs(image: tf.Tensor, output: GeneratorOutput, network: Network, alpha0: float) -> dict[str, tf.Tensor]:
    """All outputs for a batch of faces, under the names that the SavedModel uses.

    Args:
      image: [n, N, N, 3] float32, RGB in [0, 1].
      output: GeneratorOutput for these images.
      network: Network that computed it.
      alpha0: weight of the traces in Eq. (10).

    Returns:
      score [n]; term_depth, term_B, term_C, term_T, term_P [n]; depth_map
      [n, K, K, 1]; B, C, T [n, N, N, 3] as they enter the reconstruction (with
      PhySTD, B and C low-passed); P [n, N, N, 1]; I_P, reconstruction [n, N, N, 3];
      overall_trace [n, N, N, 3] = image - reconstruction. All float32.
    """
    terms = network.score_terms(output)
    reconstruction = network.reconstruct(image, output)
    return {
        "score": liveness_score(*(terms[name] for name in TERMS), alpha0=alpha0),
        **{f"term_{name}": value for name, value in terms.items()},
        "depth_map": output.depth,
        **network.entering_traces(output.traces)._asdict(),
        "reconstruction": reconstruction,
        "overall_trace": image - reconstruction,
    }


def traced_outputs(network: Network, alpha0: float) -> Any:
    """A traced function from crops [n, N, N, 3] float32 to ``all_outputs``, for any n."""

    @tf.function(input_signature=[_crops(network)])
    def outputs(crops: tf.Tensor) -> dict[str, tf.Tensor]:
        return all_outputs(crops, network(crops, training=False), network, alpha0)

    return outputs


def traced_terms(network: Network) -> Any:
    """A traced function from crops [n, N, N, 3] float32 to ``Network.score_terms``, for any n."""

    @tf.function(input_signature=[_crops(network)])
    def terms(crops: tf.Tensor) -> dict[str, tf.Tensor]:
        return network.score_terms(network(crops, training=False))

    return terms


def _crops(network: Network) -> tf.TensorSpec:
    size = network.hparams.image_size
    return tf.TensorSpec((None, size, size, 3), tf.float32, name="crops")
