"""Several devices or processes that share each batch give the result of one with the whole batch."""

import os
import socket
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.errors import PhystdError
from phystd_tf.training.distribution import Place, place_of
from tests import program
from tests.data.fake_prepared import write_prepared


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Prepared faces, and a run on one device."""
    folder = tmp_path_factory.mktemp("distribution")
    write_prepared(folder / "prepared", {(split, label): 9 for split in ("train", "dev") for label in (0, 1)})
    shown = _run("train('one', 'none')", folder)
    assert shown.split()[-1] == "tensor"  # Keras would wait for the device after each batch to make numbers of them
    return folder


def _run(call, folder):
    with mock.patch.dict(os.environ, TMPDIR=str(folder)):  # a worker that is killed leaves its temporary folder
        done = program.run_code(f"from tests.training.one_convolution import *; {call}", folder)
    assert done.code == 0 and "Traceback" not in done.output, done.output
    return done.stdout


def _checkpoint(run):
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(run / "checkpoints" / "last")))
    values = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    return {
        name: value for name, value in values.items() if not isinstance(value, bytes) and "save_counter" not in name
    }


def _check_same(one, other):
    one, other = _checkpoint(one), _checkpoint(other)
    assert one.keys() == other.keys() and len(one) > 15
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def _losses(run):
    return np.genfromtxt(run / "history.csv", delimiter=",", names=True).view((float, 6))


def _check_shown(output, run, processes):
    """The progress bar shows the loss of the whole batch, as in history.csv: a mean, not a sum, over the workers."""
    shown = [float(line.split()[1]) for line in output.splitlines() if line.startswith("shown ")]
    written = np.genfromtxt(run / "history.csv", delimiter=",", names=True)["L_depth"][-1]
    np.testing.assert_allclose(shown, [written] * processes, rtol=1e-4)


def test_four_devices_do_what_one_does_with_the_joined_batch(work):
    _check_shown(_run("train_on_devices('mirrored', 4)", work), work / "mirrored", 1)
    _check_same(work / "one", work / "mirrored")
    np.testing.assert_allclose(_losses(work / "one"), _losses(work / "mirrored"), rtol=1e-4)


def test_a_whole_phystd_on_two_devices_does_what_it_does_on_one(tmp_path):
    done = program.run_code("from tests.training.phystd_on_devices import main; main()", tmp_path)
    assert done.code == 0, done.output
    rows = [line.split() for line in done.stdout.splitlines()]
    assert {row[0] for row in rows} == {"G", "D1", "D2", "D3", "D4"}
    differences, changes = (np.array([float(row[place]) for row in rows]) for place in (2, 3))
    assert differences.max() < 1e-5 and (changes > 1e-4).mean() > 0.9


def test_two_workers_of_which_one_is_killed_do_what_one_does_with_the_joined_batch(work):
    with socket.socket() as one, socket.socket() as other:
        one.bind(("localhost", 0)), other.bind(("localhost", 0))
        ports = [one.getsockname()[1], other.getsockname()[1]]
    stopped = _run(f"train_on_workers('workers', {ports}, killed_at=12)", work)
    assert stopped.splitlines()[-1] == "[2, -9]", stopped
    assert "another worker has ended" in stopped
    assert _checkpoint(work / "workers")["iteration/.ATTRIBUTES/VARIABLE_VALUE"] == 10
    resumed = _run(f"train_on_workers('workers', {ports})", work)
    assert resumed.splitlines()[-1] == "[0, 0]" and "writes" in resumed and "reads" in resumed, resumed
    _check_shown(resumed, work / "workers", 2)
    _check_same(work / "one", work / "workers")
    np.testing.assert_allclose(_losses(work / "one"), _losses(work / "workers"), rtol=1e-4)
    assert sorted(os.listdir(work / "one")) == sorted(os.listdir(work / "workers"))


_CLUSTER = '"cluster": {"worker": ["a:1", "b:1"]}'


@pytest.mark.parametrize(
    "text",
    [
        None, "", "[]", "{}", f"{{{_CLUSTER}}}", f'{{{_CLUSTER}, "task": {{"type": "worker", "index": 2}}}}',
        f'{{{_CLUSTER}, "task": {{"type": "worker", "index": "0"}}}}',
        f'{{{_CLUSTER}, "task": {{"type": "evaluator", "index": 0}}}}',
        '{"cluster": {"chief": ["c:1"], "worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}',
    ],
)  # fmt: skip
def test_a_cluster_that_is_not_described_is_refused(text, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text is not None:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(PhystdError, match="TF_CONFIG, as in"):
        place_of("multi_worker")
    assert place_of("mirrored") == place_of("none") == Place(1, 0)


def test_the_first_worker_is_the_chief(monkeypatch):
    for index in (0, 1):
        monkeypatch.setenv("TF_CONFIG", f'{{{_CLUSTER}, "task": {{"type": "worker", "index": {index}}}}}')
        assert place_of("multi_worker") == Place(2, index)
        assert place_of("multi_worker").is_chief == (index == 0)
