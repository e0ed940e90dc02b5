"""The checkpoint of a system that is fitted in one step: named arrays in one .npz file."""

import os
from collections.abc import Mapping

import numpy as np

from phystd_tf.files.atomic import replacing
from phystd_tf.runs.folder import checkpoint_folder, missing_checkpoint, unfit_checkpoint


def arrays_path(run: str, name: str) -> str:
    """The path of the arrays of the checkpoint "last" or "best" of a run."""
    return os.path.join(checkpoint_folder(run, name), "arrays.npz")


def save_arrays(arrays: Mapping[str, np.ndarray], run: str, name: str) -> None:
    """Writes the arrays of a checkpoint, atomically."""
    with replacing(arrays_path(run, name)) as temporary:
        np.savez(temporary, **arrays)


def load_arrays(run: str, name: str) -> dict[str, np.ndarray]:
    """Reads what ``save_arrays`` wrote.

    Raises:
      CheckpointError: if it is missing or damaged; the message names the file.
    """
    path = arrays_path(run, name)
    if not os.path.exists(path):
        raise missing_checkpoint(run, name)
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # NumPy and zipfile raise many kinds of errors for a damaged file
        raise unfit_checkpoint(path, error) from error
