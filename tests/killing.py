"""Kills a program at chosen points, runs it again, and compares the result with that of an undisturbed run.

There is a point before each change of a file below the working folder: a file is opened for writing, renamed or
removed, a folder is made, and so on. Another point is in the middle of each new file that Python writes. Changes by
C++ code are invisible; functions that make them can be ``watched``, with a point before and after each call.

    program = Program("tools.score")
    check_kills(program, ["--run=run", "--data=prepared", "--out=test.csv"], template, work, content, points)

Programs must work in a single process (``--workers=1``): only the process that counts is killed.
"""

import functools
import importlib
import operator
import os
import pathlib
import resource
import shutil
import signal
import sys
from typing import NamedTuple, Optional

from tests import program as programs

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "killing.watched"}


class Program(NamedTuple):
    """A program that can be killed.

    Attributes:
      module: its module, which has a function ``run``.
      watched: functions that change files without Python's knowledge, as "module:Class.function".
    """

    module: str
    watched: tuple[str, ...] = ()

    def run(self, arguments, folder, kill_at=None, limit=None, by=signal.SIGKILL) -> programs.Run:
        """Runs the program in a folder.

        Args:
          arguments: command-line arguments.
          folder: where it runs; changes below it are points.
          kill_at: number of the point, from 1, at which it is killed; None lets it end.
          limit: maximum size of a file in bytes, as on a full disk; None for no limit.
          by: the signal that it gets at that point.
        """
        return programs.run(self.module, arguments, folder, limit, ["tests.killing:count", kill_at, self.watched, by])


def check_kills(program, arguments, template, work, content, points, by=signal.SIGKILL):
    """Kills a run at points spread evenly over it, each time in a new copy of a folder, and lets the next one finish.

    Args:
      program: Program.
      arguments: command-line arguments, with paths relative to the folder.
      template: the folder before the program runs; None for an empty one.
      work: the folder to work in. It is always the same, since programs may store its name.
      content: returns the part of the folder that must be as after an undisturbed run once the program has run again.
      points: number of points at which the program is killed; all if there are fewer.
      by: the signal; with SIGINT, that of Ctrl-C, the program must say that it was interrupted.
    """
    whole = _run_anew(program, arguments, template, work)
    expected = content(work)
    assert whole.code in (0, 1) and whole.points, whole.output
    for point in spread(whole.points, points):
        killed = _run_anew(program, arguments, template, work, point, by)
        assert killed.code == (-by if by == signal.SIGKILL else 128 + by), f"point {point}: {killed.output}"
        assert "Traceback" not in killed.output, killed.output
        assert by != signal.SIGINT or "interrupted; the same command finishes the work" in killed.stderr
        again = program.run(arguments, work)
        where = f"killed at point {point} of {whole.points}"
        assert again.code == whole.code, f"{where}, then: {again.output}"
        assert content(work) == expected, where


def spread(count, wanted):
    """``wanted`` of the numbers from 1 to ``count``, evenly spread, with the first and the last."""
    wanted = min(count, wanted)
    return [1 + round(index * (count - 1) / max(1, wanted - 1)) for index in range(wanted)]


def tree(folder) -> dict:
    """All files below a folder and their bytes, by relative path; folders have None."""
    paths = sorted(pathlib.Path(folder).rglob("*"))
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in paths}


def count(folder, kill_at, watched, by):
    """Counts the points of this process, and sends it a signal at one; returns a function that gives their number."""
    for name in watched:
        _watch(name)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # programs in the background of a shell ignore Ctrl-C
    counter = _Counter(folder, kill_at, by)
    sys.addaudithook(counter)
    return lambda: counter.points


def die_at_limit(folder):
    """Lets the system kill this process while it writes, at the byte at which a file exceeds the limit.

    Unlike the points, this also works in C++ code. Called by ``tests.program``.

    Args:
      folder: where the program runs; not used.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, so that writing fails instead
    return int


def _run_anew(program, arguments, template, work, kill_at=None, by=signal.SIGKILL) -> programs.Run:
    shutil.rmtree(work, ignore_errors=True)
    if template is None:
        os.makedirs(work)
    else:
        shutil.copytree(template, work, symlinks=True)
    return program.run(arguments, work, kill_at, by=by)


class _Counter:
    """Counts the points of the process in which it is installed, and kills it at one of them."""

    def __init__(self, folder: str, kill_at: Optional[int], by: int):
        self.points = 0
        self._below = os.path.realpath(folder) + os.sep
        self._kill_at, self._by = kill_at, by
        self._new: Optional[str] = None  # the new file opened last, until it is complete

    def __call__(self, event, arguments):
        if event == "open":
            path, _, flags = arguments
            if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
                return
        elif event in _CHANGES:
            path, flags = arguments[0], 0
        else:
            return
        if event != "killing.watched" and not self._is_below(path):
            return
        if self._new is not None:
            self._pass(half=self._new)
        self._pass()
        self._new = os.path.abspath(path) if event == "open" and flags & os.O_TRUNC else None

    def _is_below(self, path) -> bool:
        return isinstance(path, (str, bytes, os.PathLike)) and os.path.abspath(os.fsdecode(path)).startswith(
            self._below
        )

    def _pass(self, half=None):
        self.points += 1
        if self.points == self._kill_at:
            if half is not None and os.path.exists(half) and self._by == signal.SIGKILL:
                os.truncate(half, os.path.getsize(half) // 2)
            os.kill(os.getpid(), self._by)


def _watch(name):
    """Replaces a function with one that announces its calls."""
    module, _, path = name.partition(":")
    owner_path, _, function = path.rpartition(".")
    owner = importlib.import_module(module)
    owner = operator.attrgetter(owner_path)(owner) if owner_path else owner
    original = getattr(owner, function)

    @functools.wraps(original)
    def announced(*arguments, **named):
        sys.audit("killing.watched", name)
        try:
            return original(*arguments, **named)
        finally:
            sys.audit("killing.watched", name)

    setattr(owner, function, announced)
