"""Options of the whole test suite."""

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--kill_points", type=int, default=3, help="at how many points of its work each program is killed (see killing)"
    )


@pytest.fixture
def kill_points(request) -> int:
    return request.config.getoption("kill_points")
