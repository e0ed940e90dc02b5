"""What a figure is drawn from: a trained network and the faces of a split; and checks of what the network can do."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from phystd_tf.data.pipeline import chosen_faces
from phystd_tf.data.selection import Selection
from phystd_tf.errors import PhystdError
from phystd_tf.figures.samples import Row, types_of
from phystd_tf.hparams import HParams
from phystd_tf.inference.calibration import load_with_point
from phystd_tf.networks.network import Network
from phystd_tf.networks.outputs import all_outputs
from phystd_tf.runs.folder import load_hparams
from phystd_tf.runs.operating_point import alpha0_of
from phystd_tf.spoof_types import LIVE
from phystd_tf.traces import Faces

_BATCH = 8
_RECONSTRUCTING = ("stdn", "despoof")  # systems besides PhySTD that reconstruct a live face
_ADVICE = "give the run of a whole PhySTD"


class FigureError(PhystdError):
    """A figure cannot be drawn from this run or with what is installed."""


class Source(NamedTuple):
    """A trained network, and the faces of a split.

    Attributes:
      run: path of the run folder.
      generator: Network of the run.
      alpha0: weight of the traces in the score, Eq. (10); 0 where the run has no operating point yet.
      faces: Selection.
      split: "train", "dev" or "test".
      seed: for random choices.
    """

    run: str
    generator: Network
    alpha0: float
    faces: Selection
    split: str
    seed: int

    @property
    def hparams(self) -> HParams:
        """HParams of the run."""
        return self.generator.hparams

    @property
    def rows(self) -> list[dict[str, str]]:
        """Rows of the manifest for the faces of the split."""
        return self.faces.rows(self.split)

    def spoof_types(self) -> list[str]:
        """The spoof types of the split, as in ``types_of``.

        Raises:
          PreparedFolderError: if there is none.
        """
        self.faces.shards(self.split, label=0)
        return [kind for kind in types_of(self.rows) if kind != LIVE]

    def read(self, rows: Sequence[Row]) -> Faces:
        """The faces of some rows of the split."""
        return chosen_faces(self.faces, self.hparams, rows)

    def outputs(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """``phystd_tf.networks.outputs.all_outputs`` of images [n, N, N, 3] float32 in [0, 1]."""
        parts = []
        for start in range(0, len(images), _BATCH):
            part = tf.convert_to_tensor(images[start : start + _BATCH])
            parts.append(all_outputs(part, self.generator(part, training=False), self.generator, self.alpha0))
        return {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}


def load_source(run: str, faces: Selection, split: str, seed: int) -> Source:
    """Loads the generator of a run, with the weights of its operating point.

    Args:
      run: path of a run folder.
      faces: Selection.
      split: "train", "dev" or "test".
      seed: any integer.

    Raises:
      PhystdError: if the run cannot be loaded.
      PreparedFolderError: if the split is empty.
      DamagedShardError: if one of its shards is missing or truncated.
    """
    faces.require(split)
    faces.check_shards(split)
    generator, point = load_with_point(run)
    return Source(run, generator, alpha0_of(point), faces, split, seed)


def require_bands(hparams: HParams, run: str) -> None:
    """Refuses a run whose network does not see the bands.

    Args:
      hparams: HParams of the run.
      run: path of the run folder, for the message.

    Raises:
      FigureError: names the run and its ablation.
    """
    _require_phystd(hparams, run)
    if not hparams.image_decomposition:
        raise FigureError(f"{run} (ablation {hparams.ablation}) sees the plain image, not its bands; {_ADVICE}")


def require_decoder(hparams: HParams, run: str) -> None:
    """Refuses a run of a PhySTD without a trace decoder. Arguments and errors are those of ``require_bands``."""
    _require_phystd(hparams, run)
    if not hparams.trace_decoder:
        raise FigureError(f"{run} (ablation {hparams.ablation}) has no trace decoder, so nothing to show; {_ADVICE}")


def require_components(hparams: HParams, run: str) -> None:
    """Refuses a run that does not tell B, C, T and P apart. Arguments and errors are those of ``require_bands``."""
    require_decoder(hparams, run)
    if hparams.single_trace:
        raise FigureError(f"{run} (ablation {hparams.ablation}) has a single trace instead of B, C, T and P; {_ADVICE}")


def require_live_faces(hparams: HParams, run: str) -> None:
    """Refuses a run of a system that reconstructs no live face. Arguments and errors are those of ``require_bands``."""
    if hparams.system not in _RECONSTRUCTING:
        require_decoder(hparams, run)


def require_same_size(runs: Sequence[str]) -> None:
    """Refuses runs that see faces of different sizes.

    Args:
      runs: paths of run folders.

    Raises:
      FigureError: names two of them.
    """
    first, *others = runs
    size = load_hparams(first).image_size
    for other in others:
        if load_hparams(other).image_size != size:
            raise FigureError(
                f"{other} sees faces of {load_hparams(other).image_size} px, {first} of {size} px; both must be alike"
            )


def _require_phystd(hparams: HParams, run: str) -> None:
    if hparams.system != "phystd":
        raise FigureError(f"{run} is one of the system {hparams.system}, which has nothing to show here; {_ADVICE}")
