"""A run may be resumed with the seed and the faces that it was trained with, wherever these are now."""

import json
import shutil
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from phystd_tf.data.records import manifest_path
from phystd_tf.data.selection import Selection
from phystd_tf.errors import PhystdError
from phystd_tf.files.lock import FolderInUseError, locked
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.runs.folder import save_protocol
from phystd_tf.training import experiment
from phystd_tf.training.resuming import identity, require_same
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import tiny_hparams


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A folder with prepared faces and a run on them with no iteration."""
    folder = tmp_path_factory.mktemp("resuming")
    counts = {(split, label): 2 for split in ("train", "dev", "test") for label in (0, 1)}
    write_prepared(folder / "prepared", counts)
    with mock.patch.object(experiment, "fit"):
        _train(folder)
    return folder


@pytest.fixture
def work(template, tmp_path):
    return shutil.copytree(template, tmp_path / "work")


def _train(work, data="prepared", seed=3):
    hparams = tiny_hparams("auxiliary", max_iterations=4, depth_size=8)
    experiment.train(hparams, str(work / data), str(work / "run"), seed, 2)


def _change_manifest(work, change):
    path = manifest_path(str(work / "prepared"))
    change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)


def _refused(work, said, **changes):
    before = (work / "run" / "commands.json").read_bytes()
    with pytest.raises(PhystdError, match=said):
        _train(work, **changes)
    assert (work / "run" / "commands.json").read_bytes() == before


def test_another_seed_is_refused(work):
    _refused(work, r"run was trained with --seed=3, not 4; give that one, or another --run", seed=4)


def test_what_a_killed_process_was_writing_is_removed(work):
    (work / "run" / ".unfinished-7.json").write_text("{")
    with mock.patch.object(experiment, "fit"):
        _train(work)
    assert not list((work / "run").glob(".unfinished*"))


def test_two_trainings_in_one_run_folder_are_refused(work):
    with locked(str(work / "run")), pytest.raises(FolderInUseError, match="another program is writing"):
        _train(work)


def test_a_resumed_run_sees_the_batches_that_it_would_have_seen(work):
    with mock.patch.object(experiment, "fit") as fit:
        _train(work)
    data_from = fit.call_args.args[2]
    whole = [batch.spoof.image.numpy() for batch in data_from(0).take(4)]
    for first in (1, 3):
        np.testing.assert_array_equal(next(iter(data_from(first))).spoof.image, whole[first])
    assert not np.array_equal(whole[0], whole[1])


def test_faces_that_have_been_moved_are_the_same(work):
    (work / "prepared").rename(work / "elsewhere")
    faces = Selection(str(work / "elsewhere"))
    require_same(str(work / "run"), faces, identity(faces, 3))


def test_other_faces_are_refused(work):
    _change_manifest(work, lambda table: table.assign(left="7.0"))
    _refused(work, "was not trained on .*prepared: its clips, frames or crops .*give that --data, or another --run")


def test_other_splits_of_the_same_faces_are_refused(work):
    _change_manifest(work, lambda table: table.assign(split=table["split"].replace({"dev": "test", "test": "dev"})))
    _refused(work, "was not trained on .*prepared: its faces are divided into splits in another way")


def test_another_preparation_of_the_same_faces_is_refused(work):
    path = work / "prepared" / "prepared.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "landmarks68": True}))
    _refused(work, "prepared with another landmarks68; give the --data of the run, or another --run")


def test_lists_of_the_same_protocol_may_be_moved_but_not_be_another_protocol(work):
    run, faces = str(work / "run"), Selection(str(work / "prepared"))
    save_protocol(run, ProtocolChoice(lists="there"))
    require_same(run, faces, identity(faces, 3))
    for choice in (ProtocolChoice("siwm_1"), ProtocolChoice(seed=1)):
        save_protocol(run, choice)
        with pytest.raises(PhystdError, match=r"was trained on protocol .*, not folder \(seed 0\); give it, or"):
            require_same(run, faces, identity(faces, 3))


@pytest.mark.parametrize("known", [None, [], [{}], [None], [{"seed": 3, "data_fingerprint": ...}]])
def test_what_a_run_of_an_earlier_version_does_not_say_is_not_checked(work, known):
    path, faces = work / "run" / "commands.json", Selection(str(work / "prepared"))
    if known is None:
        path.unlink()  # killed before it was written
    else:
        path.write_text(json.dumps(known, default=lambda _: faces.fingerprint()))
    require_same(str(work / "run"), faces, identity(faces, 3))
    if known and known[0]:
        with pytest.raises(PhystdError, match="seed=3, not 4"):
            require_same(str(work / "run"), faces, identity(faces, 4))
