"""Color LBP with a support vector machine: Boulkenafet et al., OULU-NPU, FG 2017, Sec. IV, and ICIP 2015.

A face of 64 x 64 pixels is described by histograms of uniform local binary patterns in the channels of HSV and YCbCr. A
support vector machine separates live faces from spoofs by them. It is fitted in one go, without training iterations.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from phystd_tf.errors import PhystdError
from phystd_tf.hparams import HParams
from phystd_tf.networks.blocks import resize_antialiased
from phystd_tf.networks.network import Network, map_terms, no_traces
from phystd_tf.traces import GeneratorOutput

FACE_SIZE = 64  # paper; smaller crops are not enlarged
NEIGHBORS, RADIUS = 8, 1  # LBP(8, 1), paper
BINS = 59  # 58 uniform patterns, rotations counted separately, and one bin for all others
COST = 1.0  # ours: the papers do not give it
FACES_PER_CLASS = 3000  # ours: bounds the memory and the time of the fit, which grows with the square of their number


class SupportVectorMachine(NamedTuple):
    """A fitted machine with radial basis functions. All arrays are float64.

    Attributes:
      mean: [d], mean of the features that the machine was fitted to.
      scale: [d], their standard deviation, 1 where that is 0.
      vectors: [m, d], the support vectors: features minus the mean, divided by the scale.
      weights: [m], weights of the support vectors; negative for spoofs.
      bias: [], added to the decision.
      gamma: [], the factor in exp(-gamma |x - vector|^2).
    """

    mean: np.ndarray
    scale: np.ndarray
    vectors: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    gamma: np.ndarray

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "SupportVectorMachine":
        """The machine with these arrays, by name.

        Raises:
          ValueError: if an array is missing, or the arrays do not fit together.
        """
        missing = [name for name in cls._fields if name not in arrays]
        if missing:
            raise ValueError(f"it lacks {', '.join(missing)}")
        machine = cls(*(np.asarray(arrays[name], np.float64) for name in cls._fields))
        count, d = len(machine.weights), 6 * BINS
        wanted = ((d,), (d,), (count, d), (count,), (), ())
        if tuple(value.shape for value in machine) != wanted or not all(np.isfinite(value).all() for value in machine):
            raise ValueError("its arrays do not fit together")
        return machine

    def decide(self, features: np.ndarray) -> np.ndarray:
        """The decision values of features [n, d]: [n] float64, positive for live."""
        x = (features - self.mean) / self.scale
        squares = (x**2).sum(1)[:, None] + (self.vectors**2).sum(1) - 2 * x @ self.vectors.T
        return np.exp(-self.gamma * np.maximum(squares, 0)) @ self.weights + self.bias


def require_installed() -> None:
    """Checks that the packages that this system needs are installed.

    Raises:
      PhystdError: if one is missing; says how to install it.
    """
    try:
        import skimage.feature  # noqa: F401
        import sklearn.svm  # noqa: F401
    except ImportError as error:
        raise PhystdError(
            f"system lbp_svm needs scikit-learn and scikit-image ({error}); install them with: "
            "pip install 'phystd_tf[baselines]'"
        ) from error


def small_faces(images: tf.Tensor) -> tf.Tensor:
    """Faces [n, N, N, 3] float32, reduced to FACE_SIZE; smaller faces stay as they are."""
    return resize_antialiased(images, min(FACE_SIZE, images.shape[1]))


def color_lbp(faces: np.ndarray) -> np.ndarray:
    """Histograms of the uniform local binary patterns of H, S, V, Y, Cb and Cr.

    Args:
      faces: [n, h, w, 3] float32, RGB in [0, 1].

    Returns:
      [n, 6 * BINS] float64; the BINS of a channel add up to 1.
    """
    from skimage.color import rgb2hsv, rgb2ycbcr
    from skimage.feature import local_binary_pattern

    def histograms(face: np.ndarray) -> np.ndarray:
        # Integers: patterns compare neighbors, and between equal floats rounding errors would decide.
        bands = np.concatenate([np.rint(255 * rgb2hsv(face)), np.rint(rgb2ycbcr(face))], axis=-1).astype(np.uint8)
        patterns = [
            local_binary_pattern(bands[..., band], NEIGHBORS, RADIUS, method="nri_uniform").astype(int).ravel()
            for band in range(bands.shape[-1])
        ]
        return np.concatenate([np.bincount(pattern, minlength=BINS) / pattern.size for pattern in patterns])

    return np.stack([histograms(face) for face in faces])


def fit(features: np.ndarray, labels: np.ndarray) -> SupportVectorMachine:
    """Fits a machine; both classes have the same weight, regardless of their numbers of faces.

    Args:
      features: [n, d] float64.
      labels: [n], 1 for live and 0 for spoof; both must occur.
    """
    from sklearn.svm import SVC

    mean, deviation = features.mean(0), features.std(0)
    scale = np.where(deviation > 0, deviation, 1.0)
    machine = SVC(C=COST, kernel="rbf", gamma=1.0 / features.shape[1], class_weight="balanced")
    machine.fit((features - mean) / scale, labels)
    return SupportVectorMachine(
        mean,
        scale,
        machine.support_vectors_,
        machine.dual_coef_[0],
        np.asarray(machine.intercept_[0]),
        np.asarray(machine.gamma),
    )


class LbpSvmNetwork(Network):
    """A fitted machine as a Network; its map is the sigmoid of the decision, the same at every pixel.

    Args:
      hparams: HParams.
      arrays: the arrays of a SupportVectorMachine, by name.

    Raises:
      PhystdError: if a package is not installed.
      ValueError: if the arrays are not those of a machine.
    """

    exportable = False

    def __init__(self, hparams: HParams, arrays: Mapping[str, np.ndarray], **kwargs: Any) -> None:
        super().__init__(hparams, **kwargs)
        require_installed()
        self._machine = SupportVectorMachine.of_arrays(arrays)
        # Variables, so that Keras counts them and the fingerprint of the weights distinguishes machines.
        self.arrays = [tf.Variable(value, trainable=False) for value in self._machine]

    def call(self, image: tf.Tensor, training: bool = False) -> GeneratorOutput:
        image = self.checked(image)
        decision = tf.numpy_function(self._decide, [small_faces(image)], tf.float32, stateful=False)
        K = self.hparams.depth_size
        depth = tf.ones((tf.shape(image)[0], K, K, 1)) * tf.reshape(tf.sigmoid(decision), (-1, 1, 1, 1))
        return GeneratorOutput(depth, no_traces(image))

    def score_terms(self, output: GeneratorOutput) -> dict[str, tf.Tensor]:
        return map_terms(output)

    def _decide(self, faces: np.ndarray) -> np.ndarray:
        return self._machine.decide(color_lbp(faces)).astype(np.float32)
