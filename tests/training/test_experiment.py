"""Runs: checkpoints of everything, resuming after a stop, and what is refused."""

import csv
import json
import os
import shutil
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.data import records
from phystd_tf.data.selection import Selection
from phystd_tf.errors import PhystdError
from phystd_tf.inference.weights import load_generator
from phystd_tf.runs.folder import CheckpointError, open_run
from phystd_tf.traces import Batch
from phystd_tf.training import callbacks
from phystd_tf.training.checkpoints import CheckpointStore, load_run
from phystd_tf.training.experiment import TrainingDivergedError, _divergence_explained, _epochs, _panel_faces, fit
from phystd_tf.training.phystd_model import PhySTD
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import endless, random_batch, tiny_hparams

# Depth only, for tests where the rest does not matter: it compiles in a fraction of the time.
QUICK = tiny_hparams("auxiliary", max_iterations=4)


def _fit(run, hparams=QUICK, data=None, seed=0, jit_compile=False):
    tf.keras.utils.set_random_seed(seed)
    model = PhySTD(hparams)
    batch = random_batch()
    seeds = []

    def training_data(start):
        seeds.append(start)
        return data or endless(batch)

    fit(model, str(run), training_data, endless(batch), 1, batch.live.image.numpy(), 2, jit_compile)
    return model, seeds


def _run_folder(tmp_path, hparams=QUICK):
    run = tmp_path / "run"
    open_run(str(run), hparams, {"seed": 0})
    return run


def test_checkpoints_restore_everything(tmp_path):
    run = _run_folder(tmp_path, tiny_hparams())
    model = PhySTD(tiny_hparams())
    model.compile()
    model.train_step(random_batch())
    CheckpointStore(model, str(run)).save("last")
    restored = load_run(str(run))
    for part in ("generator", "generator_optimizer", "discriminator_optimizer"):
        for old, new in zip(getattr(model, part).variables, getattr(restored, part).variables):
            np.testing.assert_array_equal(old, new)
    assert restored.iteration.numpy() == 1
    for old, new in zip(model.discriminators, restored.discriminators):
        np.testing.assert_array_equal(old.head.kernel, new.head.kernel)


def test_a_stopped_run_goes_on_to_what_a_whole_one_reaches(tmp_path):
    whole, _ = _fit(_run_folder(tmp_path / "whole"))
    stopped = _run_folder(tmp_path / "stopped")
    _fit(stopped, tiny_hparams("auxiliary", max_iterations=2))
    resumed, seeds = _fit(stopped, seed=99)
    assert seeds == [2]
    assert resumed.iteration.numpy() == whole.iteration.numpy() == 4
    assert resumed.generator_optimizer.iterations == whole.generator_optimizer.iterations == 4
    for one, other in zip(whole.generator.variables, resumed.generator.variables):
        np.testing.assert_allclose(one, other, atol=1e-5)
    with open(stopped / "history.csv", encoding="utf-8") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1"]


def test_a_finished_run_is_left_alone(tmp_path):
    run = _run_folder(tmp_path)
    _fit(run)
    _, seeds = _fit(run)
    assert seeds == []


def test_the_best_checkpoint_is_that_of_the_lowest_held_out_depth_loss(tmp_path):
    run = _run_folder(tmp_path)
    _fit(run)
    with open(run / "history.csv", encoding="utf-8") as file:
        losses = [float(row["val_L_depth"]) for row in csv.DictReader(file)]
    best = load_run(str(run), "best")
    assert best.iteration.numpy() == 2 * (1 + int(np.argmin(losses)))


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tmp_path):
    run = _run_folder(tmp_path)
    with pytest.raises(TrainingDivergedError, match="not finite at iteration 3; the weights of iteration 2 are kept"):
        _fit(run, data=_bad_from_iteration_3())
    _assert_finite_weights_of_iteration_2(run)


def test_a_compiled_step_that_is_not_finite_stops_the_run_at_the_end_of_its_epoch(tmp_path):
    """XLA drops the checks within the step."""
    run = _run_folder(tmp_path)
    with pytest.raises(TrainingDivergedError, match="not finite at iteration 4; the weights of iteration 2 are kept"):
        _fit(run, data=_bad_from_iteration_3(), jit_compile=True)
    _assert_finite_weights_of_iteration_2(run)


def _bad_from_iteration_3():
    good = random_batch()
    bad = Batch(good.live._replace(depth=good.live.depth * float("nan")), good.spoof)
    return endless(good).take(3).concatenate(endless(bad))


