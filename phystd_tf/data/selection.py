"""The faces of a prepared folder in each split, as prepared or according to a protocol.

A dataset is prepared only once; its protocols divide the same shards in different
ways. If a protocol differs from the prepared splits, faces of other splits are
skipped by the ID of their clip while the shards are read.
"""

import collections
import hashlib
import os
from typing import Optional, Union

import tensorflow as tf

from phystd_tf.data import records
from phystd_tf.data.shards import DamagedShardError, record_offsets
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.protocols.clip_facts import clip_facts
from phystd_tf.protocols.protocol import Protocol
from phystd_tf.protocols.registry import AS_PREPARED, load_protocol
from phystd_tf.protocols.report import shared_people
from phystd_tf.protocols.rules import ProtocolError

_NO_LIMIT = 2**62
_IDENTITY = ("clip", "frame", "left", "top", "side")  # columns of the manifest that tell one face from another


class Selection:
    """The faces of a prepared folder, divided into splits.

    Attributes:
      prepared: path of the prepared folder.
      choice: ProtocolChoice.

    Args:
      prepared: path of the prepared folder.
      choice: ProtocolChoice; None for the splits of the prepared folder.

    Raises:
      PreparedFolderError: if the folder is not a prepared folder, or its preparation is not complete.
      ProtocolError: if the protocol is unknown, or does not fit these faces.
    """

    def __init__(self, prepared: str, choice: Optional[ProtocolChoice] = None) -> None:
        choice = choice or ProtocolChoice()
        self.prepared = prepared
        self.choice = choice
        manifest = records.read_manifest(records.manifest_path(prepared))
        self._rows = records.usable(manifest)
        self._splits: Optional[dict[str, str]] = None
        self._max_train_frames: Optional[int] = None
        if choice.name != AS_PREPARED:
            protocol: Protocol = load_protocol(choice.name, seed=choice.seed, lists=choice.lists)
            dataset = records.load_settings(prepared)["dataset"]
            if protocol.dataset not in (None, dataset):
                raise ProtocolError(
                    f"protocol {choice.name} is one of the dataset {protocol.dataset}, but {prepared} was prepared "
                    f"from {dataset}; give another --protocol"
                )
            self._splits = protocol.assign(clip_facts(manifest))
            self._max_train_frames = protocol.max_train_frames
            self._rows = [{**row, "split": self._splits.get(row["clip"], "")} for row in self._rows]

    def leaks(self) -> list[str]:
        """Returns one sentence for each known subject who is in several splits."""
        used = [row for row in self._rows if row["split"]]
        return shared_people(clip_facts(used), {row["clip"]: row["split"] for row in used})

    def fingerprint(self) -> str:
        """Returns the SHA-256 of the clips, frames and face boxes; the folder's path and the splits do not matter."""
        digest = hashlib.sha256()
        for row in self._rows:
            digest.update(repr([row[name] for name in _IDENTITY]).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()

    def split_fingerprint(self) -> str:
        """Returns the SHA-256 of the faces and labels by split; it changes if the same faces are divided anew."""
        digest = hashlib.sha256()
        for split in ("train", "dev", "test"):
            for row in self.rows(split):
                values = [split, row["label"], *(row[name] for name in _IDENTITY)]
                digest.update(repr(values).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()

    def rows(self, split: str, label: Optional[int] = None) -> list[dict[str, str]]:
        """Returns the rows of the manifest for the usable faces of a split.

        Args:
          split: "train", "dev" or "test".
          label: 1 for live, 0 for spoof, None for both.
        """
        wanted, limit = None if label is None else str(label), self._frame_limit(split)
        return [
            row
            for row in self._rows
            if row["split"] == split and wanted in (None, row["label"]) and int(row["frame"]) < limit
        ]

    def count(self, split: str) -> tuple[int, int]:
        """Returns the numbers of live and of spoof faces of a split."""
        rows = self.rows(split)
        live = sum(row["label"] == "1" for row in rows)
        return live, len(rows) - live

    def require(self, split: str) -> int:
        """Returns the number of faces of a split.

        Raises:
          PreparedFolderError: if the split is empty.
        """
        total = sum(self.count(split))
        if not total:
            raise records.PreparedFolderError(f"{self.prepared} has no face in the split '{split}'{self._under()}")
        return total

    def require_both(self, split: str) -> None:
        """Checks that a split has live and spoof faces.

        Raises:
          PreparedFolderError: if one of the classes is missing.
        """
        live, spoof = self.count(split)
        if not live or not spoof:
            raise records.PreparedFolderError(
                f"{self.prepared}: the split '{split}'{self._under()} has {live} live and {spoof} spoof faces; "
                "both are needed"
            )

    def shards(self, split: str, label: Optional[int] = None) -> list[str]:
        """Returns the sorted paths of the shards that have faces of a split.

        Args:
          split: "train", "dev" or "test".
          label: 1 for live, 0 for spoof, None for both.

        Raises:
          PreparedFolderError: if the split has no such face.
        """
        names = sorted({row["shard"] for row in self.rows(split, label)})
        if not names:
            kind = "" if label is None else f"{records.CLASS_NAMES[label]} "
            raise records.PreparedFolderError(
                f"{self.prepared} has no {kind}face in the split '{split}'{self._under()}"
            )
        return [os.path.join(self.prepared, name) for name in names]

    def check_shards(self, split: str) -> None:
        """Checks that the records of the shards of a split start at the offsets in the manifest.

        Raises:
          DamagedShardError: if a shard is missing, truncated, or holds other faces; the message names it.
        """
        wanted = set(self.shards(split))
        expected = collections.defaultdict(list)
        for row in self._rows:
            expected[os.path.join(self.prepared, row["shard"])].append(int(row["offset"]))
        for path in sorted(wanted):
            found = record_offsets(path)
            if found != sorted(expected[path]):
                raise DamagedShardError(
                    f"{path}: holds {len(found)} faces, the manifest says {len(expected[path])}, or they have other "
                    "offsets; prepare again"
                )

    def of_split(self, examples: tf.data.Dataset, split: str) -> tf.data.Dataset:
        """Filters the faces that belong to a split.

        Args:
          examples: dataset of the serialized faces of the shards of this split.
          split: "train", "dev" or "test".

        Returns:
          Dataset of serialized faces.
        """
        if self._splits is None:
            return examples
        clips = sorted(clip for clip, assigned in self._splits.items() if assigned == split)
        table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(clips), tf.ones([len(clips)], tf.int64)), default_value=0
        )
        limit = tf.constant(self._frame_limit(split), tf.int64)
        key = {"clip": tf.io.FixedLenFeature([], tf.string), "frame": tf.io.FixedLenFeature([], tf.int64)}

        def belongs(example: tf.Tensor) -> tf.Tensor:
            fields = tf.io.parse_single_example(example, key)
            return tf.logical_and(table.lookup(fields["clip"]) > 0, fields["frame"] < limit)

        return examples.filter(belongs)

    def _frame_limit(self, split: str) -> int:
        return self._max_train_frames if split == "train" and self._max_train_frames else _NO_LIMIT

    def _under(self) -> str:
        return "" if self.choice.name == AS_PREPARED else f" of protocol {self.choice.name}"


PreparedFaces = Union[str, Selection]  # path of a prepared folder, or some of its faces


def selection_of(faces: PreparedFaces) -> Selection:
    """Returns the Selection itself, or for a path, the Selection with the splits of the prepared folder."""
    return faces if isinstance(faces, Selection) else Selection(faces)
