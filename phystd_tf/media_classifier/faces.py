"""The faces of a split with their classes, drawn evenly by class for training, or all of them in order."""

import collections
from collections.abc import Sequence
from typing import Optional

import numpy as np
import tensorflow as tf

from phystd_tf.data.pipeline import CropReader
from phystd_tf.data.records import PreparedFolderError
from phystd_tf.data.sampling import FaceSampler
from phystd_tf.data.selection import Selection
from phystd_tf.evaluation.medium_classes import MediumClasses, class_of
from phystd_tf.hparams import HParams

_DEV_FRAMES = 2  # few, since dev is evaluated several times in a training


class MediumFaces:
    """The faces of a split with their classes.

    Attributes:
      rows: manifest rows.
      labels: [faces] int64, index of the class of each row.
      missing: names of the classes without a face.

    Args:
      selection: Selection.
      split: "train", "dev" or "test".
      classes: MediumClasses.
      hparams: HParams, for the image size.
      max_frames: maximum number of frames per clip, evenly spaced; 0 for all.

    Raises:
      PreparedFolderError: if the split is empty.
      MediumClassError: if a face belongs to none of the classes.
      DamagedShardError: if a shard is missing or truncated.
    """

    def __init__(
        self, selection: Selection, split: str, classes: MediumClasses, hparams: HParams, max_frames: int = 0
    ) -> None:
        selection.require(split)
        selection.check_shards(split)
        self._selection, self._split, self._classes, self._h = selection, split, classes, hparams
        self.rows = _thinned(selection.rows(split), max_frames)
        self.labels = np.array([class_of(classes, row) for row in self.rows], np.int64)
        self.missing = [name for index, name in enumerate(classes.classes) if index not in self.labels]

    def require_all_classes(self) -> None:
        """Checks that no class is empty.

        Raises:
          PreparedFolderError: names the classes without a face.
        """
        if self.missing:
            choice = self._selection.choice
            raise PreparedFolderError(
                f"{self._selection.prepared}: the split '{self._split}' of protocol {choice.name} has no face of "
                f"{', '.join(self.missing)}; all classes '{self._classes.name}' are needed"
            )

    def drawn(self, seed: int) -> tf.data.Dataset:
        """Draws all classes equally often, and all clips within a class; half of the crops are mirrored.

        Args:
          seed: for the draws.

        Returns:
          Infinite dataset of (crop [N, N, 3] float32, class), which depends on the seed only.
        """
        names = [{"type": str(label), "clip": row["clip"]} for row, label in zip(self.rows, self.labels)]
        sampler, read = FaceSampler(names, "type", seed), CropReader(self._selection, self._h, self.rows)
        labels = tf.constant(self.labels)

        def face(draw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            number = sampler(draw)
            crop = tf.image.stateless_random_flip_left_right(
                read(number), tf.stack([tf.constant(seed, tf.int64), draw])
            )
            return crop, labels[number]

        return tf.data.Dataset.range(tf.int64.max).map(face, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def crops(self) -> tf.data.Dataset:
        """Returns the dataset of all crops [N, N, 3] float32, in the order of ``rows``."""
        read = CropReader(self._selection, self._h, self.rows)
        return tf.data.Dataset.range(len(self.rows)).map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def dev_faces(selection: Selection, classes: MediumClasses, hparams: HParams) -> Optional[MediumFaces]:
    """Two frames of each dev clip; None if dev lacks a class, since weights would be chosen for the others."""
    if not sum(selection.count("dev")):
        return None
    faces = MediumFaces(selection, "dev", classes, hparams, _DEV_FRAMES)
    return None if faces.missing else faces


def _thinned(rows: Sequence[dict[str, str]], most: int) -> list[dict[str, str]]:
    """At most ``most`` rows of each clip, evenly spaced."""
    if not most:
        return list(rows)
    clips: dict[str, list[dict[str, str]]] = collections.defaultdict(list)
    for row in rows:
        clips[row["clip"]].append(row)
    return [
        frames[index]
        for frames in clips.values()
        for index in sorted({(2 * place + 1) * len(frames) // (2 * most) for place in range(most)})
    ]
