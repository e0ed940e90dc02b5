"""Runs the programs of ``tools`` without starting Python each time.

Importing TensorFlow takes seconds, so one process imports everything and forks for each run. It runs nothing itself,
since neither TensorFlow nor MediaPipe survives a fork once its threads run.

    done = run("tools.score", ["--run=run", "--data=prepared", "--out=test.csv"], folder)
"""

import atexit
import functools
import importlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import traceback
from typing import NamedTuple

from absl import flags as absl_flags
from tqdm import tqdm

from phystd_tf.experiments import running

ROOT = pathlib.Path(__file__).parents[1]
# Modules that the programs import, mostly late.
_HEAVY = (
    "cv2", "jinja2", "mediapipe", "pandas", "tensorflow", "phystd_tf.face.alignment", "phystd_tf.inference.model",
    "phystd_tf.training.experiment",
)  # fmt: skip
_POOLED = ("tools.make_synthetic", "tools.prepare")  # their workers would import everything again


class Run(NamedTuple):
    """The result of a run.

    Attributes:
      code: exit code; -9 if it was killed.
      stdout: text printed there.
      stderr: text printed there.
      points: number of points, see ``tests.killing``; 0 if it was killed or they were not counted.
    """

    code: int
    stdout: str
    stderr: str
    points: int = 0

    @property
    def output(self) -> str:
        """All that it printed."""
        return self.stdout + self.stderr


class _Server:
    """A process that has imported what the programs need, and forks for each run."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.program"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "GLOG_minloglevel": "2"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *order) -> Run:
        """Runs what ``run`` or ``run_code`` describe."""
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the process that runs the programs has ended"
        return Run(*json.loads(answer))

    def close(self):
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@functools.cache
def _shared() -> _Server:
    server = _Server()
    atexit.register(server.close)
    return server


def run(program, arguments, folder=ROOT, limit=None, count=None) -> Run:
    """Runs a program in a folder.

    Args:
      program: its module, which has a function ``run``.
      arguments: command-line arguments.
      folder: where it runs.
      limit: maximum size of a file in bytes, as on a full disk; None for no limit.
      count: "module:function" and further arguments. It is called with the folder before the program starts, and
        returns a function that gives the number of points after the program has ended. None for no points.
    """
    return _shared().run(program, [str(each) for each in arguments], str(folder), limit, count)


def run_code(text, folder) -> Run:
    """Runs Python code as a script in a folder."""
    return _shared().run("", [text], str(folder), None, None)


# For ``run_code``: root may write everywhere; dropping this privilege lets root test a read-only folder.
DROP_ROOT = """
import ctypes
ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
"""


def _run_here(program, arguments, folder, limit, count) -> tuple[int, int]:
    """Runs a program in this process, which is a fork; returns its exit code and its points."""
    os.chdir(folder)
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if program in _POOLED and not any(argument.startswith(("--workers", "--beam")) for argument in arguments):
        arguments = [*arguments, "--workers=1"]
    sys.argv = [program or "-c", *(arguments if program else [])]
    running.call = _call
    tqdm.monitor_interval = 0  # its thread may hold a lock that a fork would wait for
    points = _start_counting(folder, *count) if count else int
    code = 0
    try:
        if program:
            importlib.import_module(program).run()
        else:
            exec(compile(arguments[0], "<code>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code, points()


def _call(command, stdout=None, stderr=None, env=None) -> int:
    """``running.call`` for a program that starts others by ``python -m MODULE ARGUMENTS``; these are forks too."""
    python, dash_m, module, *arguments = command
    assert (python, dash_m) == (sys.executable, "-m"), command
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        os.environ.update(env or {})
        if stdout is not None:
            os.dup2(stdout, 1)
        if stderr == subprocess.STDOUT:
            os.dup2(1, 2)
        for name, known in absl_flags.FLAGS.flags_by_module_dict().items():
            if name.startswith("tools."):  # the flags of the calling program
                absl_flags.FLAGS.remove_flag_values([flag.name for flag in known])
        os._exit(_run_here(module, arguments, os.curdir, None, None)[0])
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _start_counting(folder, name, *arguments):
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)(folder, *arguments)


def _serve(order):
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr, tempfile.TemporaryFile() as report:
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            code, points = _run_here(*order)
            os.pwrite(report.fileno(), str(points).encode(), 0)
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for file in (stdout, stderr, report):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return code, *texts[:2], int(texts[2] or 0)


def _main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # output of imports is not an answer
    for name in _HEAVY:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(_serve(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    _main()
