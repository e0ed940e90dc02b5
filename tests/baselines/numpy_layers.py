"""Oracles: the layers of the networks at inference, in plain NumPy and float64."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def randomize(network, seed=0):
    """Gives all variables random values, so that no initial 0 or 1 hides an error."""
    rng = np.random.default_rng(seed)
    for variable in network.variables:
        if "variance" in variable.name:
            variable.assign(rng.uniform(0.5, 2.0, variable.shape))
        elif "gamma" in variable.name:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
        else:
            fan_in = max(1, int(np.prod(variable.shape[:-1])))
            variable.assign(rng.normal(0.0, 1.0 / np.sqrt(fan_in), variable.shape))


def randomized(network):
    """A new network, built and randomized."""
    network.build_variables()
    randomize(network)
    return network


def convolution(x, layer, strides=1):
    """A convolution padded like TensorFlow's "SAME"; a stride of 2 needs a 3 x 3 kernel and images with even sides."""
    kernel = layer.kernel.numpy().astype(np.float64)
    size = len(kernel)
    before = size // 2 if strides == 1 else 0
    padded = np.pad(x, ((0, 0), (before, size // 2), (before, size // 2), (0, 0)))
    windows = sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::strides, ::strides]
    y = np.einsum("nhwcab,abco->nhwo", windows, kernel)
    return y if layer.bias is None else y + layer.bias.numpy()


def normalization(x, layer):
    gamma, beta, mean, variance = (value.numpy().astype(np.float64) for value in layer.variables)
    return (x - mean) / np.sqrt(variance + layer.epsilon) * gamma + beta


def unit(x, layer, strides=1, slope=0.2):
    """A ConvUnit."""
    y = normalization(convolution(x, layer.conv, strides), layer.norm)
    return np.where(y > 0, y, slope * y)


def upsample(x, size):
    """Resizes bilinearly to ``size`` x ``size``; pixels are squares with the value at their center."""
    current = x.shape[1]
    position = (np.arange(size) + 0.5) * current / size - 0.5

    def along(axis, values):
        return np.apply_along_axis(lambda line: np.interp(position, np.arange(current), line), axis, values)

    return along(2, along(1, x))


def average(x, factor):
    n, height, width, channels = x.shape
    return x.reshape(n, height // factor, factor, width // factor, factor, channels).mean((2, 4))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
