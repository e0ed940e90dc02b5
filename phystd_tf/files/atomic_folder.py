"""Folders that are either whole or not there."""

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
    """A temporary folder to write ``path`` in; it is renamed when the block ends without an error.

    A folder that is there already is removed only then: whoever calls this has checked that it may be. Folders on the
    way are made. What killed processes left of the same folder is removed.

    Args:
      path: of the folder to write or to replace.

    Yields:
      The path of an empty folder on the same disk.
    """
    path = os.path.realpath(path)  # what a link leads to is replaced, and not the link
    above, name = os.path.split(path)
    os.makedirs(above, exist_ok=True)
    # Not by its name, which may be as long as a name can be.
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
