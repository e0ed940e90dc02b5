"""PhySTD as a Keras model whose ``train_step`` is Algorithm 1."""

from typing import Any, Callable, NamedTuple, Optional

import tensorflow as tf

from phystd_tf import losses
from phystd_tf.hparams import HParams
from phystd_tf.networks.discriminator import Discriminator
from phystd_tf.networks.generator import Generator
from phystd_tf.physics.bands import network_input
from phystd_tf.physics.formation import additive_trace
from phystd_tf.physics.reconstruction import image_hierarchy, reconstruct_hierarchy
from phystd_tf.physics.synthesis import WarpedTraces, harden, synthesize_spoof, warp_traces
from phystd_tf.traces import Batch, GeneratorOutput, LiveHierarchy, Traces
from phystd_tf.training.schedule import discriminator_learning_rate, generator_learning_rate

# What is logged in addition to the losses: the parts of Eq. (10) on live and on spoof faces, and for
# ``phystd_tf.training.health`` P of spoof faces where P0 leaves pixels open and where not, and the share of open ones.
_OBSERVED = ("depth_live", "depth_spoof", "trace_live", "trace_spoof")
_INPAINTING = ("P_open", "P_closed", "open_spoof")


class Step1(NamedTuple):
    """Results of training step 1, Alg. 1 lines 1-3."""

    live: GeneratorOutput
    spoof: GeneratorOutput
    L_depth: tf.Tensor
    L_P: tf.Tensor
    L_R: tf.Tensor


class Step2(NamedTuple):
    """Results of training step 2, Alg. 1 lines 4-8."""

    warped: Optional[WarpedTraces]  # None without discriminators, as the next
    synthesized: Optional[tf.Tensor]
    L_G: tf.Tensor
    L_D: tf.Tensor
    errors: tuple[tf.Tensor, ...] = ()  # of D1 to D4: mean squared distance from 1 on real and from 0 on fake, added


class Step3(NamedTuple):
    """Results of training step 3, Alg. 1 lines 9-12."""

    L_S: tf.Tensor
    L_H: tf.Tensor


