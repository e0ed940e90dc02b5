"""The experiments of tables and figures."""

import pytest

from phystd_tf.baselines.registry import baseline, fitted_baseline
from phystd_tf.experiments.experiment import steps_of
from phystd_tf.experiments.plan import PlanError
from phystd_tf.experiments.reproduction import Budget, Faces, experiments, iterations_of
from phystd_tf.experiments.systems import FITTED, NAMES, WITH_TRACES, name_of, split_name
from phystd_tf.hparams import get_hparams

SMALL = get_hparams("small")


def _count(choice, split):
    return {"dev": (0, 3) if choice.name == "siwm_1" else (1, 1), "train": (5, 6), "test": (7, 8)}[split]


def test_one_experiment_for_each_protocol_row_and_seed():
    faces = Faces("prepared", _count, protocol_seed=4, lists="mine")
    budget = Budget("small", {"phystd": SMALL.max_iterations, "step1": 10}, ("alpha1=2",), (0, 7))
    found = experiments(faces, ["siwm_1", "oulu_1"], ["phystd", "step1"], budget)
    assert [one.name for one in found[:4]] == ["siwm_1/phystd-0", "siwm_1/phystd-7", "siwm_1/step1-0", "siwm_1/step1-7"]
    assert len({one.name for one in found}) == 8 and {one.protocol.seed for one in found} == {4}
    first, step1, oulu = found[0], found[2], found[4]
    assert (first.system, first.ablation, first.changes) == ("phystd", "full", ("alpha1=2",))
    assert (step1.system, step1.ablation, step1.iterations, step1.seed) == ("phystd", "step1", 10, 0)
    assert any(change.startswith("decay_every=") for change in step1.changes)
    # Without live faces, dev cannot determine a threshold.
    assert first.threshold_split == "train" and first.counts == (11, 15, 11)
    assert oulu.threshold_split == "dev" and oulu.counts == (2, 15, 11)


def test_equal_iterations_or_equal_time():
    usual = {**dict.fromkeys(["phystd", "cdcn"], SMALL.max_iterations), "lbp_svm": 0}
    assert iterations_of(list(usual), "small", None) == usual
    seconds = {"phystd": 0.5, "auxiliary": 0.1, "cdcn": 1.0}
    found = iterations_of(["phystd", "auxiliary", "cdcn", "lbp_svm"], "small", 100, seconds)
    assert found == {"phystd": 100, "auxiliary": 500, "cdcn": 50, "lbp_svm": 0}


def test_systems_with_traces_are_those_whose_networks_say_so():
    def has_traces(name):
        system, ablation = split_name(name)
        if system == "phystd":
            return get_hparams("small", ablation).trace_decoder
        return fitted_baseline(system) is None and baseline(system).network.has_traces

    assert set(WITH_TRACES) == {name for name in NAMES if has_traces(name)}


def test_systems_without_iterations_are_those_whose_models_are_fitted():
    assert set(FITTED) == {name for name in NAMES if fitted_baseline(split_name(name)[0]) is not None}


def test_a_system_that_is_fitted_at_once_is_planned_without_iterations():
    found = experiments(Faces("prepared", _count), ["siwm_1"], ["lbp_svm"], Budget("paper", {"lbp_svm": 0}, (), (0,)))
    train, *_ = steps_of(found[0], "out")
    assert not any(text.startswith(("--iterations", "--set")) for text in train.arguments)
    assert (train.kind, train.work) == ("train paper lbp_svm", 11)  # the faces of train


def test_names_of_systems_and_ablations():
    assert split_name("step1") == ("phystd", "step1") and split_name("cdcn++") == ("cdcn++", "full")
    assert all(name_of(*split_name(name)) == name for name in NAMES) and len(set(NAMES)) == len(NAMES)
    with pytest.raises(PlanError, match="no system 'full'; there are phystd"):
        split_name("full")
