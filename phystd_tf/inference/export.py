"""Writes a trained PhySTD as a SavedModel that does not need this package."""

import json
import os
from collections.abc import Sequence

import tensorflow as tf

from phystd_tf import __version__
from phystd_tf.data.records import load_settings
from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import write_json, write_text
from phystd_tf.files.atomic_folder import replacing_folder
from phystd_tf.files.outputs import check_folder
from phystd_tf.files.plain_paths import plain_path
from phystd_tf.inference.calibration import load_with_point
from phystd_tf.inference.converted import FORMATS, convert, require_packages
from phystd_tf.inference.exported import EXPORT_FILE, list_files, own_files
from phystd_tf.inference.model_card import CARD_FILE, model_card
from phystd_tf.inference.serving import ServingModule
from phystd_tf.runs.folder import load_commands
from phystd_tf.runs.operating_point import OperatingPoint


def export_run(run: str, out: str, formats: Sequence[str] = ()) -> dict[str, float]:
    """Writes the SavedModel of a run, what is needed to use it, and a model card.

    The folder appears when it is complete. An earlier export there is removed only then, and only if it holds nothing
    else.

    Args:
      run: path of a run folder with an operating point.
      out: folder to create; must be missing or empty, unless it is an earlier export.
      formats: names in FORMATS of other formats to write.

    Returns:
      File of each of these formats -> largest difference of a score from that of the network, on faces of noise.

    Raises:
      PhystdError: if the run is incomplete, ``out`` is in use, a package is missing, or the disk is full.
    """
    require_packages(formats)
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
    others = {FORMATS[name].file: convert(generator, operating_point, name) for name in formats}
    differences = {file: converted.difference for file, converted in others.items()}
    metadata = {
        "phystd_tf": __version__,
        "tensorflow": tf.__version__,
        "hparams": json.loads(generator.hparams.to_json()),
        "operating_point": operating_point._asdict(),
        "input": "crops: [n, N, N, 3] float32, RGB in [0, 1]",
        "score": "liveness: higher is more live; live when score >= threshold",
        "prepared": load_settings(run),
        "score_differences": differences,
    }
    card = model_card(
        metadata, load_commands(run), {file: len(converted.content) for file, converted in others.items()}
    )
    module = ServingModule(generator, operating_point)
    with replacing_folder(out) as pending:
        try:
            with plain_path(pending) as plain:
                tf.saved_model.save(module, plain, signatures=module.endpoints)
        except tf.errors.OpError as error:  # of the file system, such as a full disk
            raise PhystdError(f"{out} cannot be written ({error.message})") from error
        for file, converted in others.items():
            with open(os.path.join(pending, file), "wb") as stream:
                stream.write(converted.content)
        write_text(card, os.path.join(pending, CARD_FILE))
        write_json({**metadata, "files": list_files(pending)}, os.path.join(pending, EXPORT_FILE))
        check_folder(out, own_files, "an export")  # others may have written there meanwhile
    return differences
