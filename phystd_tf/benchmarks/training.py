"""The time of a training iteration, and how much of it the convolutions take."""

import functools
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from phystd_tf.benchmarks.bench import Bench
from phystd_tf.benchmarks.convolutions import convolutions, seconds_alone
from phystd_tf.benchmarks.noise import noise_batch
from phystd_tf.hparams import HParams
from phystd_tf.networks.convolution import operations_only
from phystd_tf.networks.network import Network
from phystd_tf.traces import Batch
from phystd_tf.training.step_memory import traced_step
from phystd_tf.training.systems import new_model


def training(bench: Bench, hparams: Sequence[tuple[str, HParams]]) -> dict[str, float]:
    """Seconds per training iteration of systems or rows of Table 3, by name; the first is the reference.

    Args:
      bench: Bench.
      hparams: name and HParams of each; all use the same batch.
    """
    batch = noise_batch(hparams[0][1])
    steps = {name: tf.function(new_model(each).train_step) for name, each in hparams}
    calls = {name: functools.partial(step, batch) for name, step in steps.items()}
    return bench.compare("training", calls)


def step(bench: Bench, preset: str, precisions: Sequence[HParams]) -> None:
    """A training iteration of PhySTD, compared with its convolutions alone and with one pass through its generator.

    Args:
      bench: Bench.
      preset: name of the hyper-parameters.
      precisions: the same HParams in different precisions; the first is the reference.
    """
    first = None
    for hparams in precisions:
        model, batch = new_model(hparams), noise_batch(hparams)
        traced = tf.function(model.train_step)
        with operations_only():
            found = convolutions(traced_step(model))
        flops = sum(one.flops * count for one, count in found.items())
        name, faces = f"{preset}, {hparams.precision}", hparams.batch_size
        seconds = bench.compare(
            "step",
            {
                f"{name}: forward and backward through the generator": _plain_pass(model.generator, batch),
                f"{name}: iteration": functools.partial(traced, batch),
            },
        )[f"{name}: iteration"]
        alone = seconds_alone(found, max(1, bench.rounds // 3))
        bench.add("step", f"{name}: faces", faces / seconds, "per second")
        roofline = bench.add("step", f"{name}: its convolutions alone", flops / alone / 1e9, "GFLOP/s")
        bench.add("step", f"{name}: rate of the iteration", flops / seconds / 1e9, "GFLOP/s", roofline)
        bench.add("step", f"{name}: outside of convolutions", 100 * (1 - alone / seconds), "%")
        whole = bench.add("step", f"{name}: milliseconds per face", 1e3 * seconds / faces, "ms", first)
        first = first or whole


def _plain_pass(generator: Network, batch: Batch) -> Any:
    """The gradient of a sum of all outputs of the generator for all faces of a batch."""
    images = tf.concat([batch.live.image, batch.spoof.image], 0)

    @tf.function
    def one_pass() -> Any:
        with tf.GradientTape() as tape:
            outputs = tf.nest.flatten(generator(images, training=True))
            total = tf.add_n([tf.reduce_sum(tf.cast(each, tf.float32)) for each in outputs])
        return tape.gradient(total, generator.trainable_variables)

    return one_pass
