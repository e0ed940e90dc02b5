"""The generator has the shapes of Fig. 4 and behaves the same in every mode."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.hparams import ABLATIONS, PAPER, get_hparams
from phystd_tf.networks.generator import Generator
from phystd_tf.networks.parameters import count_parameters
from phystd_tf.physics.bands import network_input
from tests.baselines.numpy_layers import average, convolution, randomized, sigmoid, unit, upsample
from tests.training.tiny import tiny_hparams

TINY = dataclasses.replace(tiny_hparams(), convs_per_block=2)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).random((3, 32, 32, 3), np.float32)


def test_paper_shapes_are_those_of_the_figure():
    generator = Generator(PAPER)
    image = tf.zeros((1, 256, 256, 3))
    output = generator(image)
    features = generator.encoder(network_input(image, PAPER), training=False)
    assert [tuple(feature.shape[1:]) for feature in features[1:]] == [(128, 128, 64), (64, 64, 96), (32, 32, 128)]
    assert generator.decoder.head.kernel.shape[-1] == 13
    # Short-cuts: each layer sees the one before and the features of its resolution.
    assert [up.conv.kernel.shape[-1] for up in generator.decoder.ups] == [64, 32 + 96, 32 + 64]
    assert generator.decoder.head.kernel.shape[2] == 32 + 32
    assert output.depth.shape == (1, 32, 32, 1)
    assert [trace.shape[-1] for trace in output.traces] == [3, 3, 3, 1, 3]
    assert all(trace.shape[:3] == (1, 256, 256) for trace in output.traces)


def test_paper_backbone_is_heavier_than_decoder_and_depth_network_together():
    counts = count_parameters(Generator(PAPER))
    assert counts["encoder"] > counts["decoder"] + counts["depth_network"]
    # Counted by hand from Fig. 4: kernels, and scale and offset of each batch normalization.
    block = lambda c_in, c: 9 * (c_in * c + 2 * c * c) + 3 * 2 * c  # noqa: E731
    assert counts["encoder"] == 9 * 9 * 32 + 64 + block(32, 64) + block(64, 96) + block(96, 128)


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_every_ablation_runs_eagerly_traced_and_with_unknown_batch_size(ablation, images):
    hparams = dataclasses.replace(TINY, **ABLATIONS[ablation])
    generator = Generator(hparams)
    eager = generator(images)
    traced = tf.function(lambda x: generator(x), input_signature=[tf.TensorSpec((None, 32, 32, 3))])
    for size in (1, 3):
        for one, other in zip(tf.nest.flatten(eager), tf.nest.flatten(traced(images[:size]))):
            np.testing.assert_allclose(one[:size], other, atol=1e-5)
    assert [trace.shape[-1] for trace in eager.traces] == [3, 3, 3, 1, 3]


def test_outputs_stay_in_their_ranges(images):
    generator = Generator(dataclasses.replace(TINY, init_stddev=None))
    depth, traces = generator(images * 100.0)
    for tensor, low in ((depth, 0), (traces.B, -1), (traces.C, -1), (traces.T, -1), (traces.P, 0), (traces.I_P, 0)):
        assert low <= tf.reduce_min(tensor) and tf.reduce_max(tensor) <= 1


def test_auxiliary_has_no_decoder_and_no_trace(images):
    generator = Generator(dataclasses.replace(TINY, **ABLATIONS["auxiliary"]))
    output = generator(images)
    assert generator.decoder is None
    assert generator.encoder.stem.conv.kernel.shape[2] == 3  # the plain image, not its bands
    assert all(not np.any(trace) for trace in output.traces)


@pytest.mark.parametrize("ablation", ["auxiliary", "full"])
def test_a_forward_pass_is_that_of_numpy(images, ablation):
    hparams = dataclasses.replace(TINY, **ABLATIONS[ablation], upsampling="bilinear")
    generator = randomized(Generator(hparams))
    depth, traces = generator(images)
    x = np.float64(images) if ablation == "auxiliary" else np.float64(network_input(images, hparams))
    features = [unit(x, generator.encoder.stem)]
    for block in generator.encoder.blocks:
        first, last = block.units
        features.append(unit(unit(features[-1], first), last, strides=2))
    maps = features[1:]
    if ablation == "full":
        stem, ups = generator.decoder.stem, generator.decoder.ups
        x = unit(features[3], stem)
        for up, skipped in zip(ups, features[2::-1]):
            last = unit(upsample(x, 2 * x.shape[1]), up)
            x = np.concatenate([last, skipped], axis=-1)
        maps = [*maps, last]
        B, C, T, P, I_P = np.split(convolution(x, generator.decoder.head), (3, 6, 9, 10), axis=-1)
        for one, other in zip(traces, (np.tanh(B), np.tanh(C), np.tanh(T), sigmoid(P), sigmoid(I_P))):
            np.testing.assert_allclose(one, other, atol=2e-5)
    attended = [
        average(_attended(features, attention), features.shape[1] // hparams.depth_size)
        for features, attention in zip(maps, generator.depth_network.attentions)
    ]
    assert len(attended) == (3 if ablation == "auxiliary" else 4)
    last = unit(np.concatenate(attended, axis=-1), generator.depth_network.conv)
    np.testing.assert_allclose(depth, sigmoid(convolution(last, generator.depth_network.head)), atol=2e-5)


def _attended(x, attention):
    seen = np.concatenate([x.mean(-1, keepdims=True), x.max(-1, keepdims=True)], axis=-1)
    return x * sigmoid(convolution(seen, attention.conv))


def test_single_trace_is_one_additive_trace(images):
    output = Generator(dataclasses.replace(TINY, **ABLATIONS["step1_step2_single_trace"]))(images)
    assert np.any(output.traces.T)
    assert not any(np.any(output.traces._asdict()[name]) for name in ("B", "C", "P", "I_P"))


def test_inpainting_bias_and_small_head_start_near_the_identity(images):
    near = Generator(dataclasses.replace(TINY, inpainting_bias=-4.0, trace_head_stddev=1e-4))(images).traces
    assert np.max(near.P) < 0.02
    assert np.max(np.abs(near.T)) < 0.01


def test_only_training_moves_the_batch_norm_averages(images):
    generator = Generator(TINY)
    generator(images, training=False)
    before = [variable.numpy() for variable in generator.non_trainable_variables]
    generator(images, training=False)
    unmoved = [np.array_equal(a, b.numpy()) for a, b in zip(before, generator.non_trainable_variables)]
    generator(images, training=True)
    moved = [not np.array_equal(a, b.numpy()) for a, b in zip(before, generator.non_trainable_variables)]
    assert all(unmoved) and all(moved)


def test_no_two_layers_start_equal():
    kernels = [v.numpy() for v in Generator(TINY).trainable_variables if "kernel" in v.name]
    for index, kernel in enumerate(kernels):
        assert not any(np.array_equal(kernel, other) for other in kernels[index + 1 :] if other.shape == kernel.shape)


def test_bilinear_upsampling_has_the_same_shapes_also_with_unknown_batch_size(images):
    generator = Generator(dataclasses.replace(TINY, upsampling="bilinear"))
    traced = tf.function(lambda x: generator(x), input_signature=[tf.TensorSpec((None, 32, 32, 3))])
    np.testing.assert_allclose(traced(images).traces.T, generator(images).traces.T, atol=1e-5)
    assert traced(images).traces.T.shape == (3, 32, 32, 3)


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match="32"):
        Generator(TINY)(np.zeros((1, 48, 48, 3), np.float32))


def test_small_preset_is_a_quarter_of_the_widths_at_half_the_size():
    small = get_hparams("small")
    assert small.image_size * 2 == PAPER.image_size
    for name in ("encoder_channels", "decoder_channels"):
        assert tuple(4 * c for c in getattr(small, name)) == getattr(PAPER, name)
    assert tuple(2 * size for size in small.discriminator_sizes) == PAPER.discriminator_sizes
