"""Training on several devices of one machine, or of several machines that TF_CONFIG lists."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import tensorflow as tf

from phystd_tf.data.share import STRATEGIES, Share
from phystd_tf.errors import PhystdError, first_line

_EXAMPLE = '{"cluster": {"worker": ["host1:5000", "host2:5000"]}, "task": {"type": "worker", "index": 0}}'

# The errors of the other processes when one of them has ended.
_LOST = (
    tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.InternalError,
    tf.errors.DeadlineExceededError, tf.errors.FailedPreconditionError,
)  # fmt: skip


class Place(NamedTuple):
    """The place of this process among those that train together.

    Attributes:
      workers: number of processes.
      worker: index of this process, from 0.
    """

    workers: int = 1
    worker: int = 0

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run folder."""
        return self.worker == 0


def place_of(strategy: str) -> Place:
    """The place of this process under one of STRATEGIES; does not call TensorFlow.

    Raises:
      PhystdError: if the strategy is "multi_worker" and TF_CONFIG does not give the place.
    """
    if strategy != "multi_worker":
        return Place()
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        workers, task = config["cluster"]["worker"], config["task"]
        place = Place(len(workers), task["index"])
        good = set(config["cluster"]) == {"worker"} and task["type"] == "worker"
        good = good and type(place.worker) is int and 0 <= place.worker < place.workers
    except (KeyError, TypeError, ValueError):
        good = False
    if not good:
        raise PhystdError(
            f"--strategy=multi_worker needs the environment variable TF_CONFIG, as in {_EXAMPLE}: the same cluster, of "
            "workers only, for all processes, and for each its own index"
        )
    return place


class Devices:
    """The devices that a model is trained on.

    Args:
      strategy: one of STRATEGIES. "multi_worker" must be set up before TensorFlow computes anything in this process,
        and waits for all other processes.

    Raises:
      PhystdError: if the strategy is unknown, TF_CONFIG does not give the place of this process, or another one ends.

    Attributes:
      place: Place.
    """

    def __init__(self, strategy: str) -> None:
        if strategy not in STRATEGIES:
            raise PhystdError(f"unknown strategy {strategy!r}; known are {', '.join(STRATEGIES)}")
        self.place = place_of(strategy)
        self._strategy: Any = None
        if strategy == "mirrored":
            devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
            self._strategy = tf.distribute.MirroredStrategy([device.name for device in devices])
        elif strategy == "multi_worker":
            with _loss_explained():
                self._strategy = tf.distribute.MultiWorkerMirroredStrategy()

    @property
    def share(self) -> Share:
        """The part of each batch that this process reads."""
        replicas = 1 if self._strategy is None else self._strategy.num_replicas_in_sync // self.place.workers
        return Share(self.place.workers, self.place.worker, replicas)

    def dataset(self, dataset: tf.data.Dataset) -> Any:
        """A dataset with the batches of the replicas in turn, in the form that Keras takes."""
        if self._strategy is None:
            return dataset
        return self._strategy.distribute_datasets_from_function(lambda _: dataset)

    @contextlib.contextmanager
    def training(self) -> Iterator[None]:
        """The context in which the model is made, trained and saved."""
        if self._strategy is None:
            yield
            return
        with _loss_explained() if self.place.workers > 1 else contextlib.nullcontext(), self._strategy.scope():
            yield

    @contextlib.contextmanager
    def writing(self, run: str) -> Iterator[str]:
        """The folder that this process writes to: the run folder for the chief, a temporary one for the others.

        All processes must take part in saving, since the statistics of batch normalization are averaged over them.
        """
        if self.place.is_chief:
            yield run
        else:
            with tempfile.TemporaryDirectory(prefix="phystd-worker-") as folder:
                yield folder


@contextlib.contextmanager
def _loss_explained() -> Iterator[None]:
    try:
        yield
    except _LOST as error:
        raise PhystdError(
            f"another worker has ended, or cannot be reached ({first_line(error)}); give all workers the same commands "
            "again, and training goes on from the last checkpoint"
        ) from error
