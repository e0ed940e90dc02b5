"""The wiring of the training step: every loss recomputed in NumPy from inputs and outputs of stub networks."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf import losses
from phystd_tf.networks.blocks import resize_antialiased
from phystd_tf.physics.bands import low_pass
from phystd_tf.physics.synthesis import WarpedTraces, harder_weights, warp_traces, weigh
from phystd_tf.traces import Batch, GeneratorOutput, Traces
from phystd_tf.training.phystd_model import PhySTD
from tests.training.stubs import StubDiscriminator, StubGenerator, distinct_batch, said, textured_faces
from tests.training.tiny import random_batch, tiny_hparams

H = tiny_hparams(regularization_live_weight=7.0, lambda_=3.0, harder_drop_inpainting=0.3, alpha4=0.5, alpha6=2.0)


@pytest.fixture(scope="module")
def step():
    """A model of stubs after its three steps, with the batch that went in."""
    model, batch, rng = PhySTD(H, seed=5), distinct_batch(), np.random.default_rng(1)
    model.iteration.assign(11)
    model.generator = StubGenerator([said(rng), said(rng)])
    model.discriminators = [StubDiscriminator() for _ in range(4)]
    return _steps(model, batch)


def _steps(model, batch, training=True):
    step1 = model._training_step1(batch, training=training)
    step2 = model._training_step2(batch, step1, training=training)
    step3 = model._training_step3(batch, step2, training=training)
    return model, batch, step1, step2, step3


def _half(output, which):
    take = slice(0, 2) if which == "live" else slice(2, 4)
    return GeneratorOutput(
        output.depth.numpy()[take], Traces(*(np.float64(trace.numpy()[take]) for trace in output.traces))
    )


def _T_A(traces):
    return low_pass(traces.B, H.n1).numpy() + low_pass(traces.C, H.n2).numpy() + traces.T


def _reconstruct(image, traces, T_A):
    return (1 - traces.P) * (np.float64(image) - T_A) + traces.P * traces.I_P


def _low(image, size):
    return low_pass(tf.constant(image), size).numpy()


def test_first_pass_sees_live_faces_then_spoofs_and_trains(step):
    model, batch, *_ = step
    np.testing.assert_array_equal(model.generator.images[0], np.concatenate([batch.live.image, batch.spoof.image]))
    assert model.generator.training == [True, True] and len(model.generator.images) == 2
    assert [d.training for d in model.discriminators] == [[True]] * 4


def test_held_out_passes_do_not_train():
    rng = np.random.default_rng(1)
    model = PhySTD(H)
    model.generator = StubGenerator([said(rng), said(rng)])
    model.discriminators = [StubDiscriminator() for _ in range(4)]
    _steps(model, distinct_batch(), training=False)
    assert model.generator.training == [False, False]
    assert [d.training for d in model.discriminators] == [[False]] * 4


def test_batch_normalization_is_updated_by_both_passes_of_the_generator():
    updates = []
    model, batch = PhySTD(tiny_hparams(batch_norm_momentum=0.5)), random_batch()
    mean = model.generator.encoder.stem.norm.moving_mean
    step1 = model._training_step1(batch, training=True)
    updates.append(mean.numpy().copy())
    step2 = model._training_step2(batch, step1, training=True)
    np.testing.assert_array_equal(mean, updates[0])
    model._training_step3(batch, step2, training=True)
    assert np.all(mean.numpy() != updates[0])


def test_depth_loss_compares_each_half_with_its_own_truth(step):
    model, batch, step1, *_ = step
    truth = np.concatenate([batch.live.depth, batch.spoof.depth])
    np.testing.assert_allclose(step1.L_depth, np.abs(model.generator.outputs[0].depth - truth).mean(), rtol=1e-5)


def test_mask_loss_is_of_the_spoofs_with_their_own_P0_and_trace(step):
    model, batch, step1, *_ = step
    traces, P0 = _half(model.generator.outputs[0], "spoof").traces, batch.spoof.preliminary_mask.numpy()
    region = np.abs(_T_A(traces)).mean(-1, keepdims=True) > H.beta
    assert 0.1 < region.mean() < 0.9
    negative = ((traces.P * P0) ** 2).sum((1, 2, 3)) / (P0**2).sum((1, 2, 3))
    np.testing.assert_allclose(step1.L_P, ((traces.P - region) ** 2).mean() + negative.mean(), rtol=1e-5)


def test_regularization_weighs_live_faces_and_not_spoofs(step):
    model, _, step1, *_ = step
    live, spoof = (_half(model.generator.outputs[0], which).traces for which in ("live", "spoof"))

    def of(traces):
        return sum((trace**2).mean() for trace in traces[:3]) + 3.0 * (traces.P**2).mean()

    np.testing.assert_allclose(step1.L_R, (7.0 * of(live) + of(spoof)) / 2, rtol=1e-5)


def test_perfect_discriminators_have_no_loss_and_the_generator_all_of_it(step):
    """Real maps must be those of the first halves, fake maps those of the second."""
    _, _, _, step2, _ = step
    assert float(step2.L_D) == 0.0 and float(step2.L_G) == 4.0


def test_discriminators_see_pairs_of_the_same_band(step):
    model, batch, _, step2, _ = step
    live, spoof = batch.live.image.numpy(), batch.spoof.image.numpy()
    traces = _half(model.generator.outputs[0], "spoof").traces
    B, C = _low(traces.B, H.n1), _low(traces.C, H.n2)
    fake = [
        _reconstruct(_low(spoof, H.n1), traces, B),
        _reconstruct(_low(spoof, H.n2), traces, B + C),
        _reconstruct(spoof, traces, B + C + traces.T),
        step2.synthesized.numpy(),
    ]
    real = [_low(live, H.n1), _low(live, H.n2), live, spoof]
    for discriminator, expected_real, expected_fake in zip(model.discriminators, real, fake):
        (images,) = discriminator.images
        np.testing.assert_allclose(images[:2], expected_real, atol=1e-5)
        np.testing.assert_allclose(images[2:], expected_fake, atol=1e-5)


def test_a_single_trace_is_judged_whole_at_all_levels():
    model = PhySTD(tiny_hparams("step1_step2_single_trace"))
    batch = distinct_batch()
    model.discriminators = [StubDiscriminator() for _ in range(4)]
    _steps(model, batch)
    for discriminator in model.discriminators[:3]:
        np.testing.assert_array_equal(discriminator.images[0][:2], batch.live.image)
        np.testing.assert_array_equal(discriminator.images[0], model.discriminators[0].images[0])


def test_the_real_side_can_be_the_image_itself():
    model = PhySTD(tiny_hparams(discriminator_real="image"))
    batch = distinct_batch()
    model.discriminators = [StubDiscriminator() for _ in range(4)]
    _steps(model, batch)
    for discriminator in model.discriminators[:3]:
        np.testing.assert_array_equal(discriminator.images[0][:2], batch.live.image)


def test_traces_go_from_the_spoof_to_the_live_face(step):
    model, batch, step1, step2, _ = step
    traces = step1.spoof.traces
    expected = warp_traces(traces, source=batch.spoof, target=batch.live, n1=H.n1, n2=H.n2)
    for name, one, other in zip(WarpedTraces._fields, step2.warped, expected):
        np.testing.assert_allclose(one, other, atol=1e-6, err_msg=name)
    P = np.float64(expected.P)
    spoof = (1 - P) * (batch.live.image + expected.T_A) + P * expected.image
    np.testing.assert_allclose(step2.synthesized, spoof, atol=1e-5)
    # The vertices of the spoof are 3 px further right and down, so its content is sampled there.
    moved = 31 * step2.warped.image.numpy()[..., 0] - np.arange(32)
    np.testing.assert_allclose(moved[:, 14:18, 12:16].mean((1, 2)), 3.0, atol=0.7)


def _hard(model, batch, step2):
    seed = tf.constant([model.seed, int(model.iteration)], tf.int64)
    hard = weigh(step2.warped, harder_weights(2, seed, H))
    P = np.float64(hard.P)
    return (1 - P) * (batch.live.image + hard.T_A) + P * hard.image


def test_second_pass_sees_live_faces_then_harder_spoofs_made_of_them(step):
    model, batch, _, step2, _ = step
    images, hard = model.generator.images[1], _hard(*step[:2], step2)
    np.testing.assert_array_equal(images[:2], batch.live.image)
    np.testing.assert_allclose(images[2:], hard, atol=1e-5)
    assert np.abs(hard - step2.synthesized).max() > 1e-3  # harder, not the same


def test_harder_samples_differ_from_iteration_to_iteration_and_between_seeds():
    seen = []
    for seed, iteration in ((0, 0), (0, 1), (1, 0)):
        rng = np.random.default_rng(1)
        model = PhySTD(H, seed=seed)
        model.iteration.assign(iteration)
        model.generator = StubGenerator([said(rng), said(rng)])
        _steps(model, distinct_batch())
        seen.append(model.generator.images[1][2:])
    assert np.abs(seen[0] - seen[1]).max() > 1e-3 and np.abs(seen[0] - seen[2]).max() > 1e-3


def test_synthesis_loss_compares_the_whole_trace_of_the_harder_spoof_with_what_was_added(step):
    model, batch, _, step2, step3 = step
    hard = _hard(model, batch, step2)
    traces = _half(model.generator.outputs[1], "spoof").traces
    estimate = hard - _reconstruct(hard, traces, _T_A(traces))
    truth = hard - batch.live.image
    np.testing.assert_allclose(step3.L_S, np.abs(estimate - truth).mean(), rtol=1e-4)


def test_depth_of_harder_spoofs_is_wanted_to_be_zero_and_that_of_live_faces_on_request(step):
    model, batch, _, step2, step3 = step
    output = model.generator.outputs[1]
    of_hard = _half(output, "spoof").depth.mean()
    np.testing.assert_allclose(step3.L_H, of_hard, rtol=1e-5)
    of_live = np.abs(_half(output, "live").depth - batch.live.depth).mean()
    rng = np.random.default_rng(1)
    both = PhySTD(tiny_hparams(harder_depth="both"), seed=5)
    both.generator = StubGenerator([said(rng), said(rng)])
    *_, step3 = _steps(both, batch)
    np.testing.assert_allclose(step3.L_H, (of_live + of_hard) / 2, rtol=1e-5)


def test_objective_weighs_each_loss_by_its_own_alpha(step):
    model, _, step1, step2, step3 = step
    terms, (objective,) = model._objectives(step1, step2, step3)
    assert terms._asdict() == {
        "L_depth": step1.L_depth, "L_G": step2.L_G, "L_P": step1.L_P, "L_R": step1.L_R,
        "L_S": step3.L_S, "L_H": step3.L_H,
    }  # fmt: skip
    weights = (H.alpha1, H.alpha2, H.alpha3, H.alpha4, H.alpha5, H.alpha6)
    assert len(set(weights)) == 6
    parts = [weight * float(term) for weight, term in zip(weights, terms)]
    np.testing.assert_allclose(objective, sum(parts), rtol=1e-5)
    model.hparams = dataclasses.replace(H, generator_updates="two")
    _, objectives = model._objectives(step1, step2, step3)
    model.hparams = H
    np.testing.assert_allclose(objectives, [sum(parts[:4]), sum(parts[4:])], rtol=1e-5)
    _, (auxiliary,) = PhySTD(tiny_hparams("auxiliary", alpha1=30.0))._objectives(step1, step2, step3)
    np.testing.assert_allclose(auxiliary, 30.0 * float(step1.L_depth), rtol=1e-5)


def test_p0_is_that_of_the_type_or_open_everywhere(step):
    _, batch, step1, *_ = step
    rng = np.random.default_rng(1)
    model = PhySTD(tiny_hparams(preliminary_mask="open"), seed=5)
    model.generator = StubGenerator([said(rng), said(rng)])
    _, _, step1_open, *_ = _steps(model, batch)
    traces = step1_open.spoof.traces
    nothing_closed = tf.zeros_like(batch.spoof.preliminary_mask)
    L_P = losses.inpainting_mask_loss(traces.P, _T_A(traces), nothing_closed, model.hparams)
    np.testing.assert_allclose(step1_open.L_P, L_P, rtol=1e-5)
    assert abs(float(L_P) - float(step1.L_P)) > 1e-3  # the traces are the same, P0 is not


def test_logs_name_what_they_hold(step):
    model, batch, step1, step2, step3 = step
    step2 = step2._replace(errors=(0.1, 0.2, 0.3, 0.4))
    logs = model._track(
        model._observe(
            batch, model._objectives(step1, step2, step3)[0], step1, step2, [tf.constant(40.0), tf.constant(2.0)]
        )
    )
    live, spoof = (_half(model.generator.outputs[0], which) for which in ("live", "spoof"))
    closed = batch.spoof.preliminary_mask.numpy()
    expected = {
        "L_depth": step1.L_depth, "L_G": step2.L_G, "L_P": step1.L_P, "L_R": step1.L_R,
        "L_S": step3.L_S, "L_H": step3.L_H, "L_D": step2.L_D, "loss": 42.0,
        "depth_live": live.depth.mean(), "depth_spoof": spoof.depth.mean(),
        "trace_live": sum(np.abs(trace).mean() for trace in live.traces[:4]),
        "trace_spoof": sum(np.abs(trace).mean() for trace in spoof.traces[:4]),
        "P_open": spoof.traces.P[closed == 0].mean(), "P_closed": spoof.traces.P[closed == 1].mean(),
        "open_spoof": (closed == 0).mean(), "error_D1": 0.1, "error_D2": 0.2, "error_D3": 0.3, "error_D4": 0.4,
    }  # fmt: skip
    assert set(logs) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(logs[name], value, rtol=1e-4, err_msg=name)


def test_the_error_of_a_discriminator_is_that_of_its_own_maps():
    rng = np.random.default_rng(1)
    model = PhySTD(tiny_hparams(adversarial_reduction="sum"))
    model.generator = StubGenerator([said(rng), said(rng)])
    model.discriminators = [StubDiscriminator(*says) for says in ((1.0, 0.0), (0.5, 0.5), (0.0, 0.0), (1.0, 3.0))]
    np.testing.assert_allclose(_steps(model, distinct_batch())[3].errors, [0.0, 0.5, 1.0, 9.0])


def test_each_network_is_updated_by_its_own_optimizer_at_its_own_rate_with_the_gradient_of_its_own_loss(monkeypatch):
    model = PhySTD(tiny_hparams(learning_rate=1e-3, discriminator_lr_ratio=0.25, init_stddev=None))
    batch = random_batch()
    applied = {}
    for name in ("generator", "discriminator"):
        optimizer = getattr(model, f"{name}_optimizer")

        def apply(pairs, name=name, optimizer=optimizer):
            applied[name] = ([(g.numpy(), v.name) for g, v in pairs], float(optimizer.learning_rate))

        monkeypatch.setattr(optimizer, "apply_gradients", apply)
    states = [variable.numpy().copy() for variable in model.variables]
    with tf.GradientTape(persistent=True) as tape:
        _, _, step1, step2, step3 = _steps(model, batch)
        objective = model._objectives(step1, step2, step3)[1][0]
    for variable, state in zip(model.variables, states):  # the running averages as they were
        variable.assign(state)
    model.train_step(batch)
    for name, loss, variables, rate in (
        ("generator", objective, model.generator.trainable_variables, 1e-3),
        ("discriminator", step2.L_D, model.discriminator_variables, 2.5e-4),
    ):
        pairs, used = applied[name]
        assert used == pytest.approx(rate)
        assert [who for _, who in pairs] == [variable.name for variable in variables]
        for (gradient, who), expected in zip(pairs, tape.gradient(loss, variables)):
            np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-5, err_msg=who)


def test_nothing_but_the_blur_of_the_fake_is_left_to_tell_a_perfect_reconstruction():
    """Mean absolute Laplacian of the inputs of D1 to D3: real faces and reconstructions without a trace."""
    rng = np.random.default_rng(0)
    aucs = {}
    for real_side in ("band", "image"):
        sharpness = [([], []) for _ in range(3)]
        model = PhySTD(tiny_hparams(discriminator_real=real_side))
        model.discriminators = [StubDiscriminator() for _ in range(4)]
        for _ in range(8):
            faces = textured_faces(rng, 4)  # the same on both sides; only the processing differs
            zero = tf.zeros((8, 32, 32, 3))
            model.generator = StubGenerator(
                [GeneratorOutput(tf.zeros((8, 4, 4, 1)), Traces(zero, zero, zero, zero[..., :1], zero))] * 2
            )
            batch = random_batch(live=4, spoof=4)
            batch = Batch(batch.live._replace(image=faces), batch.spoof._replace(image=faces))
            step1 = model._training_step1(batch, training=True)
            model._training_step2(batch, step1, training=True)
            for level, (real, fake), size in zip(range(3), sharpness, model.hparams.discriminator_sizes):
                seen = resize_antialiased(tf.constant(model.discriminators[level].images[-1]), size)
                values = _sharpness(seen.numpy())
                real += list(values[:4])
                fake += list(values[4:])
        aucs[real_side] = [
            np.mean([[float(r > f) + 0.5 * float(r == f) for f in fake] for r in real]) for real, fake in sharpness
        ]
    np.testing.assert_allclose(aucs["band"], 0.5, atol=0.05)
    assert aucs["image"][0] > 0.9 and aucs["image"][1] > 0.6


def _sharpness(images):
    laplacian = (
        4 * images[:, 1:-1, 1:-1]
        - images[:, :-2, 1:-1] - images[:, 2:, 1:-1] - images[:, 1:-1, :-2] - images[:, 1:-1, 2:]
    )  # fmt: skip
    return np.abs(laplacian).mean((1, 2, 3))
