"""The prepared folder on disk: TFRecord shards, manifest.csv and prepared.json.

    PREPARED/prepared.json                                   settings of the preparation
    PREPARED/manifest.csv                                    one row per frame, including frames that failed
    PREPARED/shard-<split>-<live or spoof>-<number>.tfrecord the faces

The manifest is written last, so its presence means that the preparation is
complete. A prepared folder is self-contained; this module defines its format.
"""

import csv
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional

import cv2
import numpy as np

from phystd_tf.data.shards import damaged_shards
from phystd_tf.errors import PhystdError
from phystd_tf.face.geometry import PreparedFace
from phystd_tf.files.atomic import replacing, write_json
from phystd_tf.files.json_file import read_json
from phystd_tf.files.names import printable

FORMAT_VERSION = 5
PREPARED_FILE = "prepared.json"
MANIFEST_FILE = "manifest.csv"
MANIFEST_COLUMNS = (
    "source", "clip", "frame", "subject", "type", "label", "split", "session", "device", "instrument",
    "status", "reason", "left", "top", "side", "fit_error", "num_faces", "width", "height", "shard", "offset",
)  # fmt: skip
OK = "ok"
# In prepared.json if sources are relative to the prepared folder; older folders store them as the command gave them.
OWN_SOURCES = {"sources": "relative to this folder"}
CLASS_NAMES = {1: "live", 0: "spoof"}


class PreparedFolderError(PhystdError):
    """A folder is not a prepared folder, or one of its files is damaged; the message names it."""


class FaceKey(NamedTuple):
    """Identifies the origin of a prepared face.

    Attributes:
      source: path of the image or video, see ``stored_source``.
      clip: ID of the clip.
      frame: index of the frame within the clip, from 0.
      subject: the person in the clip.
      type: "live" or a spoof type.
      label: 1 live, 0 spoof.
    """

    source: str
    clip: str
    frame: int
    subject: str
    type: str
    label: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "FaceKey":
        """The origin that a row of the manifest gives."""
        return cls(*(row[name] for name in cls._fields))


def encode(face: PreparedFace, key: FaceKey) -> bytes:
    """Serializes a face as a tf.train.Example.

    The features are image and preliminary_mask as PNG, triangle_map_<n> as 16-bit
    PNG, vertices and depth as float32 bytes (lists of floats take ten times as long
    to write), triangles as int16 bytes, and the fields of FaceKey.
    """
    import tensorflow as tf

    def of_bytes(value: bytes) -> tf.train.Feature:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    def of_int(value: int) -> tf.train.Feature:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))

    features = {
        "image": of_bytes(_png(cv2.cvtColor(face.image, cv2.COLOR_RGB2BGR))),
        "vertices": of_bytes(face.vertices.astype("<f4").tobytes()),
        "depth": of_bytes(face.depth.astype("<f4").tobytes()),
        "preliminary_mask": of_bytes(_png(face.preliminary_mask * np.uint8(255))),
        "triangles": of_bytes(face.triangles.astype("<i2").tobytes()),
        "source": of_bytes(key.source.encode("utf-8")),
        "clip": of_bytes(key.clip.encode("utf-8")),
        "frame": of_int(key.frame),
        "subject": of_bytes(key.subject.encode("utf-8")),
        "type": of_bytes(key.type.encode("utf-8")),
        "label": of_int(key.label),
    }
    for size, triangle_map in face.triangle_maps.items():
        features[f"triangle_map_{size}"] = of_bytes(_png(triangle_map.astype(np.uint16)))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)


def shard_name(split: str, label: int, number: int) -> str:
    """Returns the file name of a shard, which holds faces of one split and one class."""
    return f"shard-{split}-{CLASS_NAMES[label]}-{number:05d}.tfrecord"


def save_settings(prepared: str, settings: Mapping[str, Any]) -> None:
    """Writes prepared.json."""
    write_json(settings, os.path.join(prepared, PREPARED_FILE))


def load_settings(prepared: str) -> dict[str, Any]:
    """Reads prepared.json.

    Raises:
      PreparedFolderError: if the file is missing, damaged or of another format version.
    """
    path = os.path.join(prepared, PREPARED_FILE)
    advice = f"{prepared} is not a prepared folder; make one with `python -m tools.prepare`"
    settings = checked_settings(read_json(path, PreparedFolderError, advice), path, "prepare again")
    version = settings.get("format")
    if version is None:
        raise PreparedFolderError(f"{path}: no format; {advice}")
    if version != FORMAT_VERSION:
        raise PreparedFolderError(
            f"{path} has format {version}, but this version reads {FORMAT_VERSION}; prepare again"
        )
    return settings


class _Settings(dict[str, Any]):
    """Settings that name their file when one of them is missing."""

    def __init__(self, values: Mapping[str, Any], path: str, advice: str) -> None:
        super().__init__(values)
        self._where, self._advice = path, advice

    def __missing__(self, name: str) -> Any:
        raise PreparedFolderError(f"{self._where}: lacks {name}; {self._advice}")


