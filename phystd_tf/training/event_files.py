"""The event files of TensorBoard, in which no step may occur twice."""

import os

import tensorflow as tf

from phystd_tf.files.atomic import replacing

_MARK = ".tfevents."


def drop_events_after(folder: str, step: int) -> None:
    """Removes the events of later steps, which are written again when a stopped run resumes.

    Also removes what a killed process left unfinished at the end of a file.

    Args:
      folder: folder with event files at any depth; need not exist.
      step: the last step to keep.
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
    """The serialized events of a file up to its end or its first damage, and whether it is damaged."""
    events: list[bytes] = []
    try:
        for event in tf.data.TFRecordDataset(os.fsencode(path)).as_numpy_iterator():
            events.append(event)
    except tf.errors.DataLossError:
        return events, True
    return events, False
