"""Writes a trained PhySTD as a SavedModel that needs nothing of this package."""

import json
import os

import tensorflow as tf

from phystd_tf import __version__
from phystd_tf.data.records import load_settings
from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import write_json
from phystd_tf.files.atomic_folder import replacing_folder
from phystd_tf.files.outputs import check_folder
from phystd_tf.files.plain_paths import plain_path
from phystd_tf.inference.calibration import load_with_point
from phystd_tf.inference.exported import EXPORT_FILE, list_files, own_files
from phystd_tf.liveness import TERMS
from phystd_tf.networks.network import Network
from phystd_tf.networks.outputs import traced_outputs
from phystd_tf.runs.operating_point import OperatingPoint


class ServingModule(tf.Module):
    """Generator and operating point behind the signatures of the SavedModel.

    Both take ``crops``: [n, N, N, 3] float32, RGB in [0, 1], any n, and refuse
    other values, because pixels in 0..255 would give a score that looks real.
    The discriminators are left out: they serve training only.
    """

    def __init__(self, generator: Network, operating_point: OperatingPoint) -> None:
        super().__init__()
        self.generator = generator
        self._outputs = traced_outputs(generator, operating_point.alpha0)
        self._threshold = operating_point.threshold
        size = generator.hparams.image_size
        spec = tf.TensorSpec((None, size, size, 3), tf.float32, name="crops")
        self.endpoints = {
            "serving_default": tf.function(self._score, input_signature=[spec]),
            "disentangle": tf.function(self._disentangle, input_signature=[spec]),
        }

    def _disentangle(self, crops: tf.Tensor) -> dict[str, tf.Tensor]:
        message = "crops must be RGB float32 in [0, 1]"
        checks = [
            tf.debugging.assert_greater_equal(crops, 0.0, message=message),
            tf.debugging.assert_less_equal(crops, 1.0, message=message),
        ]
        with tf.control_dependencies(checks):
            outputs = self._outputs(tf.identity(crops))
        return {**outputs, "is_live": outputs["score"] >= self._threshold}

    def _score(self, crops: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = self._disentangle(crops)
        return {name: outputs[name] for name in ("score", "is_live", *(f"term_{term}" for term in TERMS))}


def export_run(run: str, out: str) -> None:
    """Writes the SavedModel of a run, and next to it what is needed to use it.

    The folder appears when it is whole. An earlier export there is removed only then, and only if it holds nothing
    else.

    Args:
      run: path of a run folder with an operating point.
      out: folder to make; must not exist or be empty, unless it is an earlier export.

    Raises:
      PhystdError: if the run is incomplete, ``out`` is in use, or the disk is full.
    """
    out = os.path.realpath(out)
    check_folder(out, own_files, "an export")
    OperatingPoint.load(run)  # an export without one has no verdict
    generator, operating_point = load_with_point(run)
    assert operating_point is not None
    if not generator.exportable:
        raise PhystdError(
            f"{run}: system {generator.hparams.system} is not computed by TensorFlow, so that no SavedModel can "
            "hold it; use the run itself"
        )
    metadata = {
        "phystd_tf": __version__,
        "tensorflow": tf.__version__,
        "hparams": json.loads(generator.hparams.to_json()),
        "operating_point": operating_point._asdict(),
        "input": "crops: [n, N, N, 3] float32, RGB in [0, 1]",
        "score": "liveness: higher is more live; live when score >= threshold",
        "prepared": load_settings(run),
    }
    module = ServingModule(generator, operating_point)
    with replacing_folder(out) as pending:
        try:
            with plain_path(pending) as plain:
                tf.saved_model.save(module, plain, signatures=module.endpoints)
        except tf.errors.OpError as error:  # of the file system, such as a full disk
            raise PhystdError(f"{out} cannot be written ({error.message})") from error
        write_json({**metadata, "files": list_files(pending)}, os.path.join(pending, EXPORT_FILE))
        check_folder(out, own_files, "an export")  # others may have written there meanwhile
