"""The only place that touches tensorflow-addons.

tensorflow-addons 0.23 is its last release. All that is used of it is here, so that
replacing it is one edit. It is imported on first use, because the import takes a
second and prints an end-of-life notice.
"""

import warnings

import tensorflow as tf


def spectral_normalization(layer: tf.keras.layers.Layer) -> tf.keras.layers.Layer:
    """``layer`` with its kernel divided by its largest singular value.

    Args:
      layer: a layer with a ``kernel``, such as Conv2D; not yet built.

    Returns:
      A layer of the same call signature. The power iteration advances only
      when it is called with ``training=True``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the end-of-life notice, see the module docstring
        from tensorflow_addons.layers import SpectralNormalization
    return SpectralNormalization(layer)


def dense_image_warp(image: tf.Tensor, flow: tf.Tensor) -> tf.Tensor:
    """An image [n, h, w, c] sampled at (y, x) - ``flow`` [n, h, w, 2]; only for comparing our own warp with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorflow_addons.image import dense_image_warp as warp
    return warp(image, flow)
