"""The score of a trained network for other runtimes: TensorFlow Lite and ONNX.

Each format holds one function, from crops [n, N, N, 3] float32 in [0, 1] to score and is_live. Its difference from
the network itself is measured on faces of noise, see ``Converted``.
"""

import importlib
import os
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple, Optional

import numpy as np
import tensorflow as tf

from phystd_tf.errors import PhystdError
from phystd_tf.files.quiet import quiet_stderr
from phystd_tf.inference.serving import score_function
from phystd_tf.networks.network import Network
from phystd_tf.runs.operating_point import OperatingPoint

_OPSET = 15
_FACES = 4


class Format(NamedTuple):
    """A format that a network can be written in.

    Attributes:
      file: its file name in the export.
      convert: from a function, and the network whose variables it uses, to the bytes of the file.
      open: from these bytes to a function from crops [n, N, N, 3] float32 to scores [n].
      tolerance: largest difference of a score in a faithful conversion; None if the format is inexact, so that the
        difference is only reported.
    """

    file: str
    convert: Callable[[Any, Network], bytes]
    open: Callable[[bytes], Callable[[np.ndarray], np.ndarray]]
    tolerance: Optional[float]


class Converted(NamedTuple):
    """A network in another format.

    Attributes:
      content: bytes of the file.
      difference: largest difference of a score from that of the network, on faces of noise.
    """

    content: bytes
    difference: float


def convert(generator: Network, operating_point: OperatingPoint, name: str) -> Converted:
    """Converts the score of a network to another format, and checks the result.

    Args:
      generator: Network whose ``exportable`` is true.
      operating_point: OperatingPoint.
      name: one of FORMATS.

    Raises:
      PhystdError: if a package is missing, or the format does not give the scores of the network.
    """
    form, score = FORMATS[name], score_function(generator, operating_point)
    content = form.convert(score, generator)
    size = generator.hparams.image_size
    crops = np.random.default_rng(0).random((_FACES, size, size, 3), np.float32)
    wanted = score(tf.constant(crops))["score"].numpy()
    opened = form.open(content)
    found = np.concatenate([opened(crops[:1]), opened(crops[1:])])  # any number of faces
    difference = float(np.abs(found - wanted).max())
    if form.tolerance is not None and not difference <= form.tolerance:
        raise PhystdError(
            f"{form.file}: scores differ by {difference:.2g} from those of the network, {form.tolerance:g} is the "
            "most; this is a fault of the conversion"
        )
    return Converted(content, difference)


def _to_tflite(quantization: str) -> Callable[[Any, Network], bytes]:
    def convert_to(score: Any, generator: Network) -> bytes:
        whole = tf.Module()
        whole.score, whole.weights = score, generator.variables  # not the network, see ServingModule
        converter = tf.lite.TFLiteConverter.from_concrete_functions([score.get_concrete_function()], whole)
        if quantization:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantization == "float16":
            converter.target_spec.supported_types = [tf.float16]
        with quiet_stderr():  # a summary of what it did with constants
            return converter.convert()

    return convert_to


def _open_tflite(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    run = tf.lite.Interpreter(model_content=content, num_threads=os.cpu_count()).get_signature_runner()
    return lambda crops: run(crops=crops)["score"]


def _to_onnx(score: Any, generator: Network) -> bytes:
    tf2onnx = _onnx_package("tf2onnx")
    model, _ = tf2onnx.convert.from_function(score, input_signature=score.input_signature, opset=_OPSET)
    return model.SerializeToString()


def _open_onnx(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    onnxruntime = _onnx_package("onnxruntime")
    options = onnxruntime.SessionOptions()
    # Otherwise, its threads would keep cores busy between two calls.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda crops: session.run(["score"], {"crops": crops})[0]


def require_packages(names: Iterable[str]) -> None:
    """Refuses formats whose packages are not installed.

    Args:
      names: names in FORMATS.

    Raises:
      PhystdError: names the package, and how to install it.
    """
    if "onnx" in names:
        for package in ("tf2onnx", "onnxruntime"):
            _onnx_package(package)


def _onnx_package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise PhystdError(
            f"ONNX needs {error.name}, which is not installed; install with `pip install -e .[onnx]`"
        ) from error


FORMATS: Mapping[str, Format] = {
    "tflite": Format("score.tflite", _to_tflite(""), _open_tflite, 1e-4),
    "tflite_float16": Format("score_float16.tflite", _to_tflite("float16"), _open_tflite, None),
    "tflite_int8": Format("score_int8.tflite", _to_tflite("int8"), _open_tflite, None),
    "onnx": Format("score.onnx", _to_onnx, _open_onnx, 1e-4),
}
