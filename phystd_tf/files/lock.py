"""One program at a time in an output folder."""

import contextlib
import errno
import os
from collections.abc import Iterator

import filelock

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import LOCK_FILE


class FolderInUseError(PhystdError):
    """Another program works in a folder."""


class ReadOnlyFolderError(PhystdError):
    """A folder may not be written, or not be made."""


def is_read_only(folder: str) -> bool:
    """Whether a folder exists in which nothing may be written."""
    return os.path.isdir(folder) and not os.access(folder, os.W_OK)


@contextlib.contextmanager
def locked(folder: str) -> Iterator[None]:
    """Keeps other programs out of a folder for as long as the block runs, also where it is killed in the midst of it.

    The folder is made if it does not exist. Its lock file stays: who removed it could take the lock from another.

    Args:
      folder: the output folder.

    Raises:
      FolderInUseError: if another program works in the folder; nothing is waited for.
      ReadOnlyFolderError: if the folder may not be written.
    """
    lock = filelock.FileLock(os.path.join(folder, LOCK_FILE))
    try:
        os.makedirs(folder, exist_ok=True)
        if is_read_only(folder):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # even if its lock may be written
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise FolderInUseError(
            f"another program is writing in {folder}; wait until it ends, or give another folder"
        ) from error
    except OSError as error:
        raise ReadOnlyFolderError(f"{folder} cannot be written ({error.strerror})") from error
    try:
        yield
    finally:
        lock.release()
