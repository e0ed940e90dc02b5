"""Which model a system has."""

import pytest

from phystd_tf.baselines import registry
from phystd_tf.errors import PhystdError
from phystd_tf.training.phystd_model import PhySTD
from phystd_tf.training.systems import new_model
from tests.training.tiny import tiny_hparams


def test_phystd_is_the_system_of_the_paper():
    model = new_model(tiny_hparams("auxiliary"), seed=4)
    assert type(model) is PhySTD and model.seed == 4
    assert type(registry.new_network(model.hparams)) is type(model.generator)


def test_a_system_that_cannot_be_trained_is_named(monkeypatch):
    monkeypatch.setattr(registry, "_BASELINES", {})
    with pytest.raises(PhystdError, match="system cdcn cannot be trained yet; there are phystd"):
        new_model(tiny_hparams(system="cdcn"))
