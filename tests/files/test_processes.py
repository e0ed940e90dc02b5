"""Work in processes: all results arrive, and nothing outlives a process that was killed."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from phystd_tf.errors import PhystdError
from phystd_tf.files.processes import in_processes

ROOT = pathlib.Path(__file__).parents[2]
_started = []


class _Error(PhystdError):
    pass


def _start(word):
    _started.append(word)


def _task(one, other):
    return one + other, os.getpid(), list(_started)


def _die(number):
    os.kill(os.getpid(), signal.SIGKILL)


def _sleep(folder, number):
    (pathlib.Path(folder) / str(os.getpid())).touch()
    time.sleep(300)


def _run_sleepers(folder):
    list(in_processes(_sleep, [(folder, 1), (folder, 2)], 2, _Error))


def test_all_results_arrive_from_other_processes_that_were_started():
    results = list(in_processes(_task, [(1, 2), (3, 4), (5, 6)], 2, _Error, _start, ("ready",)))
    assert sorted(value for value, _, _ in results) == [3, 7, 11]
    assert os.getpid() not in {process for _, process, _ in results}
    assert all(started == ["ready"] for _, _, started in results)


def test_a_killed_process_is_an_error_that_says_what_to_do():
    with pytest.raises(_Error, match="a process was killed .* fewer --workers"):
        list(in_processes(_die, [(1,), (2,)], 2, _Error))


def _is_running(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except OSError:
        return False


def test_processes_end_with_the_one_that_started_them(tmp_path):
    code = f"from tests.files.test_processes import _run_sleepers; _run_sleepers({str(tmp_path)!r})"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        deadline = time.monotonic() + 120
        while len(os.listdir(tmp_path)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        children = os.listdir(tmp_path)
        assert len(children) == 2 and all(map(_is_running, children))
    finally:
        parent.kill()
        parent.wait()
    while any(map(_is_running, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_is_running, children))
