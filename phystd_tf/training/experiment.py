"""One experiment from a prepared folder: the run folder, the Keras ``fit`` in it, and a look at some faces.

A run that was stopped resumes where it was.
"""

import csv
import os
import re
from typing import Callable

import numpy as np
import tensorflow as tf

from phystd_tf.data.pipeline import held_out_dataset, training_dataset
from phystd_tf.data.records import load_settings, name_damaged_shard, save_settings
from phystd_tf.data.selection import PreparedFaces, selection_of
from phystd_tf.errors import PhystdError
from phystd_tf.hparams import HParams
from phystd_tf.networks.outputs import traced_outputs
from phystd_tf.networks.parameters import count_parameters, parameter_table
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.runs.folder import history_path, load_protocol_choice, logs_folder, open_run, save_protocol
from phystd_tf.training.callbacks import Progress, SaveCheckpoints, TracePanels
from phystd_tf.training.checkpoints import CheckpointStore
from phystd_tf.training.phystd_model import PhySTD

# Held-out batches for the ``val_`` losses and the pictures: with four faces of a class each, four people of each of
# thirteen types. Enough to follow a run, few enough not to slow it. Error rates come from score files.
_HELD_OUT_BATCHES = 13
_PANEL_FACES = 2


class TrainingDivergedError(PhystdError):
    """A loss is not finite any more."""


def train(
    hparams: HParams, faces: PreparedFaces, run: str, seed: int, steps_per_epoch: int, jit_compile: bool = False
) -> PhySTD:
    """Trains a model in a run folder, or resumes a run.

    Args:
      hparams: HParams.
      faces: path of a prepared folder, or a Selection of its faces.
      run: path of the run folder.
      seed: of the weights, the batches and the harder samples.
      steps_per_epoch: iterations between two checkpoints.
      jit_compile: whether XLA compiles the training step.

    Returns:
      The trained PhySTD.

    Raises:
      PhystdError: if the folders do not fit, or training diverges.
    """
    selection = selection_of(faces)
    counts = {split: selection.count(split) for split in ("train", "dev")}
    # First of all: the order of the faces follows the global seed too, and not what ran before in this process.
    tf.keras.utils.set_random_seed(seed)
    # Both datasets refuse what is missing, before the run folder is touched.
    training = training_dataset(selection, hparams, "train", seed)
    held_out_split = "dev" if all(counts["dev"]) else "train"
    held_out = held_out_dataset(selection, hparams, held_out_split, seed, _HELD_OUT_BATCHES)
    settings = load_settings(selection.prepared)
    before = load_protocol_choice(run)
    if before is not None and before != selection.choice:
        raise PhystdError(
            f"{run} was trained on protocol {_words(before)}, not {_words(selection.choice)}; give another --run"
        )
    open_run(
        run,
        hparams,
        {
            "data": selection.prepared,
            "data_fingerprint": selection.fingerprint(),
            "protocol": selection.choice._asdict(),
            "seed": seed,
            "faces": {split: {"live": live, "spoof": spoof} for split, (live, spoof) in counts.items()},
            "held_out_split": held_out_split,
        },
    )
    save_protocol(run, selection.choice)
    save_settings(run, settings)  # whoever uses the model must make crops in the same way
    model = PhySTD(hparams, seed=seed)
    print(parameter_table(count_parameters(model.generator, model.discriminators)))

    def data_from(iteration: int) -> tf.data.Dataset:
        # A resumed run sees the batches that it would have seen.
        return training if iteration == 0 else training_dataset(selection, hparams, "train", seed, start=iteration)

    try:
        panel_batch = next(iter(held_out))
        panel = np.concatenate([panel_batch.live.image[:_PANEL_FACES], panel_batch.spoof.image[:_PANEL_FACES]])
        fit(model, run, data_from, held_out, _HELD_OUT_BATCHES, panel, steps_per_epoch, jit_compile)
    except tf.errors.DataLossError as error:
        raise name_damaged_shard(selection.prepared) from error
    return model


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
    run that was stopped resumes from its last checkpoint.

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
      HParamsError: if the epochs do not add up to the iterations.
      TrainingDivergedError: if a loss is not finite; the last checkpoint stays.
      CheckpointError: if the checkpoint to go on from does not fit.
    """
    h = model.hparams
    epochs = h.epochs(steps_per_epoch)
    store = CheckpointStore(model, run)
    if store.exists("last"):
        store.restore("last")
    start = int(model.iteration.numpy())
    if start >= h.max_iterations:
        return
    history = history_path(run)
    logs = logs_folder(run)
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
            epochs=epochs,
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


def _words(choice: ProtocolChoice) -> str:
    return f"{choice.name} (seed {choice.seed}{', lists ' + choice.lists if choice.lists else ''})"
