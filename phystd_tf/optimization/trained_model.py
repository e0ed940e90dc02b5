"""What all systems share in training: one iteration count, Adam, balanced batches, no update from a bad loss."""

from collections.abc import Sequence
from typing import Any, Callable, NamedTuple, Optional

import tensorflow as tf

from phystd_tf.hparams import HParams
from phystd_tf.networks.network import Network
from phystd_tf.optimization.loss_scaling import scaled, unscaled, with_loss_scaling
from phystd_tf.optimization.replicas import assign, num_replicas, share_of_loss
from phystd_tf.optimization.schedule import discriminator_learning_rate, generator_learning_rate
from phystd_tf.traces import Batch, GeneratorOutput, Traces


class Losses(NamedTuple):
    """The losses of one batch.

    Attributes:
      objective: [] float32, what the generator minimizes; known to be finite.
      L_D: [] float32, what the discriminators minimize; known to be finite; None without discriminators.
      logged: the values to log, by the names that the model was made with.
      weights: for the logged values that are means over only some elements, by the same names.
      later: further objectives; each has its own update of the generator, after that on ``objective``.
    """

    objective: tf.Tensor
    L_D: Optional[tf.Tensor]
    logged: dict[str, tf.Tensor]
    weights: dict[str, tf.Tensor]
    later: Sequence[tf.Tensor] = ()


