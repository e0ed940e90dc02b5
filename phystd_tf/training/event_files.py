"""The event files of TensorBoard, in which no step may come twice."""

import os

import tensorflow as tf

from phystd_tf.files.atomic import replacing

_MARK = ".tfevents."


def drop_events_after(folder: str, step: int) -> None:
    """Removes the events of later steps, which come again when a run that was stopped goes on.

    What a killed process left unfinished at the end of a file is removed with them.

    Args:
      folder: where the event files are, at any depth; need not exist.
      step: the last one to keep.
    """
    for where, _, names in os.walk(folder):
        for path in sorted(os.path.join(where, name) for name in names if _MARK in name):
            events, damaged = _read(path)
            kept = [event for event in events if tf.compat.v1.Event.FromString(event).step <= step]
            if damaged or len(kept) < len(events):
                with replacing(path) as temporary, tf.io.TFRecordWriter(os.fsencode(temporary)) as writer:
                    for event in kept:
                        writer.write(event)


def _read(path: str) -> tuple[list[bytes], bool]:
    """The serialized events of a file up to its end or to its first damage, and whether there is any."""
    events: list[bytes] = []
    try:
        for event in tf.data.TFRecordDataset(os.fsencode(path)).as_numpy_iterator():
            events.append(event)
    except tf.errors.DataLossError:
        return events, True
    return events, False