def _assert_finite_weights_of_iteration_2(run):
    kept = load_run(str(run))
    assert kept.iteration.numpy() == 2
    assert all(np.isfinite(variable).all() for variable in kept.generator.variables)


def test_a_run_that_diverges_at_once_does_not_say_that_weights_are_kept(tmp_path):
    model = PhySTD(QUICK)
    told = pytest.raises(TrainingDivergedError, match="no weights were kept yet")
    with told, _divergence_explained(model, CheckpointStore(model, str(tmp_path))):
        raise tf.errors.InvalidArgumentError(None, None, "L_depth is not finite : Tensor had NaN values")


def test_the_pictures_show_live_people_and_types_from_the_whole_alphabet(tmp_path):
    stored = write_prepared(tmp_path, {("dev", 1): 3, ("dev", 0): 13})
    rows = records.read_manifest(records.manifest_path(str(tmp_path)))
    for row in rows:
        if row["label"] == "0":
            row["type"] = f"type_{row['clip'].rsplit('/', 1)[1]:0>2}"
    records.write_manifest(str(tmp_path / records.MANIFEST_FILE), rows)
    images = _panel_faces(Selection(str(tmp_path)), QUICK, "dev", 0)
    which = [
        next(clip for clip, face in stored.items() if np.abs(face.image / 255 - image).max() < 1e-6) for image in images
    ]
    assert which[2:] == [f"dev/print/{number}" for number in (0, 3, 6, 9, 12)]
    assert len(set(which[:2])) == 2 and all(clip.startswith("dev/live") for clip in which[:2])


@pytest.mark.parametrize("name", [b"run[1]", b"run*?", b"r\xe9sum\xe9"])
def test_checkpoints_in_a_folder_with_any_name(tmp_path, name):
    run = tmp_path / os.fsdecode(name)
    open_run(str(run), QUICK, {})
    model = PhySTD(QUICK)
    store = CheckpointStore(model, str(run))
    store.save("last")
    (run / "checkpoints" / "last" / "ckpt-7.index").write_bytes(b"left by a killed process")
    model.iteration.assign(5)
    store.save("last")
    assert store.iteration("last") == 5 and store.iteration("best") is None
    assert len(os.listdir(run / "checkpoints" / "last")) == 3
    np.testing.assert_array_equal(load_run(str(run)).generator.variables[0], model.generator.variables[0])
    np.testing.assert_array_equal(load_generator(str(run)).variables[0], model.generator.variables[0])


def test_a_full_disk_keeps_the_previous_checkpoint(tmp_path, monkeypatch):
    run = _run_folder(tmp_path)
    store = CheckpointStore(PhySTD(QUICK), str(run))
    store.save("last")

    def full(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.train.CheckpointManager, "save", full)
    with pytest.raises(PhystdError, match="No space left on device.*the previous one is kept"):
        store.save("last")
    assert store.iteration("last") == 0


def test_a_list_of_checkpoints_that_leads_elsewhere_is_refused_and_nothing_there_is_removed(tmp_path):
    run = _run_folder(tmp_path)
    store = CheckpointStore(PhySTD(QUICK), str(run))
    store.save("last")
    last, elsewhere = run / "checkpoints" / "last", tmp_path / "elsewhere"
    shutil.copytree(last, elsewhere)
    (last / "checkpoint").write_text((last / "checkpoint").read_text().replace('"ckpt-0"', f'"{elsewhere}/ckpt-0"'))
    for use in (store.save, store.restore, store.exists):
        with pytest.raises(CheckpointError, match="leads out of its folder"):
            use("last")
    assert len(list(elsewhere.iterdir())) == 3


@pytest.mark.parametrize(
    ("start", "total", "steps", "ends"),
    [
        (0, 4, 2, [2, 4]),
        (2, 3, 100, [3]),
        (8, 12, 100, [12]),
        (8, 25, 10, [10, 20, 25]),
        (150, 200, 100, [200]),
        (3, 3, 2, []),
        (5, 7, 1, [6, 7]),
    ],
)
def test_epochs_end_at_multiples_and_at_the_requested_iteration(start, total, steps, ends):
    found = [first + (k + 1) * length for first, length, count in _epochs(start, total, steps) for k in range(count)]
    assert found == ends


