"""One training on a prepared folder: the run folder, Keras ``fit``, and pictures of some faces.

A stopped run resumes from its last checkpoint.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Callable, Optional

import numpy as np
import tensorflow as tf

from phystd_tf.baselines.registry import fitted_baseline
from phystd_tf.data.pipeline import held_out_dataset, stratified_images, training_dataset
from phystd_tf.data.records import load_settings, name_damaged_shard, save_settings
from phystd_tf.data.selection import PreparedFaces, Selection, selection_of
from phystd_tf.errors import PhystdError, first_line
from phystd_tf.files.atomic import remove_unfinished
from phystd_tf.files.lock import locked
from phystd_tf.files.outputs import check_place
from phystd_tf.hparams import HParams
from phystd_tf.networks.outputs import traced_outputs
from phystd_tf.networks.parameters import count_parameters, parameter_table
from phystd_tf.optimization.trained_model import TrainedModel
from phystd_tf.runs.folder import check_run, logs_folder, open_run, save_protocol
from phystd_tf.runs.history import History
from phystd_tf.training.callbacks import (
    Progress,
    SaveCheckpoints,
    StopWhereNotFinite,
    TracePanels,
    WarnOfFaults,
    WriteLosses,
)
from phystd_tf.training.checkpoints import CheckpointStore
from phystd_tf.training.determinism import make_deterministic
from phystd_tf.training.distribution import Devices, place_of
from phystd_tf.training.event_files import drop_events_after
from phystd_tf.training.fitting import fit_at_once
from phystd_tf.training.resuming import identity, require_same
from phystd_tf.training.step_memory import batch_bytes
from phystd_tf.training.systems import new_model

# Held-out batches for the ``val_`` losses: with four faces per class each, they have four people of each of
# thirteen types. Enough to follow a run, and few enough not to slow it down. Error rates come from score files.
_HELD_OUT_BATCHES = 13
# Faces in each picture, one row per face; a training of ``paper`` makes 150 pictures.
_PANEL_LIVE, _PANEL_SPOOF = 2, 5


class TrainingDivergedError(PhystdError):
    """A loss is no longer finite."""


def train(
    hparams: HParams,
    faces: PreparedFaces,
    run: str,
    seed: int,
    steps_per_epoch: int,
    jit_compile: bool = False,
    deterministic: bool = False,
    strategy: str = "none",
) -> bool:
    """Trains a system in a run folder, or resumes a run.

    Args:
      hparams: HParams.
      faces: path of a prepared folder, or a Selection of its faces.
      run: path of the run folder.
      seed: of the weights, the batches and the harder samples.
      steps_per_epoch: iterations between two checkpoints.
      jit_compile: whether XLA compiles the training step.
      deterministic: whether two trainings, or one that was stopped and resumed, give the same bits on a CPU; may be
        slower. It applies to everything that the process does with TensorFlow from then on.
      strategy: "none", "mirrored" for all devices of this machine, or "multi_worker" for several processes, each of
        which calls this with the same arguments. All of them read the run folder; the first one writes it.

    Returns:
      Whether this process writes the run folder.

    Raises:
      PhystdError: if the folders do not fit, a package is missing, another process has ended, or training diverges.
    """
    fitted = fitted_baseline(hparams.system)
    if fitted is not None:
        fitted.require_installed()
        if strategy != "none":
            raise PhystdError(f"{hparams.system} takes no iterations that devices could share; leave out --strategy")
    selection = selection_of(faces)
    check_place(logs_folder(run))
    about = identity(selection, seed)
    place = place_of(strategy)
    if place.is_chief:
        require_same(run, selection, about)
        check_run(run, hparams)
    devices = Devices(strategy)
    devices.share.check(hparams.batch_size)
    if fitted is None:
        _require_memory(hparams)
    # Before the datasets, so that the order of the faces depends on this global seed and not on earlier calls.
    tf.keras.utils.set_random_seed(seed)
    if deterministic:
        make_deterministic()
    # Both datasets raise errors for missing data before the run folder is touched.
    training = training_dataset(selection, hparams, "train", seed, share=devices.share)
    held_out = held_out_dataset(selection, hparams, _held_out_split(selection), seed, _HELD_OUT_BATCHES, devices.share)
    settings = load_settings(selection.prepared)
    with locked(run) if place.is_chief else contextlib.nullcontext():
        if place.is_chief:
            remove_unfinished(run)
            about.update(data=selection.prepared, held_out_split=_held_out_split(selection), strategy=strategy)
            open_run(run, hparams, about)
            save_protocol(run, selection.choice)
            save_settings(run, settings)  # crops for this model must always be made with these
        try:
            if fitted is not None:
                fit_at_once(fitted, hparams, selection, run, seed)
            else:
                with devices.training():
                    _iterate(hparams, selection, run, seed, training, held_out, steps_per_epoch, jit_compile, devices)
        except tf.errors.DataLossError as error:
            raise name_damaged_shard(selection.prepared) from error
        except tf.errors.ResourceExhaustedError as error:
            raise _not_enough_memory(hparams, first_line(error)) from error
    return place.is_chief


def _require_memory(hparams: HParams) -> None:
    """Refuses a batch that can never fit; otherwise reading it would take many minutes before it fails."""
    needed, there = batch_bytes(hparams), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there:
        raise _not_enough_memory(
            hparams, f"its faces alone take {needed / 2**30:.1f} GiB, and this machine has {there / 2**30:.1f}"
        )


def _not_enough_memory(hparams: HParams, why: str) -> PhystdError:
    return PhystdError(
        f"the memory is not enough for batch_size={hparams.batch_size} at {hparams.image_size} px ({why}); give a "
        "smaller --set=batch_size=... and another --run"
    )


def _iterate(
    hparams: HParams,
    selection: Selection,
    run: str,
    seed: int,
    training: tf.data.Dataset,
    held_out: tf.data.Dataset,
    steps_per_epoch: int,
    jit_compile: bool,
    devices: Devices,
) -> None:
    model = new_model(hparams, seed)
    print(parameter_table(count_parameters(model.generator, model.discriminators)))

    def data_from(iteration: int) -> tf.data.Dataset:
        # A resumed run sees the batches that it would have seen without the stop.
        if iteration == 0:
            return devices.dataset(training)
        return devices.dataset(
            training_dataset(selection, hparams, "train", seed, start=iteration, share=devices.share)
        )

    panel = _panel_faces(selection, hparams, _held_out_split(selection), seed)
    seen = devices.dataset(held_out)
    with devices.writing(run) as out:
        fit(model, run, data_from, seen, _HELD_OUT_BATCHES, panel, steps_per_epoch, jit_compile, out)


def _held_out_split(selection: Selection) -> str:
    return "dev" if all(selection.count("dev")) else "train"


def _panel_faces(selection: Selection, hparams: HParams, split: str, seed: int) -> np.ndarray:
    """Live faces of different people, then spoofs whose types lie far apart in the alphabet: [n, N, N, 3] float32."""

    def images(label: int, count: int) -> np.ndarray:
        found = stratified_images(selection, hparams, split, label, count, seed)
        return np.concatenate(list(found.as_numpy_iterator()))

    types = len({row["type"] for row in selection.rows(split, 0)})
    places = np.linspace(0, types - 1, min(types, _PANEL_SPOOF)).round().astype(int)
    return np.concatenate([images(1, _PANEL_LIVE), images(0, types)[places]])


def fit(
    model: TrainedModel,
    run: str,
    training_data: Callable[[int], tf.data.Dataset],
    held_out_data: tf.data.Dataset,
    held_out_batches: int,
    panel_images: np.ndarray,
    steps_per_epoch: int,
    jit_compile: bool = False,
    out: Optional[str] = None,
) -> None:
    """Trains up to ``hparams.max_iterations``, with a checkpoint after each epoch.

    An epoch is a fixed number of iterations here, since the paper counts iterations. It ends at each multiple of that
    number, and at the last iteration. A stopped run resumes from its last checkpoint.

    Args:
      model: TrainedModel, newly made.
      run: path of the run folder.
      training_data: maps the first iteration to an endless dataset of Batch.
      held_out_data: dataset of Batch for the ``val_`` losses.
      held_out_batches: how many batches of it are used.
      panel_images: [n, N, N, 3] float32, faces whose traces TensorBoard shows.
      steps_per_epoch: iterations per epoch.
      jit_compile: whether XLA compiles the training step.
      out: folder that workers other than the chief write to instead of the run folder.

    Raises:
      TrainingDivergedError: if a loss is not finite; the last checkpoint stays.
      CheckpointError: if the checkpoint to resume from does not fit.
    """
    total = model.hparams.max_iterations
    store = CheckpointStore(model, run)
    resumed = store.exists("last")
    if resumed:
        store.restore("last")
    start = int(model.iteration.numpy())
    if start >= total:
        return
    out = run if out is None else out
    logs = logs_folder(out)
    drop_events_after(logs, start)
    model.compile(jit_compile=jit_compile)
    best = float("inf")
    if resumed and store.exists("best"):
        # Measured, not stored: so it always belongs to these weights and faces, whatever happened to other files.
        store.restore("best")
        best = model.evaluate(held_out_data, steps=held_out_batches, verbose=0, return_dict=True)["L_depth"]
        store.restore("last")
    with _divergence_explained(model, store), Progress(total=total, start=start) as progress:
        history = History(out, start)
        callbacks = [
            progress,
            StopWhereNotFinite(),
            WriteLosses(history, logs),
            WarnOfFaults(history),
            TracePanels(panel_images, traced_outputs(model.generator, alpha0=0.0), logs),
            SaveCheckpoints(CheckpointStore(model, out), best),
        ]
        for first, steps, epochs in _epochs(start, total, steps_per_epoch):
            model.fit(
                training_data(first),
                epochs=epochs,
                steps_per_epoch=steps,
                validation_data=held_out_data,
                validation_steps=held_out_batches,
                callbacks=callbacks,
                verbose=0,
            )


def _epochs(start: int, total: int, steps: int) -> Iterator[tuple[int, int, int]]:
    """Groups of epochs of one length from ``start`` to ``total``: (first iteration, iterations per epoch, epochs)."""
    aligned = min(total, -(-start // steps) * steps)
    last = max(aligned, total // steps * steps)
    for first, end, length in ((start, aligned, aligned - start), (aligned, last, steps), (last, total, total - last)):
        if end > first:
            yield first, length, (end - first) // length


@contextlib.contextmanager
def _divergence_explained(model: TrainedModel, store: CheckpointStore) -> Iterator[None]:
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        name = re.search(r"(L_\w+) is not finite", str(error))
        if name is None:
            raise
        kept = store.iteration("last")
        weights = "no weights were kept yet" if kept is None else f"the weights of iteration {kept} are kept"
        raise TrainingDivergedError(
            f"{name.group(1)} is not finite at iteration {int(model.iteration.numpy())}; {weights} in {store.run}; "
            "try a lower learning_rate in another run folder"
        ) from error
