"""TFRecord files: written whole or not at all, joined without decoding, and checked.

A record is its length (8 bytes), a checksum of that (4), the data, and a
checksum of the data (4). So records can be counted, and a file that was cut off
can be noticed, by reading the lengths alone.
"""

import itertools
import os
import shutil
import struct
from collections.abc import Iterable, Sequence

from phystd_tf.errors import PhystdError
from phystd_tf.files.atomic import replacing

_HEADER, _FOOTER = 12, 4


class DamagedShardError(PhystdError):
    """A shard is missing, cut off or damaged; the message names it."""


def write_shard(path: str, examples: Iterable[bytes]) -> int:
    """Writes a shard under a temporary name, then renames; returns the number of examples.

    Nothing is written where there is no example.
    """
    examples = iter(examples)
    first = next(examples, None)
    if first is None:
        return 0  # before TensorFlow is imported, which takes seconds

    import tensorflow as tf

    count = 0
    try:
        with replacing(path) as temporary, tf.io.TFRecordWriter(temporary) as writer:
            for example in itertools.chain([first], examples):
                writer.write(example)
                count += 1
    except tf.errors.OpError as error:
        raise OSError(f"{path}: {error.message}") from error
    return count


def join_shards(paths: Sequence[str], out: str) -> None:
    """One shard of the records of several, in their order, whole or not at all."""
    with replacing(out) as temporary, open(temporary, "wb") as target:
        for path in paths:
            with open(path, "rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)


def record_offsets(path: str) -> list[int]:
    """Where each record begins, in bytes, from their lengths alone: fast, but finds no changed byte within.

    Raises:
      DamagedShardError: if the file is missing or does not end with a whole record.
    """
    offsets = []
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            position = 0
            while position < size:
                file.seek(position)
                header = file.read(_HEADER)
                if len(header) < _HEADER:
                    break
                offsets.append(position)
                position += _HEADER + struct.unpack("<Q", header[:8])[0] + _FOOTER
    except OSError as error:
        raise DamagedShardError(f"{path}: cannot be read ({error.strerror}); prepare again") from error
    if position != size:
        raise DamagedShardError(f"{path}: the shard is cut off or damaged; prepare again")
    return offsets


def damaged_shards(paths: Sequence[str]) -> list[DamagedShardError]:
    """Reads shards to their end, checksums included; one error, with the path, for each that cannot be."""
    import tensorflow as tf

    found = []
    for path in paths:
        try:
            for _ in tf.data.TFRecordDataset(path, buffer_size=1 << 20):
                pass
        except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
            reason = error.message.split("}} ")[-1].split(" [Op:")[0]
            found.append(DamagedShardError(f"{path}: the shard is damaged ({reason}); prepare again"))
    return found
