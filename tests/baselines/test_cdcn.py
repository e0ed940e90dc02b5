"""CDCN and CDCN++ compared with NumPy, and their sizes with the published ones."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.baselines.cdcn import CDCN, THETA, CDCNNetwork, central_difference_kernel, contrastive_depth_loss
from phystd_tf.baselines.widths import scaled
from phystd_tf.hparams import get_hparams
from phystd_tf.networks.parameters import count_flops, count_parameters
from tests.training.tiny import random_batch, tiny_hparams


def tiny(system="cdcn", **changes):
    return tiny_hparams(system=system, baseline_width=1 / 32, **changes)


def _padded(x, border, value=0.0):
    return np.pad(x, ((0, 0), (border, border), (border, border), (0, 0)), constant_values=value)


def _central_difference(x, kernel, theta=THETA):
    """Eq. (4) of the paper, neighbor by neighbor."""
    padded, result = _padded(x, 1), np.zeros((*x.shape[:3], kernel.shape[-1]))
    for i in range(3):
        for j in range(3):
            neighbor = padded[:, i : i + x.shape[1], j : j + x.shape[2]]
            result += theta * (neighbor - x) @ kernel[i, j] + (1 - theta) * neighbor @ kernel[i, j]
    return result


def _unit(x, unit):
    norm = unit.norm
    x = _central_difference(x, unit.conv.kernel.numpy().astype(float))
    scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
    return np.maximum(0, (x - norm.moving_mean.numpy()) * scale + norm.beta.numpy())


def _pooled(x):
    padded = np.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=-np.inf)
    windows = [padded[:, i : i + x.shape[1] : 2, j : j + x.shape[2] : 2] for i in range(3) for j in range(3)]
    return np.max([window[:, : x.shape[1] // 2, : x.shape[2] // 2] for window in windows], axis=0)


def _attended(x, attention):
    kernel = attention.conv.kernel.numpy().astype(float)
    size = len(kernel)
    both = _padded(np.stack([x.mean(-1), x.max(-1)], -1), size // 2)
    logit = sum(
        both[:, i : i + x.shape[1], j : j + x.shape[2]] @ kernel[i, j] for i in range(size) for j in range(size)
    )
    return x / (1 + np.exp(-logit))


def _averaged(x, size):
    factor = x.shape[1] // size
    return x.reshape(len(x), size, factor, size, factor, -1).mean((2, 4))


def _forward(network, image):
    x, levels = _unit(image, network.stem), []
    for cell in network.cells:
        for unit in cell.units:
            x = _unit(x, unit)
        x = _pooled(x)
        levels.append(x)
    if network.attentions:
        levels = [_attended(level, attention) for level, attention in zip(levels, network.attentions)]
    x = np.concatenate([_averaged(level, network.hparams.depth_size) for level in levels], -1)
    for unit in network.head:
        x = _unit(x, unit)
    return np.maximum(0, _central_difference(x, network.last.kernel.numpy().astype(float)))


@pytest.mark.parametrize("theta", [0.0, 0.7, 1.0])
def test_the_kernel_gives_the_central_difference_convolution_of_the_paper(theta):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(3, 3, 3, 4))
    result = tf.nn.conv2d(x, central_difference_kernel(kernel, theta), 1, "SAME")
    np.testing.assert_allclose(result, _central_difference(x, kernel, theta), atol=1e-12)


@pytest.mark.parametrize("system", ["cdcn", "cdcn++"])
def test_a_forward_pass_is_that_of_numpy_eagerly_traced_and_with_unknown_batch_size(system):
    rng = np.random.default_rng(1)
    network, images = CDCNNetwork(tiny(system)), rng.random((3, 32, 32, 3)).astype(np.float32)
    network.build_variables()
    for variable in network.variables:  # the averages of batch normalization are no longer 0 and 1
        low, high = (0.5, 1.5) if "variance" in variable.name or "gamma" in variable.name else (-0.5, 0.5)
        variable.assign(rng.uniform(low, high, variable.shape))
    expected = _forward(network, images.astype(float))
    assert expected.shape == (3, 4, 4, 1) and (expected > 0).any()
    traced = tf.function(network, input_signature=[tf.TensorSpec((None, 32, 32, 3))])
    for output in (network(images), traced(images)):
        np.testing.assert_allclose(output.depth, expected, rtol=1e-4, atol=1e-5)
        assert not any(np.any(trace) for trace in output.traces)
        np.testing.assert_allclose(network.score_terms(output)["depth"], expected.mean((1, 2, 3)), rtol=1e-4)


def test_contrastive_depth_loss_compares_differences_to_the_eight_neighbors():
    rng = np.random.default_rng(2)
    depth, truth = rng.random((2, 3, 6, 6, 1))
    error, squares = (depth - truth)[..., 0], []
    for i in range(1, 5):
        for j in range(1, 5):
            around = error[:, i - 1 : i + 2, j - 1 : j + 2].reshape(-1, 9)
            squares.append((np.delete(around, 4, axis=1) - around[:, 4:5]) ** 2)
    loss = contrastive_depth_loss(tf.constant(depth, tf.float32), tf.constant(truth, tf.float32))
    np.testing.assert_allclose(loss, np.mean(squares), rtol=1e-5)
    np.testing.assert_allclose(contrastive_depth_loss(np.float32(depth + 1.0), np.float32(depth)), 0, atol=1e-10)


def test_the_losses_are_those_of_the_map_and_of_the_weights():
    model, batch = CDCN(tiny()), random_batch()
    depth = model(tf.concat([batch.live.image, batch.spoof.image], 0)).depth.numpy()
    truth = np.concatenate([batch.live.depth, batch.spoof.depth])
    losses = model.losses_of(batch, training=False)
    np.testing.assert_allclose(losses.logged["L_depth"], np.mean((depth - truth) ** 2), rtol=1e-5)
    decay = 2.5e-5 * sum(np.sum(v.numpy() ** 2) for v in model.generator.trainable_variables)
    contrast = float(contrastive_depth_loss(depth, truth))
    np.testing.assert_allclose(losses.objective, np.mean((depth - truth) ** 2) + contrast + decay, rtol=1e-5)
    for kind, half in (("live", depth[:2]), ("spoof", depth[2:])):
        np.testing.assert_allclose(losses.logged[f"depth_{kind}"], half.mean(), rtol=1e-5)


def test_steps_on_one_batch_part_live_from_spoof():
    tf.keras.utils.set_random_seed(3)
    model, batch = CDCN(tiny_hparams(system="cdcn", baseline_width=1 / 8, learning_rate=3e-3)), random_batch()
    model.compile()
    logs = []
    for _ in range(16):
        model.reset_metrics()
        logs.append({name: float(value) for name, value in model.train_step(batch).items()})
    assert logs[-1]["loss"] < 0.7 * logs[0]["loss"] and logs[-1]["L_depth"] < 0.5 * logs[0]["L_depth"]
    assert logs[-1]["depth_live"] > logs[-1]["depth_spoof"] + 0.2 and model.iteration.numpy() == 16


@pytest.mark.parametrize("system, multiply_adds", [("cdcn", 47.35e9), ("cdcn++", 50.80e9)])
def test_parameters_are_those_published_and_operations_those_of_the_notes(system, multiply_adds):
    network = CDCNNetwork(get_hparams("paper", system=system))
    assert round(sum(count_parameters(network).values()) / 1e6, 2) == (2.25 if system == "cdcn" else 2.26)
    np.testing.assert_allclose(count_flops(network) / 2, multiply_adds, rtol=1e-3)


def test_widths_are_a_share_of_those_published():
    assert [scaled(196, tiny_hparams(baseline_width=width)) for width in (1.0, 0.25, 1e-4)] == [196, 49, 1]
