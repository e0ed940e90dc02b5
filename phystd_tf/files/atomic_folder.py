"""Folders that are either complete or absent."""

import contextlib
import glob
import hashlib
import os
import shutil
from collections.abc import Iterator

from phystd_tf.files.atomic import UNFINISHED_PREFIX
from phystd_tf.files.lock import FolderInUseError, locked


@contextlib.contextmanager
def replacing_folder(path: str) -> Iterator[str]:
    """Yields a temporary folder, which is renamed to ``path`` if the block ends without an error.

    An existing folder is removed only then; the caller must have checked that it may be. Missing folders above it are
    created. What killed processes left behind for it is removed.

    Args:
      path: path of the folder to write or to replace.

    Yields:
      The path of an empty folder on the same disk.
    """
    path = os.path.realpath(path)  # the target of a link is replaced, not the link
    above, name = os.path.split(path)
    os.makedirs(above, exist_ok=True)
    # Not the name itself, which may have the maximum length already.
    start = os.path.join(above, UNFINISHED_PREFIX + hashlib.sha256(os.fsencode(name)).hexdigest()[:16])
    for left in glob.glob(f"{glob.escape(start)}-*"):
        with contextlib.suppress(FolderInUseError), locked(left):
            shutil.rmtree(left)
    work = f"{start}-{os.urandom(8).hex()}"
    new, old = os.path.join(work, "new"), os.path.join(work, "old")
    with locked(work):
        try:
            os.mkdir(new)
            yield new
            if os.path.lexists(path):
                os.rename(path, old)
            try:
                os.rename(new, path)
            except OSError:
                if os.path.lexists(old):
                    os.rename(old, path)
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
