"""CDCN and CDCN++: Yu et al., Searching Central Difference Convolutional Networks for Face Anti-Spoofing, CVPR 2020.

Convolutions on differences to the central pixel map a face to a depth map: that of the face for live faces, 0 for
spoofs. There are no traces.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Optional

import tensorflow as tf

from phystd_tf.baselines.widths import scaled
from phystd_tf.hparams import HParams
from phystd_tf.networks.blocks import (
    SpatialAttention,
    batch_norm,
    in_turn,
    kernel_initializer,
    resize_antialiased,
    trace_head_initializer,
)
from phystd_tf.networks.network import Network, map_terms, no_traces
from phystd_tf.optimization.trained_model import Losses, TrainedModel, both_images, finite
from phystd_tf.traces import Batch, GeneratorOutput

Ints = tuple[int, ...]

THETA = 0.7  # share of the central difference, CDCN paper, Sec. 4
WEIGHT_DECAY = 5e-5  # CDCN paper, Sec. 4


@dataclasses.dataclass(frozen=True)
class Architecture:
    """Channels of the convolutions, as published.

    Attributes:
      stem: channels of the first convolution.
      cells: channels of the convolutions of the low-, mid- and high-level cell; each cell ends with a pooling.
      head: channels of the convolutions between the joined cells and the last convolution, which has one channel.
      attention_kernels: kernel sizes of the spatial attention on each cell; () for none.
    """

    stem: int
    cells: tuple[Ints, Ints, Ints]
    head: Ints
    attention_kernels: Ints


_WIDE = (128, 196, 128)

ARCHITECTURES: Mapping[str, Architecture] = {
    "cdcn": Architecture(stem=64, cells=(_WIDE, _WIDE, _WIDE), head=(128, 64), attention_kernels=()),
    # The searched cells: pairs of convolutions that widen 128 channels by 1.6, 1.2 and 1.4, 1.2.
    "cdcn++": Architecture(
        stem=64,
        cells=((128, 204, 128), (153, 128, 179, 128), (128, 153, 128)),
        head=(128,),
        attention_kernels=(7, 5, 3),
    ),
}


def central_difference_kernel(kernel: tf.Tensor, theta: float) -> tf.Tensor:
    """The kernel that makes a plain convolution a central difference convolution, CDCN paper, Eq. (4).

    y(p0) = theta sum_n w(pn) (x(p0 + pn) - x(p0)) + (1 - theta) sum_n w(pn) x(p0 + pn)
          = sum_n w(pn) x(p0 + pn) - theta x(p0) sum_n w(pn):
    the subtraction at the center is part of the kernel.

    Args:
      kernel: [3, 3, c, filters], w.
      theta: share of the central difference, in [0, 1].

    Returns:
      [3, 3, c, filters], same dtype.
    """
    taken = tf.reduce_sum(kernel, axis=(0, 1), keepdims=True)
    return kernel - theta * tf.pad(taken, ((1, 1), (1, 1), (0, 0), (0, 0)))


def contrastive_depth_loss(depth: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
    """Mean squared error of the differences to the eight neighbors, CDCN paper, Sec. 3.2.

    Args:
      depth: [n, K, K, 1] float32.
      truth: the same.

    Returns:
      [] float32, mean over the pixels that have eight neighbors.
    """
    return tf.reduce_mean(tf.square(_contrasts(depth) - _contrasts(truth)))


def _contrasts(depth: tf.Tensor) -> tf.Tensor:
    """Each neighbor minus the center: [n, K, K, 1] to [n, K - 2, K - 2, 8]."""
    neighbor = tf.one_hot([place for place in range(9) if place != 4], 9)
    center = tf.one_hot([4] * 8, 9)
    kernel = tf.reshape(tf.transpose(neighbor - center), (3, 3, 1, 8))
    return tf.nn.conv2d(depth, kernel, strides=1, padding="VALID")


class CentralDifferenceConv(tf.keras.layers.Layer):
    """3 x 3 central difference convolution without bias: [n, h, w, c] to [n, h, w, filters]."""

    def __init__(
        self, filters: int, dtype: str, initializer: Optional[tf.keras.initializers.Initializer] = None, **kwargs: Any
    ) -> None:
        super().__init__(dtype=dtype, **kwargs)
        self._filters = filters
        self._initializer = initializer or kernel_initializer(None)

    def build(self, shape: tf.TensorShape) -> None:
        self.kernel = self.add_weight("kernel", (3, 3, shape[-1], self._filters), initializer=self._initializer)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.conv2d(inputs, central_difference_kernel(self.kernel, THETA), strides=1, padding="SAME")


class CentralDifferenceUnit(tf.keras.layers.Layer):
    """Central difference convolution, batch normalization, ReLU: [n, h, w, c] to [n, h, w, filters]."""

    def __init__(self, filters: int, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        self.conv = CentralDifferenceConv(filters, hparams.precision)
        self.norm = batch_norm(hparams, hparams.precision)

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        return tf.nn.relu(self.norm(self.conv(inputs), training=training))


class Cell(tf.keras.layers.Layer):
    """Several units, then 3 x 3 max pooling with stride 2: [n, h, w, c] to [n, h / 2, w / 2, filters]."""

    def __init__(self, channels: Ints, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(dtype=hparams.precision, **kwargs)
        self.units = [CentralDifferenceUnit(scaled(filters, hparams), hparams) for filters in channels]

    def call(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        return tf.nn.max_pool2d(in_turn(self.units, inputs, training), ksize=3, strides=2, padding="SAME")


class CDCNNetwork(Network):
    """From a face to its depth map: a stem, three cells whose results are joined at K x K pixels, and a head.

    Args:
      hparams: HParams of the system "cdcn" or "cdcn++".
    """

    def __init__(self, hparams: HParams, **kwargs: Any) -> None:
        super().__init__(hparams, **kwargs)
        published = ARCHITECTURES[hparams.system]
        self.stem = CentralDifferenceUnit(scaled(published.stem, hparams), hparams, name="stem")
        names = ("low_cell", "mid_cell", "high_cell")
        self.cells = [Cell(channels, hparams, name=name) for name, channels in zip(names, published.cells)]
        self.attentions = [
            SpatialAttention(kernel, hparams, name=f"attention_{kernel}") for kernel in published.attention_kernels
        ]
        self.head = [
            CentralDifferenceUnit(scaled(filters, hparams), hparams, name=f"head_{index}")
            for index, filters in enumerate(published.head, start=1)
        ]
        # Small at the start: large maps are soon negative everywhere, where the last ReLU passes no gradient.
        self.last = CentralDifferenceConv(1, "float32", trace_head_initializer(hparams), name="last")

    def call(self, image: tf.Tensor, training: bool = False) -> GeneratorOutput:
        image = self.checked(image)
        x, levels = self.stem(image, training=training), []
        for cell in self.cells:
            x = cell(x, training=training)
            levels.append(x)
        if self.attentions:
            levels = [attention(level) for attention, level in zip(self.attentions, levels)]
        joined = tf.concat([resize_antialiased(level, self.hparams.depth_size) for level in levels], axis=-1)
        return GeneratorOutput(tf.nn.relu(self.last(in_turn(self.head, joined, training))), no_traces(image))

    def score_terms(self, output: GeneratorOutput) -> dict[str, tf.Tensor]:
        """The mean of the map, CDCN paper, Sec. 4."""
        return map_terms(output)


class CDCN(TrainedModel):
    """CDCN or CDCN++ and its training.

    Args:
      hparams: HParams of the system "cdcn" or "cdcn++".
      seed: unused; nothing is random.
    """

    def __init__(self, hparams: HParams, seed: int = 0, **kwargs: Any) -> None:
        logged = ("L_depth", "L_contrast", "loss", "depth_live", "depth_spoof")
        super().__init__(CDCNNetwork(hparams), [], logged, seed, **{"name": "cdcn", **kwargs})

    def losses_of(self, batch: Batch, training: bool) -> Losses:
        """L_MSE + L_CDL, CDCN paper, Sec. 3.2, plus its weight decay. See ``TrainedModel.losses_of``."""
        depth = self.generator(both_images(batch), training=training).depth
        truth = tf.concat([batch.live.depth, batch.spoof.depth], axis=0)
        L_depth = finite(tf.reduce_mean(tf.square(depth - truth)), "L_depth")
        L_contrast = finite(contrastive_depth_loss(depth, truth), "L_contrast")
        decay = tf.add_n([tf.nn.l2_loss(variable) for variable in self.generator.trainable_variables])
        objective = finite(L_depth + L_contrast + WEIGHT_DECAY * decay, "loss")
        live, spoof = tf.split(depth, 2, axis=0)
        logged = {
            "L_depth": L_depth,
            "L_contrast": L_contrast,
            "loss": objective,
            "depth_live": tf.reduce_mean(live),
            "depth_spoof": tf.reduce_mean(spoof),
        }
        return Losses(objective, None, logged, {})