class TrainedModel(tf.keras.Model):
    """A network, its discriminators (if any), their optimizers and one iteration count.

    A system defines ``losses_of``. Its logged values include ``L_depth``, which selects the best checkpoint by its
    value on held-out faces.

    Args:
      generator: a new Network.
      discriminators: new networks that are trained against it, at their own rate.
      logged: names of the values that ``losses_of`` logs.
      seed: for the random numbers of the losses.

    Attributes:
      hparams: HParams of the generator.
      seed, generator, discriminators: those above.
      iteration: int64 variable, number of batches trained on.
      generator_optimizer, discriminator_optimizer: Adam, with loss scaling in float16; the latter is None without
        discriminators.
    """

    def __init__(
        self,
        generator: Network,
        discriminators: Sequence[tf.keras.Model],
        logged: Sequence[str],
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hparams: HParams = generator.hparams
        self.seed = seed
        self.iteration = tf.Variable(
            0, trainable=False, dtype=tf.int64, name="iteration", aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
        )
        self.generator = generator
        self.discriminators = list(discriminators)
        self.generator_optimizer = _adam(self.hparams)
        self.discriminator_optimizer: Optional[tf.keras.optimizers.Optimizer] = (
            _adam(self.hparams) if self.discriminators else None
        )
        self._build_networks()
        self._trackers = {name: tf.keras.metrics.Mean(name=name) for name in logged}

    def losses_of(self, batch: Batch, training: bool) -> Losses:
        """The losses of a batch.

        Args:
          batch: Batch with as many live as spoof faces, at least one of each.
          training: whether batch normalization uses this batch and updates its averages with it.

        Returns:
          Losses.

        Raises:
          InvalidArgumentError: if a loss is not finite; names it.
        """
        raise NotImplementedError

    def discriminator_input(self, images: tf.Tensor) -> tf.Tensor:
        """What the discriminators see of images [n, N, N, 3]: the images themselves, unless a system overrides it."""
        return images

    @property
    def metrics(self) -> list[tf.keras.metrics.Metric]:
        """The running means, which Keras resets at each epoch."""
        return list(self._trackers.values())

    @property
    def discriminator_variables(self) -> list[tf.Variable]:
        """Trainable variables of all discriminators."""
        return [variable for network in self.discriminators for variable in network.trainable_variables]

    def compile(self, **kwargs: Any) -> None:
        """Prepares ``fit``. Takes no optimizer, since the model has its own."""
        super().compile(optimizer=self.generator_optimizer, **kwargs)
        # A running mean is one of all workers already; Keras would give their sum to the callbacks of a batch.
        self.distribute_reduction_method = "first"

    def call(self, image: tf.Tensor, training: bool = False) -> GeneratorOutput:
        """See ``Network.call``."""
        return self.generator(image, training=training)

    def train_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """One iteration: one update of the generator on each of its objectives, and one of the discriminators.

        Args:
          batch: Batch with as many live as spoof faces, at least one of each; with several devices, that of this one.

        Returns:
          Running means of the losses by name.

        Raises:
          InvalidArgumentError: if the batch is not balanced, or a loss is not
            finite; nothing is updated then.
        """
        batch, replicas = _balanced(batch), num_replicas()
        variables = self.generator.trainable_variables
        # One tape per network, so that L_D is not differentiated through the generator.
        tape = tf.GradientTape(persistent=True, watch_accessed_variables=False)
        discriminator_tape = tf.GradientTape(watch_accessed_variables=False)
        with tape, discriminator_tape:
            tape.watch(variables)
            discriminator_tape.watch(self.discriminator_variables)
            losses = self.losses_of(batch, training=True)
            objectives = (losses.objective, *losses.later)
            shares = [scaled(share_of_loss(loss, replicas), self.generator_optimizer) for loss in objectives]
            if self.discriminators:
                share_of_L_D = scaled(share_of_loss(losses.L_D, replicas), self.discriminator_optimizer)
        # Unscaled before the first update, which may change the factor.
        gradients = [unscaled(tape.gradient(share, variables), self.generator_optimizer) for share in shares]
        if self.discriminators:
            discriminator_gradients = unscaled(
                discriminator_tape.gradient(share_of_L_D, self.discriminator_variables), self.discriminator_optimizer
            )
        # All losses are known to be finite before either network changes.
        with tf.control_dependencies([loss for loss in (*objectives, losses.L_D) if loss is not None]):
            for gradient in gradients:
                self._apply(self.generator_optimizer, gradient, variables, generator_learning_rate)
            if self.discriminators:
                self._apply(
                    self.discriminator_optimizer,
                    discriminator_gradients,
                    self.discriminator_variables,
                    discriminator_learning_rate,
                )
        self.iteration.assign_add(1)
        return self._track(losses)

    def test_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """The same losses on held-out faces; nothing is updated."""
        return self._track(self.losses_of(_balanced(batch), training=False))

    def _apply(
        self,
        optimizer: tf.keras.optimizers.Optimizer,
        gradients: Sequence[tf.Tensor],
        variables: list[tf.Variable],
        schedule: Callable[[tf.Variable, HParams], tf.Tensor],
    ) -> None:
        assign(optimizer.learning_rate, schedule(self.iteration, self.hparams))
        optimizer.apply_gradients(zip(gradients, variables))

    def _track(self, losses: Losses) -> dict[str, tf.Tensor]:
        for name, value in losses.logged.items():
            self._trackers[name].update_state(value, sample_weight=losses.weights.get(name))
        return {name: tracker.result() for name, tracker in self._trackers.items()}

    def _build_networks(self) -> None:
        """Creates all variables now, so that a checkpoint can be checked against them."""
        self.generator.build_variables()
        self.generator_optimizer.build(self.generator.trainable_variables)
        image = tf.zeros((1, self.hparams.image_size, self.hparams.image_size, 3))
        for discriminator in self.discriminators:
            discriminator(self.discriminator_input(image))
        if self.discriminator_optimizer is not None:
            self.discriminator_optimizer.build(self.discriminator_variables)


def finite(value: tf.Tensor, name: str) -> tf.Tensor:
    """Returns the value if it is finite; otherwise raises InvalidArgumentError with the name of the loss."""
    return tf.debugging.check_numerics(value, f"{name} is not finite")


def both_images(batch: Batch) -> tf.Tensor:
    """All images of a batch for one pass, live ones first: [2 n, N, N, 3]; ``halve`` splits the output."""
    return tf.concat([batch.live.image, batch.spoof.image], axis=0)


def halve(output: GeneratorOutput) -> tuple[GeneratorOutput, GeneratorOutput]:
    """The first and the second half of an output: that of live faces and that of spoofs."""
    pairs = tf.nest.map_structure(lambda tensor: tuple(tf.split(tensor, 2, axis=0)), output)
    first = GeneratorOutput(pairs.depth[0], Traces(*(pair[0] for pair in pairs.traces)))
    second = GeneratorOutput(pairs.depth[1], Traces(*(pair[1] for pair in pairs.traces)))
    return first, second


def _adam(hparams: HParams) -> tf.keras.optimizers.Optimizer:
    adam = tf.keras.optimizers.Adam(hparams.learning_rate, beta_1=hparams.adam_beta1, beta_2=hparams.adam_beta2)
    return with_loss_scaling(adam, hparams.precision)


def _balanced(batch: Batch) -> Batch:
    """Returns the batch after a check that it has as many live as spoof faces, and at least one of each."""
    num_live, num_spoof = tf.shape(batch.live.image)[0], tf.shape(batch.spoof.image)[0]
    message = "a batch needs as many live as spoof faces, and at least one of each"
    checks = [
        tf.debugging.assert_equal(num_live, num_spoof, message=message),
        tf.debugging.assert_positive(num_live, message=message),
    ]
    checks = [check for check in checks if check is not None]
    with tf.control_dependencies(checks):
        return tf.nest.map_structure(tf.identity, batch)
