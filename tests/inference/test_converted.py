"""TensorFlow Lite and ONNX compared with the network itself, and what is reported of their differences."""

import sys

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

from phystd_tf.errors import PhystdError
from phystd_tf.inference import converted
from phystd_tf.inference.converted import FORMATS, convert
from phystd_tf.inference.serving import score_function
from phystd_tf.networks.generator import Generator
from phystd_tf.runs.operating_point import OperatingPoint
from tests.training.tiny import tiny_hparams
from tools.export import FORMATS as OFFERED

POINT = OperatingPoint(-0.5, -0.5, "EER on dev", "last")


def _network(ablation, **changes):
    tf.keras.utils.set_random_seed(1)
    generator = Generator(tiny_hparams(ablation, init_stddev=0.3, **changes))
    generator.build_variables()
    return generator


@pytest.fixture(scope="module")
def generator():
    return _network("full")


def _scores_of(name, content, crops):
    """The scores and verdicts of a file, from its runtime alone."""
    if name == "onnx":
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        return dict(zip(("score", "is_live"), session.run(["score", "is_live"], {"crops": crops})))
    return tf.lite.Interpreter(model_content=content).get_signature_runner()(crops=crops)


def test_the_program_offers_all_formats():
    assert tuple(FORMATS) == OFFERED


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_gives_the_scores_of_the_network(generator, name):
    inexact = name in ("tflite_float16", "tflite_int8")
    if inexact:  # `tflite` covers the rest, so a part is enough; small weights are not converted
        generator = _network("auxiliary", encoder_channels=(16, 16, 16))
    made = convert(generator, POINT, name)
    crops = np.random.default_rng(5).random((3, 32, 32, 3), np.float32)
    wanted = score_function(generator, POINT)(tf.constant(crops))
    found = _scores_of(name, made.content, crops)
    tolerance = {"tflite_float16": 5e-3, "tflite_int8": 5e-2}.get(name, 1e-4)
    np.testing.assert_allclose(found["score"], wanted["score"], atol=tolerance)
    np.testing.assert_array_equal(found["is_live"], found["score"] >= POINT.threshold)
    assert made.difference <= tolerance and (made.difference > 1e-7 or not inexact)
    bgr = _scores_of(name, made.content, crops[..., ::-1].copy())["score"]
    assert np.abs(bgr - wanted["score"]).max() > 1e-4


def test_a_conversion_that_is_not_faithful_is_an_error(generator, monkeypatch):
    off = FORMATS["tflite"]._replace(
        convert=lambda score, generator: b"", open=lambda content: lambda crops: np.full(len(crops), 9.0, np.float32)
    )
    monkeypatch.setattr(converted, "FORMATS", {"tflite": off})
    with pytest.raises(PhystdError, match="score.tflite: scores differ by .* a fault of the conversion"):
        convert(generator, POINT, "tflite")


def test_a_package_that_is_not_installed_is_named_before_any_work(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    converted.require_packages(["tflite"])
    with pytest.raises(PhystdError, match=r"ONNX needs onnxruntime.*\[onnx\]"):
        converted.require_packages(["onnx"])
