"""Which part of each batch a process reads where several train together, and how it is divided among its devices."""

from typing import Any, NamedTuple

from phystd_tf.errors import PhystdError

# How several train together; in a place that programs can import without TensorFlow.
STRATEGIES = ("none", "mirrored", "multi_worker")


class Share(NamedTuple):
    """The part of each batch that a process reads. All parts together are the batch that one process would see.

    Attributes:
      workers: number of processes.
      worker: number of this one, from 0.
      replicas: number of its devices, each of which sees a batch of its own.
    """

    workers: int = 1
    worker: int = 0
    replicas: int = 1

    def check(self, batch_size: int) -> None:
        """Checks that a batch can be divided.

        Raises:
          PhystdError: if some device would not see as many live as spoof faces, and as many as the others.
        """
        devices = self.workers * self.replicas
        if batch_size % (2 * devices):
            raise PhystdError(
                f"batch_size={batch_size} cannot be divided among {devices} devices with as many live as spoof faces "
                f"each; give a multiple of {2 * devices} by --set=batch_size=..."
            )

    def of_worker(self, faces: int) -> int:
        """How many of the faces of a joined batch this process reads."""
        return faces // self.workers

    def of_replica(self, faces: int) -> int:
        """How many of the faces of a joined batch one device sees."""
        return faces // (self.workers * self.replicas)

    def place(self, number: Any, faces: int) -> Any:
        """The place of a face that this process reads in the sequence of all joined batches.

        Args:
          number: of the face among those that this process reads, from 0; whole number or integer tensor.
          faces: in a joined batch.

        Returns:
          The same kind; equal to ``number`` for one process.
        """
        if self.workers == 1:
            return number
        own = faces // self.workers
        return number // own * faces + self.worker * own + number % own


WHOLE = Share()
