"""A planner that gets SIGTERM leaves no program behind."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]

# Runs two programs side by side; each writes its process number, and sleeps unless it may end.
PLANNER = """
import os, sys
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.running import program_starter, run
from phystd_tf.experiments.step import Stamps, Step

steps = [Step(f"{name}/train", "sleeper", (f"--out={name}",), (f"{name}.done",), fixed=True) for name in "ab"]
try:
    print(len(run(Plan(steps, Stamps("out", {})), program_starter("verbs"), "out", 2)), "failures")
except KeyboardInterrupt:
    sys.exit(130)
"""
SLEEPER = """
import filelock, os, sys, time
name = sys.argv[1].partition("=")[2]
with filelock.FileLock(f"{name}.lock", timeout=0):
    if not os.path.exists("may_end"):
        with open(f"{name}.pid.new", "w") as file:
            file.write(str(os.getpid()))
        os.rename(f"{name}.pid.new", f"{name}.pid")
        time.sleep(300)
    open(f"{name}.done", "w").close()
"""


def _wait_for(condition):
    end = time.monotonic() + 120  # the machine may be busy
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def _is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture()
def planner(tmp_path):
    """Starts a planner; ends what a test leaves behind."""
    (tmp_path / "verbs").mkdir()
    (tmp_path / "verbs" / "__init__.py").touch()
    (tmp_path / "verbs" / "sleeper.py").write_text(SLEEPER)
    started = []

    def start():
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
        started.append(subprocess.Popen([sys.executable, "-c", PLANNER], cwd=tmp_path, env=environment,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))  # fmt: skip
        return started[-1]

    yield start
    for pid in [int(path.read_text()) for path in tmp_path.glob("*.pid")]:
        if _is_running(pid):
            os.kill(pid, signal.SIGKILL)
    for process in started:
        process.kill()
        process.communicate()


def test_sigterm_ends_the_running_programs_too_and_the_next_run_goes_on(planner, tmp_path):
    first = planner()
    paths = [tmp_path / f"{name}.pid" for name in "ab"]
    _wait_for(lambda: all(path.exists() for path in paths))
    children = [int(path.read_text()) for path in paths]
    assert all(map(_is_running, children))
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 130
    assert not any(map(_is_running, children))
    (tmp_path / "may_end").touch()
    second = planner()
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 0 and said.endswith("0 failures\n"), said
    assert all((tmp_path / f"{name}.done").exists() for name in "ab")
