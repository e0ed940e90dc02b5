"""A trained PhySTD, from a run folder or from an export, behind one interface."""

import os
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from phystd_tf.data.records import load_settings
from phystd_tf.errors import PhystdError
from phystd_tf.hparams import HParams
from phystd_tf.inference.calibration import load_with_point
from phystd_tf.inference.exported import EXPORT_FILE, load_export
from phystd_tf.networks.outputs import traced_outputs
from phystd_tf.runs.folder import is_run
from phystd_tf.runs.operating_point import OperatingPoint, alpha0_of


class Predictor:
    """Scores and disentangles prepared crops.

    Attributes:
      hparams: HParams of the model.
      prepared: how its training crops were made, see ``phystd_tf.data.records``.
      operating_point: OperatingPoint, or None if the run has none yet.
    """

    def __init__(self, path: str, checkpoint: Optional[str] = None) -> None:
        """Loads a run folder or an export.

        Args:
          path: path of a run folder (`tools.train`) or an export (`tools.export`).
          checkpoint: for a run: "last" or "best"; None for that of the operating point.

        Raises:
          PhystdError: if the path is neither, or its contents do not fit.
        """
        if os.path.exists(os.path.join(path, EXPORT_FILE)):
            exported = load_export(path)
            self.hparams: HParams = exported.hparams
            self.prepared: dict[str, Any] = exported.prepared
            self.operating_point: Optional[OperatingPoint] = exported.operating_point
            self._run = exported.disentangle
        elif is_run(path):
            generator, self.operating_point = load_with_point(path, checkpoint)
            self.hparams = generator.hparams
            self.prepared = load_settings(path)
            self._run = traced_outputs(generator, alpha0_of(self.operating_point))
        else:
            raise PhystdError(f"{path} is neither a run folder nor an export (no {EXPORT_FILE})")

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """All outputs for a batch of crops.

        Args:
          images: [n, N, N, 3] float32, RGB in [0, 1].

        Returns:
          See ``phystd_tf.networks.outputs.all_outputs``.
        """
        return {name: value.numpy() for name, value in self._run(tf.convert_to_tensor(images)).items()}
