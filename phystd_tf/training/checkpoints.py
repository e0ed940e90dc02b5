"""Checkpoints of everything that a run needs to resume: networks, optimizers, iteration count."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Optional

import tensorflow as tf

from phystd_tf.errors import PhystdError, first_line
from phystd_tf.files.plain_paths import plain_path
from phystd_tf.optimization.trained_model import TrainedModel
from phystd_tf.runs.folder import (
    checkpoint_folder,
    load_hparams,
    missing_checkpoint,
    require_inside,
    unfit_checkpoint,
)
from phystd_tf.training.systems import new_model


class CheckpointStore:
    """The named checkpoints of a run folder: "last" and "best".

    Args:
      model: TrainedModel.
      run: path of the run folder.

    Attributes:
      run: that path.
    """

    def __init__(self, model: TrainedModel, run: str) -> None:
        self.run = run
        parts = {
            "generator": model.generator,
            "generator_optimizer": model.generator_optimizer,
            "iteration": model.iteration,
        }
        if model.discriminators:  # some systems have none, nor have ablations without training step 2
            parts["discriminators"] = model.discriminators
            parts["discriminator_optimizer"] = model.discriminator_optimizer
        self._checkpoint = tf.train.Checkpoint(**parts)

    def save(self, name: str) -> None:
        """Writes the checkpoint ``name``; removes the previous one only when the new one is complete.

        Raises:
          PhystdError: if it cannot be written; then the previous one is kept.
        """
        folder = checkpoint_folder(self.run, name)
        os.makedirs(folder, exist_ok=True)
        with self._manager(name) as manager:
            try:
                path = manager.save(checkpoint_number=self._checkpoint.iteration)
            except tf.errors.OpError as error:
                kept = "the previous one is kept" if manager.latest_checkpoint else "there is none yet"
                raise PhystdError(
                    f"checkpoint in {folder} cannot be written ({first_line(error)}); {kept}; "
                    "free some space, then the same command resumes from it"
                ) from error
        _remove_all_but(folder, os.path.basename(path))

    def exists(self, name: str) -> bool:
        """Whether the checkpoint ``name`` exists."""
        return self.iteration(name) is not None

    def iteration(self, name: str) -> Optional[int]:
        """The iteration of the checkpoint ``name``; None if it does not exist."""
        with self._manager(name) as manager:
            return None if manager.latest_checkpoint is None else int(manager.latest_checkpoint.rpartition("-")[2])

    def restore(self, name: str) -> None:
        """Restores the whole model from the checkpoint ``name``.

        Raises:
          CheckpointError: if it is missing, damaged, or does not match the model
            variable by variable; the message names the file.
        """
        with self._manager(name) as manager:
            path = manager.latest_checkpoint
            if path is None:
                raise missing_checkpoint(self.run, name)
            try:
                # restore, not read: the manager's save counter is part of the file.
                self._checkpoint.restore(path).assert_consumed()
            except (AssertionError, ValueError, IndexError, tf.errors.OpError) as error:
                where = os.path.join(checkpoint_folder(self.run, name), os.path.basename(path))
                raise unfit_checkpoint(where, error) from error

    @contextlib.contextmanager
    def _manager(self, name: str) -> Iterator[tf.train.CheckpointManager]:
        folder = checkpoint_folder(self.run, name)
        with plain_path(folder) as plain:
            manager = tf.train.CheckpointManager(self._checkpoint, plain, max_to_keep=1)
            for path in manager.checkpoints:  # saving removes these files
                require_inside(path, folder)
            yield manager


def _remove_all_but(folder: str, checkpoint: str) -> None:
    """Removes other checkpoints that a killed process left, complete or not."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name != "checkpoint" and not name.startswith(f"{checkpoint}."):
            if os.path.isdir(path):  # TensorFlow first writes to a temporary folder
                shutil.rmtree(path)
            else:
                os.remove(path)


def load_run(run: str, name: str = "last") -> TrainedModel:
    """The model of a run folder with the weights of a checkpoint.

    Args:
      run: path of the run folder.
      name: "last" or "best".

    Raises:
      CheckpointError: if the folder is not a run or the checkpoint does not fit.
    """
    model = new_model(load_hparams(run))
    CheckpointStore(model, run).restore(name)
    return model
