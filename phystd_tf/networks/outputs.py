"""All that PhySTD says about faces, by name: the terms of the score, the traces, the live face."""

from typing import Any

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.liveness import TERMS, liveness_score
from phystd_tf.networks.generator import Generator
from phystd_tf.physics.bands import low_pass
from phystd_tf.physics.formation import additive_trace
from phystd_tf.physics.reconstruction import reconstruct_live
from phystd_tf.traces import GeneratorOutput


def score_terms(output: GeneratorOutput) -> dict[str, tf.Tensor]:
    """The five terms of the score before alpha0, Eq. (10).

    Args:
      output: GeneratorOutput.

    Returns:
      By name, each [n] float32: depth = |M|_1 / (2 K^2); B, C, T, P = |.|_1 / (2 N^2).
    """

    def term(tensor: tf.Tensor) -> tf.Tensor:
        pixels = tf.cast(tf.shape(tensor)[1] * tf.shape(tensor)[2], tensor.dtype)
        return tf.reduce_sum(tf.abs(tensor), axis=[1, 2, 3]) / (2.0 * pixels)

    traces = output.traces
    return dict(zip(TERMS, map(term, (output.depth, traces.B, traces.C, traces.T, traces.P))))


def all_outputs(image: tf.Tensor, output: GeneratorOutput, hparams: HParams, alpha0: float) -> dict[str, tf.Tensor]:
    """Everything about a batch of faces, under the names that the SavedModel uses.

    Args:
      image: [n, N, N, 3] float32, RGB in [0, 1].
      output: GeneratorOutput for these images.
      hparams: HParams.
      alpha0: weight of the traces in Eq. (10).

    Returns:
      score [n]; term_depth, term_B, term_C, term_T, term_P [n]; depth_map
      [n, K, K, 1]; B, C, T [n, N, N, 3] as they enter the reconstruction (B and
      C low-passed); P [n, N, N, 1]; I_P, reconstruction [n, N, N, 3];
      overall_trace [n, N, N, 3] = image - reconstruction. All float32.
    """
    terms = score_terms(output)
    traces = output.traces
    if hparams.trace_decoder:
        reconstruction = reconstruct_live(image, additive_trace(traces, hparams.n1, hparams.n2), traces.P, traces.I_P)
    else:
        reconstruction = image
    return {
        "score": liveness_score(*(terms[name] for name in TERMS), alpha0=alpha0),
        **{f"term_{name}": value for name, value in terms.items()},
        "depth_map": output.depth,
        "B": low_pass(traces.B, hparams.n1),
        "C": low_pass(traces.C, hparams.n2),
        "T": traces.T,
        "P": traces.P,
        "I_P": traces.I_P,
        "reconstruction": reconstruction,
        "overall_trace": image - reconstruction,
    }


def traced_outputs(generator: Generator, alpha0: float) -> Any:
    """A traced function from crops [n, N, N, 3] float32 to ``all_outputs``, for any n."""

    @tf.function(input_signature=[_crops(generator)])
    def outputs(crops: tf.Tensor) -> dict[str, tf.Tensor]:
        return all_outputs(crops, generator(crops, training=False), generator.hparams, alpha0)

    return outputs


def traced_terms(generator: Generator) -> Any:
    """A traced function from crops [n, N, N, 3] float32 to ``score_terms``, for any n."""

    @tf.function(input_signature=[_crops(generator)])
    def terms(crops: tf.Tensor) -> dict[str, tf.Tensor]:
        return score_terms(generator(crops, training=False))

    return terms


def _crops(generator: Generator) -> tf.TensorSpec:
    size = generator.hparams.image_size
    return tf.TensorSpec((None, size, size, 3), tf.float32, name="crops")
