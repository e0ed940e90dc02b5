"""TFRecord files that are written atomically, joined without decoding, and checked.

A record consists of its length (8 bytes), a checksum of the length (4), the data,
and a checksum of the data (4). Reading only the lengths is therefore sufficient to
count records and to detect a truncated file.
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
    """A shard is missing, truncated or damaged; the message names it."""


def write_shard(path: str, examples: Iterable[bytes]) -> int:
    """Writes a shard atomically, unless there are no examples.

    Args:
      path: path of the shard.
      examples: serialized examples.

    Returns:
      The number of examples.
    """
    examples = iter(examples)
    first = next(examples, None)
    if first is None:
        return 0  # TensorFlow need not be imported, which would take seconds

    import tensorflow as tf

    count = 0
    try:
        with replacing(path) as temporary, tf.io.TFRecordWriter(os.fsencode(temporary)) as writer:
            for example in itertools.chain([first], examples):
                writer.write(example)
                count += 1
    except tf.errors.OpError as error:
        raise OSError(f"{path}: {error.message}") from error
    return count


def join_shards(paths: Sequence[str], out: str) -> None:
    """Concatenates the records of several shards into one shard, atomically."""
    with replacing(out) as temporary, open(temporary, "wb") as target:
        for path in paths:
            with open(path, "rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)


def record_offsets(path: str) -> list[int]:
    """Returns the offset of each record in bytes.

    Only the lengths are read. This is fast, but does not detect changed bytes in
    the data.

    Raises:
      DamagedShardError: if the file is missing or does not end with a complete record.
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
        raise DamagedShardError(f"{path}: the shard is truncated or damaged; prepare again")
    return offsets


def damaged_shards(paths: Sequence[str]) -> list[DamagedShardError]:
    """Reads shards completely, including checksums.

    Returns:
      One error for each damaged or missing shard; its message names the shard.
    """
    import tensorflow as tf

    found = []
    for path in paths:
        try:
            for _ in tf.data.TFRecordDataset(os.fsencode(path), buffer_size=1 << 20):
                pass
        except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
            reason = error.message.split("}} ")[-1].split(" [Op:")[0]
            found.append(DamagedShardError(f"{path}: the shard is damaged ({reason}); prepare again"))
    return found
