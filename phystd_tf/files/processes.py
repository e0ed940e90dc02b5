"""Work in several processes of this machine, which end with this one."""

import concurrent.futures
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Callable, Optional, TypeVar

from phystd_tf.errors import PhystdError

# Environment variables that limit the threads of a process.
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")

_Result = TypeVar("_Result")


def in_processes(
    function: Callable[..., _Result],
    tasks: Sequence[tuple[Any, ...]],
    workers: int,
    error: type[PhystdError],
    start: Optional[Callable[..., None]] = None,
    start_arguments: tuple[Any, ...] = (),
) -> Iterator[_Result]:
    """Calls a function in several processes, and yields what it returns in the order in which the calls end.

    Args:
      function: a function at the top of a module.
      tasks: the arguments of each call.
      workers: number of processes.
      error: what to raise if a process was killed.
      start: called once in each process, before its first task; a function at the top of a module. None for nothing.
      start_arguments: its arguments.

    Raises:
      PhystdError: ``error``, if a process was killed.
    """
    # Spawn, since neither TensorFlow nor MediaPipe supports fork, and the caller may have running threads.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        min(workers, len(tasks)), mp_context=context, initializer=_start, initargs=(start, start_arguments)
    ) as pool:
        jobs = [pool.submit(function, *task) for task in tasks]
        try:
            for job in concurrent.futures.as_completed(jobs):
                yield job.result()
        except concurrent.futures.process.BrokenProcessPool as broken:
            raise error(
                "a process was killed (out of memory?); finished clips are kept, and the same command resumes; "
                "fewer --workers need less memory"
            ) from broken
        finally:
            for job in jobs:
                job.cancel()


def _start(start: Optional[Callable[..., None]], arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent; here it would print a traceback
    if start is not None:
        start(*arguments)


def _end_with_parent() -> None:
    """Ends this process when its parent ends; otherwise, it would wait for work forever if the parent is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a process of the pool
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)
