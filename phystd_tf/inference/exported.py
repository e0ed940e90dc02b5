"""The export of a run on disk: a SavedModel, and ``phystd.json``, which says how to use it and lists its files."""

import os
from collections.abc import Collection
from typing import Any, Callable, NamedTuple, Optional

import tensorflow as tf

from phystd_tf.data.records import checked_settings
from phystd_tf.errors import PhystdError, first_line
from phystd_tf.files.digest import file_sha256
from phystd_tf.files.json_file import read_json
from phystd_tf.files.outputs import files_below
from phystd_tf.files.plain_paths import plain_path
from phystd_tf.hparams import HParams, HParamsError
from phystd_tf.runs.operating_point import OperatingPoint

EXPORT_FILE = "phystd.json"
# Of exports of earlier versions, which do not list their files.
_USUAL_FILES = (
    "saved_model.pb",
    "fingerprint.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
)
_ADVICE = "export the run again"


class Export(NamedTuple):
    """An export that is ready for use.

    Attributes:
      hparams: HParams of the model.
      prepared: how its training crops were made, see ``phystd_tf.data.records``.
      operating_point: OperatingPoint.
      disentangle: function from crops [n, N, N, 3] float32 in [0, 1] to all outputs.
    """

    hparams: HParams
    prepared: dict[str, Any]
    operating_point: OperatingPoint
    disentangle: Callable[[tf.Tensor], dict[str, tf.Tensor]]


def load_export(path: str) -> Export:
    """Loads an export, after checking that its files are those that were written.

    Args:
      path: path of the folder.

    Raises:
      PhystdError: names the file that is missing or damaged.
    """
    where = os.path.join(path, EXPORT_FILE)
    metadata = read_json(where, PhystdError, _ADVICE)
    parts = {name: metadata.get(name) for name in ("hparams", "operating_point", "prepared")}
    for name, value in parts.items():
        if not isinstance(value, dict):
            raise PhystdError(f"{where}: has no {name}; {_ADVICE}")
    try:
        hparams = HParams.from_dict(parts["hparams"])
    except (HParamsError, TypeError) as error:
        raise PhystdError(f"{where}: {error}; {_ADVICE}") from error
    prepared = checked_settings(parts["prepared"], where, _ADVICE)
    point = OperatingPoint.of_values(parts["operating_point"], where, _ADVICE)
    _check_files(path, metadata.get("files"))
    try:
        with plain_path(path) as plain:
            loaded = tf.saved_model.load(plain)
        loaded.signatures["disentangle"]
    except Exception as error:  # TensorFlow raises many kinds for damaged files, which earlier versions do not list
        raise PhystdError(f"{path}: the SavedModel is damaged ({first_line(error)}); {_ADVICE}") from error

    # A signature does not keep the variables of its model alive; this function does.
    return Export(hparams, prepared, point, lambda crops: loaded.signatures["disentangle"](crops=crops))


def list_files(folder: str) -> dict[str, str]:
    """Returns the files of an export that is being written: relative path with slashes -> SHA-256."""
    return {name: file_sha256(os.path.join(folder, name)) for name in files_below(folder)}


def own_files(path: str) -> Optional[Collection[str]]:
    """Returns the relative paths of what ``tools.export`` wrote in a folder; None if it is not an export."""
    try:
        metadata = read_json(os.path.join(path, EXPORT_FILE), PhystdError)
    except PhystdError:
        return None
    if not {"phystd_tf", "hparams", "operating_point"} <= set(metadata):
        return None
    files = metadata.get("files")
    return {EXPORT_FILE, *(files if isinstance(files, dict) else _USUAL_FILES)}


def _check_files(path: str, files: Any) -> None:
    """Checks the files of an export against their list; opens no file outside the folder."""
    if files is None:  # an export of an earlier version
        return
    where = os.path.join(path, EXPORT_FILE)
    if not isinstance(files, dict):
        raise PhystdError(f"{where}: has no list of files; {_ADVICE}")
    there = set(files_below(path))
    for name, digest in files.items():
        if name not in there:
            raise PhystdError(f"{os.path.join(path, name)}: missing, but {where} lists it; {_ADVICE}")
        if file_sha256(os.path.join(path, name)) != digest:
            raise PhystdError(f"{os.path.join(path, name)}: damaged, or not the file that was exported; {_ADVICE}")
