"""tf.data pipelines from a prepared folder to balanced batches for training, and to faces for scoring."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Callable

import tensorflow as tf

from phystd_tf.data.color_jitter import color_jitter
from phystd_tf.data.mirroring import Mirror
from phystd_tf.data.records import PreparedFolderError, load_settings, name_damaged_shard
from phystd_tf.data.resizing import resize_crops
from phystd_tf.data.sampling import FaceSampler, stratified
from phystd_tf.data.selection import PreparedFaces, Selection, selection_of
from phystd_tf.data.share import WHOLE, Share
from phystd_tf.hparams import HParams
from phystd_tf.physics.pixels import rescale_positions
from phystd_tf.physics.triangulation import MAX_TRIANGLES
from phystd_tf.traces import Batch, Faces

INFO = ("clip", "frame", "subject", "type", "label")
_LIVE_LABEL, _SPOOF_LABEL = 1, 0
_IMAGES = 16  # a batch of images without their maps
_READ_BYTES = 1 << 17  # about the size of one face at 256 px; the records after it are not needed


def training_dataset(
    faces: PreparedFaces,
    hparams: HParams,
    split: str,
    seed: int,
    start: int = 0,
    workers: int = tf.data.AUTOTUNE,
    share: Share = WHOLE,
) -> tf.data.Dataset:
    """Produces an infinite sequence of balanced batches, Sec. 3.5: half live, half spoof, see ``hparams.sampling``.

    The choice of faces, and how they are flipped and recolored, depends only on the seed and the number of the batch.
    A resumed training therefore sees the same batches as an uninterrupted one. Memory does not grow with the
    dataset, except for a few bytes per face.

    Args:
      faces: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for sizes, the batch size, sampling and augmentation.
      split: "train", "dev" or "test".
      seed: integer.
      start: number of the first batch.
      workers: number of faces decoded in parallel.
      share: which part of each batch is read.

    Returns:
      Dataset of Batch; with several replicas, the batches of each replica in turn.

    Raises:
      PreparedFolderError: if the folder, the split, one of the classes or the triangle maps of this size are missing.
      DamagedShardError: if a shard is missing or truncated. Changed bytes are detected during reading, as
        tf.errors.DataLossError; ``records.name_damaged_shard`` then finds the shard.
    """
    selection = selection_of(faces)
    settings = _checked(selection, hparams, split)
    decode = _FaceDecoder(settings, hparams)
    mirror = Mirror(settings["vertex_pairs"], hparams.image_size)
    half = hparams.batch_size // 2
    jitter = bool(hparams.brightness or hparams.contrast or hparams.color)

    def of_class(label: int) -> tf.data.Dataset:
        class_seed = 2 * seed + label
        rows = selection.rows(split, label)
        read, sampler = _RecordReader(selection.prepared, rows), FaceSampler(rows, hparams.sampling, class_seed)

        def face(draw: tf.Tensor) -> Faces:
            drawn = decode(read(sampler(draw)))
            # Stateless, so that the changes depend on the draw, not on the thread that decodes the face.
            flip_seed, color_seed = tf.unstack(
                tf.random.experimental.stateless_split(tf.stack([tf.constant(class_seed, tf.int64), draw]), 2)
            )
            if jitter:
                drawn = drawn._replace(image=color_jitter(drawn.image, color_seed, hparams))
            if not hparams.flip:
                return drawn
            return tf.cond(tf.random.stateless_uniform([], flip_seed) < 0.5, lambda: mirror(drawn), lambda: drawn)

        numbers = tf.data.Dataset.range(share.of_worker(half) * start, tf.int64.max)
        drawn = numbers.map(
            lambda number: face(share.place(number, half)), num_parallel_calls=workers, deterministic=True
        )
        return drawn.batch(share.of_replica(half), drop_remainder=True)

    return _zipped(of_class)


def held_out_dataset(
    faces: PreparedFaces, hparams: HParams, split: str, seed: int, batches: int, share: Share = WHOLE
) -> tf.data.Dataset:
    """Repeats a few fixed batches without augmentation, with as many types and people as possible.

    Args:
      faces: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for sizes and the batch size.
      split: "train", "dev" or "test".
      seed: seed of the choice of faces.
      batches: number of different batches.
      share: which part of each batch is read.

    Returns:
      Dataset of Batch; with several replicas, the batches of each replica in turn.

    Raises:
      PreparedFolderError: as in ``training_dataset``.
      DamagedShardError: as in ``training_dataset``.
    """
    selection = selection_of(faces)
    decode = _FaceDecoder(_checked(selection, hparams, split), hparams)
    half = hparams.batch_size // 2
    count = batches * half

    def of_class(label: int) -> tf.data.Dataset:
        rows = stratified(selection.rows(split, label), count, seed)
        read = _RecordReader(selection.prepared, rows)
        numbers = tf.data.Dataset.range(share.of_worker(count))
        numbers = numbers.map(lambda number: share.place(number, half) % len(rows)).repeat()
        chosen = numbers.map(lambda number: decode(read(number)), num_parallel_calls=tf.data.AUTOTUNE)
        return chosen.batch(share.of_replica(half), drop_remainder=True)

    return _zipped(of_class)


def stratified_images(
    faces: PreparedFaces, hparams: HParams, split: str, label: int, count: int, seed: int
) -> tf.data.Dataset:
    """Produces images of one class once; the first ones cover as many types and people as possible.

    Args:
      faces: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for the image size.
      split: "train", "dev" or "test".
      label: 1 for live, 0 for spoof.
      count: number of faces; if there are fewer, all are taken.
      seed: seed of the choice of faces.

    Returns:
      Dataset of [n, N, N, 3] float32 in [0, 1].

    Raises:
      PreparedFolderError: if the crops cannot be averaged to this size.
    """
    rows = stratified(selection_of(faces).rows(split, label), count, seed)
    read = CropReader(faces, hparams, rows)
    return tf.data.Dataset.range(len(rows)).map(read, num_parallel_calls=tf.data.AUTOTUNE).batch(_IMAGES)


def _zipped(of_class: Callable[[int], tf.data.Dataset]) -> tf.data.Dataset:
    batches = tf.data.Dataset.zip((of_class(_LIVE_LABEL), of_class(_SPOOF_LABEL)))
    return batches.map(lambda live, spoof: Batch(live, spoof)).prefetch(tf.data.AUTOTUNE)


def _checked(selection: Selection, hparams: HParams, split: str) -> dict[str, Any]:
    """Returns the settings of the prepared folder after checking that it is suitable for training."""
    settings = _checked_settings(selection.prepared, hparams)
    selection.require_both(split)
    selection.check_shards(split)
    return settings


class _RecordReader:
    """Reads the serialized face of a row of the manifest at its offset, and verifies its checksums."""

    def __init__(self, prepared: str, rows: Sequence[Mapping[str, str]]) -> None:
        names = sorted({row["shard"] for row in rows})
        number = {name: index for index, name in enumerate(names)}
        self._paths = tf.constant([os.fsencode(os.path.join(prepared, name)) for name in names])
        self._shard = tf.constant([number[row["shard"]] for row in rows], tf.int32)
        self._offset = tf.constant([int(row["offset"]) for row in rows], tf.int64)

    def __call__(self, number: tf.Tensor) -> tf.Tensor:
        # tf.data.TFRecordDataset does not expose byte_offsets, but its op does.
        variant = tf.raw_ops.TFRecordDatasetV2(
            filenames=[self._paths[self._shard[number]]],
            compression_type="",
            buffer_size=tf.constant(_READ_BYTES, tf.int64),
            byte_offsets=[self._offset[number]],
        )
        records = tf.data.experimental.from_variant(variant, tf.TensorSpec([], tf.string))
        return records.take(1).get_single_element()


class CropReader:
    """Reads the crop of any row of the manifest, for callers that need images in their own order.

    Args:
      faces: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for the image size.
      rows: rows of its manifest.

    Raises:
      PreparedFolderError: if the crops cannot be averaged to this size.
    """

    def __init__(self, faces: PreparedFaces, hparams: HParams, rows: Sequence[Mapping[str, str]]) -> None:
        prepared = selection_of(faces).prepared
        self._prepared_size, self._size = load_settings(prepared)["image_size"], hparams.image_size
        _check_size(prepared, "image_size", self._prepared_size, self._size)
        self._read = _RecordReader(prepared, rows)

    def __call__(self, number: tf.Tensor) -> tf.Tensor:
        """Returns the crop of a row, [N, N, 3] float32 in [0, 1]; ``number`` is a scalar int64, its index in rows."""
        png = tf.io.parse_single_example(self._read(number), {"image": _STRING})["image"]
        return resize_crops(_decode_image(png, self._prepared_size)[tf.newaxis], self._size)[0]


def evaluation_dataset(faces: PreparedFaces, hparams: HParams, split: str, batch_size: int) -> tf.data.Dataset:
    """Produces all faces of a split once, in order.

    Args:
      faces: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for the image size.
      split: "train", "dev" or "test".
      batch_size: faces per batch; the last batch may be smaller.

    Returns:
      Dataset of (image [n, N, N, 3] float32 in [0, 1], dict of [n] tensors: clip, frame, subject, type, label).

    Raises:
      PreparedFolderError: if the folder or the split is missing.
      DamagedShardError: as in ``training_dataset``.
    """
    selection = selection_of(faces)
    prepared_size = load_settings(selection.prepared)["image_size"]
    _check_size(selection.prepared, "image_size", prepared_size, hparams.image_size)
    selection.check_shards(split)
    number = tf.io.FixedLenFeature([], tf.int64)
    features = {name: number if name in ("frame", "label") else _STRING for name in INFO}

    def decode(example: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        fields = tf.io.parse_single_example(example, {"image": _STRING, **features})
        image = _decode_image(fields["image"], prepared_size)
        return resize_crops(image[tf.newaxis], hparams.image_size)[0], {name: fields[name] for name in INFO}

    examples = selection.of_split(
        tf.data.TFRecordDataset([os.fsencode(path) for path in selection.shards(split)]), split
    )
    return examples.map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(batch_size).prefetch(tf.data.AUTOTUNE)


def chosen_faces(faces: PreparedFaces, hparams: HParams, rows: Sequence[Mapping[str, str]]) -> Faces:
    """Reads the faces of some rows of the manifest, without augmentation.

    Args:
      faces: path of the prepared folder, or a Selection of its faces, whose shards are there and whole
        (``Selection.check_shards``).
      hparams: HParams, for sizes.
      rows: at least one.

    Returns:
      Faces, in the order of the rows.

    Raises:
      PreparedFolderError: if the folder, or the triangle maps of this size, are missing.
      DamagedShardError: if bytes of a face have changed.
    """
    selection = selection_of(faces)
    decode = _FaceDecoder(_checked_settings(selection.prepared, hparams), hparams)
    read = _RecordReader(selection.prepared, rows)
    try:
        found = [decode(read(tf.constant(number))) for number in range(len(rows))]
    except tf.errors.DataLossError as error:
        raise name_damaged_shard(selection.prepared) from error
    return tf.nest.map_structure(lambda *values: tf.stack(values), *found)


_STRING = tf.io.FixedLenFeature([], tf.string)


def _decode_image(png: tf.Tensor, size: int) -> tf.Tensor:
    image = tf.io.decode_png(png, channels=3)
    return tf.cast(tf.ensure_shape(image, (size, size, 3)), tf.float32) / 255.0


class _FaceDecoder:
    """Decodes one serialized face to the tensors of ``Faces``, at the sizes of a model."""

    def __init__(self, settings: dict[str, Any], hparams: HParams) -> None:
        self._settings = settings
        self._h = hparams

    def __call__(self, example: tf.Tensor) -> Faces:
        prepared_size, k, size = self._settings["image_size"], self._settings["depth_size"], self._h.image_size
        map_name = f"triangle_map_{size}"
        names = ("image", "preliminary_mask", "triangles", "vertices", "depth", map_name)
        fields = tf.io.parse_single_example(example, dict.fromkeys(names, _STRING))
        vertices = tf.reshape(tf.io.decode_raw(fields["vertices"], tf.float32), (self._h.num_vertices, 2))
        depth = tf.reshape(tf.io.decode_raw(fields["depth"], tf.float32), (k, k, 1))
        mask = tf.io.decode_png(fields["preliminary_mask"], channels=1)
        mask = tf.cast(tf.ensure_shape(mask, (prepared_size, prepared_size, 1)), tf.float32) / 255.0
        triangle_map = tf.io.decode_png(fields[map_name], channels=1, dtype=tf.uint16)
        triangles = tf.reshape(tf.io.decode_raw(fields["triangles"], tf.int16), (MAX_TRIANGLES, 3))
        return Faces(
            image=resize_crops(_decode_image(fields["image"], prepared_size)[tf.newaxis], size)[0],
            vertices=rescale_positions(vertices, size / prepared_size),
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
        available = ",".join(map(str, settings["map_sizes"]))
        raise PreparedFolderError(
            f"{prepared} has triangle maps for {available} px, not for the {hparams.image_size} px of the preset "
            f"'{hparams.preset}'; prepare again with --map_sizes={hparams.image_size},{available}"
        )
    vertices = len(settings["vertex_pairs"])
    if vertices != hparams.num_vertices:
        raise PreparedFolderError(
            f"{prepared} has {vertices} vertices per face, not num_vertices={hparams.num_vertices}"
        )
    return settings


def _check_size(prepared: str, name: str, found: int, wanted: int) -> None:
    if found % wanted:
        raise PreparedFolderError(
            f"{prepared} was prepared with {name}={found}, which cannot be averaged to {wanted}; "
            f"prepare again with a multiple of {wanted}"
        )
