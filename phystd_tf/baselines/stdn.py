"""STDN (Liu, Stehouwer and Liu, ECCV 2020), the preliminary version of PhySTD: all traces are additive.

The decisions table in WORKSPACE-notes.md lists what its paper leaves open.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from phystd_tf import losses
from phystd_tf.baselines import stdn_losses
from phystd_tf.baselines.observed import OBSERVED, observed
from phystd_tf.baselines.stdn_losses import SpoofTrace, Terms, trace_elements
from phystd_tf.baselines.widths import scaled
from phystd_tf.hparams import HParams
from phystd_tf.networks.blocks import ConvUnit, UpUnit, in_turn, kernel_initializer, trace_head_initializer
from phystd_tf.networks.discriminator import Discriminator
from phystd_tf.networks.generator import Encoder, Features
from phystd_tf.networks.network import Network, no_traces
from phystd_tf.optimization.trained_model import Losses, TrainedModel, both_images, finite, halve
from phystd_tf.traces import Batch, GeneratorOutput, Traces


class Decoder(tf.keras.layers.Layer):
    """Maps ``Features`` to a SpoofTrace; each element leaves the decoder where its resolution is reached."""

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        self.ups = [UpUnit(channels, hparams) for channels in hparams.decoder_channels]
        self.convs = [ConvUnit(hparams.decoder_stem_channels, hparams, hparams.init_stddev) for _ in range(3)]
        self.heads = [
            tf.keras.layers.Conv2D(
                channels, 3, padding="same", activation="tanh", kernel_initializer=trace_head_initializer(hparams)
            )
            for channels in (6, 3, 3)
        ]

    def call(self, features: Features, training: bool) -> SpoofTrace:
        U1 = self.ups[0](features.F3, training=training)
        U2 = self.ups[1](tf.concat([U1, features.F2], axis=-1), training=training)
        U3 = self.ups[2](tf.concat([U2, features.F1], axis=-1), training=training)
        color, C, T = (head(conv(U, training=training)) for conv, head, U in zip(self.convs, self.heads, (U1, U2, U3)))
        s, b = tf.split(tf.reduce_mean(color, axis=[1, 2], keepdims=True), 2, axis=-1)
        return SpoofTrace(s, b, tf.nn.avg_pool2d(C, ksize=2, strides=2, padding="VALID"), T)


class SpoofRegressor(tf.keras.layers.Layer):
    """The early spoof regressor: from F3 [n, N/8, N/8, c] to its map [n, N/16, N/16, 1] float32, 1 = spoof.

    The map has no sigmoid: with one, the gradient of the absolute error would vanish where the error is largest.
    """

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        self.units = [
            ConvUnit(channels, hparams, hparams.init_stddev, strides=strides, dtype=hparams.precision)
            for channels, strides in ((hparams.encoder_channels[-1], 2), (hparams.stem_channels, 1))
        ]
        self.head = tf.keras.layers.Conv2D(
            1, 3, padding="same", kernel_initializer=kernel_initializer(hparams.init_stddev)
        )

    def call(self, F3: tf.Tensor, training: bool) -> tf.Tensor:
        return self.head(in_turn(self.units, F3, training))


class STDN(Network):
    """The disentanglement generator of STDN, with the early spoof regressor on its bottleneck.

    ``GeneratorOutput.depth`` is 1 minus the map of the regressor, so that higher is more live. ``Traces`` has the
    elements of the trace at full size: s I + b as B, the content as C, the texture as T; nothing is inpainted.

    Args:
      hparams: HParams.
    """

    has_traces = True

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(hparams, **kwargs)
        sizes = published_sizes(hparams)
        self.encoder = Encoder(sizes, name="encoder")
        self.decoder = Decoder(sizes, name="decoder")
        self.regressor = SpoofRegressor(sizes, name="regressor")

    def call(self, image: tf.Tensor, training: bool = False) -> GeneratorOutput:
        """See ``Network.call``; depth is [n, N/16, N/16, 1]."""
        spoof_map, trace = self.disentangle(image, training=training)
        return as_output(spoof_map, trace_elements(image, trace))

    def disentangle(self, image: tf.Tensor, training: bool) -> tuple[tf.Tensor, SpoofTrace]:
        """The map of the regressor, 1 = spoof, and the trace.

        Args:
          image: [n, N, N, 3] float32, RGB.
          training: see ``call``.

        Returns:
          ([n, N/16, N/16, 1] float32, SpoofTrace).
        """
        features = self.encoder(self.checked(image), training=training)
        return self.regressor(features.F3, training=training), self.decoder(features, training=training)

    def reconstruct(self, image: tf.Tensor, output: GeneratorOutput) -> tf.Tensor:
        """The live face (1 - s) I - b - C - T, [n, N, N, 3] float32, not clipped."""
        return image - overall_trace(output.traces)

    def score_terms(self, output: GeneratorOutput) -> dict[str, tf.Tensor]:
        """The terms of the STDN paper: from the map, and from the overall trace G(I), in the place of T."""
        nothing = tf.zeros_like(output.traces.T)
        traces = output.traces._replace(B=nothing, C=nothing, T=overall_trace(output.traces))
        return super().score_terms(output._replace(traces=traces))


def as_output(spoof_map: tf.Tensor, elements: tf.Tensor) -> GeneratorOutput:
    """The map and the elements of the trace under the names that all systems share.

    Args:
      spoof_map: [n, K, K, 1] float32, 1 = spoof.
      elements: [4, n, N, N, 3] float32, as from ``trace_elements``.

    Returns:
      GeneratorOutput, as ``STDN`` describes it.
    """
    contrast, brightness, C, T = tf.unstack(elements)
    depth = tf.clip_by_value(1.0 - spoof_map, 0.0, 1.0)
    return GeneratorOutput(depth, no_traces(C)._replace(B=contrast + brightness, C=C, T=T))


def overall_trace(traces: Traces) -> tf.Tensor:
    """The trace G(I) of a face: [n, N, N, 3] float32."""
    return traces.B + traces.C + traces.T


def published_sizes(hparams: HParams) -> HParams:
    """HParams with the widths of STDN, times ``baseline_width``, in place of those of PhySTD."""

    def width(*channels: int) -> tuple[int, ...]:
        return tuple(scaled(count, hparams) for count in channels)

    return dataclasses.replace(
        hparams,
        stem_channels=width(64)[0],
        encoder_channels=width(96, 96, 96),
        convs_per_block=3,
        decoder_channels=width(64, 64, 64),
        decoder_stem_channels=width(16)[0],
        discriminator_channels=width(32, 32, 64, 64, 64, 96, 96),
        discriminator_strides=(1, 2, 1, 2, 1, 2, 1),
    )


class TrainedSTDN(TrainedModel):
    """STDN against three discriminators, at the full, half and quarter resolution.

    Args:
      hparams: HParams.
      seed: for the choice of the elements that are dropped from harder samples.
    """

    def __init__(self, hparams: HParams, seed: int = 0) -> None:
        discriminators = [
            Discriminator(hparams.image_size // factor, published_sizes(hparams), maps=2, name=f"D{index}")
            for index, factor in enumerate((1, 2, 4), start=1)
        ]
        errors = [f"error_{network.name}" for network in discriminators]
        logged = [*Terms._fields, "L_D", "loss", *OBSERVED, *errors]
        super().__init__(STDN(hparams), discriminators, logged, seed, name="stdn")

    def losses_of(self, batch: Batch, training: bool) -> Losses:
        """The losses of the three steps of an iteration. See ``TrainedModel.losses_of``."""
        images = both_images(batch)
        spoof_map, trace = self.generator.disentangle(images, training=training)
        elements = trace_elements(images, trace)
        of_live, of_spoof = tf.split(elements, 2, axis=1)

        warped = stdn_losses.warp_elements(of_spoof, batch.spoof, batch.live)
        real_maps, fake_maps = self._judge(
            batch,
            reconstruction=batch.spoof.image - tf.reduce_sum(of_spoof, axis=0),
            synthesized=batch.live.image + tf.reduce_sum(warped, axis=0),
            training=training,
        )

        seed = tf.stack([tf.constant(self.seed, tf.int64), self.iteration])
        true_trace = tf.stop_gradient(tf.reduce_sum(stdn_losses.drop_element(warped, seed), axis=0))
        # The live faces balance the batch for batch normalization.
        images = tf.concat([batch.live.image, batch.live.image + true_trace], axis=0)
        hard_map, trace = self.generator.disentangle(images, training=training)
        estimated_trace = tf.split(tf.reduce_sum(trace_elements(images, trace), axis=0), 2)[1]

        terms = Terms(
            L_depth=stdn_losses.regressor_loss(*tf.split(spoof_map, 2)),
            L_G=losses.generator_adversarial_loss(fake_maps, self.hparams),
            L_R=stdn_losses.trace_regularizer(tf.reduce_sum(of_live, axis=0), tf.reduce_sum(of_spoof, axis=0)),
            L_H=stdn_losses.regressor_loss(*tf.split(hard_map, 2)),
            L_S=losses.synthesis_loss(estimated_trace, true_trace, self.hparams),
        )
        terms = Terms(*(finite(term, name) for name, term in zip(Terms._fields, terms)))
        L_D = finite(losses.discriminator_adversarial_loss(real_maps, fake_maps, self.hparams), "L_D")
        loss = stdn_losses.objective(terms)
        logged = {
            **terms._asdict(),
            "L_D": L_D,
            "loss": loss,
            **observed(*halve(as_output(spoof_map, elements))),
            **_errors(real_maps, fake_maps),
        }
        return Losses(loss, L_D, logged, {})

    def _judge(
        self, batch: Batch, reconstruction: tf.Tensor, synthesized: tf.Tensor, training: bool
    ) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """The maps of D1, D2 and D3 on real and on fake faces; for each, first the live map, then the spoof map."""
        real, fake = [], []
        # All in one pass: batch normalization over each alone would normalize the difference of their colors away.
        faces = tf.concat([batch.live.image, reconstruction, batch.spoof.image, synthesized], axis=0)
        for discriminator in self.discriminators:
            live, reconstructed, spoof, made = tf.split(discriminator(faces, training=training), 4, axis=0)
            real += [live[..., :1], spoof[..., 1:]]
            fake += [reconstructed[..., :1], made[..., 1:]]
        return real, fake


def _errors(real_maps: list[tf.Tensor], fake_maps: list[tf.Tensor]) -> dict[str, tf.Tensor]:
    """Per discriminator, squared distance from 1 on real plus that from 0 on fake; the mean over its two maps."""
    pairs = list(map(losses.discriminator_error, real_maps, fake_maps))
    return {f"error_D{index + 1}": (pairs[2 * index] + pairs[2 * index + 1]) / 2 for index in range(len(pairs) // 2)}
