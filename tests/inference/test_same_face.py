"""One face gives one score, whatever the input format and whatever computes it."""

import csv

import numpy as np
import pytest
import tensorflow as tf

import phystd_tf
from phystd_tf.files.images import write_image
from phystd_tf.inference.converted import FORMATS
from phystd_tf.inference.export import export_run
from phystd_tf.inference.inputs import file_input, list_files
from phystd_tf.inference.reporting import Reports, report
from phystd_tf.runs.folder import operating_point_path
from phystd_tf.runs.operating_point import OperatingPoint
from tests.inference.test_model import _save_run, hopper  # noqa: F401  a fixture


def test_file_folder_arrays_and_exports_agree_and_bgr_does_not(hopper, tmp_path):  # noqa: F811
    path, pixels = hopper
    run, export, folder = _save_run(tmp_path / "run"), str(tmp_path / "export"), tmp_path / "photographs"
    OperatingPoint(-0.5, 0.0, "EER on dev", "last").save(operating_point_path(str(run)))
    export_run(str(run), export, ("tflite_float16", "onnx"))
    folder.mkdir()
    write_image(pixels, str(folder / "same.png"))
    with phystd_tf.load(run) as model:
        found = model.disentangle(path)
        wanted, crops = found.prediction.score, found.crop[None]
        scores = {"uint8": model.predict(pixels).score, "float": model.predict(np.float32(pixels) / 255).score}
        bgr = model.predict(np.ascontiguousarray(pixels[..., ::-1])).score
        inputs = [file_input(each) for each in list_files([str(folder)])]
        report(model, inputs, Reports(str(tmp_path / "rows.csv")))
    with open(tmp_path / "rows.csv", encoding="utf-8", newline="") as file:
        scores["folder"] = float(next(csv.DictReader(file))["score"])
    saved = tf.saved_model.load(export)
    scores["SavedModel"] = float(saved.signatures["score"](crops=tf.constant(crops))["score"][0])
    for name in ("onnx", "tflite_float16"):
        with open(tmp_path / "export" / FORMATS[name].file, "rb") as file:
            scores[name] = float(FORMATS[name].open(file.read())(crops)[0])
    assert scores.pop("tflite_float16") == pytest.approx(wanted, abs=5e-3)
    assert scores == {name: pytest.approx(wanted, abs=1e-4) for name in scores}
    assert abs(bgr - wanted) > 1e-4
