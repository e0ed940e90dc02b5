"""A trained PhySTD, from a run folder or from an export, behind one interface."""

import json
import os
from typing import Any, Dict, NamedTuple, Optional

import numpy as np
import tensorflow as tf

from phystd_tf.atomic import write_json
from phystd_tf.data.records import load_settings
from phystd_tf.errors import PhystdError
from phystd_tf.hparams import HParams
from phystd_tf.outputs import traced_outputs
from phystd_tf.training.checkpoints import HPARAMS_FILE, load_run

OPERATING_POINT_FILE = "operating_point.json"
EXPORT_FILE = "phystd.json"


class OperatingPoint(NamedTuple):
    """How scores become verdicts.

    Attributes:
      alpha0: weight of the traces in Eq. (10).
      threshold: a face is live when its score is at least this.
      source: which scores both were chosen on, such as "EER on dev".
      checkpoint: "last" or "best", the weights they belong to.
    """

    alpha0: float
    threshold: float
    source: str
    checkpoint: str

    def save(self, path: str) -> None:
        """Writes the operating point as JSON."""
        write_json(self._asdict(), path)

    @classmethod
    def load(cls, path: str) -> "OperatingPoint":
        """Reads what ``save`` wrote.

        Raises:
          PhystdError: if the file is missing or not of this form.
        """
        try:
            with open(path, encoding="utf-8") as file:
                return cls(**json.load(file))
        except (OSError, ValueError, TypeError) as error:
            raise PhystdError(
                f"{path}: no operating point ({error}); run `python -m tools.score --split=dev` for this run first"
            ) from error


class Predictor:
    """Scores and disentangles prepared crops.

    Attributes:
      hparams: HParams of the model.
      prepared: how its training crops were made, see ``phystd_tf.data.records``.
      operating_point: OperatingPoint, or None where the run has none yet.
    """

    def __init__(self, path: str, checkpoint: Optional[str] = None) -> None:
        """Loads a run folder or an export.

        Args:
          path: of a run folder (`tools.train`) or an export (`tools.export`).
          checkpoint: of a run: "last" or "best"; None for that of the operating point.

        Raises:
          PhystdError: if the path is neither, or what it holds does not fit.
        """
        if os.path.exists(os.path.join(path, EXPORT_FILE)):
            with open(os.path.join(path, EXPORT_FILE), encoding="utf-8") as file:
                metadata = json.load(file)
            self.hparams = HParams.from_dict(metadata["hparams"])
            self.prepared: Dict[str, Any] = metadata["prepared"]
            self.operating_point: Optional[OperatingPoint] = OperatingPoint(**metadata["operating_point"])
            self._loaded = tf.saved_model.load(path)
            self._run = lambda images: self._loaded.signatures["disentangle"](crops=images)
        elif os.path.exists(os.path.join(path, HPARAMS_FILE)):
            point_file = os.path.join(path, OPERATING_POINT_FILE)
            self.operating_point = OperatingPoint.load(point_file) if os.path.exists(point_file) else None
            if checkpoint is None:
                checkpoint = self.operating_point.checkpoint if self.operating_point else "last"
            model = load_run(path, checkpoint)
            self.hparams = model.hparams
            self.prepared = load_settings(path)
            self._run = traced_outputs(model.generator, self.operating_point.alpha0 if self.operating_point else 0.0)
        else:
            raise PhystdError(f"{path} is neither a run folder (no {HPARAMS_FILE}) nor an export (no {EXPORT_FILE})")

    def __call__(self, images: np.ndarray) -> Dict[str, np.ndarray]:
        """Everything about a batch of crops.

        Args:
          images: [n, N, N, 3] float32, RGB in [0, 1].

        Returns:
          See ``phystd_tf.outputs.all_outputs``.
        """
        return {name: value.numpy() for name, value in self._run(tf.convert_to_tensor(images)).items()}
