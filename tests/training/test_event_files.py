"""Event files: no step occurs twice after a stopped run is resumed."""

import os

import pytest
import tensorflow as tf

from phystd_tf.training.event_files import drop_events_after


@pytest.mark.parametrize("last", [20, 30])
@pytest.mark.parametrize("name", [b"run", b"r\xe9sum\xe9"])
def test_later_and_unfinished_events_are_dropped(tmp_path, name, last):
    tmp_path = tmp_path / os.fsdecode(name)
    with tf.summary.create_file_writer(os.fsencode(tmp_path / "train")).as_default():
        for step in (10, 20, 30):
            tf.summary.scalar("loss", 1.0, step)
    (file,) = (tmp_path / "train").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:15])  # the start of another record
    drop_events_after(str(tmp_path), last)
    events = [
        tf.compat.v1.Event.FromString(event) for event in tf.data.TFRecordDataset(os.fsencode(file)).as_numpy_iterator()
    ]
    assert [event.step for event in events if event.summary.value] == [step for step in (10, 20, 30) if step <= last]
    assert events[0].file_version
    drop_events_after(str(tmp_path / "missing"), 0)
