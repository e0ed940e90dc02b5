"""The part of a batch that a process reads when several train together, and its division among devices."""

from typing import Any, NamedTuple

from phystd_tf.errors import PhystdError

# How several devices or processes train together; here, programs can import it without TensorFlow.
STRATEGIES = ("none", "mirrored", "multi_worker")


class Share(NamedTuple):
    """The part of each batch that a process reads. All parts together are the batch that one process would see.

    Attributes:
      workers: number of processes.
      worker: number of this process, from 0.
      replicas: number of devices per process; each sees its own batch.
    """

    workers: int = 1
    worker: int = 0
    replicas: int = 1

    def check(self, batch_size: int) -> None:
        """Checks that a batch can be divided.

        Raises:
          PhystdError: if the devices would not all see the same number of live and of spoof faces.
        """
        devices = self.workers * self.replicas
        if batch_size % (2 * devices):
            raise PhystdError(
                f"batch_size={batch_size} cannot be divided among {devices} devices with as many live as spoof faces "
                f"each; give a multiple of {2 * devices} by --set=batch_size=..."
            )

    def of_worker(self, faces: int) -> int:
        """The number of faces of a joined batch that this process reads."""
        return faces // self.workers

    def of_replica(self, faces: int) -> int:
        """The number of faces of a joined batch that one device sees."""
        return faces // (self.workers * self.replicas)

    def place(self, number: Any, faces: int) -> Any:
        """The index, in the sequence of all joined batches, of a face that this process reads.

        Args:
          number: index of the face among those that this process reads, from 0; int or integer tensor.
          faces: number of faces in a joined batch.

        Returns:
          The same kind; equal to ``number`` if there is one process.
        """
        if self.workers == 1:
            return number
        own = faces // self.workers
        return number // own * faces + self.worker * own + number % own


WHOLE = Share()
