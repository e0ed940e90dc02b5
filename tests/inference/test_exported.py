"""Exports on disk: damaged files are named, and files that do not belong to the export are kept."""

import contextlib
import json
import os
import shutil
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phystd_tf.data.records import load_settings
from phystd_tf.errors import PhystdError
from phystd_tf.files.json_file import expected_form
from phystd_tf.hparams import HParams
from phystd_tf.inference.export import export_run
from phystd_tf.inference.exported import load_export
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.report.html_report import run_facts, score_tables
from phystd_tf.runs.operating_point import OperatingPoint
from tests.killing import tree
from tests.tools import no_model

POINT = OperatingPoint(-0.5, 0.25, "EER of 1.00 % on dev", "last")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a run and its export, by the stand-in; tests/tools/test_end_to_end.py compares real ones."""
    folder = tmp_path_factory.mktemp("exporting")
    no_model.make_run(str(folder))
    with contextlib.ExitStack() as stack:
        for patch in no_model.patches():
            stack.enter_context(patch)
        export_run(str(folder / "run"), str(folder / "export"))
    assert sorted(os.listdir(folder)) == ["export", "prepared", "run"]  # nothing is left over
    return folder


@pytest.fixture
def run(made):
    return str(made / "run")


@pytest.fixture
def copy(made, tmp_path):
    return shutil.copytree(made / "export", tmp_path / "export")


@pytest.mark.parametrize(
    "name", ["variables/variables.data-00000-of-00001", "saved_model.pb", "variables/variables.index"]
)
def test_a_damaged_file_of_an_export_is_named(copy, name):
    (copy / name).write_bytes((copy / name).read_bytes()[:-20])
    with pytest.raises(PhystdError, match=f"{name}: damaged.*; export the run again"):
        load_export(str(copy))


def _small_module(*_):
    """A module that TensorFlow saves quickly, in place of ServingModule."""
    module = tf.Module()
    module.weights = tf.Variable(tf.zeros(1000))
    signature = tf.function(
        lambda crops: {"score": crops + module.weights[0]}, input_signature=[tf.TensorSpec([None], name="crops")]
    )
    module.endpoints = {"disentangle": signature}
    return module


@pytest.mark.parametrize("name", [b"run[1]", b"*?", b"100%{a}\\", b"r\xe9sum\xe9"])
def test_an_export_is_written_and_read_in_a_folder_with_any_name(run, tmp_path, monkeypatch, name):
    out = tmp_path / os.fsdecode(name) / os.fsdecode(name)
    monkeypatch.setattr("phystd_tf.inference.calibration.load_generator", no_model.load_generator)
    monkeypatch.setattr("phystd_tf.inference.export.ServingModule", _small_module)
    for _ in range(2):  # the second one replaces the first
        export_run(run, str(out))
    assert load_export(str(out)).disentangle(tf.ones(2))["score"].shape == (2,)
    assert os.listdir(out.parent) == [out.name]


@pytest.mark.parametrize("name", ["variables/variables.data-00000-of-00001", "saved_model.pb", "fingerprint.pb", ""])
def test_a_damaged_export_of_an_earlier_version_is_named(copy, name):
    """It has no list of its files, so TensorFlow must detect the damage."""
    metadata = json.loads((copy / "phystd.json").read_text())
    del metadata["files"]
    shutil.rmtree(copy)
    module = _small_module()
    tf.saved_model.save(module, str(copy), signatures=module.endpoints)
    (copy / "phystd.json").write_text(json.dumps(metadata))
    if not name:
        assert load_export(str(copy)).disentangle(tf.ones(2))["score"].shape == (2,)
        return
    (copy / name).write_bytes((copy / name).read_bytes()[: (copy / name).stat().st_size // 2])
    if name == "fingerprint.pb":  # the model does not need it
        load_export(str(copy))
        return
    with pytest.raises(PhystdError, match="the SavedModel is damaged.*; export the run again"):
        load_export(str(copy))


def test_a_missing_file_and_one_outside_are_named(copy):
    metadata = json.loads((copy / "phystd.json").read_text())
    (copy.parent / "outside").write_text("x")
    for name in ("gone.txt", "../outside"):
        changed = {**metadata, "files": {**metadata["files"], name: "0"}}
        (copy / "phystd.json").write_text(json.dumps(changed))
        with pytest.raises(PhystdError, match="missing, but"):
            load_export(str(copy))


def test_an_export_replaces_an_export_and_nothing_else(run, copy, monkeypatch):
    def no_work(*_):
        raise AssertionError("this should have been refused before")

    monkeypatch.setattr("phystd_tf.inference.export.load_with_point", no_work)
    (copy / "notes.txt").write_text("mine")
    (copy.parent / "other").mkdir()
    (copy.parent / "other" / "phystd.json").write_text('{"mine": 1}')
    for out, said in (
        (copy, r"not of an export \(notes.txt\)"),
        (copy.parent / "other", "is not an export"),
        (run, "is not"),
    ):
        with pytest.raises(PhystdError, match=said):
            export_run(run, str(out))
    assert (copy / "notes.txt").read_text() == "mine" and (copy / "saved_model.pb").exists()


@pytest.mark.parametrize(
    "error", [tf.errors.ResourceExhaustedError(None, None, "No space left"), OSError(28, "No space left")]
)
def test_a_full_disk_is_said_and_leaves_the_earlier_export(run, copy, tmp_path, error):
    (tmp_path / "export.tmp").mkdir()  # belongs to somebody else
    (tmp_path / "export.tmp" / "notes.txt").write_text("mine")
    before = tree(tmp_path)

    def fill(module, folder, signatures):
        with open(os.path.join(folder, "saved_model.pb"), "wb") as file:
            file.write(b"half")
        raise error

    with contextlib.ExitStack() as stack:
        for patch in [*no_model.patches(), mock.patch("tensorflow.saved_model.save", fill)]:
            stack.enter_context(patch)
        with pytest.raises((PhystdError, OSError), match="No space left"):
            export_run(run, str(copy))
    assert tree(tmp_path) == before


# Values that a damaged or foreign JSON file may have anywhere.
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


def _places(value, place=()):
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*place, key))


def _damaged(data, good):
    """The text of a JSON file with one value replaced or removed, or with some bytes changed."""
    good = json.loads(json.dumps(good))
    if data.draw(st.booleans()):
        text = json.dumps(good).encode()
        place, cut = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 40))
        return text[:place] + data.draw(st.binary(max_size=3)) + text[place + cut :]
    place = data.draw(st.sampled_from(list(_places(good))))
    if not place:
        return json.dumps(data.draw(_VALUES)).encode()
    parent = good
    for key in place[:-1]:
        parent = parent[key]
    if data.draw(st.booleans()):
        parent[place[-1]] = data.draw(_VALUES)
    else:
        del parent[place[-1]]
    return json.dumps(good).encode()


def _use_point(path):
    run = os.path.dirname(path)
    point = OperatingPoint.load(run)
    assert np.isfinite([point.alpha0, point.threshold]).all() and point.checkpoint in ("last", "best")


def _use_facts(path):
    with open(path, "rb") as file, expected_form(path, "commands", PhystdError):
        run_facts(_HPARAMS, json.load(file))


_HPARAMS = {"preset": "small", "ablation": "full", "image_size": 1, "max_iterations": 1, "batch_size": 1}
_COMMANDS = [{"data": "d", "faces": {"train": {"live": 1, "spoof": 2}}, "seed": 0, "versions": {"numpy": "1"}}]
_METRICS = {
    "eer": 0.05, "apcer": 0.5, "bpcer": 0.02, "acer": 0.26, "tdr_at_fdr": None, "fdr": 0.005, "num_live": 1,
    "num_spoof": 4, "num_subjects": 2, "level": "clip", "threshold": 0.1, "threshold_source": "x", "warnings": ["w"],
    "apcer_by_type": {"print": 0.5}, "eer_by_type": {"print": 0.25}, "num_by_type": {"print": 4},
}  # fmt: skip


def _use_metrics(path):
    with open(path, "rb") as file, expected_form(path, "metrics", PhystdError):
        score_tables(json.load(file))


_FILES = {
    "operating_point.json": (POINT._asdict(), _use_point),
    "protocol.json": (ProtocolChoice("folder", 0, None)._asdict(), ProtocolChoice.load),
    "prepared.json": (
        {"format": 5, "image_size": 32, "crop": {"a": 1}, "map_sizes": [32], "vertex_pairs": [1, 0], "dataset": "x"},
        lambda path: load_settings(os.path.dirname(path)),
    ),
    "commands.json": (_COMMANDS, _use_facts),
    "metrics.json": (_METRICS, _use_metrics),
    "hparams.json": ({"preset": "small", "alpha1": 1.0}, HParams.load),
}


@pytest.mark.parametrize("name", _FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_of_a_run_are_refused_by_name_or_right(tmp_path, name, data):
    good, use = _FILES[name]
    path = tmp_path / name
    path.write_bytes(_damaged(data, good))
    try:
        use(str(path))
    except PhystdError as error:
        assert name in str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_description_of_an_export_is_refused_by_name_or_right(copy, monkeypatch, data):
    monkeypatch.setattr(tf.saved_model, "load", lambda path: tf.Module())
    monkeypatch.setattr(tf.Module, "signatures", {"disentangle": None}, raising=False)
    path = copy / "phystd.json"
    good = json.loads(
        path.with_name("good.json").read_text() if path.with_name("good.json").exists() else path.read_text()
    )
    path.with_name("good.json").write_text(json.dumps(good))
    path.write_bytes(_damaged(data, good))
    try:
        found = load_export(str(copy))
    except PhystdError as error:
        assert str(copy) in str(error)
    else:
        assert np.isfinite([found.operating_point.alpha0, found.operating_point.threshold]).all()
