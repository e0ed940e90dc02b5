"""The training program: killed at any time, the same command ends with the same bits."""

import shutil
import signal

import pytest
import tensorflow as tf
from absl.testing import flagsaver

from phystd_tf.errors import PhystdError
from phystd_tf.training import experiment
from phystd_tf.training.distribution import STRATEGIES
from tests import program
from tests.data.fake_prepared import write_prepared
from tests.killing import Program, check_kills, tree
from tests.training.tiny import tiny_hparams
from tools import train as tools_train

_SETS = (
    "image_size=32", "n1=4", "n2=16", "depth_size=4", "stem_channels=4", "encoder_channels=[4,6,8]", "batch_size=4",
    "depth_channels=4", "convs_per_block=1", "discriminator_sizes=[8,12,32,32]", "learning_rate=1e-3",
)  # fmt: skip
_FLAGS = [
    "--data=prepared", "--run=run", "--ablation=auxiliary", "--iterations=3", "--steps_per_epoch=2", "--deterministic",
    *(f"--set={text}" for text in _SETS),
]  # fmt: skip
# TensorFlow writes checkpoints and event files without Python's knowledge.
_PROGRAM = Program("tools.train", watched=("tensorflow:train.CheckpointManager.save", "tensorflow:summary.scalar"))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train")
    write_prepared(folder / "prepared", {(split, label): 3 for split in ("train", "dev") for label in (0, 1)})
    return folder


def _result(work):
    run = work / "run"
    found = {name: (run / name).read_bytes() for name in ("history.csv", "hparams.json", "operating_point.json")}
    for name in ("last", "best"):
        path = tf.train.latest_checkpoint(str(run / "checkpoints" / name))
        reader = tf.train.load_checkpoint(path)
        for key in reader.get_variable_to_shape_map():
            value = reader.get_tensor(key)
            if "save_counter" not in key:
                found[f"{name} {key}"] = value if isinstance(value, bytes) else value.tobytes()
    for kind in ("train", "validation", "panels"):
        events = [
            tf.compat.v1.Event.FromString(event)
            for path in (run / "logs" / kind).iterdir()
            for event in tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
        ]
        found[kind] = sorted((event.step, value.tag) for event in events for value in event.summary.value)
        assert len(set(found[kind])) == len(found[kind]) > 1
    return found


def test_a_killed_training_ends_with_the_bits_of_an_undisturbed_one(template, tmp_path, kill_points):
    check_kills(_PROGRAM, _FLAGS, template, tmp_path / "work", _result, kill_points)


def test_every_option_reaches_the_training(template, tmp_path, monkeypatch):
    monkeypatch.chdir(template)
    given = []

    def train(*arguments):
        given.extend(arguments)
        raise PhystdError("far enough")

    monkeypatch.setattr(experiment, "train", train)
    before = flagsaver.save_flag_values(tools_train.flags.values)
    options = [f"--run={tmp_path}", "--seed=7", "--steps_per_epoch=5", "--jit_compile", "--sampling=type"]
    try:
        tools_train.flags.values(["train", *_FLAGS, *options])
        with pytest.raises(PhystdError, match="far enough"):
            tools_train.main()
    finally:
        flagsaver.restore_flag_values(before, tools_train.flags.values)
    hparams, faces, *rest = given
    assert (hparams.max_iterations, hparams.ablation, hparams.sampling) == (3, "auxiliary", "type")
    assert hparams.encoder_channels == (4, 6, 8) and faces.prepared == "prepared"
    assert rest == [str(tmp_path), 7, 5, True, True, "none"]
    assert tuple(tools_train.flags.values["strategy"].parser.enum_values) == STRATEGIES


def test_a_batch_that_does_not_fit_into_the_memory_is_named(template, tmp_path, monkeypatch):
    def fit(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[9]\nhint")

    monkeypatch.setattr(experiment, "fit", fit)
    with pytest.raises(PhystdError, match=r"batch_size=4 at 32 px \(.*OOM.*shape\[9\]\); give a smaller"):
        experiment.train(tiny_hparams(), str(template / "prepared"), str(tmp_path / "run"), 0, 1)


def test_a_batch_that_no_machine_holds_is_refused_before_it_is_read(template, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "_iterate", lambda *_: pytest.fail("the batch would be read"))
    hparams = tiny_hparams(batch_size=10**9)
    with pytest.raises(PhystdError, match=r"batch_size=1000000000 at 32 px \(its faces alone take [\d.]+ GiB"):
        experiment.train(hparams, str(template / "prepared"), str(tmp_path / "run"), 0, 1)
    assert not (tmp_path / "run").exists()


def test_ctrl_c_a_full_disk_and_a_read_only_folder_end_in_one_line(template, tmp_path):
    """After each of them, existing files are kept, and no half-written file counts as a checkpoint."""
    run = shutil.copytree(template, tmp_path / "work") / "run"
    full = _PROGRAM.run(_FLAGS, run.parent, limit=6000)  # the small files fit, the first checkpoint does not
    assert full.code == 2 and "checkpoint in run/checkpoints/best cannot be written" in full.stderr
    assert "there is none yet; free some space" in full.stderr and "Traceback" not in full.output
    assert tf.train.latest_checkpoint(str(run / "checkpoints" / "best")) is None
    stopped = _PROGRAM.run(_FLAGS, run.parent, kill_at=20, by=signal.SIGINT)
    assert stopped.code == 130 and "interrupted; the same command finishes" in stopped.stderr
    assert "Traceback" not in stopped.output
    before = tree(run)
    run.chmod(0o555)
    text = f"import sys, tools.train\nsys.argv = ['train', *{_FLAGS!r}]\ntools.train.run()"
    refused = program.run_code(program.DROP_ROOT + text, run.parent)
    run.chmod(0o755)
    assert refused.code == 2 and "no permission to write in " in refused.stderr, refused.output
    assert "Traceback" not in refused.output
    assert tree(run) == before
