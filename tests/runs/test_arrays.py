"""Arrays that are the checkpoint of a run."""

import numpy as np
import pytest

from phystd_tf.runs.arrays import arrays_path, load_arrays, save_arrays
from phystd_tf.runs.folder import CheckpointError


def test_arrays_come_back_as_they_were(tmp_path):
    arrays = {"a": np.arange(3.0), "b": np.float64(2)}
    save_arrays(arrays, str(tmp_path), "last")
    loaded = load_arrays(str(tmp_path), "last")
    assert set(loaded) == {"a", "b"} and loaded["b"] == 2
    np.testing.assert_array_equal(loaded["a"], arrays["a"])


def test_missing_and_damaged_ones_are_named(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint in .*last; train first"):
        load_arrays(str(tmp_path), "last")
    path = arrays_path(str(tmp_path), "last")
    save_arrays({"a": np.array([{}], object)}, str(tmp_path), "last")  # a pickle, which could be a program
    with pytest.raises(CheckpointError, match="arrays.npz does not fit"):
        load_arrays(str(tmp_path), "last")
    with open(path, "wb") as file:
        file.write(b"PK no zip")
    with pytest.raises(CheckpointError, match="arrays.npz does not fit"):
        load_arrays(str(tmp_path), "last")
