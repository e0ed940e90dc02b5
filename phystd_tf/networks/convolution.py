"""Convolution layers with a kernel gradient that is faster on some CPUs.

TensorFlow 2.15 computes the kernel gradient (with respect to the weights) with oneDNN. On CPUs with AVX2 but without
AVX-512, it runs at a fifth of the rate of the forward pass and the input gradient once feature maps are large: 15 of a
core's 90 GFLOP/s for 64 channels at 256 px. There, it is computed here as matrix products: the same sum in another
order.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from phystd_tf.device import has_gpu

# From here on, products were faster than TensorFlow's op on such a CPU, for the shapes of the presets.
_LEAST_CHANNELS, _LEAST_HEIGHT = 32, 32

_operations_only = False  # see ``operations_only``


class ConvolutionLayer(tf.keras.layers.Conv2D):
    """``tf.keras.layers.Conv2D`` whose kernel gradient is ``gradient_by_products`` if that is faster."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """As in ``tf.keras.layers.Conv2D``, and exactly the same operations without ``training``.

        Args:
          inputs: [n, h, w, c], in the compute dtype of the layer.
          training: whether gradients are taken.

        Returns:
          [n, h', w', filters], same dtype.
        """
        if not (training and self._has_faster_products(inputs)):
            return super().call(inputs)
        outputs = convolve(inputs, tf.convert_to_tensor(self.kernel), self.strides[0], self.padding.upper())
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def _has_faster_products(self, inputs: tf.Tensor) -> bool:
        height = self.compute_output_shape(inputs.shape)[1]
        return products_are_faster(inputs.dtype, inputs.shape[-1], self.filters, height)


def convolve(images: tf.Tensor, kernel: tf.Tensor, strides: int, padding: str) -> tf.Tensor:
    """``tf.nn.conv2d`` with ``gradient_by_products`` as its kernel gradient.

    Args:
      images: [n, h, w, c] float, with static h, w and c.
      kernel: [kh, kw, c, filters], same dtype.
      strides: stride along height and width.
      padding: "SAME" or "VALID".

    Returns:
      [n, h', w', filters], same dtype.
    """

    @tf.custom_gradient
    def with_gradient(images: tf.Tensor, kernel: tf.Tensor) -> Any:
        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            by_images = tf.nn.conv2d_transpose(upstream, kernel, tf.shape(images), strides, padding)
            return by_images, gradient_by_products(images, upstream, kernel.shape[:2], strides, padding)

        return tf.nn.conv2d(images, kernel, strides, padding), gradient

    return with_gradient(images, kernel)


def gradient_by_products(
    images: tf.Tensor, upstream: tf.Tensor, size: tuple[int, int], strides: int, padding: str
) -> tf.Tensor:
    """The kernel gradient of a convolution: one matrix product for each position in the kernel.

    Args:
      images: [n, h, w, c] float, the input of the convolution, with static h, w and c.
      upstream: [n, h', w', filters], same dtype, the gradient with respect to the output.
      size: height and width of the kernel.
      strides: stride along height and width.
      padding: "SAME" or "VALID".

    Returns:
      [*size, c, filters], same dtype.
    """
    height, width = upstream.shape[1:3]
    phases = _phases(images, upstream, size, strides, padding)
    flat = tf.reshape(upstream, (-1, upstream.shape[-1]))
    products: list[tf.Tensor] = []
    for y in range(size[0]):
        for x in range(size[1]):
            top, left = y // strides, x // strides
            # One after the other, since each needs a copy of the images.
            with tf.control_dependencies(products[-1:]):
                seen = phases[y % strides, x % strides, :, top : top + height, left : left + width]
                products.append(tf.matmul(tf.reshape(seen, (-1, images.shape[-1])), flat, transpose_a=True))
    return tf.reshape(tf.stack(products), (*size, images.shape[-1], upstream.shape[-1]))


def _phases(images: tf.Tensor, upstream: tf.Tensor, size: tuple[int, int], strides: int, padding: str) -> tf.Tensor:
    """Splits padded images into every ``strides``-th row and column, since slices with steps are slow.

    Returns:
      [strides, strides, n, h / strides, w / strides, c] for padded h, w; [0, 0] has rows and columns 0, strides, ...
    """
    paddings, counts = [(0, 0)], []
    for here, there, of_kernel in zip(images.shape[1:3], upstream.shape[1:3], size):
        needed = strides * (there - 1) + of_kernel
        before = max(needed - here, 0) // 2 if padding == "SAME" else 0
        counts.append(-(-max(needed, before + here) // strides))
        paddings.append((before, strides * counts[-1] - before - here))
    padded = tf.pad(images, [*paddings, (0, 0)])
    if strides == 1:
        return padded[tf.newaxis, tf.newaxis]
    apart = tf.reshape(padded, (-1, counts[0], strides, counts[1], strides, images.shape[-1]))
    return tf.transpose(apart, (2, 4, 0, 1, 3, 5))


def products_are_faster(dtype: tf.DType, channels: int, filters: int, height: int) -> bool:
    """Whether ``gradient_by_products`` is faster than TensorFlow's op on this machine.

    Args:
      dtype: dtype of images and kernel.
      channels: channels of the input.
      filters: channels of the output.
      height: height of the output.
    """
    large = min(channels, filters) >= _LEAST_CHANNELS and height >= _LEAST_HEIGHT
    return large and dtype == tf.float32 and not _operations_only and operation_is_slow()


@contextlib.contextmanager
def operations_only() -> Iterator[None]:
    """Within, every kernel gradient is TensorFlow's op, so that a graph shows its convolutions."""
    global _operations_only
    before, _operations_only = _operations_only, True
    try:
        yield
    finally:
        _operations_only = before


def operation_is_slow() -> bool:
    """Whether this machine computes on a CPU with AVX2 and without AVX-512."""
    features = _processor_features()
    slow = features.get("AVX2", False) and not features.get("AVX512F", False)
    return slow and not has_gpu()


def _processor_features() -> dict[str, bool]:
    """Name of a CPU feature -> whether the CPU has it."""
    features: dict[str, bool] = np.core._multiarray_umath.__cpu_features__
    return features
