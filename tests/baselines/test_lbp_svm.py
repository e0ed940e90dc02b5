"""Color LBP and its support vector machine compared with NumPy and with scikit-learn."""

import builtins
import colorsys

import numpy as np
import pytest
import tensorflow as tf
from sklearn.svm import SVC

from phystd_tf.baselines import lbp_svm
from phystd_tf.errors import PhystdError
from tests.training.tiny import tiny_hparams

FEATURES = 6 * lbp_svm.BINS


def _faces(seed, n=2, size=12):
    return np.random.default_rng(seed).random((n, size, size, 3)).astype(np.float32)


def _bands(face):
    """H, S, V and, by BT.601, Y, Cb and Cr with 8 bits."""
    hsv = np.array([[colorsys.rgb_to_hsv(*pixel) for pixel in row] for row in face.astype(float)])
    R, G, B = np.moveaxis(face.astype(float), -1, 0)
    ycbcr = (
        16 + 65.481 * R + 128.553 * G + 24.966 * B,
        128 - 37.797 * R - 74.203 * G + 112 * B,
        128 + 112 * R - 93.786 * G - 18.214 * B,
    )
    return np.rint(np.concatenate([255 * hsv, np.stack(ycbcr, -1)], -1))


def _patterns(band):
    """How often each pattern of eight neighbors on a circle of radius 1 occurs; pixels outside the image are 0."""
    padded, counts = np.pad(band, 2), {}
    for y in range(2, 2 + band.shape[0]):
        for x in range(2, 2 + band.shape[1]):
            bits = []
            for angle in np.arange(8) * np.pi / 4:
                dy, dx = np.round(-np.sin(angle), 5), np.round(np.cos(angle), 5)
                top, left = int(np.floor(y + dy)), int(np.floor(x + dx))
                fy, fx = y + dy - top, x + dx - left
                upper = (1 - fx) * padded[top, left] + fx * padded[top, left + 1]
                lower = (1 - fx) * padded[top + 1, left] + fx * padded[top + 1, left + 1]
                bits.append((1 - fy) * upper + fy * lower >= padded[y, x])
            changes = sum(bits[i] != bits[i - 1] for i in range(8))
            key = tuple(bits) if changes <= 2 else "other"
            counts[key] = counts.get(key, 0) + 1
    return counts


def test_histograms_count_the_uniform_patterns_of_six_channels():
    (face,) = faces = _faces(0, n=1)
    (histograms,) = lbp_svm.color_lbp(faces).reshape(1, 6, lbp_svm.BINS)
    for histogram, band in zip(histograms, np.moveaxis(_bands(face), -1, 0)):
        counts = _patterns(band)
        assert round(144 * histogram[-1]) == counts.pop("other")
        found = sorted(np.rint(144 * histogram[:-1]).astype(int))
        assert found == sorted([*counts.values(), *[0] * (58 - len(counts))])


def _machine(seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(60) % 2
    features = rng.random((60, FEATURES)) / 10 + labels[:, None] * np.linspace(0, 0.05, FEATURES)
    features[:, 7] = 0.25  # the same in every face
    return features, labels, lbp_svm.fit(features, labels)


def test_the_decision_is_that_of_scikit_learn():
    features, labels, machine = _machine()
    others = np.random.default_rng(1).random((9, FEATURES)) / 10

    def scaled(values):
        return np.delete((values - features.mean(0)) / np.maximum(features.std(0), 1e-12), 7, axis=1)

    reference = SVC(C=1.0, kernel="rbf", gamma=1 / FEATURES, class_weight="balanced").fit(scaled(features), labels)
    others[:, 7] = 0.25
    np.testing.assert_allclose(machine.decide(others), reference.decision_function(scaled(others)), atol=1e-6)
    assert np.mean((machine.decide(features) > 0) == labels) > 0.9


def test_the_network_says_the_decision_at_all_places_eagerly_traced_and_with_unknown_batch_size():
    network = lbp_svm.LbpSvmNetwork(tiny_hparams(system="lbp_svm"), _machine()[2]._asdict())
    images = _faces(3, n=3, size=32)
    decision = network._machine.decide(lbp_svm.color_lbp(images))
    expected = 1 / (1 + np.exp(-decision))
    traced = tf.function(network, input_signature=[tf.TensorSpec((None, 32, 32, 3))])
    for output in (network(images), traced(images)):
        np.testing.assert_allclose(
            output.depth, np.broadcast_to(expected[:, None, None, None], (3, 4, 4, 1)), rtol=1e-5
        )
        np.testing.assert_allclose(network.score_terms(output)["depth"], expected, rtol=1e-5)
        assert not any(np.any(trace) for trace in output.traces)
    assert len(network.variables) == len(lbp_svm.SupportVectorMachine._fields)


def test_faces_are_described_at_64_pixels():
    images = tf.constant(np.random.default_rng(4).random((1, 128, 128, 3), np.float32))
    np.testing.assert_allclose(
        lbp_svm.small_faces(images), images.numpy().reshape(1, 64, 2, 64, 2, 3).mean((2, 4)), rtol=1e-5
    )


@pytest.mark.parametrize(
    "change, message",
    [
        ({"vectors": None}, "lacks vectors"),
        ({"vectors": np.zeros((2, 3))}, "do not fit together"),
        ({"bias": np.float64("nan")}, "do not fit together"),
    ],
)
def test_arrays_that_are_no_machine_are_refused(change, message):
    arrays = {name: value for name, value in {**_machine()[2]._asdict(), **change}.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        lbp_svm.SupportVectorMachine.of_arrays(arrays)


def test_a_missing_package_is_named_with_what_to_do(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments):
        if name.startswith("skimage"):
            raise ImportError("No module named 'skimage'")
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        PhystdError, match=r"needs scikit-learn and scikit-image .*pip install 'phystd_tf\[baselines\]'"
    ):
        lbp_svm.require_installed()
