"""The model of each system."""

from phystd_tf.baselines import registry
from phystd_tf.hparams import choices_of
from phystd_tf.training.phystd_model import PhySTD
from phystd_tf.training.systems import new_model
from tests.training.tiny import tiny_hparams


def test_phystd_is_the_system_of_the_paper():
    model = new_model(tiny_hparams("auxiliary"), seed=4)
    assert type(model) is PhySTD and model.seed == 4
    assert type(registry.new_network(model.hparams)) is type(model.generator)


def test_every_system_is_phystd_or_a_baseline():
    for name in set(choices_of("system")) - {"phystd"}:
        assert (registry.fitted_baseline(name) is None) != (name not in registry._BASELINES), name