def test_a_run_stops_at_the_requested_iteration_and_is_better_than_best_only_where_it_is(tmp_path):
    """2 iterations, then 3: the history has no epoch twice, and damage to it does not change what is best."""
    run = _run_folder(tmp_path)
    _fit(run, tiny_hparams("auxiliary", max_iterations=1))
    best = CheckpointStore(PhySTD(QUICK), str(run))
    (run / "history.csv").write_text("epoch,iteration,L_depth,val_L_depth\n0,1,0.5,0.5\n1,2,0.0,0.", "utf-8")
    model, seeds = _fit(run, tiny_hparams("auxiliary", max_iterations=3, learning_rate=10.0))  # gets worse at once
    assert seeds == [1, 2] and model.iteration.numpy() == 3
    with open(run / "history.csv", encoding="utf-8") as file:
        assert [row["iteration"] for row in csv.DictReader(file)] == ["1", "2", "3"]
    assert best.iteration("best") == 1 and best.iteration("last") == 3


def test_best_is_measured_with_the_best_weights_and_training_goes_on_from_the_last(tmp_path):
    run = _run_folder(tmp_path)
    batch = random_batch()
    stored = {}
    for iteration, name in ((1, "best"), (3, "last")):
        other = PhySTD(QUICK)
        other.iteration.assign(iteration)
        CheckpointStore(other, str(run)).save(name)
        stored[name] = other.generator.variables[0].numpy()
    model, seen = PhySTD(QUICK), {}

    def note(name, result):
        seen.setdefault(name, (int(model.iteration.numpy()), model.generator.variables[0].numpy()))
        return result

    with mock.patch.object(model, "evaluate", lambda *_, **__: note("best", {"L_depth": 0.0})):
        fit(model, str(run), lambda start: note("last", endless(batch)), endless(batch), 1, batch.live.image.numpy(), 2)
    for iteration, name in ((1, "best"), (3, "last")):
        assert seen[name][0] == iteration
        np.testing.assert_array_equal(seen[name][1], stored[name])
    assert CheckpointStore(model, str(run)).iteration("best") == 1  # nothing is better than a loss of 0


def test_a_run_of_other_hyper_parameters_is_not_continued(tmp_path):
    run = _run_folder(tmp_path)
    with pytest.raises(PhystdError, match=r"beta \(0.1 and 0.2\)"):
        open_run(str(run), tiny_hparams("auxiliary", max_iterations=4, beta=0.2), {})
    assert open_run(str(run), tiny_hparams("auxiliary", max_iterations=8), {"seed": 1})
    commands = json.loads((run / "commands.json").read_text())
    assert [command["seed"] for command in commands] == [0, 1]
    assert commands[0]["versions"]["tensorflow"] == tf.__version__


def test_a_folder_with_other_files_is_no_run(tmp_path):
    (tmp_path / "thesis.tex").write_text("dear to somebody")
    with pytest.raises(PhystdError, match="not empty"):
        open_run(str(tmp_path), QUICK, {})
    with pytest.raises(CheckpointError, match="not a run folder"):
        load_run(str(tmp_path))


def test_a_checkpoint_that_does_not_fit_is_refused_by_name(tmp_path):
    run = _run_folder(tmp_path)
    with pytest.raises(CheckpointError, match="no checkpoint in .*last"):
        load_run(str(run))
    CheckpointStore(PhySTD(QUICK), str(run)).save("last")
    tiny_hparams("auxiliary", max_iterations=4, depth_channels=6).save(str(run / "hparams.json"))
    with pytest.raises(CheckpointError, match="ckpt-0 does not fit"):
        load_run(str(run))
    tiny_hparams("full").save(str(run / "hparams.json"))
    with pytest.raises(CheckpointError, match="ckpt-0 does not fit"):
        load_run(str(run))
    QUICK.save(str(run / "hparams.json"))
    next((run / "checkpoints" / "last").glob("*.data*")).unlink()
    with pytest.raises(CheckpointError, match="ckpt-0"):
        load_run(str(run))


def test_losses_are_not_read_after_each_batch(tmp_path, monkeypatch):
    """Reading a loss waits for the device; Keras reads all of them unless every callback takes tensors."""
    kinds = []
    monkeypatch.setattr(
        callbacks.Progress, "on_train_batch_end", lambda self, batch, logs=None: kinds.extend(map(type, logs.values()))
    )
    _fit(_run_folder(tmp_path))
    assert kinds and not any(issubclass(kind, (float, np.generic, np.ndarray)) for kind in kinds)
