"""One program at a time in an output folder."""

import os
import subprocess
import sys

import pytest

from phystd_tf.files.atomic import other_files
from phystd_tf.files.lock import FolderInUseError, locked

_HOLD = (
    "import sys; from phystd_tf.files.lock import locked\nwith locked(sys.argv[1]): print('held', flush=True); input()"
)


def test_a_second_program_is_refused_by_the_name_of_the_folder(tmp_path):
    folder = str(tmp_path / "new")
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUseError, match=f"another program is writing in {folder}"), locked(folder):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with locked(folder):  # a killed program leaves no lock
        assert os.listdir(folder) == [".lock"]
        assert other_files(folder) == []


def test_the_lock_is_free_after_an_error(tmp_path):
    with pytest.raises(RuntimeError), locked(str(tmp_path)):
        raise RuntimeError
    with locked(str(tmp_path)):
        pass


def test_two_folders_do_not_disturb_each_other(tmp_path):
    with locked(str(tmp_path / "a")), locked(str(tmp_path / "b")):
        pass
