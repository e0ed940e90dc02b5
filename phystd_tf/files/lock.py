"""Lets one program at a time work in an output folder."""

import contextlib
import errno
import os
from collections.abc import Iterator

import filelock

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import LOCK_FILE


class FolderInUseError(PhystdError):
    """Another program is working in a folder."""


class ReadOnlyFolderError(PhystdError):
    """A folder cannot be written or created."""


def is_read_only(folder: str) -> bool:
    """Whether a folder exists but may not be written."""
    return os.path.isdir(folder) and not os.access(folder, os.W_OK)


@contextlib.contextmanager
def locked(folder: str) -> Iterator[None]:
    """Keeps other programs out of a folder while the block runs; the lock does not outlive a killed process.

    The folder is created if it does not exist. Its lock file stays: removing it could take another program's lock.

    Args:
      folder: the output folder.

    Raises:
      FolderInUseError: if another program is working in the folder; this does not wait.
      ReadOnlyFolderError: if the folder may not be written.
    """
    lock = filelock.FileLock(os.path.join(folder, LOCK_FILE))
    try:
        os.makedirs(folder, exist_ok=True)
        if is_read_only(folder):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # even if its lock file may be written
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
