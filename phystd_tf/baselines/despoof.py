"""DeSpoof (Jourabloo, Liu and Liu, ECCV 2018): a spoof is a live face plus additive noise.

DS Net estimates the noise. Two other networks judge the image without the noise: DQ Net whether it has the depth of a
live face, VQ Net whether it looks real. The decisions table in WORKSPACE-notes.md lists what the paper leaves open.
"""

from typing import Any

import tensorflow as tf

from phystd_tf import losses
from phystd_tf.baselines import despoof_losses
from phystd_tf.baselines.observed import OBSERVED, observed
from phystd_tf.baselines.widths import scaled
from phystd_tf.hparams import HParams
from phystd_tf.networks.blocks import (
    batch_norm,
    in_turn,
    kernel_initializer,
    resize_antialiased,
    trace_head_initializer,
)
from phystd_tf.networks.network import Network, no_traces
from phystd_tf.optimization.trained_model import Losses, TrainedModel, both_images, finite, halve
from phystd_tf.traces import Batch, GeneratorOutput


class ConvELU(tf.keras.layers.Layer):
    """Convolution, batch normalization, ELU: every layer of the three networks except the last ones.

    Input [n, h, w, c] float32; output [n, h, w, filters].
    """

    def __init__(self, filters: int, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conv = tf.keras.layers.Conv2D(
            filters, 3, padding="same", use_bias=False, kernel_initializer=kernel_initializer(hparams.init_stddev)
        )
        self.norm = batch_norm(hparams, "float32")

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        return tf.nn.elu(self.norm(self.conv(inputs), training=training))


class Chain(tf.keras.layers.Layer):
    """A sequence of ConvELU layers."""

    def __init__(self, widths: tuple[int, ...], hparams: HParams, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = [ConvELU(width, hparams) for width in widths]

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        return in_turn(self.units, inputs, training)


class Encoder(tf.keras.layers.Layer):
    """The encoder of DS Net: images [n, N, N, c] to features F [n, N/8, N/8, f] float32; f is 32 at full width."""

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stem = Chain(width(hparams, 24), hparams)
        self.blocks = [Chain(width(hparams, 20, 25, 20), hparams) for _ in range(3)]
        self.features = Chain(width(hparams, 32), hparams)

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        x, scales = self.stem(inputs, training=training), []
        for block in self.blocks:
            x = block(_halved(x), training=training)
            scales.append(x)
        size = scales[-1].shape[1]
        merged = tf.concat([resize_antialiased(scale, size) for scale in scales], axis=-1)
        return self.features(merged, training=training)


class NoiseDecoder(tf.keras.layers.Layer):
    """The decoder of DS Net: features F to the noise [n, N, N, 3] float32 in [-1, 1]."""

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._size = hparams.image_size
        self.convs = Chain(width(hparams, 28, 24, 20, 20, 20, 16, 16), hparams)
        self.head = tf.keras.layers.Conv2D(
            3, 3, padding="same", activation="tanh", kernel_initializer=trace_head_initializer(hparams)
        )

    def call(self, features: tf.Tensor, training: bool) -> tf.Tensor:
        x = tf.image.resize(features, (self._size, self._size), method="bilinear")
        return self.head(self.convs(x, training=training))


class MapNet(tf.keras.layers.Layer):
    """The 0/1 Map Net: features F to logits of the map [n, N/8, N/8, 1] float32; positive is spoof."""

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.convs = Chain(width(hparams, 28, 16), hparams)
        self.head = _map_head(hparams)

    def call(self, features: tf.Tensor, training: bool) -> tf.Tensor:
        return self.head(self.convs(features, training=training))


class DeSpoof(Network):
    """DS Net: the noise of a face and its 0/1 map.

    ``GeneratorOutput.depth`` is 1 minus the map, so that higher is more live. The noise is T of ``Traces``; the other
    traces are 0.

    Args:
      hparams: HParams.
    """

    has_traces = True

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(hparams, **kwargs)
        self.encoder = Encoder(hparams, name="encoder")
        self.decoder = NoiseDecoder(hparams, name="decoder")
        self.map_net = MapNet(hparams, name="map_net")

    def call(self, image: tf.Tensor, training: bool = False) -> GeneratorOutput:
        """See ``Network.call``; depth is [n, N/8, N/8, 1]."""
        image = self.checked(image)
        features = self.encoder(tf.concat([image, tf.image.rgb_to_hsv(image)], axis=-1), training=training)
        noise = self.decoder(features, training=training)
        liveness = tf.sigmoid(-self.map_net(features, training=training))
        return GeneratorOutput(liveness, no_traces(image)._replace(T=noise))

    def reconstruct(self, image: tf.Tensor, output: GeneratorOutput) -> tf.Tensor:
        """The live face I - N, [n, N, N, 3] float32, not clipped."""
        return image - output.traces.T


class DQNet(tf.keras.Model):
    """DQ Net, the network of Liu, Jourabloo and Liu (CVPR 2018): the depth map of a face.

    Input [n, N, N, 3] float32, RGB, not clipped; output [n, K, K, 1] float32, 0 for spoofs.
    """

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(**{"name": "DQ_net", **kwargs})
        self._size = hparams.depth_size
        self.stem = Chain(width(hparams, 64), hparams)
        self.blocks = [Chain(width(hparams, 128, 196, 128), hparams) for _ in range(3)]
        self.convs = Chain(width(hparams, 128, 64), hparams)
        self.head = _map_head(hparams)

    def call(self, image: tf.Tensor, training: bool = False) -> tf.Tensor:
        x, scales = self.stem(image, training=training), []
        for block in self.blocks:
            x = _halved(block(x, training=training))
            scales.append(resize_antialiased(x, self._size))
        return self.head(self.convs(tf.concat(scales, axis=-1), training=training))


class VQNet(tf.keras.Model):
    """VQ Net: whether a face looks real.

    Input [n, N, N, 3] float32, RGB, not clipped; output [n, 1] float32, a logit, positive is real.
    """

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(**{"name": "VQ_net", **kwargs})
        self.blocks = [Chain(width(hparams, *widths), hparams) for widths in ((24, 20), (20, 16), (12, 6))]
        self.last = Chain((1,), hparams)
        self.hidden = tf.keras.layers.Dense(
            width(hparams, 100)[0], activation="elu", kernel_initializer=kernel_initializer(hparams.init_stddev)
        )
        self.head = tf.keras.layers.Dense(1, kernel_initializer=kernel_initializer(hparams.init_stddev))

    def call(self, image: tf.Tensor, training: bool = False) -> tf.Tensor:
        x = image
        for block in self.blocks:
            x = _halved(block(x, training=training))
        x = self.last(x, training=training)
        return self.head(self.hidden(tf.reshape(x, (-1, x.shape[1] * x.shape[2]))))


class TrainedDeSpoof(TrainedModel):
    """DS Net, and VQ Net and DQ Net, which are trained along with it on their own losses.

    Args:
      hparams: HParams.
      seed: unused; the losses depend on the batch only.
    """

    def __init__(self, hparams: HParams, seed: int = 0) -> None:
        logged = ["L_depth", "L_magnitude", "L_repetitive", "L_DQ", "L_VQ", "L_D", "loss", *OBSERVED]
        super().__init__(DeSpoof(hparams), [VQNet(hparams), DQNet(hparams)], logged, seed, name="despoof")

    def losses_of(self, batch: Batch, training: bool) -> Losses:
        """The losses of DS Net, and those of the other two as L_D. See ``TrainedModel.losses_of``."""
        vq_net, dq_net = self.discriminators
        images = both_images(batch)
        output = self.generator(images, training=training)
        live, spoof = halve(output)
        is_live = tf.concat([tf.ones_like(live.depth[:, 0, 0, 0]), tf.zeros_like(spoof.depth[:, 0, 0, 0])], axis=0)
        reconstruction = self.generator.reconstruct(images, output)
        fake = tf.split(reconstruction, 2)[1]
        # Real and fake in one pass: batch normalization over each alone would normalize their difference away.
        real_logit, fake_logit = tf.split(vq_net(tf.concat([batch.live.image, fake], 0), training=training), 2)
        real_depth = dq_net(images, training=training)
        # DQ Net judges in inference mode, so that its batch normalization does not adapt to reconstructions.
        fake_depth = dq_net(reconstruction, training=False)
        wanted_depth = tf.concat([batch.live.depth, despoof_losses.borrowed_depth(batch.live, batch.spoof)], axis=0)
        true_depth = tf.concat([batch.live.depth, batch.spoof.depth], axis=0)
        terms = {
            "L_depth": despoof_losses.map_loss(1.0 - output.depth, is_live),
            "L_magnitude": despoof_losses.magnitude_loss(live.traces.T),
            "L_repetitive": despoof_losses.repetitive_loss(output.traces.T, is_live),
            "L_DQ": losses.depth_loss(fake_depth, wanted_depth, self.hparams),
            "L_VQ": despoof_losses.realism_loss(fake_logit),
        }
        terms = {name: finite(term, name) for name, term in terms.items()}
        L_D = despoof_losses.visual_quality_loss(real_logit, fake_logit) + losses.depth_loss(
            real_depth, true_depth, self.hparams
        )
        loss = despoof_losses.objective(**terms)
        return Losses(loss, finite(L_D, "L_D"), {**terms, "L_D": L_D, "loss": loss, **observed(live, spoof)}, {})


def width(hparams: HParams, *published: int) -> tuple[int, ...]:
    """Layer widths: published ones times ``baseline_width``, but at least 8, or the published one if that is less."""
    return tuple(min(count, max(8, scaled(count, hparams))) for count in published)


def _halved(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.max_pool2d(x, ksize=3, strides=2, padding="SAME")


def _map_head(hparams: HParams) -> tf.keras.layers.Layer:
    return tf.keras.layers.Conv2D(1, 3, padding="same", kernel_initializer=kernel_initializer(hparams.init_stddev))
