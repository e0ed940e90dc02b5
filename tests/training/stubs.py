"""Networks that say what a test wants them to say, a batch whose halves share nothing, and textured faces."""

import numpy as np
import tensorflow as tf

from phystd_tf.traces import Batch, GeneratorOutput, Traces
from tests.training.tiny import random_faces


class StubGenerator:
    """Returns given outputs, one per call, and records its inputs."""

    def __init__(self, outputs):
        self.outputs, self.images, self.training = list(outputs), [], []

    def __call__(self, image, training=False):
        self.images.append(image.numpy())
        self.training.append(training)
        return self.outputs[len(self.images) - 1]


class StubDiscriminator:
    """Returns one number for the first half of its input and one for the second; 1 and 0 are perfect."""

    def __init__(self, real=1.0, fake=0.0):
        self.says = real, fake
        self.images, self.training = [], []

    def __call__(self, image, training=False):
        self.images.append(image.numpy())
        self.training.append(training)
        real, fake = self.says
        half = len(image) // 2
        return tf.concat([tf.fill((half, 4, 4, 1), real), tf.fill((len(image) - half, 4, 4, 1), fake)], axis=0)


def said(rng, n=4, size=32, depth_size=4):
    """An output in which everything differs between faces."""

    def field(channels, low, high):
        return tf.constant(rng.uniform(low, high, (n, size, size, channels)).astype(np.float32))

    traces = Traces(field(3, -0.3, 0.5), field(3, -0.4, 0.2), field(3, -0.1, 0.1), field(1, 0, 1), field(3, 0, 1))
    return GeneratorOutput(tf.constant(rng.random((n, depth_size, depth_size, 1), np.float32)), traces)


def distinct_batch(seed=0):
    """Faces whose live and spoof halves share nothing: images, vertices, depth and P0 all differ."""
    rng = np.random.default_rng(seed)
    live, spoof = random_faces(rng, 2, True), random_faces(rng, 2, False)
    live = live._replace(preliminary_mask=np.zeros_like(live.preliminary_mask))
    spoof.image[..., 0] = np.arange(32, dtype=np.float32) / 31  # shows where in the spoof a pixel comes from
    spoof = spoof._replace(
        vertices=spoof.vertices + np.float32(3),
        preliminary_mask=(rng.random(spoof.preliminary_mask.shape) < 0.4).astype(np.float32),
        depth=rng.random(spoof.depth.shape, np.float32),  # unlike in training; here it shows which half is which
    )
    return tf.nest.map_structure(tf.convert_to_tensor, Batch(live, spoof))


def textured_faces(rng, n, size=32):
    """Images with the falling spectrum of photographs."""
    fy, fx = np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size), indexing="ij")
    spectrum = 1 / np.maximum(np.hypot(fx, fy), 1 / size)
    noise = np.fft.ifft2(np.fft.fft2(rng.normal(0, 1, (n, 3, size, size))) * spectrum).real
    noise /= noise.std((1, 2, 3), keepdims=True)
    return tf.constant(np.moveaxis(0.5 + 0.15 * noise, 1, -1).astype(np.float32))
