"""One program at a time in an output folder."""

import contextlib
import os
from collections.abc import Iterator

import filelock

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import LOCK_FILE


class FolderInUseError(PhystdError):
    """Another program works in a folder."""


@contextlib.contextmanager
def locked(folder: str) -> Iterator[None]:
    """Keeps other programs out of a folder for as long as the block runs, also where it is killed in the midst of it.

    The folder is made if it does not exist. Its lock file stays: who removed it could take the lock from another.

    Args:
      folder: the output folder.

    Raises:
      FolderInUseError: if another program works in the folder; nothing is waited for.
      OSError: if the folder may not be written.
    """
    os.makedirs(folder, exist_ok=True)
    lock = filelock.FileLock(os.path.join(folder, LOCK_FILE))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise FolderInUseError(
            f"another program is writing in {folder}; wait until it ends, or give another folder"
        ) from error
    try:
        yield
    finally:
        lock.release()
