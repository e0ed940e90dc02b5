"""Callbacks of the training loop: progress, losses, warnings, checkpoints, pictures of the traces."""

import os
import time
from typing import Any, Callable, Optional

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from phystd_tf.optimization.trained_model import finite
from phystd_tf.report.trace_panel import trace_panel
from phystd_tf.runs.history import History
from phystd_tf.training.checkpoints import CheckpointStore
from phystd_tf.training.health import faults


class Progress(tf.keras.callbacks.Callback):
    """A progress bar over all iterations, with the time left and the running losses; its ``with`` block closes it."""

    # Shortest time between two updates of the losses shown, since reading a loss waits for the device.
    _SECONDS = 1.0

    def __init__(self, total: int, start: int) -> None:
        super().__init__()
        self._supports_tf_logs = True  # else Keras reads all losses after each batch
        self._bar = tqdm(total=total, initial=start, unit="it", desc="training", dynamic_ncols=True)
        self._last = 0.0

    def on_train_batch_end(self, batch: int, logs: Optional[dict[str, Any]] = None) -> None:
        self._bar.update()
        if logs and time.monotonic() - self._last > self._SECONDS:
            self._last = time.monotonic()
            shown = ("L_depth", "L_G", "L_D", "L_P", "L_R", "L_S", "L_H")
            self._bar.set_postfix({name: f"{float(logs[name]):.3g}" for name in shown if name in logs})

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()


class StopWhereNotFinite(tf.keras.callbacks.Callback):
    """Ends the training after an epoch with a loss that is not finite. Must precede the callbacks that write.

    A training step itself stops before any weight changes, unless XLA compiles it: XLA drops such checks.
    """

    def on_epoch_end(self, epoch: int, logs: Optional[dict[str, Any]] = None) -> None:
        for name, value in (logs or {}).items():
            if name.removeprefix("val_").startswith("L_"):
                finite(tf.constant(value), name)


class WriteLosses(tf.keras.callbacks.Callback):
    """Writes the losses of each epoch, with its iteration, to history.csv and to TensorBoard logs.

    Args:
      history: History.
      folder: folder for TensorBoard logs.
    """

    def __init__(self, history: History, folder: str) -> None:
        super().__init__()
        self._history = history
        self._writers = {
            kind: tf.summary.create_file_writer(os.fsencode(os.path.join(folder, kind)))
            for kind in ("train", "validation")
        }

    def on_epoch_end(self, epoch: int, logs: Optional[dict[str, Any]] = None) -> None:
        iteration, losses = int(self.model.iteration.numpy()), logs or {}
        self._history.append(iteration, losses)
        for kind, writer in self._writers.items():
            with writer.as_default(step=iteration):  # flushed at the end of the block
                for name, value in losses.items():
                    if name.startswith("val_") == (kind == "validation"):
                        tf.summary.scalar(f"epoch_{name.removeprefix('val_')}", value)


class WarnOfFaults(tf.keras.callbacks.Callback):
    """Prints a warning for each kind of fault in the training, once. Must come after ``WriteLosses``.

    Args:
      history: History.
    """

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self._warned: set[str] = set()

    def on_epoch_end(self, epoch: int, logs: Optional[dict[str, Any]] = None) -> None:
        for kind, sentence in faults(self._history.values()).items():
            if kind not in self._warned:
                self._warned.add(kind)
                tqdm.write(f"warning: iteration {int(self.model.iteration.numpy())}: {sentence}")


class SaveCheckpoints(tf.keras.callbacks.Callback):
    """Saves "last" after each epoch, and "best" if the held-out depth loss is the lowest so far.

    The depth loss is the one held-out loss that all ablations share. This must be the last callback: what the others
    write belongs to an iteration that "last" has not reached yet, and is dropped if the run stops in between.

    Args:
      store: CheckpointStore.
      best: the held-out depth loss of the checkpoint "best"; infinite if there is none.
    """

    def __init__(self, store: CheckpointStore, best: float) -> None:
        super().__init__()
        self._store = store
        self._best = best

    def on_epoch_end(self, epoch: int, logs: Optional[dict[str, Any]] = None) -> None:
        held_out = (logs or {}).get("val_L_depth")
        if held_out is not None and held_out < self._best:
            self._best = held_out
            self._store.save("best")
        self._store.save("last")


class TracePanels(tf.keras.callbacks.Callback):
    """Shows in TensorBoard what the model disentangles from a few faces.

    Args:
      images: [n, N, N, 3] float32, a few held-out faces.
      outputs: maps such images to their ``phystd_tf.networks.outputs.all_outputs``.
      folder: folder for TensorBoard logs.
    """

    def __init__(self, images: np.ndarray, outputs: Callable[[np.ndarray], dict[str, tf.Tensor]], folder: str) -> None:
        super().__init__()
        self._images = images
        self._outputs = outputs
        self._writer = tf.summary.create_file_writer(os.fsencode(os.path.join(folder, "panels")))

    def on_epoch_end(self, epoch: int, logs: Optional[dict[str, Any]] = None) -> None:
        outputs = {name: value.numpy() for name, value in self._outputs(self._images).items()}
        rows = [
            trace_panel(image, {name: value[index] for name, value in outputs.items()})
            for index, image in enumerate(self._images)
        ]
        with self._writer.as_default(step=int(self.model.iteration.numpy())):
            tf.summary.image("disentangled", np.concatenate(rows, axis=0)[np.newaxis])
