"""Loss scaling: changes nothing where nothing overflows, and skips the update where something does."""

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.networks.network import Network, no_traces
from phystd_tf.optimization.trained_model import Losses, TrainedModel
from phystd_tf.traces import GeneratorOutput
from phystd_tf.training.checkpoints import CheckpointStore
from tests.training.tiny import random_batch, tiny_hparams


class _OneConvolution(Network):
    def __init__(self, hparams):
        super().__init__(hparams)
        self.conv = tf.keras.layers.Conv2D(1, 3, kernel_initializer="ones")

    def call(self, image, training=False):
        return GeneratorOutput(self.conv(image), no_traces(image))


class _TwoLosses(TrainedModel):
    """A generator with two objectives and a discriminator; the losses are means of their maps times ``factor``."""

    def __init__(self, precision):
        hparams = tiny_hparams(precision=precision, learning_rate=0.1)
        super().__init__(
            _OneConvolution(hparams), [tf.keras.layers.Conv2D(1, 3, kernel_initializer="ones")], ["L_depth"]
        )
        self.factor = {"first": 1.0, "later": 1.0, "L_D": 1.0}

    def losses_of(self, batch, training):
        first, later = (tf.reduce_mean(self.generator(half.image).depth) for half in batch)
        L_D = tf.reduce_mean(self.discriminators[0](batch.live.image))
        objectives = self.factor["first"] * first, self.factor["later"] * tf.square(later)
        return Losses(objectives[0], self.factor["L_D"] * L_D, {"L_depth": first}, {}, objectives[1:])


def _scales(model):
    return [float(optimizer.loss_scale) for optimizer in (model.generator_optimizer, model.discriminator_optimizer)]


def test_updates_are_those_without_it_bit_by_bit():
    models = [_TwoLosses(precision) for precision in ("float32", "mixed_float16")]
    adam = tf.keras.optimizers.Adam.from_config(models[0].discriminator_optimizer.get_config())
    models[1].discriminator_optimizer = tf.keras.mixed_precision.LossScaleOptimizer(adam, initial_scale=2.0**9)
    adam.build(models[1].discriminator_variables)
    for seed in range(3):
        for model in models:
            model.train_step(random_batch(seed))
    for one, other in zip(*(model.generator.variables + model.discriminator_variables for model in models)):
        np.testing.assert_array_equal(one, other)
    assert _scales(models[1]) == [2.0**15, 2.0**9]


@pytest.mark.parametrize(
    ("name", "scales"), [("first", [2.0**14, 2.0**15]), ("later", [2.0**14, 2.0**15]), ("L_D", [2.0**15, 2.0**14])]
)
def test_an_update_that_overflows_is_skipped_and_the_factor_halved(name, scales):
    model = _TwoLosses("mixed_float16")
    model.factor = {"first": 0.0, "later": 0.0, "L_D": 0.0, name: 1e37}  # finite, but not 32,768 times as large
    before = [variable.numpy() for variable in model.generator.variables + model.discriminator_variables]
    model.train_step(random_batch())
    assert _scales(model) == scales
    for old, new in zip(before, model.generator.variables + model.discriminator_variables):
        np.testing.assert_array_equal(old, new)
    assert model.iteration == 1


def test_an_update_that_overflows_does_not_change_the_gradient_of_the_next_one(monkeypatch):
    model, batch, applied = _TwoLosses("mixed_float16"), random_batch(), []
    model.factor["first"] = 1e37
    with tf.GradientTape() as tape:
        (later,) = model.losses_of(batch, training=True).later
    expected = tape.gradient(later, model.generator.trainable_variables)
    apply = model.generator_optimizer.apply_gradients
    monkeypatch.setattr(
        model.generator_optimizer, "apply_gradients", lambda pairs: apply(applied.append(list(pairs)) or applied[-1])
    )
    model.train_step(batch)
    first, second = ([gradient.numpy() for gradient, _ in pairs] for pairs in applied)
    assert not all(np.isfinite(gradient).all() for gradient in first)
    for gradient, wanted in zip(second, expected):
        np.testing.assert_allclose(gradient, wanted, rtol=1e-5)


def test_a_resumed_run_has_the_factors_that_it_had(tmp_path):
    model = _TwoLosses("mixed_float16")
    model.factor["L_D"] = 1e37
    model.train_step(random_batch())
    CheckpointStore(model, str(tmp_path)).save("last")
    resumed = _TwoLosses("mixed_float16")
    CheckpointStore(resumed, str(tmp_path)).restore("last")
    assert _scales(resumed) == _scales(model) == [2.0**15, 2.0**14]
