"""A system that is fitted in one go, in its run folder."""

import numpy as np
import pytest

from phystd_tf.baselines.registry import fitted_baseline
from phystd_tf.data.selection import Selection
from phystd_tf.inference.weights import load_generator
from phystd_tf.runs.arrays import load_arrays, save_arrays
from phystd_tf.runs.folder import CheckpointError, open_run
from phystd_tf.training.fitting import fit_at_once
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import tiny_hparams

H = tiny_hparams(system="lbp_svm")
LBP_SVM = fitted_baseline("lbp_svm")


@pytest.fixture
def faces(tmp_path):
    write_prepared(tmp_path / "prepared", {("train", 1): 3, ("train", 0): 5})
    return Selection(str(tmp_path / "prepared"))


def _fitted(faces, run, baseline=LBP_SVM, seed=0):
    open_run(str(run), H, {})
    fit_at_once(baseline, H, faces, str(run), seed)
    return load_arrays(str(run), "last")


def test_the_same_faces_give_the_same_machine_and_its_network_is_loaded(faces, tmp_path):
    first, second = _fitted(faces, tmp_path / "first"), _fitted(faces, tmp_path / "second")
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)
    images = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    depth = load_generator(str(tmp_path / "first"))(images).depth
    assert depth.shape == (2, 4, 4, 1) and np.all((depth > 0) & (depth < 1))


def test_no_more_faces_are_taken_than_allowed(faces, tmp_path):
    seen = []

    def fit(features, labels):
        seen.append((features.shape, sorted(labels)))
        return LBP_SVM.fit(features, labels)

    _fitted(faces, tmp_path / "all", LBP_SVM._replace(fit=fit))
    _fitted(faces, tmp_path / "some", LBP_SVM._replace(fit=fit, faces_per_class=2))
    assert seen == [((8, 354), [0] * 5 + [1] * 3), ((4, 354), [0, 0, 1, 1])]


def test_a_stopped_fit_starts_anew_and_a_finished_one_stays(faces, tmp_path):
    def stopped(features, labels):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _fitted(faces, tmp_path / "run", LBP_SVM._replace(fit=stopped))
    arrays = _fitted(faces, tmp_path / "run")
    again = _fitted(faces, tmp_path / "run", LBP_SVM._replace(fit=stopped))
    np.testing.assert_array_equal(arrays["vectors"], again["vectors"])


def test_arrays_of_something_else_are_refused_by_name(faces, tmp_path):
    _fitted(faces, tmp_path / "run")
    save_arrays({"mean": np.zeros(3)}, str(tmp_path / "run"), "last")
    with pytest.raises(CheckpointError, match="arrays.npz does not fit this model or is damaged: it lacks scale"):
        load_generator(str(tmp_path / "run"))
    with pytest.raises(CheckpointError, match="no checkpoint in .*best"):
        load_generator(str(tmp_path / "run"), "best")
