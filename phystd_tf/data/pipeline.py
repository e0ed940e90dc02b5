"""tf.data: from a prepared folder to balanced batches for training, and to faces for scoring."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Callable

import tensorflow as tf

from phystd_tf.data.color_jitter import color_jitter
from phystd_tf.data.mirroring import Mirror
from phystd_tf.data.records import PreparedFolderError, load_settings
from phystd_tf.data.resizing import resize_crops, scale_positions
from phystd_tf.data.sampling import FaceSampler, stratified
from phystd_tf.data.selection import PreparedFaces, Selection, selection_of
from phystd_tf.hparams import HParams
from phystd_tf.physics.triangulation import MAX_TRIANGLES
from phystd_tf.traces import Batch, Faces

INFO = ("clip", "frame", "subject", "type", "label")
_LIVE, _SPOOF = 1, 0
_READ_BYTES = 1 << 17  # about a face at 256 px: what lies behind it is not wanted


def training_dataset(
    prepared: PreparedFaces,
    hparams: HParams,
    split: str,
    seed: int,
    start: int = 0,
    workers: int = tf.data.AUTOTUNE,
) -> tf.data.Dataset:
    """Endless balanced batches, Sec. 3.5: half live, half spoof, drawn as ``hparams.sampling`` says.

    Which faces, and how they are flipped and recolored, depends on the seed and the number of the batch alone. So a
    resumed training sees the batches that it would have seen, and memory does not grow with the dataset but for a few
    bytes per face.

    Args:
      prepared: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for sizes, the batch size, the sampling and the changes of faces.
      split: "train", "dev" or "test".
      seed: whole number.
      start: number of the first batch.
      workers: parallel calls.

    Returns:
      Dataset of Batch.

    Raises:
      PreparedFolderError: if the folder, the split, one class or the triangle
        maps of this size are missing.
      DamagedShardError: if a shard is missing or cut off. One with changed bytes
        is found while reading, as tf.errors.DataLossError; ``records.name_damaged_shard``
        then says which.
    """
    faces = selection_of(prepared)
    settings = _checked(faces, hparams, split)
    decode = _FaceDecoder(settings, hparams)
    mirror = Mirror(settings["vertex_pairs"], hparams.image_size)
    half = hparams.batch_size // 2
    jitter = bool(hparams.brightness or hparams.contrast or hparams.color)

    def of_class(label: int) -> tf.data.Dataset:
        own_seed = 2 * seed + label
        rows = faces.rows(split, label)
        read, sampler = _RecordReader(faces.prepared, rows), FaceSampler(rows, hparams.sampling, own_seed)

        def face(draw: tf.Tensor) -> Faces:
            drawn = decode(read(sampler(draw)))
            # Stateless: the change belongs to the draw, not to the thread that happens to decode it.
            flip_seed, color_seed = tf.unstack(
                tf.random.experimental.stateless_split(tf.stack([tf.constant(own_seed, tf.int64), draw]), 2)
            )
            if jitter:
                drawn = drawn._replace(image=color_jitter(drawn.image, color_seed, hparams))
            if not hparams.flip:
                return drawn
            return tf.cond(tf.random.stateless_uniform([], flip_seed) < 0.5, lambda: mirror(drawn), lambda: drawn)

        draws = tf.data.Dataset.range(half * start, tf.int64.max)
        return draws.map(face, num_parallel_calls=workers, deterministic=True).batch(half, drop_remainder=True)

    return _zipped(of_class)


def held_out_dataset(prepared: PreparedFaces, hparams: HParams, split: str, seed: int, batches: int) -> tf.data.Dataset:
    """A few fixed batches, over and over: as many types and people as so many faces can show, unchanged.

    Args:
      prepared: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for sizes and the batch size.
      split: "train", "dev" or "test".
      seed: of the choice of the faces.
      batches: number of batches before they come again.

    Returns:
      Dataset of Batch.

    Raises:
      PreparedFolderError, DamagedShardError: as ``training_dataset``.
    """
    faces = selection_of(prepared)
    decode = _FaceDecoder(_checked(faces, hparams, split), hparams)
    count = batches * (hparams.batch_size // 2)

    def of_class(label: int) -> tf.data.Dataset:
        rows = stratified(faces.rows(split, label), count, seed)
        read = _RecordReader(faces.prepared, rows)
        numbers = tf.data.Dataset.range(count).map(lambda number: number % len(rows)).repeat()
        chosen = numbers.map(lambda number: decode(read(number)), num_parallel_calls=tf.data.AUTOTUNE)
        return chosen.batch(hparams.batch_size // 2, drop_remainder=True)

    return _zipped(of_class)


def _zipped(of_class: Callable[[int], tf.data.Dataset]) -> tf.data.Dataset:
    batches = tf.data.Dataset.zip((of_class(_LIVE), of_class(_SPOOF)))
    return batches.map(lambda live, spoof: Batch(live, spoof)).prefetch(tf.data.AUTOTUNE)


def _checked(faces: Selection, hparams: HParams, split: str) -> dict[str, Any]:
    """The settings of the prepared folder, once it is known to have what training needs."""
    settings = _checked_settings(faces.prepared, hparams)
    faces.require_both(split)
    faces.check_shards(split)
    return settings


class _RecordReader:
    """Reads the serialised face of a row of the manifest from where it lies, checksums included."""

    def __init__(self, prepared: str, rows: Sequence[Mapping[str, str]]) -> None:
        names = sorted({row["shard"] for row in rows})
        number = {name: index for index, name in enumerate(names)}
        self._paths = tf.constant([os.path.join(prepared, name) for name in names])
        self._shard = tf.constant([number[row["shard"]] for row in rows], tf.int32)
        self._offset = tf.constant([int(row["offset"]) for row in rows], tf.int64)

    def __call__(self, number: tf.Tensor) -> tf.Tensor:
        # tf.data.TFRecordDataset does not offer byte_offsets, its op does.
        variant = tf.raw_ops.TFRecordDatasetV2(
            filenames=[self._paths[self._shard[number]]],
            compression_type="",
            buffer_size=tf.constant(_READ_BYTES, tf.int64),
            byte_offsets=[self._offset[number]],
        )
        records = tf.data.experimental.from_variant(variant, tf.TensorSpec([], tf.string))
        return records.take(1).get_single_element()


def evaluation_dataset(prepared: PreparedFaces, hparams: HParams, split: str, batch_size: int) -> tf.data.Dataset:
    """All faces of a split once, in their order.

    Args:
      prepared: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for the image size.
      split: "train", "dev" or "test".
      batch_size: faces a batch; the last one may be smaller.

    Returns:
      Dataset of (image [n, N, N, 3] float32, dict of [n] tensors: clip, frame, subject, type, label).

    Raises:
      PreparedFolderError: if the folder or the split is missing.
      DamagedShardError: as ``training_dataset``.
    """
    faces = selection_of(prepared)
    size = load_settings(faces.prepared)["image_size"]
    _check_size(faces.prepared, "image_size", size, hparams.image_size)
    faces.check_shards(split)
    number = tf.io.FixedLenFeature([], tf.int64)
    features = {name: number if name in ("frame", "label") else _STRING for name in INFO}

    def decode(example: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        fields = tf.io.parse_single_example(example, {"image": _STRING, **features})
        image = _decode_image(fields["image"], size)
        return resize_crops(image[tf.newaxis], hparams.image_size)[0], {name: fields[name] for name in INFO}

    examples = faces.of_split(tf.data.TFRecordDataset(faces.shards(split)), split)
    return examples.map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(batch_size).prefetch(tf.data.AUTOTUNE)


_STRING = tf.io.FixedLenFeature([], tf.string)


def _decode_image(png: tf.Tensor, size: int) -> tf.Tensor:
    image = tf.io.decode_png(png, channels=3)
    return tf.cast(tf.ensure_shape(image, (size, size, 3)), tf.float32) / 255.0


class _FaceDecoder:
    """One serialised face to the tensors of ``Faces`` at the sizes of a model."""

    def __init__(self, settings: dict[str, Any], hparams: HParams) -> None:
        self._settings = settings
        self._h = hparams

    def __call__(self, example: tf.Tensor) -> Faces:
        prepared, k, size = self._settings["image_size"], self._settings["depth_size"], self._h.image_size
        map_name = f"triangle_map_{size}"
        names = ("image", "preliminary_mask", "triangles", "vertices", "depth", map_name)
        fields = tf.io.parse_single_example(example, dict.fromkeys(names, _STRING))
        vertices = tf.reshape(tf.io.decode_raw(fields["vertices"], tf.float32), (self._h.num_vertices, 2))
        depth = tf.reshape(tf.io.decode_raw(fields["depth"], tf.float32), (k, k, 1))
        mask = tf.io.decode_png(fields["preliminary_mask"], channels=1)
        mask = tf.cast(tf.ensure_shape(mask, (prepared, prepared, 1)), tf.float32) / 255.0
        triangle_map = tf.io.decode_png(fields[map_name], channels=1, dtype=tf.uint16)
        triangles = tf.reshape(tf.io.decode_raw(fields["triangles"], tf.int16), (MAX_TRIANGLES, 3))
        return Faces(
            image=resize_crops(_decode_image(fields["image"], prepared)[tf.newaxis], size)[0],
            vertices=scale_positions(vertices, prepared, size),
            depth=resize_crops(depth[tf.newaxis], self._h.depth_size)[0],
            preliminary_mask=resize_crops(mask[tf.newaxis], size)[0],
            triangles=tf.cast(triangles, tf.int32),
            triangle_map=tf.cast(tf.ensure_shape(triangle_map, (size, size, 1)), tf.int32)[..., 0],
        )


def _checked_settings(prepared: str, hparams: HParams) -> dict[str, Any]:
    settings = load_settings(prepared)
    _check_size(prepared, "image_size", settings["image_size"], hparams.image_size)
    _check_size(prepared, "depth_size", settings["depth_size"], hparams.depth_size)
    if hparams.image_size not in settings["map_sizes"]:
        has = ",".join(map(str, settings["map_sizes"]))
        raise PreparedFolderError(
            f"{prepared} has triangle maps for {has} px, not for the {hparams.image_size} px of the preset "
            f"'{hparams.preset}'; prepare again with --map_sizes={hparams.image_size},{has}"
        )
    vertices = len(settings["vertex_pairs"])
    if vertices != hparams.num_vertices:
        raise PreparedFolderError(f"{prepared} has {vertices} vertices a face, not num_vertices={hparams.num_vertices}")
    return settings


def _check_size(prepared: str, name: str, found: int, wanted: int) -> None:
    if found % wanted:
        raise PreparedFolderError(
            f"{prepared} was prepared with {name}={found}, which cannot be averaged to {wanted}; "
            f"prepare again with a multiple of {wanted}"
        )
