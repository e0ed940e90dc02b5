"""The common interface of the networks of all systems, for scoring, export and pictures."""

from typing import Any

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.liveness import TERMS
from phystd_tf.traces import GeneratorOutput, Traces


class Network(tf.keras.Model):
    """The base class of the networks of all systems, from a face to its depth and its traces.

    A system defines ``call``. One that estimates traces sets ``has_traces`` and also defines ``entering_traces`` and
    ``reconstruct``; one whose paper has another score defines ``score_terms``.

    Args:
      hparams: HParams.

    Attributes:
      hparams: the same.
      has_traces: whether it estimates traces.
      exportable: whether all of it is computed by TensorFlow, so that a SavedModel can hold it.
    """

    has_traces = False
    exportable = True

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(**{"name": "generator", **kwargs})
        self.hparams = hparams

    def build_variables(self) -> None:
        """Creates all variables now, so that a checkpoint can be checked against them."""
        size = self.hparams.image_size
        self(tf.zeros((1, size, size, 3)))

    def call(self, image: tf.Tensor, training: bool = False) -> GeneratorOutput:
        """Depth and traces of a batch of faces.

        Args:
          image: [n, N, N, 3] float32, RGB in [0, 1].
          training: whether batch normalization uses this batch and updates its moving averages.

        Returns:
          GeneratorOutput; traces that the system does not have are zero (``no_traces``).

        Raises:
          ValueError: if the image is not N x N x 3.
        """
        raise NotImplementedError

    def entering_traces(self, traces: Traces) -> Traces:
        """The traces as they enter the reconstruction; here, unchanged."""
        return traces

    def reconstruct(self, image: tf.Tensor, output: GeneratorOutput) -> tf.Tensor:
        """The live face [n, N, N, 3] behind ``image``; here, without traces, the image itself."""
        return image

    def score_terms(self, output: GeneratorOutput) -> dict[str, tf.Tensor]:
        """The terms of the liveness score by the names of TERMS, each [n] float32; here, those of Eq. (10)."""
        return score_terms(output)

    def checked(self, image: tf.Tensor) -> tf.Tensor:
        """Checks that an image is [n, N, N, 3], and returns it as a tensor.

        Raises:
          ValueError: if it is not.
        """
        size = self.hparams.image_size
        image = tf.convert_to_tensor(image)
        if not image.shape[1:].is_compatible_with((size, size, 3)):
            raise ValueError(f"the {self.name} takes images [n, {size}, {size}, 3], not {image.shape}")
        return image


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


def map_terms(output: GeneratorOutput) -> dict[str, tf.Tensor]:
    """The score terms of a system whose score is the mean of its map alone, by name, each [n] float32."""
    return {**score_terms(output), "depth": tf.reduce_mean(output.depth, axis=(1, 2, 3))}


def no_traces(image: tf.Tensor) -> Traces:
    """Zero traces for a batch of images [n, N, N, 3]."""
    return Traces(*(tf.zeros_like(image[..., :channels]) for channels in (3, 3, 3, 1, 3)))
