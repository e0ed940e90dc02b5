"""The smallest system with everything that several devices must agree on; it compiles in a second."""

import json
import os
import signal
import traceback
from unittest import mock

import tensorflow as tf

from phystd_tf.errors import PhystdError
from phystd_tf.losses import face_expectation
from phystd_tf.networks.blocks import batch_norm
from phystd_tf.networks.network import Network, no_traces
from phystd_tf.optimization.replicas import share_of_draws
from phystd_tf.optimization.trained_model import Losses, TrainedModel
from phystd_tf.traces import GeneratorOutput
from phystd_tf.training import experiment
from phystd_tf.training.callbacks import Progress
from tests.training.tiny import tiny_hparams


class OneConvolution(Network):
    """A convolution with batch normalization."""

    def __init__(self, hparams):
        super().__init__(hparams)
        # No bias: it is normalized away, so its gradient is only rounding errors, of which Adam makes full steps.
        self.conv = tf.keras.layers.Conv2D(1, 3, strides=4, use_bias=False)
        self.norm = batch_norm(hparams, "float32")

    def call(self, image, training=False):
        return GeneratorOutput(self.norm(self.conv(self.checked(image)), training=training), no_traces(image))


class TrainedConvolution(TrainedModel):
    """Two objectives of the generator, one with random weights for the faces, and the loss of a discriminator."""

    def __init__(self, hparams, seed=0):
        super().__init__(OneConvolution(hparams), [tf.keras.layers.Conv2D(1, 3)], ["L_depth", "L_D"], seed)

    def losses_of(self, batch, training):
        live, spoof = (self.generator(half.image, training=training).depth for half in batch)
        seed = tf.stack([tf.constant(self.seed, tf.int64), self.iteration])
        drawn = share_of_draws(lambda n: tf.random.stateless_uniform((n, 1, 1, 1), seed), tf.shape(live)[0])
        first = face_expectation(drawn * tf.square(live - 1.0), "mean")
        L_D = face_expectation(tf.square(self.discriminators[0](batch.live.image)), "mean")
        logged = {"L_depth": face_expectation(tf.abs(spoof), "mean"), "L_D": L_D}
        return Losses(first, L_D, logged, {}, [face_expectation(tf.square(spoof), "mean")])


HPARAMS = tiny_hparams(
    learning_rate=0.01, batch_size=8, max_iterations=20, depth_size=8, synchronized_batch_norm=True, checkpoint_every=5
)


def train(run, strategy):
    """Trains it on ``prepared`` in the current folder, for 20 iterations, with a checkpoint after every 5.

    Prints the last L_depth that the progress bar is given, and of what kind it is.
    """
    shown, on_batch = {}, Progress.on_train_batch_end

    def note(self, batch, logs=None):
        shown.update(logs)
        on_batch(self, batch, logs)

    model = mock.patch.object(experiment, "new_model", TrainedConvolution)
    with model, mock.patch.object(Progress, "on_train_batch_end", note):
        writes = experiment.train(HPARAMS, "prepared", run, 3, HPARAMS.checkpoint_every, strategy=strategy)
    kind = "tensor" if tf.is_tensor(shown["L_depth"]) else "number"
    print(f"shown {float(shown['L_depth'])} {kind}", flush=True)
    return writes


def train_on_devices(run, count):
    """The same on ``count`` virtual devices."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    train(run, "mirrored")


def train_on_workers(run, ports, killed_at=None):
    """The same in one process per port; the last is killed at iteration ``killed_at``. Prints their exit codes."""
    children = []
    for index in range(len(ports)):
        child = os.fork()
        if not child:
            _work(run, ports, index, killed_at if index == len(ports) - 1 else None)
        children.append(child)
    print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])


def _work(run, ports, index, killed_at):
    workers = [f"localhost:{port}" for port in ports]
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}})
    on_batch = Progress.on_train_batch_end

    def kill(self, batch, logs=None):
        if self.model.iteration.numpy() == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        on_batch(self, batch, logs)

    code = 1
    try:
        with mock.patch.object(Progress, "on_train_batch_end", kill if killed_at else on_batch):
            print("writes" if train(run, "multi_worker") else "reads", flush=True)
        code = 0
    except PhystdError as error:
        print(error, flush=True)
        code = 2
    except Exception:
        traceback.print_exc()
    os._exit(code)
