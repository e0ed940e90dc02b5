"""Algorithm 1: who learns from what, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf import losses
from phystd_tf.hparams import ABLATIONS
from phystd_tf.physics.synthesis import synthesize_spoof, warp_traces
from phystd_tf.traces import Batch
from phystd_tf.training.phystd_model import PhySTD
from tests.training.tiny import endless, random_batch, random_faces, tiny_hparams


def _new_model(ablation="full", **changes):
    tf.keras.utils.set_random_seed(3)
    model = PhySTD(tiny_hparams(ablation, **changes))
    model.compile()
    return model


def _values(variables):
    return [variable.numpy().copy() for variable in variables]


def _changed(before, variables):
    return {v.name for old, v in zip(before, variables) if not np.array_equal(old, v.numpy())}


def _objective(model, batch):
    step1 = model._training_step1(batch, training=True)
    step2 = model._training_step2(batch, step1, training=True)
    step3 = model._training_step3(batch, step2, training=True)
    return model._objectives(step1, step2, step3)[1][0]


# By design, the inpainted content has no gradient without the adversarial loss,
# but it shares its variables with the other traces.
@pytest.mark.parametrize("ablation", ABLATIONS)
def test_every_generator_variable_receives_a_gradient(ablation):
    model = _new_model(ablation)
    batch = random_batch()
    with tf.GradientTape() as tape:
        objective = _objective(model, batch)
    gradients = tape.gradient(objective, model.generator.trainable_variables)
    missing = [v.name for v, g in zip(model.generator.trainable_variables, gradients) if g is None or not np.any(g)]
    assert missing == []


@pytest.mark.parametrize("ablation", ["step1", "full"])
def test_inpainted_content_learns_from_the_adversarial_step_only(ablation):
    model = _new_model(ablation)
    batch = random_batch()
    with tf.GradientTape() as tape:
        objective = _objective(model, batch)
    kernel = tape.gradient(objective, model.generator.decoder.head.kernel)
    assert np.any(kernel[..., :10])
    assert np.any(kernel[..., 10:]) == (ablation == "full")


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_one_step_changes_exactly_the_declared_variables(ablation):
    model = _new_model(ablation)
    networks = [model.generator, *model.discriminators]
    trainable = [v for network in networks for v in network.trainable_variables]
    averages = [v for network in networks for v in network.non_trainable_variables]
    before, averages_before = _values(trainable), _values(averages)
    model.train_step(random_batch())
    assert _changed(before, trainable) == {v.name for v in trainable}
    assert _changed(averages_before, averages) == {v.name for v in averages}
    assert model.iteration.numpy() == 1
    assert bool(model.discriminators) == model.hparams.training_step2


def test_two_updates_are_one_on_each_objective():
    batch = random_batch()
    made = []
    for updates in ("one", "two"):
        model = PhySTD(tiny_hparams(generator_updates=updates), seed=1)
        applied: list = []
        model.generator_optimizer.apply_gradients = lambda pairs, applied=applied: applied.append([g for g, _ in pairs])
        model.discriminator_optimizer.apply_gradients = lambda pairs: None
        if made:
            model.generator.set_weights(made[0][0].generator.get_weights())
            for one, other in zip(model.discriminators, made[0][0].discriminators):
                one.set_weights(other.get_weights())
        made.append((model, applied))
        model.train_step(batch)
    (_, (together,)), (_, (first, second)) = made
    for whole, *parts in zip(together, first, second):
        np.testing.assert_allclose(whole, sum(parts), atol=1e-5 + 1e-3 * np.abs(whole).max())
    assert any(np.abs(gradient).max() > 1e-6 for gradient in second)


def test_generator_loss_does_not_move_the_discriminators_and_the_reverse():
    for frozen, moving in (("discriminator_optimizer", "generator"), ("generator_optimizer", "discriminators")):
        model = _new_model()
        getattr(model, frozen).apply_gradients = lambda pairs: None
        groups = {"generator": model.generator.trainable_variables, "discriminators": model.discriminator_variables}
        before = {name: _values(variables) for name, variables in groups.items()}
        model.train_step(random_batch())
        changed = {name for name, variables in groups.items() if _changed(before[name], variables)}
        assert changed == {moving}


def test_synthesis_truth_and_input_are_stopped():
    """Eq. (21): L_S and L_H reach the generator through its second pass only."""
    model = _new_model()
    batch = random_batch()
    with tf.GradientTape() as tape:
        step1 = model._training_step1(batch, training=True)
        traces = step1.spoof.traces
        step2 = model._training_step2(batch, step1, training=True)
        step3 = model._training_step3(batch, step2, training=True)
        third = step3.L_S + step3.L_H
    assert tape.gradient(third, tf.nest.flatten(traces)) == [None] * 5


def test_adversarial_loss_reaches_the_traces_through_warp_and_reconstruction():
    model = _new_model()
    batch = random_batch()
    with tf.GradientTape() as tape:
        step1 = model._training_step1(batch, training=True)
        step2 = model._training_step2(batch, step1, training=True)
        L_G = step2.L_G
    for gradient in tape.gradient(L_G, tf.nest.flatten(step1.spoof.traces)):
        assert gradient is not None and np.any(gradient) and np.all(np.isfinite(gradient))


def test_synthesized_spoof_carries_the_trace_of_the_spoof_to_the_live_face():
    batch = random_batch()
    model = _new_model()
    traces = model(batch.spoof.image).traces
    h = model.hparams
    same = warp_traces(traces, batch.spoof, batch.spoof, h.n1, h.n2)
    np.testing.assert_allclose(same.P, traces.P, atol=1e-5)  # no offset, no change
    none = warp_traces(traces._replace(B=0 * traces.B, C=0 * traces.C, T=0 * traces.T, P=0 * traces.P),
                       batch.spoof, batch.live, h.n1, h.n2)  # fmt: skip
    unchanged = synthesize_spoof(batch.live.image, none.T_A, none.P, none.image)
    np.testing.assert_allclose(unchanged, batch.live.image, atol=1e-6)


@pytest.mark.parametrize("live, spoof", [(4, 0), (0, 4), (3, 1)])
def test_an_unbalanced_batch_is_refused_and_changes_nothing(live, spoof):
    model = _new_model()
    before = _values(model.variables)
    with pytest.raises(tf.errors.InvalidArgumentError, match="as many live as spoof"):
        model.train_step(random_batch(live=live, spoof=spoof))
    assert not _changed(before, model.variables)


def test_a_loss_that_is_not_finite_is_named_and_changes_nothing():
    model = _new_model()
    batch = random_batch()
    depth = batch.live.depth.numpy()
    depth[0, 0, 0, 0] = np.nan
    before = _values(model.generator.trainable_variables + model.discriminator_variables)
    with pytest.raises(tf.errors.InvalidArgumentError, match="L_depth is not finite"):
        model.train_step(Batch(batch.live._replace(depth=tf.constant(depth)), batch.spoof))
    assert not _changed(before, model.generator.trainable_variables + model.discriminator_variables)


def test_a_loss_that_is_not_finite_changes_nothing_in_the_traced_step_either():
    model = _new_model()
    batch = random_batch()
    spoof = batch.spoof._replace(preliminary_mask=batch.spoof.preliminary_mask * float("nan"))
    before = _values(model.generator.trainable_variables + model.discriminator_variables)
    with pytest.raises(tf.errors.InvalidArgumentError, match="L_P is not finite"):
        tf.function(model.train_step)(Batch(batch.live, spoof))
    assert not _changed(before, model.generator.trainable_variables + model.discriminator_variables)


def test_no_weight_changes_before_all_losses_are_known_to_be_finite():
    """Checked in the graph: an order that occurs by chance proves nothing."""
    model = _new_model()
    graph = tf.function(model.train_step).get_concrete_function(random_batch()).graph
    weights = {id(variable.handle) for variable in model.trainable_variables}
    handles = {internal.name for external, internal in graph.captures if id(external) in weights}
    writes = [
        operation for operation in graph.get_operations()
        if operation.type.startswith(("Assign", "ResourceApply")) and operation.inputs[0].name in handles
    ]  # fmt: skip
    assert len({write.inputs[0].name for write in writes}) == len(weights)
    for write in writes:
        known = {_message(before) for before in _all_before(write) if before.type == "CheckNumerics"}
        names = ("L_depth", "L_G", "L_P", "L_R", "L_S", "L_H", "L_D")
        assert known >= {f"{name} is not finite" for name in names}, write.name


def _message(check):
    return check.get_attr("message").decode()


def _all_before(operation):
    found, waiting = {operation}, [operation]
    while waiting:
        last = waiting.pop()
        new = {tensor.op for tensor in last.inputs} | set(last.control_inputs)
        waiting += new - found
        found |= new
    return found


def test_spoofs_whose_preliminary_mask_is_empty_give_finite_losses():
    batch = random_batch()
    spoof = batch.spoof._replace(preliminary_mask=tf.zeros_like(batch.spoof.preliminary_mask))
    logs = _new_model().train_step(Batch(batch.live, spoof))
    assert all(np.isfinite(value) for value in logs.values())


def test_learning_rates_follow_the_iteration_count_not_the_updates():
    model = _new_model(decay_every=2, learning_rate=1e-3, discriminator_lr_ratio=0.5)
    rates = []
    for _ in range(5):
        model.train_step(random_batch())
        rates.append(
            (float(model.generator_optimizer.learning_rate), float(model.discriminator_optimizer.learning_rate))
        )
    np.testing.assert_allclose(rates, [(1e-3, 5e-4)] * 2 + [(1e-4, 5e-5)] * 2 + [(1e-5, 5e-6)], rtol=1e-5)
    assert model.generator_optimizer.iterations == model.discriminator_optimizer.iterations == 5


def test_held_out_losses_are_those_of_training_and_change_nothing():
    model = _new_model()
    batch = random_batch()
    before = _values(model.generator.variables + model.discriminator_variables)
    logs = model.test_step(batch)
    assert not _changed(before, model.generator.variables + model.discriminator_variables)
    expected = losses.depth_loss(
        model(tf.concat([batch.live.image, batch.spoof.image], 0)).depth,
        tf.concat([batch.live.depth, batch.spoof.depth], 0),
        model.hparams,
    )
    np.testing.assert_allclose(logs["L_depth"], expected, rtol=1e-5)


def test_logged_losses_are_means_over_the_epoch():
    model = _new_model(init_stddev=None)
    batches = [random_batch(1), random_batch(2)]
    alone = []
    for batch in batches:
        model.reset_metrics()
        alone.append(float(model.test_step(batch)["L_depth"]))
    assert alone[0] != alone[1]
    model.reset_metrics()
    together = [float(model.test_step(batch)["L_depth"]) for batch in batches]
    np.testing.assert_allclose(together, [alone[0], np.mean(alone)], rtol=1e-5)


def test_keras_fit_learns_one_fixed_batch():
    """The traced step, as it ships: the loss falls, and the maps of live and spoof faces separate."""
    model = _new_model(learning_rate=3e-3, init_stddev=None)
    history = model.fit(endless(random_batch()), steps_per_epoch=15, epochs=3, verbose=0).history
    assert history["L_depth"][-1] < 0.6 * history["L_depth"][0]
    assert history["depth_live"][-1] > history["depth_spoof"][-1]
    assert model.iteration.numpy() == 45


def test_same_seed_same_steps_other_seed_others():
    def run(seed):
        tf.keras.utils.set_random_seed(seed)
        model = PhySTD(tiny_hparams(), seed=seed)
        model.compile()
        for _ in range(2):
            logs = model.train_step(random_batch())
        return {name: float(value) for name, value in logs.items()}

    first, second, other = run(1), run(1), run(2)
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-5, err_msg=name)
    assert first["L_S"] != other["L_S"]


def test_faces_of_the_fake_batch_fill_their_crop():
    faces = random_faces(np.random.default_rng(0), 1, live=True)
    assert faces.triangle_map.max() < len(faces.triangles[0])


def test_discriminators_see_the_bands_of_the_encoder_when_asked_to():
    model = PhySTD(tiny_hparams(discriminator_input="bands"))
    image_model = PhySTD(tiny_hparams())
    assert model.discriminators[0].units[0].trainable_variables[0].shape[2] == 9
    assert image_model.discriminators[0].units[0].trainable_variables[0].shape[2] == 3
    before = [variable.numpy() for variable in model.discriminator_variables]
    logs = model.train_step(random_batch())
    assert np.isfinite(float(logs["L_D"]))
    moved = [np.abs(b - v.numpy()).max() > 0 for b, v in zip(before, model.discriminator_variables)]
    assert moved[0], "the first layer learns from the bands"


_FACES = {
    "black": np.zeros_like,
    "white": np.ones_like,
    "saturated": lambda image: np.round(image),  # each channel of each pixel is 0 or 1
}


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_step_on_extreme_faces_is_finite(precision):
    """Constant and saturated faces, also on one side only, in a batch of a single pair."""
    model = _new_model(precision=precision, init_stddev=None)
    batch = random_batch(live=1, spoof=1)
    for live, spoof in (("black", "black"), ("white", "white"), ("black", "white"), ("saturated", "saturated")):
        extreme = Batch(
            batch.live._replace(image=tf.constant(_FACES[live](batch.live.image.numpy()))),
            batch.spoof._replace(image=tf.constant(_FACES[spoof](batch.spoof.image.numpy()))),
        )
        logs = model.train_step(extreme)
        assert all(np.isfinite(value) for value in logs.values()), (live, spoof)
        for variable in model.variables:
            assert np.all(np.isfinite(variable)), (live, spoof, variable.name)
