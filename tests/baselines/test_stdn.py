"""STDN: its forward pass compared with NumPy, its losses from stub networks, and its published sizes."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.baselines import stdn_losses
from phystd_tf.baselines.stdn import STDN, TrainedSTDN
from phystd_tf.baselines.stdn_losses import SpoofTrace, trace_elements
from phystd_tf.hparams import get_hparams
from phystd_tf.networks.outputs import all_outputs
from phystd_tf.networks.parameters import count_parameters
from tests.baselines.numpy_layers import average, convolution, randomized, unit, upsample
from tests.training.tiny import random_batch, tiny_hparams

H = tiny_hparams(system="stdn", baseline_width=0.06, upsampling="bilinear")


def _forward(image, network):
    """The live face, the map and the overall trace, layer by layer."""
    features = [unit(image, network.encoder.stem)]
    for block in network.encoder.blocks:
        x = features[-1]
        for layer, strides in zip(block.units, (1, 1, 2)):
            x = unit(x, layer, strides)
        features.append(x)
    _, F1, F2, F3 = features
    decoder, x, U = network.decoder, F3, []
    for layer, short_cut in zip(decoder.ups, (F2, F1, None)):
        U.append(unit(upsample(x, 2 * x.shape[1]), layer))
        x = U[-1] if short_cut is None else np.concatenate([U[-1], short_cut], axis=-1)
    color, C, T = (np.tanh(convolution(unit(u, conv), head)) for u, conv, head in zip(U, decoder.convs, decoder.heads))
    s, b = np.split(color.mean((1, 2), keepdims=True), 2, axis=-1)
    first, second = network.regressor.units
    spoof_map = convolution(unit(unit(F3, first, 2), second), network.regressor.head)
    live = (1 - s) * image - b - upsample(average(C, 2), image.shape[1]) - T
    return live, spoof_map, image - live


@pytest.fixture(scope="module")
def network():
    return randomized(STDN(H))


def test_forward_pass_is_that_of_numpy(network):
    image = np.random.default_rng(1).random((3, 32, 32, 3), np.float32)
    output = network(image)
    live, spoof_map, trace = _forward(np.float64(image), network)
    assert spoof_map.shape == (3, 2, 2, 1)  # a sixteenth of the size
    assert spoof_map.min() < 0 or spoof_map.max() > 1  # beyond [0, 1], so that clipping shows
    depth = np.clip(1 - spoof_map, 0, 1)
    np.testing.assert_allclose(output.depth, depth, atol=1e-4)
    np.testing.assert_allclose(network.reconstruct(image, output), live, atol=1e-4)
    terms = network.score_terms(output)
    np.testing.assert_allclose(terms["depth"], depth.mean((1, 2, 3)) / 2, rtol=1e-4)
    np.testing.assert_allclose(terms["T"], np.abs(trace).sum(-1).mean((1, 2)) / 2, rtol=1e-4)
    assert not any(np.any(terms[name]) for name in "BCP")


def test_common_outputs_hold_the_whole_trace(network):
    image = np.random.default_rng(2).random((3, 32, 32, 3), np.float32)
    out = all_outputs(image, network(image), network, alpha0=-1.0)
    np.testing.assert_allclose(out["B"] + out["C"] + out["T"], out["overall_trace"], atol=1e-5)
    np.testing.assert_allclose(image - out["overall_trace"], out["reconstruction"], atol=1e-6)
    np.testing.assert_allclose(out["score"], out["term_depth"] - out["term_T"], atol=1e-6)
    assert not np.any(out["P"])


@pytest.fixture(scope="module")
def model():
    return TrainedSTDN(dataclasses.replace(H, init_stddev=None))


def test_published_sizes():
    """Widths do not depend on the size of the faces, which are small here for speed."""
    small_faces = {"image_size": 32, "n1": 4, "n2": 16, "depth_size": 4, "discriminator_sizes": (8, 12, 32, 32)}
    image = tf.zeros((1, 32, 32, 3))
    network, small = (STDN(get_hparams(preset, system="stdn", **small_faces)) for preset in ("paper", "small"))
    features = network.encoder(image, training=False)
    assert [f.shape[1:] for f in features] == [(32, 32, 64), (16, 16, 96), (8, 8, 96), (4, 4, 96)]
    _, trace = network.disentangle(image, training=False)
    assert [t.shape[1:] for t in trace] == [(1, 1, 3), (1, 1, 3), (8, 8, 3), (32, 32, 3)]
    counts = count_parameters(network)
    assert counts["encoder"] > counts["decoder"]  # "heavy encoder, light decoder"
    assert 12 < sum(counts.values()) / sum(count_parameters(small).values()) < 18  # a quarter of the widths


def test_discriminators_work_at_three_resolutions(model):
    maps = [network(tf.zeros((1, 32, 32, 3))) for network in model.discriminators]
    assert [m.shape[1:] for m in maps] == [(4, 4, 2), (2, 2, 2), (1, 1, 2)]


class StubGenerator:
    """Returns given outputs, one per call, and records its inputs."""

    def __init__(self, said):
        self.said, self.images, self.training = list(said), [], []

    def disentangle(self, image, training):
        self.images.append(image.numpy())
        self.training.append(training)
        return self.said[len(self.images) - 1]


class StubDiscriminator:
    """Returns one number per quarter of its input, in each of its two maps; ``says`` is [4, 2]."""

    def __init__(self, says):
        self.says, self.images, self.training = says, [], []

    def __call__(self, image, training):
        self.images.append(image.numpy())
        self.training.append(training)
        quarter = len(image) // 4
        return tf.concat(
            [tf.tile(tf.constant(row, tf.float32)[None, None, None], (quarter, 4, 4, 1)) for row in self.says], 0
        )


# Live, reconstructed, spoof, synthesized: the first map judges the first two (1 real, 0 fake), the second the others.
PERFECT = [(1, 9), (0, 9), (9, 1), (9, 0)]


def _said(rng, n=4, size=32):
    def field(*shape):
        return tf.constant(rng.uniform(-0.3, 0.5, shape).astype(np.float32))

    trace = SpoofTrace(field(n, 1, 1, 3), field(n, 1, 1, 3), field(n, size // 4, size // 4, 3), field(n, size, size, 3))
    return tf.constant(rng.random((n, 2, 2, 1), np.float32)), trace


def _of_stubs(says):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainedSTDN, "_build_networks", lambda self: None)  # stubs have no variables
        model = TrainedSTDN(H, seed=5)
    rng = np.random.default_rng(1)
    model.iteration.assign(11)
    model.generator = StubGenerator([_said(rng), _said(rng)])
    model.discriminators = [StubDiscriminator(one) for one in says]
    return model


@pytest.fixture(scope="module", params=[True, False], ids=["training", "held out"])
def step(request):
    """A model of stubs after one batch, the batch, its losses, and whether it ran in training mode."""
    model, batch = _of_stubs([PERFECT] * 3), random_batch()
    return model, batch, model.losses_of(batch, training=request.param), request.param


def _warped(model, batch):
    _, trace = model.generator.said[0]
    images = tf.concat([batch.live.image, batch.spoof.image], axis=0)
    return stdn_losses.warp_elements(trace_elements(images, trace)[:, 2:], batch.spoof, batch.live)


def _hard_trace(model, batch):
    return stdn_losses.drop_element(_warped(model, batch), tf.constant([5, 11], tf.int64)).numpy().sum(axis=0)


def _live_of(image, trace):
    s, b, C, T = (np.float64(element) for element in trace)
    return (1 - s) * image - b - upsample(C, 32) - T


def test_networks_see_what_belongs_to_them(step):
    model, batch, _, training = step
    live, spoof = batch.live.image.numpy(), batch.spoof.image.numpy()
    first, second = model.generator.images
    np.testing.assert_array_equal(first, np.concatenate([live, spoof]))
    np.testing.assert_allclose(second, np.concatenate([live, live + _hard_trace(model, batch)]), atol=1e-5)
    assert model.generator.training == [training] * 2
    _, trace = model.generator.said[0]
    reconstruction = _live_of(spoof, SpoofTrace(*(element[2:] for element in trace)))
    synthesized = live + _warped(model, batch).numpy().sum(axis=0)
    for discriminator in model.discriminators:
        (seen,) = discriminator.images
        np.testing.assert_allclose(seen, np.concatenate([live, reconstruction, spoof, synthesized]), atol=1e-5)
        assert discriminator.training == [training]


def test_losses_are_those_of_what_was_said(step):
    model, batch, losses, _ = step
    (first_map, first), (second_map, second) = model.generator.said
    logged = {name: float(value) for name, value in losses.logged.items()}
    for name, spoof_map in (("L_depth", first_map.numpy()), ("L_H", second_map.numpy())):
        np.testing.assert_allclose(logged[name], spoof_map[:2].mean() + (1 - spoof_map[2:]).mean(), rtol=1e-5)
    images = np.concatenate([batch.live.image, batch.spoof.image])
    trace = images - _live_of(images, first)
    regularization = 1e5 * (trace[:2] ** 2).mean() + (trace[2:] ** 2).mean()
    np.testing.assert_allclose(logged["L_R"], regularization, rtol=1e-4)
    wanted, hard = _hard_trace(model, batch), model.generator.images[1][2:]
    estimate = hard - _live_of(hard, SpoofTrace(*(element[2:] for element in second)))
    np.testing.assert_allclose(logged["L_S"], np.abs(estimate - wanted).mean(), rtol=1e-4)
    assert logged["L_D"] == 0 and logged["L_G"] == 6 and float(losses.L_D) == 0
    assert [logged[f"error_D{index}"] for index in (1, 2, 3)] == [0, 0, 0]
    objective = 6 + 100 * logged["L_depth"] + 1e-3 * logged["L_R"] + 50 * logged["L_H"] + logged["L_S"]
    np.testing.assert_allclose(losses.objective, objective, rtol=1e-5)
    np.testing.assert_allclose(logged["loss"], objective, rtol=1e-5)
    np.testing.assert_allclose(logged["depth_live"], 1 - first_map[:2].numpy().mean(), rtol=1e-5)
    np.testing.assert_allclose(logged["trace_spoof"], np.abs(trace[2:]).mean(), rtol=1e-4)


def test_errors_tell_the_discriminators_apart():
    model = _of_stubs([PERFECT, [(0.5, 0.5)] * 4, [(1, 9), (0, 9), (9, 0.5), (9, 0.5)]])
    logged = model.losses_of(random_batch(), training=False).logged
    np.testing.assert_allclose([logged[f"error_D{index}"] for index in (1, 2, 3)], [0, 0.5, 0.25])


def test_one_step_changes_exactly_the_declared_variables(model):
    networks = [model.generator, *model.discriminators]
    variables = [variable for network in networks for variable in network.variables]
    before = [variable.numpy() for variable in variables]
    logs = model.train_step(random_batch())
    assert all(np.isfinite(value) for value in logs.values())
    same = [variable.name for variable, value in zip(variables, before) if np.array_equal(variable, value)]
    assert same == []
    assert model.iteration.numpy() == 1


def test_truth_of_harder_samples_gives_no_gradient_to_the_first_pass(model, monkeypatch):
    batch, seen = random_batch(), []
    disentangle = model.generator.disentangle

    def watched(image, training):
        seen.append(disentangle(image, training))
        return seen[-1]

    monkeypatch.setattr(model.generator, "disentangle", watched)
    with tf.GradientTape(persistent=True) as tape:
        logged = model.losses_of(batch, training=True).logged
        third = logged["L_S"] + logged["L_H"]
    assert tape.gradient(third, tf.nest.flatten(seen[0])) == [None] * 5
    for gradient in tape.gradient(logged["L_G"], list(seen[0][1])):  # through the warp and the reconstruction
        assert np.any(gradient) and np.all(np.isfinite(gradient))
