"""One experiment: training on train, choice of the iteration on dev if there is one, test on test."""

import contextlib
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple, Optional

import numpy as np
import pandas as pd
import tensorflow as tf

from phystd_tf.data.records import name_damaged_shard
from phystd_tf.data.selection import Selection
from phystd_tf.evaluation.medium_classes import MediumClasses
from phystd_tf.media_classifier.faces import MediumFaces, dev_faces
from phystd_tf.media_classifier.inputs import Input, input_of
from phystd_tf.media_classifier.network import WIDTHS, MediumNetwork
from phystd_tf.networks.network import Network

_BATCH = 32
_LEARNING_RATE = 1e-3  # at the start; decays to 0 along half a cosine
_LOOKS = 8  # evaluations on dev, evenly spaced over the training


class Classified(NamedTuple):
    """The result of an experiment.

    Attributes:
      clips: one row per test clip: clip, subject, label and prediction (names of classes), number of frames, and one
        column per class with the mean probability over the frames.
      iteration: the iteration whose weights were tested.
      dev_accuracy: share of dev clips it classified correctly; None if dev lacks a class, so that the last was tested.
    """

    clips: pd.DataFrame
    iteration: int
    dev_accuracy: Optional[float]


class MediumClassifier(tf.keras.Model):
    """A MediumNetwork whose input is computed from the crops and is not trained.

    Args:
      network: MediumNetwork.
      to_input: see ``input_of``.
    """

    def __init__(self, network: MediumNetwork, to_input: Input) -> None:
        super().__init__()
        self.network = network
        self._to_input = to_input

    def call(self, crops: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Logits [n, k] float32 of crops [n, N, N, 3] float32 in [0, 1]."""
        return self.network(self._to_input(crops), training=training)


class _Progress(tf.keras.callbacks.Callback):
    def __init__(self, report: Callable[[int], Any]) -> None:
        super().__init__()
        self._report = report

    def on_train_batch_end(self, batch: int, logs: Optional[dict[str, Any]] = None) -> None:
        self._report(1)


class BestOnDev(tf.keras.callbacks.Callback):
    """Keeps the weights with the highest accuracy on dev; in a tie, the earliest.

    Attributes:
      iteration: the iteration of these weights.
      accuracy: share of the dev clips that they classify correctly.

    Args:
      dev: MediumFaces.
      classes: MediumClasses.
      iterations: length of the training; dev is evaluated eight times, evenly spaced, the last time at the end.
    """

    def __init__(self, dev: MediumFaces, classes: MediumClasses, iterations: int) -> None:
        super().__init__()
        self._dev, self._classes = dev, classes
        self._due = {round(iterations * (look + 1) / _LOOKS) for look in range(_LOOKS)}
        self.iteration, self.accuracy = 0, -1.0
        self._weights: list[np.ndarray] = []

    def on_train_batch_end(self, batch: int, logs: Optional[dict[str, Any]] = None) -> None:
        """See Keras."""
        if batch + 1 not in self._due:
            return
        clips = classified_clips(self.model, self._dev, self._classes)
        accuracy = float((clips["label"] == clips["prediction"]).mean())
        if accuracy > self.accuracy:
            self.iteration, self.accuracy, self._weights = batch + 1, accuracy, self.model.network.get_weights()

    def restore(self) -> None:
        """Sets the model to these weights."""
        self.model.network.set_weights(self._weights)


def classify(
    generator: Network,
    faces: Selection,
    test_faces: Selection,
    classes: MediumClasses,
    input_name: str,
    seed: int,
    iterations: int,
    progress: Optional[Callable[[int], Any]] = None,
) -> Classified:
    """Trains a classifier of spoof media and tests it.

    An interrupted training leaves nothing; it is short, and the same call starts it again. Traces are computed batch
    by batch, so memory does not grow with the dataset.

    Args:
      generator: Network of a run; it is not changed.
      faces: Selection, whose train and dev faces are used.
      test_faces: Selection, whose test faces are used.
      classes: MediumClasses.
      input_name: "traces" or "image".
      seed: for the weights, dropout and the draws.
      iterations: number of batches of 32 faces.
      progress: called with 1 after each iteration.

    Returns:
      Classified.

    Raises:
      PhystdError: if a split lacks a class, a face is of no class, or the run has no traces.
    """
    hparams = generator.hparams
    to_input = input_of(input_name, generator)
    train = MediumFaces(faces, "train", classes, hparams)
    test = MediumFaces(test_faces, "test", classes, hparams)
    train.require_all_classes()
    test.require_all_classes()
    dev = dev_faces(faces, classes, hparams)
    tf.keras.utils.set_random_seed(seed)
    model = MediumClassifier(MediumNetwork(len(classes.classes), WIDTHS[hparams.preset]), to_input)
    model.compile(
        optimizer=tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, iterations)),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    callbacks: list[tf.keras.callbacks.Callback] = [_Progress(progress)] if progress else []
    best = None if dev is None else BestOnDev(dev, classes, iterations)
    if best is not None:
        callbacks.append(best)
    batches = train.drawn(seed).batch(_BATCH).prefetch(tf.data.AUTOTUNE)
    with _damage_named(faces):
        model.fit(batches, steps_per_epoch=iterations, callbacks=callbacks, verbose=0)
    if best is not None:
        best.restore()
    with _damage_named(test_faces):
        clips = classified_clips(model, test, classes)
    if best is None:
        return Classified(clips, iterations, None)
    return Classified(clips, best.iteration, best.accuracy)


def classified_clips(model: tf.keras.Model, faces: MediumFaces, classes: MediumClasses) -> pd.DataFrame:
    """Classifies each clip by the mean probabilities over its frames; see ``Classified.clips``."""
    batches = faces.crops().batch(_BATCH).prefetch(tf.data.AUTOTUNE)
    of_faces = np.concatenate([tf.nn.softmax(model.predict_on_batch(crops)).numpy() for crops in batches])
    names = list(classes.classes)
    frame = pd.DataFrame(of_faces.astype(np.float64), columns=names)
    frame.insert(0, "clip", [row["clip"] for row in faces.rows])
    clips = frame.groupby("clip", sort=False)[names].mean()
    known = pd.DataFrame(
        {
            "subject": [row["subject"] for row in faces.rows],
            "label": [names[label] for label in faces.labels],
            "frames": 1,
        },
        index=frame["clip"],
    )
    facts = known.groupby("clip", sort=False).agg({"subject": "first", "label": "first", "frames": "sum"})
    facts.insert(2, "prediction", clips.idxmax(axis=1))
    return facts.join(clips).reset_index()


@contextlib.contextmanager
def _damage_named(faces: Selection) -> Iterator[None]:
    try:
        yield
    except tf.errors.DataLossError as error:
        raise name_damaged_shard(faces.prepared) from error
