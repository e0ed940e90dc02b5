"""Options of the whole test suite, and its order."""

import os

import pytest

# A compiled step runs only once or twice here: optimizing its code would take longer than it saves.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")


def pytest_addoption(parser):
    parser.addoption(
        "--kill_points", type=int, default=3, help="at how many points of its work each program is killed (see killing)"
    )


# The slowest files. They come first, so that all processes end at about the same time (tools/test.sh).
_LONGEST = (
    "test_documents.py", "test_end_to_end.py", "test_datasets_end_to_end.py", "test_phystd_model.py",
    "test_experiment.py", "test_packaging.py", "test_train.py", "test_precision.py", "test_trace_measurement.py",
    "test_command_lines.py",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: _LONGEST.index(item.path.name) if item.path.name in _LONGEST else len(_LONGEST))


@pytest.fixture
def kill_points(request) -> int:
    return request.config.getoption("kill_points")
