"""Shared by several tests of the classifier of spoof media."""

import pytest

from phystd_tf.networks.generator import Generator
from tests.media_classifier.fakes import HPARAMS


@pytest.fixture(scope="module")
def generator():
    network = Generator(HPARAMS)
    network.build_variables()
    return network
