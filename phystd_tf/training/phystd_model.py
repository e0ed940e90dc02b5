"""PhySTD as a Keras model that is trained by Algorithm 1."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

import tensorflow as tf

from phystd_tf import losses
from phystd_tf.hparams import HParams
from phystd_tf.networks.discriminator import Discriminator
from phystd_tf.networks.generator import Generator
from phystd_tf.optimization.replicas import share_of_draws
from phystd_tf.optimization.trained_model import Losses, TrainedModel, both_images, finite, halve
from phystd_tf.physics.bands import network_input
from phystd_tf.physics.formation import additive_trace
from phystd_tf.physics.reconstruction import image_hierarchy, reconstruct_hierarchy
from phystd_tf.physics.synthesis import WarpedTraces, harder_weights, synthesize_spoof, warp_traces, weigh
from phystd_tf.traces import Batch, Faces, GeneratorOutput, LiveHierarchy, Traces

# Logged in addition to the losses: the parts of Eq. (10) for live and for spoof faces; and for
# ``phystd_tf.training.health`` the mean P of spoof faces where P0 allows and forbids inpainting, and the open share.
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

    warped: Optional[WarpedTraces]  # this and the next are None without discriminators
    synthesized: Optional[tf.Tensor]
    L_G: tf.Tensor
    L_D: tf.Tensor
    errors: tuple[tf.Tensor, ...] = ()  # of D1 to D4: see ``losses.discriminator_error``


class Step3(NamedTuple):
    """Results of training step 3, Alg. 1 lines 9-12."""

    L_S: tf.Tensor
    L_H: tf.Tensor


class PhySTD(TrainedModel):
    """PhySTD: the generator of Fig. 4 against the discriminators D1 to D4.

    Args:
      hparams: HParams.
      seed: for the random weights of harder samples.
    """

    def __init__(self, hparams: HParams, seed: int = 0, **kwargs: Any) -> None:
        generator = Generator(hparams)
        discriminators: list[Discriminator] = []
        if hparams.training_step2:
            discriminators = [
                Discriminator(size, hparams, name=f"D{index}")
                for index, size in enumerate(hparams.discriminator_sizes, start=1)
            ]
        logged = [*losses.GeneratorLosses._fields, *(["L_D"] if discriminators else []), "loss", *_OBSERVED]
        logged += [f"error_D{index}" for index in range(1, len(discriminators) + 1)]
        if hparams.trace_decoder and not hparams.single_trace:
            logged += _INPAINTING
        super().__init__(generator, discriminators, logged, seed, **{"name": "phystd", **kwargs})

    def losses_of(self, batch: Batch, training: bool) -> Losses:
        """The losses of the three steps of Algorithm 1, for one iteration. See ``TrainedModel.losses_of``."""
        step1 = self._training_step1(batch, training)
        step2 = self._training_step2(batch, step1, training)
        step3 = self._training_step3(batch, step2, training)
        terms, objectives = self._objectives(step1, step2, step3)
        return self._observe(batch, terms, step1, step2, objectives)

    def discriminator_input(self, images: tf.Tensor) -> tf.Tensor:
        """What the discriminators see of images: the images themselves, or their bands like the encoder."""
        return network_input(images, self.hparams) if self.hparams.discriminator_input == "bands" else images

    def _training_step1(self, batch: Batch, training: bool) -> Step1:
        """Lines 1-3: depth and traces of live and spoof faces."""
        h = self.hparams
        output = self.generator(both_images(batch), training=training)
        depth_truth = tf.concat([batch.live.depth, batch.spoof.depth], axis=0)
        live, spoof = halve(output)
        T_A = additive_trace(spoof.traces, h.n1, h.n2)
        num_live = tf.shape(batch.live.image)[0]
        is_live = tf.cast(tf.range(tf.shape(depth_truth)[0]) < num_live, depth_truth.dtype)
        return Step1(
            live=live,
            spoof=spoof,
            L_depth=losses.depth_loss(output.depth, depth_truth, h),
            L_P=losses.inpainting_mask_loss(spoof.traces.P, T_A, self._preliminary_mask(batch.spoof), h),
            L_R=losses.regularization_loss(output.traces, is_live, h),
        )

    def _preliminary_mask(self, spoof: Faces) -> tf.Tensor:
        """P0 of spoof faces: 1 where nothing may be inpainted."""
        mask = spoof.preliminary_mask
        return tf.zeros_like(mask) if self.hparams.preliminary_mask == "open" else mask

    def _training_step2(self, batch: Batch, step1: Step1, training: bool) -> Step2:
        """Lines 4-8: reconstruct live faces, synthesize spoofs, apply the discriminators."""
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
            # Real and fake in one pass: separate batch normalization would remove
            # the difference between their colors.
            maps = discriminator(self.discriminator_input(tf.concat(pair, axis=0)), training=training)
            real_map, fake_map = tf.split(maps, 2, axis=0)
            real_maps.append(real_map)
            fake_maps.append(fake_map)
        return Step2(
            warped=warped,
            synthesized=synthesized,
            L_G=losses.generator_adversarial_loss(fake_maps, h),
            L_D=finite(losses.discriminator_adversarial_loss(real_maps, fake_maps, h), "L_D"),
            errors=tuple(map(losses.discriminator_error, real_maps, fake_maps)),
        )

    def _training_step3(self, batch: Batch, step2: Step2, training: bool) -> Step3:
        """Lines 9-12: harder samples, whose traces are known, teach the generator."""
        h = self.hparams
        if not h.training_step3:
            zero = tf.zeros([])
            return Step3(zero, zero)
        assert step2.warped is not None  # HParams refuse step 3 without step 2
        seed = tf.stack([tf.constant(self.seed, tf.int64), self.iteration])
        num_faces = tf.shape(step2.warped.P)[0]
        hard = weigh(step2.warped, share_of_draws(lambda count: harder_weights(count, seed, h), num_faces, axis=1))
        # Sec. 3.5: the gradient stops here, or the traces may collapse to 0.
        I_hard = tf.stop_gradient(synthesize_spoof(batch.live.image, hard.T_A, hard.P, hard.image))
        true_trace = I_hard - batch.live.image
        # The live faces balance the batch for batch normalization, Sec. 3.5.
        output = self.generator(tf.concat([batch.live.image, I_hard], axis=0), training=training)
        live_output, hard_output = halve(output)
        estimate = I_hard - reconstruct_hierarchy(I_hard, hard_output.traces, h.n1, h.n2).high
        return Step3(
            L_S=losses.synthesis_loss(estimate, true_trace, h),
            L_H=self._harder_depth_loss(batch, live_output, hard_output),
        )

    def _harder_depth_loss(self, batch: Batch, live: GeneratorOutput, hard: GeneratorOutput) -> tf.Tensor:
        """L_H by ``hparams.harder_depth``: Eq. (22) as printed, or with the live half as in the text of Sec. 3.5."""
        L_H = losses.harder_depth_loss(hard.depth, self.hparams)
        if self.hparams.harder_depth == "hard":
            return L_H
        return 0.5 * (L_H + losses.depth_loss(live.depth, batch.live.depth, self.hparams))

    def _objectives(self, step1: Step1, step2: Step2, step3: Step3) -> tuple[losses.GeneratorLosses, list[tf.Tensor]]:
        """The finite terms, and the sum of Eq. (23) and Eq. (24), or both if each has its own update."""
        terms = losses.GeneratorLosses(step1.L_depth, step2.L_G, step1.L_P, step1.L_R, step3.L_S, step3.L_H)
        terms = losses.GeneratorLosses(*(finite(term, name) for name, term in zip(terms._fields, terms)))
        if not self.hparams.trace_decoder:
            return terms, [self.hparams.alpha1 * terms.L_depth]
        objectives = [losses.step1_objective(terms, self.hparams), losses.step3_objective(terms, self.hparams)]
        return terms, objectives if self.hparams.generator_updates == "two" else [tf.add_n(objectives)]

    def _observe(
        self,
        batch: Batch,
        terms: losses.GeneratorLosses,
        step1: Step1,
        step2: Step2,
        objectives: Sequence[tf.Tensor],
    ) -> Losses:
        logged = {**terms._asdict(), "loss": tf.add_n(objectives)}
        if self.discriminators:
            logged["L_D"] = step2.L_D
        logged.update({f"error_D{index}": error for index, error in enumerate(step2.errors, start=1)})
        for kind, output in (("live", step1.live), ("spoof", step1.spoof)):
            logged[f"depth_{kind}"] = tf.reduce_mean(output.depth)
            logged[f"trace_{kind}"] = _trace_magnitude(output.traces)
        weights = {}
        if self.hparams.trace_decoder and not self.hparams.single_trace:
            P, closed = step1.spoof.traces.P, self._preliminary_mask(batch.spoof)
            # Weighted by pixels, so that a batch in which nothing is open does not count.
            logged.update(P_open=P, P_closed=P, open_spoof=1.0 - closed)
            weights = {"P_open": 1.0 - closed, "P_closed": closed}
        L_D = step2.L_D if self.discriminators else None
        return Losses(objectives[0], L_D, logged, weights, objectives[1:])


def _trace_magnitude(traces: Traces) -> tf.Tensor:
    return tf.add_n([tf.reduce_mean(tf.abs(trace)) for trace in (traces.B, traces.C, traces.T, traces.P)])