class PhySTD(tf.keras.Model):
    """Generator, discriminators, their optimizers and the one iteration count.

    Args:
      hparams: HParams.
      seed: of the random weights of harder samples.
    """

    def __init__(self, hparams: HParams, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"name": "phystd", **kwargs})
        self.hparams = hparams
        self.seed = seed
        self.iteration = tf.Variable(0, trainable=False, dtype=tf.int64, name="iteration")
        self.generator = Generator(hparams)
        self.discriminators: list[Discriminator] = []
        if hparams.training_step2:
            self.discriminators = [
                Discriminator(size, hparams, name=f"D{index}")
                for index, size in enumerate(hparams.discriminator_sizes, start=1)
            ]
        self.generator_optimizer = _adam(hparams)
        self.discriminator_optimizer: Optional[tf.keras.optimizers.Optimizer] = (
            _adam(hparams) if self.discriminators else None
        )
        self._build_networks()
        self._loss_names = [*losses.GeneratorLosses._fields, *(["L_D"] if self.discriminators else []), "loss"]
        observed = [*_OBSERVED, *(f"error_D{index + 1}" for index in range(len(self.discriminators)))]
        if hparams.trace_decoder and not hparams.single_trace:
            observed += _INPAINTING
        self._trackers = {name: tf.keras.metrics.Mean(name=name) for name in (*self._loss_names, *observed)}

    @property
    def metrics(self) -> list[tf.keras.metrics.Metric]:
        """The running means, which Keras resets at each epoch."""
        return list(self._trackers.values())

    @property
    def discriminator_variables(self) -> list[tf.Variable]:
        """Trainable variables of D1..D4."""
        return [variable for network in self.discriminators for variable in network.trainable_variables]

    def compile(self, **kwargs: Any) -> None:
        """Prepares ``fit``. The optimizers belong to the model, so none is taken."""
        super().compile(optimizer=self.generator_optimizer, **kwargs)

    def call(self, image: tf.Tensor, training: bool = False) -> GeneratorOutput:
        """See ``Generator.call``."""
        return self.generator(image, training=training)

    def train_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """One iteration of Algorithm 1: three steps, one update of G and one of D.

        Args:
          batch: Batch of as many live as spoof faces, at least one of each.

        Returns:
          Running means of the losses by name.

        Raises:
          InvalidArgumentError: if the batch is not balanced, or a loss is not
            finite; nothing is updated then.
        """
        batch = _balanced(batch)
        with tf.GradientTape(persistent=True) as tape:
            step1 = self._training_step1(batch, training=True)
            step2 = self._training_step2(batch, step1, training=True)
            step3 = self._training_step3(batch, step2, training=True)
            terms, objective = self._objective(step1, step2, step3)

        # Line 13: one update of the generator on all its losses, one of the
        # discriminators, at the rates of this iteration.
        variables = self.generator.trainable_variables
        gradients = tape.gradient(objective, variables)
        if self.discriminators:
            discriminator_gradients = tape.gradient(step2.L_D, self.discriminator_variables)
        # Both losses are known to be finite before either network changes.
        with tf.control_dependencies([objective, step2.L_D]):
            self._apply(self.generator_optimizer, gradients, variables, generator_learning_rate)
            if self.discriminators:
                self._apply(
                    self.discriminator_optimizer,
                    discriminator_gradients,
                    self.discriminator_variables,
                    discriminator_learning_rate,
                )
        self.iteration.assign_add(1)
        return self._track(batch, terms, step1, step2, objective)

    def test_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """The same losses on held-out faces; nothing is updated."""
        batch = _balanced(batch)
        step1 = self._training_step1(batch, training=False)
        step2 = self._training_step2(batch, step1, training=False)
        step3 = self._training_step3(batch, step2, training=False)
        terms, objective = self._objective(step1, step2, step3)
        return self._track(batch, terms, step1, step2, objective)

    def _training_step1(self, batch: Batch, training: bool) -> Step1:
        """Lines 1-3: depth and traces of live and spoof faces."""
        h = self.hparams
        output = self.generator(tf.concat([batch.live.image, batch.spoof.image], axis=0), training=training)
        depth_truth = tf.concat([batch.live.depth, batch.spoof.depth], axis=0)
        live, spoof = _halve(output)
        T_A = additive_trace(spoof.traces, h.n1, h.n2)
        num_live = tf.shape(batch.live.image)[0]
        is_live = tf.cast(tf.range(tf.shape(depth_truth)[0]) < num_live, depth_truth.dtype)
        return Step1(
            live=live,
            spoof=spoof,
            L_depth=losses.depth_loss(output.depth, depth_truth, h),
            L_P=losses.inpainting_mask_loss(spoof.traces.P, T_A, batch.spoof.preliminary_mask, h),
            L_R=losses.regularization_loss(output.traces, is_live, h),
        )

    def _training_step2(self, batch: Batch, step1: Step1, training: bool) -> Step2:
        """Lines 4-8: reconstruct live faces, synthesize spoofs, ask the discriminators."""
        h = self.hparams
        if not self.discriminators:
            zero = tf.zeros([])
            return Step2(None, None, zero, zero)
        reconstruction = reconstruct_hierarchy(batch.spoof.image, step1.spoof.traces, h.n1, h.n2)
        # Both halves of a pair pass through the same filter, or the blur of the fake alone would give it away.
        live = image_hierarchy(batch.live.image, h.n1, h.n2)
        if h.single_trace:  # one trace has no hierarchy: all levels see the whole reconstruction
            reconstruction, live = (LiveHierarchy(*[levels.high] * 3) for levels in (reconstruction, live))
        elif h.discriminator_real == "image":
            live = LiveHierarchy(*[live.high] * 3)
        warped = warp_traces(step1.spoof.traces, batch.spoof, batch.live, h.n1, h.n2)
        synthesized = synthesize_spoof(batch.live.image, warped.T_A, warped.P, warped.image)
        real = [*live, batch.spoof.image]
        fake = [*reconstruction, synthesized]
        real_maps, fake_maps = [], []
        for discriminator, *pair in zip(self.discriminators, real, fake):
            # Real and fake in one pass: batch normalization over each alone
            # would normalize the difference of their colors away.
            maps = discriminator(self._discriminator_input(tf.concat(pair, axis=0)), training=training)
            real_map, fake_map = tf.split(maps, 2, axis=0)
            real_maps.append(real_map)
            fake_maps.append(fake_map)
        return Step2(
            warped=warped,
            synthesized=synthesized,
            L_G=losses.generator_adversarial_loss(fake_maps, h),
            L_D=_finite(losses.discriminator_adversarial_loss(real_maps, fake_maps, h), "L_D"),
            errors=tuple(
                tf.reduce_mean(tf.square(real_map - 1.0)) + tf.reduce_mean(tf.square(fake_map))
                for real_map, fake_map in zip(real_maps, fake_maps)
            ),
        )

    def _discriminator_input(self, images: tf.Tensor) -> tf.Tensor:
        """What the discriminators see of images: these, or their bands as the encoder sees them."""
        return network_input(images, self.hparams) if self.hparams.discriminator_input == "bands" else images

    def _training_step3(self, batch: Batch, step2: Step2, training: bool) -> Step3:
        """Lines 9-12: harder samples, whose traces are known, teach the generator."""
        h = self.hparams
        if not h.training_step3:
            zero = tf.zeros([])
            return Step3(zero, zero)
        assert step2.warped is not None  # HParams refuse step 3 without step 2
        seed = tf.stack([tf.constant(self.seed, tf.int64), self.iteration])
        hard = harden(step2.warped, seed, h)
        # Sec. 3.5: the gradient stops here, or the traces may collapse to 0.
        I_hard = tf.stop_gradient(synthesize_spoof(batch.live.image, hard.T_A, hard.P, hard.image))
        true_trace = I_hard - batch.live.image
        # The live faces balance the batch for batch normalization, Sec. 3.5.
        output = self.generator(tf.concat([batch.live.image, I_hard], axis=0), training=training)
        live_output, hard_output = _halve(output)
        estimate = I_hard - reconstruct_hierarchy(I_hard, hard_output.traces, h.n1, h.n2).high
        return Step3(
            L_S=losses.synthesis_loss(estimate, true_trace, h),
            L_H=self._harder_depth_loss(batch, live_output, hard_output),
        )

    def _harder_depth_loss(self, batch: Batch, live: GeneratorOutput, hard: GeneratorOutput) -> tf.Tensor:
        """L_H over what ``hparams.harder_depth`` says: Eq. (22) as printed, or with the live half as the text of it."""
        L_H = losses.harder_depth_loss(hard.depth, self.hparams)
        if self.hparams.harder_depth == "hard":
            return L_H
        return 0.5 * (L_H + losses.depth_loss(live.depth, batch.live.depth, self.hparams))

    def _objective(self, step1: Step1, step2: Step2, step3: Step3) -> tuple[losses.GeneratorLosses, tf.Tensor]:
        """The sum of Eq. (23) and Eq. (24), once every term is known to be finite."""
        terms = losses.GeneratorLosses(step1.L_depth, step2.L_G, step1.L_P, step1.L_R, step3.L_S, step3.L_H)
        terms = losses.GeneratorLosses(*(_finite(term, name) for name, term in zip(terms._fields, terms)))
        if not self.hparams.trace_decoder:
            return terms, self.hparams.alpha1 * terms.L_depth
        objective = losses.step1_objective(terms, self.hparams)
        return terms, objective + losses.step3_objective(terms, self.hparams)

    def _apply(
        self,
        optimizer: tf.keras.optimizers.Optimizer,
        gradients: list[tf.Tensor],
        variables: list[tf.Variable],
        schedule: Callable[[tf.Variable, HParams], tf.Tensor],
    ) -> None:
        optimizer.learning_rate.assign(schedule(self.iteration, self.hparams))
        optimizer.apply_gradients(zip(gradients, variables))

    def _track(
        self, batch: Batch, terms: losses.GeneratorLosses, step1: Step1, step2: Step2, objective: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        values = {**terms._asdict(), "loss": objective}
        if self.discriminators:
            values["L_D"] = step2.L_D
        values.update({f"error_D{index}": error for index, error in enumerate(step2.errors, start=1)})
        for kind, output in (("live", step1.live), ("spoof", step1.spoof)):
            values[f"depth_{kind}"] = tf.reduce_mean(output.depth)
            values[f"trace_{kind}"] = _trace_magnitude(output.traces)
        for name, value in values.items():
            self._trackers[name].update_state(value)
        if "P_open" in self._trackers:
            P, closed = step1.spoof.traces.P, batch.spoof.preliminary_mask
            # Weighted by pixels, so that a batch in which nothing is open does not count.
            self._trackers["P_open"].update_state(P, sample_weight=1.0 - closed)
            self._trackers["P_closed"].update_state(P, sample_weight=closed)
            self._trackers["open_spoof"].update_state(1.0 - closed)
        return {name: tracker.result() for name, tracker in self._trackers.items()}

    def _build_networks(self) -> None:
        """Makes every variable now, so that a checkpoint can be checked against all of them."""
        self.generator.build_variables()
        self.generator_optimizer.build(self.generator.trainable_variables)
        image = tf.zeros((1, self.hparams.image_size, self.hparams.image_size, 3))
        for discriminator in self.discriminators:
            discriminator(self._discriminator_input(image))
        if self.discriminator_optimizer is not None:
            self.discriminator_optimizer.build(self.discriminator_variables)


def _adam(hparams: HParams) -> tf.keras.optimizers.Optimizer:
    return tf.keras.optimizers.Adam(hparams.learning_rate, beta_1=hparams.adam_beta1, beta_2=hparams.adam_beta2)


def _balanced(batch: Batch) -> Batch:
    """The batch as given, once it is known to hold as many live as spoof faces, and some."""
    num_live, num_spoof = tf.shape(batch.live.image)[0], tf.shape(batch.spoof.image)[0]
    message = "a batch needs as many live as spoof faces, and at least one of each"
    checks = [
        tf.debugging.assert_equal(num_live, num_spoof, message=message),
        tf.debugging.assert_positive(num_live, message=message),
    ]
    checks = [check for check in checks if check is not None]
    with tf.control_dependencies(checks):
        return tf.nest.map_structure(tf.identity, batch)


def _finite(value: tf.Tensor, name: str) -> tf.Tensor:
    return tf.debugging.check_numerics(value, f"{name} is not finite")


def _halve(output: GeneratorOutput) -> tuple[GeneratorOutput, GeneratorOutput]:
    pairs = tf.nest.map_structure(lambda tensor: tuple(tf.split(tensor, 2, axis=0)), output)
    first = GeneratorOutput(pairs.depth[0], Traces(*(pair[0] for pair in pairs.traces)))
    second = GeneratorOutput(pairs.depth[1], Traces(*(pair[1] for pair in pairs.traces)))
    return first, second


def _trace_magnitude(traces: Traces) -> tf.Tensor:
    return tf.add_n([tf.reduce_mean(tf.abs(trace)) for trace in (traces.B, traces.C, traces.T, traces.P)])
