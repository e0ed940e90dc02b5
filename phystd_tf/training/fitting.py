"""Runs Keras ``fit`` on a run folder: from the start, or from where it was stopped."""

import csv
import os
import re
from typing import Callable

import numpy as np
import tensorflow as tf

from phystd_tf.errors import PhystdError
from phystd_tf.outputs import traced_outputs
from phystd_tf.training.callbacks import Progress, SaveCheckpoints, TracePanels
from phystd_tf.training.checkpoints import CheckpointStore
from phystd_tf.training.phystd_model import PhySTD

HISTORY_FILE = "history.csv"


class TrainingDivergedError(PhystdError):
    """A loss is not finite any more."""


def fit(
    model: PhySTD,
    run: str,
    training_data: Callable[[int], tf.data.Dataset],
    held_out_data: tf.data.Dataset,
    held_out_batches: int,
    panel_images: np.ndarray,
    steps_per_epoch: int,
    jit_compile: bool = False,
) -> None:
    """Trains up to ``hparams.max_iterations``, keeping a checkpoint after each epoch.

    An epoch here is a fixed number of iterations, as the paper counts those. A
    run that was stopped goes on from its last checkpoint.

    Args:
      model: PhySTD, newly made.
      run: path of the run folder.
      training_data: from the iteration to start from to an endless dataset of Batch.
      held_out_data: dataset of Batch for the ``val_`` losses.
      held_out_batches: how many batches of it are used.
      panel_images: [n, N, N, 3] float32, faces whose traces TensorBoard shows.
      steps_per_epoch: iterations an epoch; must divide ``hparams.max_iterations``.
      jit_compile: whether XLA compiles the training step.

    Raises:
      PhystdError: if the epochs do not add up to the iterations.
      TrainingDivergedError: if a loss is not finite; the last checkpoint stays.
      CheckpointError: if the checkpoint to go on from does not fit.
    """
    h = model.hparams
    if h.max_iterations % steps_per_epoch:
        raise PhystdError(f"{h.max_iterations} iterations are no whole number of epochs of {steps_per_epoch}")
    store = CheckpointStore(model, run)
    if store.exists("last"):
        store.restore("last")
    start = int(model.iteration.numpy())
    if start >= h.max_iterations:
        return
    history = os.path.join(run, HISTORY_FILE)
    logs = os.path.join(run, "logs")
    model.compile(jit_compile=jit_compile)
    callbacks = [
        Progress(total=h.max_iterations, start=start),
        SaveCheckpoints(store, best=_best_so_far(history)),
        tf.keras.callbacks.CSVLogger(history, append=True),
        tf.keras.callbacks.TensorBoard(logs, update_freq="epoch", profile_batch=0),
        TracePanels(panel_images, traced_outputs(model.generator, alpha0=0.0), logs),
    ]
    data = training_data(start)
    try:
        model.fit(
            data,
            initial_epoch=start // steps_per_epoch,
            epochs=h.max_iterations // steps_per_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_data=held_out_data,
            validation_steps=held_out_batches,
            callbacks=callbacks,
            verbose=0,
        )
    except tf.errors.InvalidArgumentError as error:
        name = re.search(r"(L_\w+) is not finite", str(error))
        if name is None:
            raise
        raise TrainingDivergedError(
            f"{name.group(1)} is not finite at iteration {int(model.iteration.numpy())}; the weights of the last "
            f"epoch are kept in {run}; try a lower learning_rate"
        ) from error


def _best_so_far(history: str) -> float:
    if not os.path.exists(history):
        return float("inf")
    with open(history, encoding="utf-8", newline="") as file:
        values = [float(row["val_L_depth"]) for row in csv.DictReader(file) if row.get("val_L_depth")]
    return min(values, default=float("inf"))
