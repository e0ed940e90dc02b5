"""DeSpoof: its networks compared with NumPy, its losses from stub networks, and its published sizes."""

import colorsys
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.baselines import despoof_losses
from phystd_tf.baselines.despoof import DeSpoof, DQNet, TrainedDeSpoof, VQNet
from phystd_tf.hparams import get_hparams
from phystd_tf.networks.network import no_traces
from phystd_tf.networks.outputs import all_outputs
from phystd_tf.networks.parameters import count_parameters
from phystd_tf.traces import GeneratorOutput
from tests.baselines.numpy_layers import average, convolution, normalization, randomize, randomized, sigmoid, upsample
from tests.training.tiny import random_batch, tiny_hparams

H = tiny_hparams(system="despoof", baseline_width=0.05)
RNG = np.random.default_rng(0)


def _chain(x, chain):
    for unit in chain.units:
        y = normalization(convolution(x, unit.conv), unit.norm)
        x = np.where(y > 0, y, np.expm1(y))
    return x


def _pool(x):
    """3 x 3 max pooling with stride 2; for images with even sides, TensorFlow pads the far sides only."""
    padded = np.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return windows[:, ::2, ::2].max((-1, -2))


def _merged(scales):
    size = scales[-1].shape[1]
    return np.concatenate([average(scale, scale.shape[1] // size) for scale in scales], axis=-1)


def _ds_net(image, network):
    """The noise and the 0/1 map of faces."""
    hsv = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in image.reshape(-1, 3)]).reshape(image.shape)
    encoder, scales = network.encoder, []
    x = _chain(np.concatenate([image, hsv], axis=-1), encoder.stem)
    for block in encoder.blocks:
        x = _chain(_pool(x), block)
        scales.append(x)
    F = _chain(_merged(scales), encoder.features)
    noise = np.tanh(convolution(_chain(upsample(F, image.shape[1]), network.decoder.convs), network.decoder.head))
    return noise, sigmoid(convolution(_chain(F, network.map_net.convs), network.map_net.head))


@pytest.fixture(scope="module")
def network():
    return randomized(DeSpoof(H))


def test_forward_pass_is_that_of_numpy(network):
    image = RNG.random((3, 32, 32, 3), np.float32)
    output = network(image)
    noise, spoof_map = _ds_net(np.float64(image), network)
    assert spoof_map.shape == (3, 4, 4, 1)  # an eighth of the size
    np.testing.assert_allclose(output.traces.T, noise, atol=1e-4)
    np.testing.assert_allclose(output.depth, 1 - spoof_map, atol=1e-4)
    np.testing.assert_allclose(network.reconstruct(image, output), image - noise, atol=1e-4)
    terms = network.score_terms(output)
    np.testing.assert_allclose(terms["depth"], (1 - spoof_map).mean((1, 2, 3)) / 2, rtol=1e-4)
    np.testing.assert_allclose(terms["T"], np.abs(noise).sum(-1).mean((1, 2)) / 2, rtol=1e-3)
    assert not any(np.any(terms[name]) for name in "BCP")


def test_common_outputs_hold_the_noise(network):
    image = RNG.random((3, 32, 32, 3), np.float32)
    out = all_outputs(image, network(image), network, alpha0=-1.0)
    np.testing.assert_allclose(out["T"], out["overall_trace"], atol=1e-6)
    np.testing.assert_allclose(image - out["T"], out["reconstruction"], atol=1e-6)
    assert not any(np.any(out[name]) for name in "BCP")


def test_quality_networks_are_those_of_numpy():
    image = RNG.random((2, 32, 32, 3), np.float32)
    dq_net, vq_net = DQNet(H), VQNet(H)
    for network in (dq_net, vq_net):
        network(image)
        randomize(network)
    x, scales = _chain(np.float64(image), dq_net.stem), []
    for block in dq_net.blocks:
        x = _pool(_chain(x, block))
        scales.append(x)
    depth = convolution(_chain(_merged(scales), dq_net.convs), dq_net.head)
    np.testing.assert_allclose(dq_net(image), depth, atol=1e-3)
    x = np.float64(image)
    for block in vq_net.blocks:
        x = _pool(_chain(x, block))
    x = _chain(x, vq_net.last).reshape(2, -1)
    hidden = x @ vq_net.hidden.kernel.numpy() + vq_net.hidden.bias.numpy()
    hidden = np.where(hidden > 0, hidden, np.expm1(hidden))
    np.testing.assert_allclose(vq_net(image), hidden @ vq_net.head.kernel.numpy() + vq_net.head.bias.numpy(), atol=1e-3)


@pytest.fixture(scope="module")
def model():
    return TrainedDeSpoof(dataclasses.replace(H, init_stddev=None))


def test_published_sizes():
    """Widths do not depend on the size of the faces, which are small here for speed."""
    small_faces = {"image_size": 32, "n1": 4, "n2": 16, "depth_size": 4, "discriminator_sizes": (8, 12, 32, 32)}
    network, small = (DeSpoof(get_hparams(preset, system="despoof", **small_faces)) for preset in ("paper", "small"))
    features = network.encoder(tf.zeros((1, 32, 32, 6)), training=False)
    assert features.shape[1:] == (4, 4, 32)
    assert [unit.conv.filters for unit in network.encoder.blocks[0].units] == [20, 25, 20]
    assert {unit.conv.filters for block in small.encoder.blocks for unit in block.units} == {8}  # thin enough already
    assert sum(count_parameters(network).values()) > 5 * sum(count_parameters(small).values())


class StubGenerator:
    """Returns a given output and records its inputs."""

    def __init__(self, said):
        self.said, self.images, self.training = said, [], []

    def __call__(self, image, training):
        self.images.append(image.numpy())
        self.training.append(training)
        return self.said

    def reconstruct(self, image, output):
        return image - output.traces.T


class StubQuality:
    """Returns given outputs, one per call, and records its inputs."""

    def __init__(self, *said):
        self.said, self.images, self.training = said, [], []

    def __call__(self, image, training):
        self.images.append(image.numpy())
        self.training.append(training)
        return self.said[len(self.images) - 1]


@pytest.fixture(scope="module", params=[True, False], ids=["training", "held out"])
def step(request):
    """A model of stubs after one batch, the batch, its losses, and whether it ran in training mode."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainedDeSpoof, "_build_networks", lambda self: None)  # stubs have no variables
        model = TrainedDeSpoof(H)
    batch = random_batch()
    noise = tf.constant(RNG.normal(0.1, 0.1, (4, 32, 32, 3)), tf.float32)
    depths = [tf.constant(RNG.random((4, 4, 4, 1)), tf.float32) for _ in range(3)]
    model.generator = StubGenerator(GeneratorOutput(depths[0], no_traces(noise)._replace(T=noise)))
    logits = tf.constant([[1.0], [2.0], [-0.5], [0.5]])
    model.discriminators = [StubQuality(logits), StubQuality(*depths[1:])]
    return model, batch, model.losses_of(batch, training=request.param), request.param


def test_networks_see_what_belongs_to_them(step):
    model, batch, _, training = step
    vq_net, dq_net = model.discriminators
    images = np.concatenate([batch.live.image, batch.spoof.image])
    reconstruction = images - model.generator.said.traces.T
    np.testing.assert_array_equal(model.generator.images, [images])
    np.testing.assert_allclose(vq_net.images, [np.concatenate([images[:2], reconstruction[2:]])], atol=1e-6)
    np.testing.assert_allclose(dq_net.images, [images, reconstruction], atol=1e-6)
    assert model.generator.training == vq_net.training == [training]
    assert dq_net.training == [training, False]  # it is not trained on reconstructions


def test_losses_are_those_of_what_was_said(step):
    model, batch, losses, _ = step
    vq_net, dq_net = model.discriminators
    depth, noise = model.generator.said.depth.numpy(), model.generator.said.traces.T.numpy()
    logged = {name: float(value) for name, value in losses.logged.items()}
    # The map is 1 minus the depth; its target is 0 on the first two faces and 1 on the others.
    expected = {"L_depth": ((1 - depth[:2]).mean() + depth[2:].mean()) / 2, "L_magnitude": np.abs(noise[:2]).mean()}
    peaks = despoof_losses.repetitive_peak(noise).numpy()
    expected["L_repetitive"] = (peaks[:2].sum() - peaks[2:].sum()) / 4
    borrowed = despoof_losses.borrowed_depth(batch.live, batch.spoof)
    wanted = np.concatenate([batch.live.depth, borrowed])
    expected["L_DQ"] = np.abs(dq_net.said[1] - wanted).mean()
    real, fake = np.split(sigmoid(vq_net.said[0].numpy()), 2)
    expected["L_VQ"] = -np.log(fake).mean()
    expected["loss"] = sum(weight * expected[name] for name, weight in zip(expected, (1.0, 3.0, 0.005, 0.1, 0.016)))
    of_look = -np.log(real).mean() - np.log(1 - fake).mean()
    expected["L_D"] = of_look + np.abs(dq_net.said[0] - np.concatenate([batch.live.depth, batch.spoof.depth])).mean()
    expected["depth_live"], expected["depth_spoof"] = depth[:2].mean(), depth[2:].mean()
    expected["trace_live"], expected["trace_spoof"] = np.abs(noise[:2]).mean(), np.abs(noise[2:]).mean()
    assert set(logged) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(logged[name], value, rtol=1e-4, err_msg=name)
    np.testing.assert_allclose([losses.objective, losses.L_D], [expected["loss"], expected["L_D"]], rtol=1e-4)


def test_one_step_changes_exactly_the_declared_variables(model):
    networks = [model.generator, *model.discriminators]
    variables = [variable for network in networks for variable in network.variables]
    before = [variable.numpy() for variable in variables]
    logs = model.train_step(random_batch())
    assert all(np.isfinite(value) for value in logs.values())
    assert [variable.name for variable, value in zip(variables, before) if np.array_equal(variable, value)] == []
    assert model.iteration.numpy() == 1
