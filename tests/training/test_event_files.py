"""Event files: no step twice after a run that was stopped goes on."""

import os

import pytest
import tensorflow as tf

from phystd_tf.training.event_files import drop_events_after


@pytest.mark.parametrize("name", [b"run", b"r\xe9sum\xe9"])
def test_later_and_unfinished_events_are_dropped(tmp_path, name):
    tmp_path = tmp_path / os.fsdecode(name)
    with tf.summary.create_file_writer(os.fsencode(tmp_path / "train")).as_default():
        for step in (10, 20, 30):
            tf.summary.scalar("loss", 1.0, step)
    (file,) = (tmp_path / "train").iterdir()
    file.write_bytes(file.read_bytes() + b"\x18\0\0")
    drop_events_after(str(tmp_path), 20)
    events = [
        tf.compat.v1.Event.FromString(event) for event in tf.data.TFRecordDataset(os.fsencode(file)).as_numpy_iterator()
    ]
    assert [event.step for event in events if event.summary.value] == [10, 20]
    assert events[0].file_version
    drop_events_after(str(tmp_path / "missing"), 0)
