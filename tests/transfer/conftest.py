import pytest

from tests.transfer.untrained_run import make_run


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """(path of a run, Selection of its faces)."""
    return make_run(tmp_path_factory.mktemp("transfer"))
