"""Eq. (5) from the files alone, with NumPy; and files of others are not replaced."""

import dataclasses
import json
import os

import cv2
import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.baselines.registry import new_network
from phystd_tf.files.outputs import OutputError
from phystd_tf.inference.face_pictures import PANELS, is_drawn
from phystd_tf.inference.inputs import file_input, list_files
from phystd_tf.inference.model import Disentangled, Prediction
from phystd_tf.inference.raw_components import COMPONENTS, KINDS, check_raw, raw_path, to_16_bits, write_raw
from phystd_tf.inference.reporting import Reports, report
from phystd_tf.networks.outputs import all_outputs
from phystd_tf.traces import Traces
from tests.inference.fake_model import FakeModel, picture
from tests.killing import tree
from tests.training.tiny import tiny_hparams

SYSTEMS = {
    "full": tiny_hparams(),
    "step1_step2_single_trace": tiny_hparams("step1_step2_single_trace"),
    "auxiliary": tiny_hparams("auxiliary"),
    **{name: tiny_hparams(system=name, baseline_width=0.05) for name in ("stdn", "despoof", "cdcn")},
}


def _read(path, kind):
    """The components, read with the documentation but without code of this package."""
    if kind == "npz":
        with np.load(path) as archive:
            return {name: archive[name] for name in archive}
    with open(os.path.join(path, "ranges.json"), encoding="utf-8") as file:
        ranges = json.load(file)["components"]
    found = {}
    for name, how in ranges.items():
        pixels = cv2.imread(os.path.join(path, how["file"]), cv2.IMREAD_UNCHANGED)
        assert pixels.dtype == np.uint16
        pixels = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels[..., ::-1]  # OpenCV has BGR
        found[name] = how["offset"] + how["scale"] * pixels
    return found


def _from_files(path, kind):
    c = _read(path, kind)
    return (1 - c["P"]) * (c["crop"] - c["B"] - c["C"] - c["T"]) + c["P"] * c["I_P"], c


def _found(crop, outputs):
    traces = Traces(*(outputs[name] for name in Traces._fields))
    return Disentangled(Prediction("ok"), crop, outputs["depth_map"], traces, outputs["reconstruction"])


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_reconstruction_of_each_system_is_equation_5_of_its_files(system, tmp_path):
    hparams = dataclasses.replace(SYSTEMS[system], init_stddev=0.3)  # traces that can be seen
    tf.keras.utils.set_random_seed(3)
    network = new_network(hparams)
    crop = tf.constant(np.random.default_rng(0).uniform(0, 1, (1, 32, 32, 3)), tf.float32)
    outputs = {name: value[0].numpy() for name, value in all_outputs(crop, network(crop), network, -1.0).items()}
    for kind in KINDS:
        path = raw_path(str(tmp_path / "face.png"), kind)
        write_raw(_found(crop[0].numpy(), outputs), path, kind)
        live, components = _from_files(path, kind)
        np.testing.assert_allclose(live, components["reconstruction"], atol=1e-4)
        np.testing.assert_allclose(live, outputs["reconstruction"], atol=1e-4)
        assert set(components) == set(COMPONENTS)
        for name in ("B", "C", "T", "P", "I_P"):
            np.testing.assert_allclose(components[name], outputs[name], atol=2e-5)
        np.testing.assert_allclose(components["depth"], outputs["depth_map"], atol=2e-5)
    if network.has_traces:
        assert np.abs(outputs["reconstruction"] - crop[0]).max() > 0.02


def test_pixels_use_all_of_their_range():
    values = np.random.default_rng(1).normal(0, 0.01, (5, 6, 3))
    pixels, scale, offset = to_16_bits(values)
    assert pixels.dtype == np.uint16 and pixels.min() == 0 and pixels.max() == 65535
    np.testing.assert_allclose(offset + scale * pixels, values, rtol=0, atol=np.ptp(values) / 65535 / 2 * 1.001)
    constant, scale, offset = to_16_bits(np.full((2, 2, 1), -0.25))
    assert not constant.any() and (scale, offset) == (0.0, -0.25)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, faces in (("a.png", 2), ("none.png", 0)):
        cv2.imwrite(name, np.ascontiguousarray(picture(faces, 0.25)[..., ::-1]))
    return tmp_path


def _disentangle(kind, out="out"):
    paths = list_files(["."], is_drawn)
    report(FakeModel(), [file_input(path) for path in paths], Reports(None, PANELS, out, kind))
    return paths


@pytest.mark.parametrize("kind, made", [("npz", "a.npz"), ("png", "a_raw")])
def test_the_components_lie_next_to_the_picture_and_are_made_again(photos, kind, made):
    for _ in range(2):  # the pictures of components are not taken for photographs
        assert _disentangle(kind) == ["./a.png", "./none.png"]
        assert sorted(os.listdir("out")) == sorted(["a.png", made])
    live, components = _from_files(os.path.join("out", made), kind)
    np.testing.assert_allclose(live, components["reconstruction"], atol=1e-4)


@pytest.mark.parametrize("kind, theirs", [("npz", "out/a.npz"), ("png", "out/a_raw/mine.png"), ("png", "out/a_raw")])
def test_files_of_others_are_kept(photos, kind, theirs):
    os.makedirs(os.path.dirname(theirs))
    (photos / theirs).write_text("mine")
    before = tree(photos)
    with pytest.raises(OutputError, match="a.npz exists and was not written|a_raw exists and is not"):
        _disentangle(kind)
    assert tree(photos) == before


def test_a_file_added_to_the_components_is_kept(photos):
    _disentangle("png")
    (photos / "out" / "a_raw" / "note.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds files that are not of raw components .note.txt"):
        check_raw("out/a_raw", "png")
