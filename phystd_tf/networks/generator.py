"""The disentanglement generator, Sec. 3.2 and Fig. 4."""

from typing import Any, NamedTuple

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.networks.blocks import (
    ConvBlock,
    ConvUnit,
    SpatialAttention,
    UpUnit,
    kernel_initializer,
    resize_antialiased,
    trace_head_initializer,
)
from phystd_tf.networks.network import Network, no_traces
from phystd_tf.physics.bands import low_pass, network_input
from phystd_tf.physics.formation import additive_trace
from phystd_tf.physics.reconstruction import reconstruct_live
from phystd_tf.traces import GeneratorOutput, Traces


class Features(NamedTuple):
    """Features of an image of N x N pixels, Sec. 3.2, with the channels of the paper.

    Attributes:
      F0: [n, N, N, 32] float, of the first convolution.
      F1: [n, N/2, N/2, 64] float.
      F2: [n, N/4, N/4, 96] float.
      F3: [n, N/8, N/8, 128] float.
    """

    F0: tf.Tensor
    F1: tf.Tensor
    F2: tf.Tensor
    F3: tf.Tensor


class Encoder(tf.keras.layers.Layer):
    """Backbone encoder: [n, N, N, c] float32 to ``Features``."""

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        self.stem = ConvUnit(hparams.stem_channels, hparams, hparams.init_stddev, dtype=hparams.precision)
        self.blocks = [ConvBlock(channels, hparams) for channels in hparams.encoder_channels]

    def call(self, inputs: tf.Tensor, training: bool) -> Features:
        features = [self.stem(inputs, training=training)]
        for block in self.blocks:
            features.append(block(features[-1], training=training))
        return Features(*features)


class TraceDecoder(tf.keras.layers.Layer):
    """Spoof trace decoder: ``Features`` to ({B, C, T, P, I_P}, U3), with skip connections."""

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        self.stem = UpUnit(hparams.decoder_stem_channels, hparams, strides=1)
        self.ups = [UpUnit(channels, hparams) for channels in hparams.decoder_channels]
        self.head = tf.keras.layers.Conv2D(
            hparams.trace_channels,
            kernel_size=3,
            padding="same",
            kernel_initializer=trace_head_initializer(hparams),
            bias_initializer=_head_bias(hparams),
            dtype="float32",
        )
        self._single_trace = hparams.single_trace

    def call(self, features: Features, training: bool) -> tuple[Traces, tf.Tensor]:
        raw, U3 = self.raw(features, training)
        return (_single_trace(raw) if self._single_trace else _traces(raw)), U3

    def raw(self, features: Features, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """The last layer before tanh and sigmoid, [n, N, N, 13] (B, C, T, P, I_P) or [n, N, N, 3] (single), U3."""
        U1 = self.ups[0](self.stem(features.F3, training=training), training=training)
        U2 = self.ups[1](tf.concat([U1, features.F2], axis=-1), training=training)
        U3 = self.ups[2](tf.concat([U2, features.F1], axis=-1), training=training)
        return self.head(tf.concat([U3, features.F0], axis=-1)), U3


class DepthNetwork(tf.keras.layers.Layer):
    """Depth estimation network: feature maps to M [n, K, K, 1] float32 in [0, 1]."""

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        kernels = hparams.attention_kernels if hparams.trace_decoder else hparams.attention_kernels[:3]
        self.attentions = [SpatialAttention(kernel, hparams) for kernel in kernels]
        self.conv = ConvUnit(hparams.depth_channels, hparams, hparams.init_stddev, dtype=hparams.precision)
        self.head = tf.keras.layers.Conv2D(
            1,
            kernel_size=3,
            padding="same",
            activation="sigmoid",
            kernel_initializer=kernel_initializer(hparams.init_stddev),
            dtype="float32",
        )
        self._size = hparams.depth_size

    def call(self, feature_maps: list[tf.Tensor], training: bool) -> tf.Tensor:
        attended = [
            resize_antialiased(attention(features), self._size)
            for attention, features in zip(self.attentions, feature_maps)
        ]
        return self.head(self.conv(tf.concat(attended, axis=-1), training=training))


class Generator(Network):
    """Estimates the pseudo depth map and the spoof traces of faces, Fig. 4.

    The ablations of Table 3 change it as follows: without
    ``image_decomposition`` the encoder sees the plain image; without
    ``trace_decoder`` (the Auxiliary baseline) the depth network sees F1, F2 and
    F3 only and all traces are zero; with ``single_trace`` the decoder has one
    additive trace, returned as T, and the other traces are zero.

    Args:
      hparams: HParams.
    """

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(hparams, **kwargs)
        self.encoder = Encoder(hparams, name="encoder")
        self.decoder = TraceDecoder(hparams, name="decoder") if hparams.trace_decoder else None
        self.depth_network = DepthNetwork(hparams, name="depth_network")
        self.has_traces = self.decoder is not None

    def call(self, image: tf.Tensor, training: bool = False) -> GeneratorOutput:
        image = self.checked(image)
        features = self.encode(image, training)
        maps = list(features[1:])
        if self.decoder is None:
            traces = no_traces(image)
        else:
            traces, U3 = self.decoder(features, training=training)
            maps.append(U3)
        return GeneratorOutput(self.depth_network(maps, training=training), traces)

    def entering_traces(self, traces: Traces) -> Traces:
        """The traces, with B and C low-passed, Eq. (5)."""
        h = self.hparams
        return traces._replace(B=low_pass(traces.B, h.n1), C=low_pass(traces.C, h.n2))

    def reconstruct(self, image: tf.Tensor, output: GeneratorOutput) -> tf.Tensor:
        if self.decoder is None:
            return image
        traces = output.traces
        return reconstruct_live(image, additive_trace(traces, self.hparams.n1, self.hparams.n2), traces.P, traces.I_P)

    def encode(self, image: tf.Tensor, training: bool = False) -> Features:
        """The features of a batch of faces [n, N, N, 3] float32, RGB in [0, 1]."""
        inputs = network_input(image, self.hparams) if self.hparams.image_decomposition else image
        return self.encoder(inputs, training=training)


def _traces(raw: tf.Tensor) -> Traces:
    B, C, T, P, I_P = tf.split(raw, (3, 3, 3, 1, 3), axis=-1)
    return Traces(tf.tanh(B), tf.tanh(C), tf.tanh(T), tf.sigmoid(P), tf.sigmoid(I_P))


def _single_trace(raw: tf.Tensor) -> Traces:
    zero = tf.zeros_like(raw)
    return Traces(zero, zero, tf.tanh(raw), zero[..., :1], zero)


def _head_bias(hparams: HParams) -> tf.keras.initializers.Initializer:
    if hparams.single_trace:
        return tf.keras.initializers.Zeros()
    bias = [0.0] * 9 + [hparams.inpainting_bias] + [0.0] * 3
    return tf.keras.initializers.Constant(bias)
