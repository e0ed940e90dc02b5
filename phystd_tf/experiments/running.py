"""Runs the steps of a plan that are not done, several side by side."""

import concurrent.futures
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple, Optional

from tqdm import tqdm

from phystd_tf.experiments.estimate import estimate, in_words, speeds
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.step import STEPS_FOLDER, Step
from phystd_tf.files.lock import locked
from phystd_tf.files.processes import THREADS

_TAIL = 3  # lines of a log that are shown if a step fails
_INTERRUPTED = (130, -2)

# Runs a step, given the file for its output (None: the terminal) and more environment variables; returns its exit code.
Start = Callable[[Step, Optional[int], dict[str, str]], int]


class Failure(NamedTuple):
    """A step that did not succeed.

    Attributes:
      step: Step.
      reason: a sentence, with the end of the log if there is one.
    """

    step: Step
    reason: str


def program_starter(tools: str) -> Start:
    """A function that runs programs of a package with this Python interpreter.

    Args:
      tools: name of the package, such as "tools".
    """

    def start(step: Step, output: Optional[int], environment: dict[str, str]) -> int:
        return call(
            [sys.executable, "-m", f"{tools}.{step.program}", *step.arguments],
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            env={**os.environ, **environment},
        )

    return start


class _Children:
    """The programs that run now."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a second signal may come within the handler
        self._running: set[subprocess.Popen] = set()
        self._ended = False

    @contextlib.contextmanager
    def ended_by_sigterm(self) -> Iterator[None]:
        """Within the block, SIGTERM ends this process like an interruption, and the programs that it started too.

        Ctrl-C reaches them by itself, since a terminal sends it to all; SIGTERM is for one process, and the programs
        would go on and keep their folders locked.
        """
        if threading.current_thread() is not threading.main_thread():  # only there can signals be handled
            yield
            return
        self._ended = False
        before = signal.signal(signal.SIGTERM, self._end)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def call(self, command: list[str], **options: Any) -> int:
        """``subprocess.call`` for a program that is ended with this process."""
        with self._lock:
            if self._ended:  # another thread was about to start a program
                return -signal.SIGTERM
            child = subprocess.Popen(command, **options)
            self._running.add(child)
        try:
            with child:
                return child.wait()
        finally:
            with self._lock:
                self._running.discard(child)

    def _end(self, *_: Any) -> None:
        with self._lock:  # never held by the main thread, which runs this
            self._ended = True
            for child in self._running:
                child.terminate()
        raise KeyboardInterrupt


_CHILDREN = _Children()
call = _CHILDREN.call


def run(plan: Plan, start: Start, out: str, jobs: int = 1, show: bool = False) -> list[Failure]:
    """Runs the steps that are not done; if a step fails, only those that need it are left out.

    Args:
      plan: Plan.
      start: see ``program_starter``.
      out: the output folder; steps of one experiment are run by one process at a time.
      jobs: steps that run side by side and share the cores.
      show: whether the output of the steps goes to the terminal. Otherwise it goes to logs, and a progress bar is
        shown.

    Returns:
      The Failures; empty if all steps are done.

    Raises:
      KeyboardInterrupt: if a step was interrupted, or this process got SIGTERM.
      PlanError: see ``Plan.check``.
      FolderInUseError: if another process runs steps of the same experiments.
    """
    plan.check()
    with _CHILDREN.ended_by_sigterm():
        return _Runner(plan, start, jobs, show).run(out)


class _Runner:
    def __init__(self, plan: Plan, start: Start, jobs: int, show: bool) -> None:
        self._plan = plan
        self._start = start
        self._jobs = jobs
        self._show = show
        self._stamps = plan.done()
        self._waiting = [step for step in plan.steps if step.key not in self._stamps]
        self._failures: list[Failure] = []

    def run(self, out: str) -> list[Failure]:
        if not self._waiting:
            return []
        groups = sorted({step.group for step in self._waiting})
        with contextlib.ExitStack() as stack:
            for group in groups:
                stack.enter_context(locked(os.path.join(out, STEPS_FOLDER, *group.split("/"))))
            bar = stack.enter_context(
                tqdm(total=len(self._waiting), unit="step", desc="experiments", disable=self._show)
            )
            pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(self._jobs))
            running: dict[concurrent.futures.Future, Step] = {}
            while running or self._waiting:
                starting = self._ready(self._jobs - len(running))
                if not running and not starting:
                    break  # the waiting steps need failed ones
                bar.set_postfix_str(self._left([*running.values(), *starting]))
                for step in starting:
                    running[pool.submit(self._run_step, step)] = step
                finished, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in finished:
                    step = running.pop(future)
                    failure = future.result()
                    bar.update()
                    if failure is not None:
                        self._failures.append(failure)
                        tqdm.write(failure.reason)
        return self._failures

    def _ready(self, most: int) -> list[Step]:
        """Removes the next steps that can start, at most ``most``, from those that wait."""
        found = [step for step in self._waiting if all(key in self._stamps for key in step.needs)][: max(0, most)]
        self._waiting = [step for step in self._waiting if step not in found]
        return found

    def _run_step(self, step: Step) -> Optional[Failure]:
        started, begun = time.monotonic(), False
        if self._show:
            code = self._start(step, None, {})
        else:
            path = self._plan.stamps.log_path(step.key)
            begun = os.path.exists(path) and self._plan.stamps.read(step.key) is None
            threads = str(max(1, (os.cpu_count() or 1) // self._jobs))
            with open(path, "ab") as log:
                code = self._start(step, log.fileno(), dict.fromkeys(THREADS, threads) if self._jobs > 1 else {})
        if code in _INTERRUPTED:
            raise KeyboardInterrupt
        if code not in step.accepts:
            return Failure(step, self._why(step, code))
        missing = [path for path in step.outputs if not os.path.exists(path)]
        if missing:
            return Failure(step, f"{step.key}: tools.{step.program} did not write {missing[0]}")
        needs = {key: self._stamps[key].identity for key in step.needs}
        # Of a step that was stopped and resumed, only the last part was timed.
        seconds = 0.0 if begun else time.monotonic() - started
        self._stamps[step.key] = self._plan.stamps.write(step, seconds, needs)
        return None

    def _why(self, step: Step, code: int) -> str:
        told = f"{step.key}: tools.{step.program} failed (exit code {code})"
        if self._show:
            return f"{told}; its message is above"
        path = self._plan.stamps.log_path(step.key)
        return "\n".join([f"{told}; the end of {path}:", *(f"  {line}" for line in _last_lines(path))])

    def _left(self, running: list[Step]) -> str:
        measured = speeds(self._stamps.values())
        seconds = sum(estimate(step, measured).seconds for step in (*running, *self._waiting))
        return f"{running[0].key}, about {in_words(seconds / self._jobs)} left"


def _last_lines(path: str) -> list[str]:
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 4096))
        text = file.read().decode("utf-8", "replace")
    # Progress bars overwrite their line.
    lines = [line.rpartition("\r")[2].strip() for line in text.splitlines()]
    return [line for line in lines if line][-_TAIL:]