def checked_settings(values: Any, path: str, advice: str) -> dict[str, Any]:
    """Checks the values of settings that models and crops depend on.

    Args:
      values: contents of a JSON file, such as prepared.json.
      path: path of the file, for messages.
      advice: what the user can do if they are damaged.

    Returns:
      The settings; looking up a missing one raises a PreparedFolderError that names the file.

    Raises:
      PreparedFolderError: if a value cannot be right.
    """
    if not isinstance(values, dict):
        raise PreparedFolderError(f"{path}: no settings of a preparation; {advice}")
    for name, is_right in _IS_RIGHT.items():
        if name in values and not is_right(values[name]):
            raise PreparedFolderError(f"{path}: {name} cannot be {str(values[name])[:40]}; {advice}")
    return _Settings(values, path, advice)


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 < value < 10**5


_IS_RIGHT: dict[str, Callable[[Any], bool]] = {
    "image_size": _is_size,
    "depth_size": _is_size,
    "map_sizes": lambda value: isinstance(value, list) and all(map(_is_size, value)),
    "crop": lambda value: isinstance(value, dict),
    "morphable_model_sha256": lambda value: isinstance(value, str),
    "dataset": lambda value: isinstance(value, str),
    "vertex_pairs": lambda value: (
        isinstance(value, list)
        and all(type(index) is int for index in value)
        and sorted(value) == list(range(len(value)))
    ),
}


def write_manifest(path: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows with MANIFEST_COLUMNS atomically."""
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, MANIFEST_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def read_manifest(path: str) -> list[dict[str, str]]:
    """Reads a manifest written by ``write_manifest``.

    Raises:
      PreparedFolderError: if the file is missing or damaged, or has other columns.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns, rows = tuple(reader.fieldnames or ()), list(reader)
    except OSError as error:
        raise PreparedFolderError(f"{path}: cannot be read ({error.strerror}); prepare again") from error
    except (ValueError, csv.Error) as error:  # ValueError: not UTF-8
        raise PreparedFolderError(f"{path}: the manifest is damaged ({error}); prepare again") from error
    if columns != MANIFEST_COLUMNS:
        raise PreparedFolderError(f"{path}: the columns are not those of a manifest; prepare again")
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values() or not re.fullmatch("[0-9]{0,18}", row["offset"]):
            raise PreparedFolderError(f"{path}: row {number} is cut off or damaged; prepare again")
    for shard in {row["shard"] for row in rows}:
        if shard and (os.path.basename(shard) != shard or shard in (".", "..")):
            raise PreparedFolderError(f"{path}: the shard {shard!r} is not a file of this folder; prepare again")
    return rows


def manifest_path(prepared: str) -> str:
    """Returns the path of the manifest of a prepared folder.

    Raises:
      PreparedFolderError: if the folder is not a prepared folder, or its preparation is not complete.
    """
    load_settings(prepared)
    path = os.path.join(prepared, MANIFEST_FILE)
    if not os.path.exists(path):
        raise PreparedFolderError(f"{prepared} is not finished; run the same `python -m tools.prepare` again to resume")
    return path


def usable(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Returns the rows of a manifest that have a usable face."""
    return [row for row in rows if row["status"] == OK]


def name_damaged_shard(prepared: str) -> PhystdError:
    """Returns an error that names the damaged shard, which the error of TensorFlow does not."""
    names = sorted({row["shard"] for row in usable(read_manifest(manifest_path(prepared)))})
    found = damaged_shards([os.path.join(prepared, name) for name in names])
    if found:
        return found[0]
    return PreparedFolderError(f"{prepared}: a shard could not be read; try again")


def source_base(prepared: str) -> Optional[str]:
    """The folder to which the sources in a manifest are relative.

    Args:
      prepared: path of the prepared folder, which has its prepared.json.

    Returns:
      The prepared folder itself; None if it was started by an older version, which stored paths as they were
      given. Relative ones are valid only in the directory in which that command ran.
    """
    return prepared if OWN_SOURCES.items() <= load_settings(prepared).items() else None


def stored_source(base: Optional[str], path: str) -> str:
    """The form in which a manifest stores the path of an image or a video.

    Args:
      base: see ``source_base``.
      path: as given by the reader.

    Returns:
      The path relative to the base; absolute on another drive.
    """
    if base is None:
        return path
    try:
        return printable(os.path.relpath(path, base))
    except ValueError:  # another drive
        return printable(os.path.abspath(path))


def source_path(base: Optional[str], source: str) -> str:
    """The path of a source in a manifest; the inverse of ``stored_source``."""
    return source if base is None else os.path.normpath(os.path.join(base, source))


def _png(image: np.ndarray) -> bytes:
    good, data = cv2.imencode(".png", image)
    if not good:
        raise PreparedFolderError(f"an image of shape {image.shape} could not be encoded")
    return data.tobytes()
