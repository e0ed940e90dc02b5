"""Checkpoints of everything a run needs to go on: networks, optimizers, iteration count."""

import tensorflow as tf

from phystd_tf.runs.folder import checkpoint_folder, load_hparams, missing_checkpoint, unfit_checkpoint
from phystd_tf.training.phystd_model import PhySTD


class CheckpointStore:
    """The named checkpoints of a run folder: "last" and "best".

    Args:
      model: PhySTD.
      run: path of the run folder.
    """

    def __init__(self, model: PhySTD, run: str) -> None:
        self._run = run
        parts = {
            "generator": model.generator,
            "generator_optimizer": model.generator_optimizer,
            "iteration": model.iteration,
        }
        if model.discriminators:  # ablations without training step 2 have none
            parts["discriminators"] = model.discriminators
            parts["discriminator_optimizer"] = model.discriminator_optimizer
        self._checkpoint = tf.train.Checkpoint(**parts)

    def save(self, name: str) -> None:
        """Writes the checkpoint ``name``; the previous one goes only when the new one is whole."""
        self._manager(name).save(checkpoint_number=self._checkpoint.iteration)

    def exists(self, name: str) -> bool:
        """Whether the checkpoint ``name`` is there."""
        return self._manager(name).latest_checkpoint is not None

    def restore(self, name: str) -> None:
        """Reads the checkpoint ``name`` into the model, all of it.

        Raises:
          CheckpointError: if it is missing, damaged, or does not match the model
            variable by variable; the message names the file.
        """
        path = self._manager(name).latest_checkpoint
        if path is None:
            raise missing_checkpoint(self._run, name)
        try:
            # restore, not read: the manager's save counter is part of the file.
            self._checkpoint.restore(path).assert_consumed()
        except (AssertionError, ValueError, IndexError, tf.errors.OpError) as error:
            raise unfit_checkpoint(path, error) from error

    def _manager(self, name: str) -> tf.train.CheckpointManager:
        return tf.train.CheckpointManager(self._checkpoint, checkpoint_folder(self._run, name), max_to_keep=1)


def load_run(run: str, name: str = "last") -> PhySTD:
    """The model of a run folder with the weights of a checkpoint.

    Args:
      run: path of the run folder.
      name: "last" or "best".

    Raises:
      CheckpointError: if the folder is not a run or the checkpoint does not fit.
    """
    model = PhySTD(load_hparams(run))
    CheckpointStore(model, run).restore(name)
    return model
