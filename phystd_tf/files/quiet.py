"""Keeps the chatter of libraries away from the terminal."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_ONE_AT_A_TIME = threading.RLock()  # otherwise, one thread would restore what another has saved


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discards the messages that C++ code writes to file descriptor 2, in all threads."""
    with _ONE_AT_A_TIME, _discarded():
        yield


@contextlib.contextmanager
def _discarded() -> Iterator[None]:
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
