"""tf.data: from a prepared folder to balanced batches for training, and to faces for scoring."""

from typing import Any, Dict, Tuple

import tensorflow as tf

from phystd_tf.data.mirroring import Mirror
from phystd_tf.data.records import PreparedFolderError, load_settings
from phystd_tf.data.resizing import resize_crops, scale_positions
from phystd_tf.data.selection import PreparedFaces, selection_of
from phystd_tf.hparams import HParams
from phystd_tf.physics.triangulation import MAX_TRIANGLES
from phystd_tf.traces import Batch, Faces

# Serialised faces of each class that wait to be drawn from: with 30 kB each at
# 128 px and 120 kB at 256 px, at most 130 MB whatever the size of the dataset.
SHUFFLE_BUFFER = 512
# Shards read in turn, so that what is drawn from comes from many clips.
OPEN_SHARDS = 16
INFO = ("clip", "frame", "subject", "type", "label")
_LIVE, _SPOOF = 1, 0


def training_dataset(
    prepared: PreparedFaces,
    hparams: HParams,
    split: str,
    seed: int,
    training: bool = True,
    workers: int = tf.data.AUTOTUNE,
) -> tf.data.Dataset:
    """Endless balanced batches, Sec. 3.5: half live, half spoof.

    The order and the flips depend on the seed alone, not on the number of
    parallel calls. Each class is gone through to its end before a face of it
    comes again. Spoof types come as often as the data has them.

    Args:
      prepared: path of the prepared folder, or a Selection of its faces.
      hparams: HParams, for sizes, the batch size and whether faces are flipped.
      split: "train", "dev" or "test".
      seed: whole number.
      training: whether to shuffle and to flip; without, faces come in their order, over and over.
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
    settings = _checked_settings(faces.prepared, hparams)
    faces.require_both(split)
    faces.check_shards(split)
    decode = _FaceDecoder(settings, hparams)
    mirror = Mirror(settings["vertex_pairs"], hparams.image_size)

    def of_class(label: int) -> tf.data.Dataset:
        files = tf.data.Dataset.from_tensor_slices(faces.shards(split, label))
        if training:
            files = files.shuffle(len(files), seed=seed + label)
        examples = faces.of_split(files.interleave(tf.data.TFRecordDataset, cycle_length=OPEN_SHARDS), split)
        if training:
            examples = examples.shuffle(SHUFFLE_BUFFER, seed=seed + label)

        def face(index: tf.Tensor, example: tf.Tensor) -> Faces:
            decoded_face = decode(example)
            if not (training and hparams.flip):
                return decoded_face
            # Stateless: the draw belongs to the face, not to the thread that happens to decode it.
            random = tf.random.stateless_uniform([], tf.stack([tf.constant(2 * seed + label, tf.int64), index]))
            return tf.cond(random < 0.5, lambda: mirror(decoded_face), lambda: decoded_face)

        numbered = examples.repeat().enumerate()
        decoded = numbered.map(face, num_parallel_calls=workers, deterministic=True)
        return decoded.batch(hparams.batch_size // 2, drop_remainder=True)

    batches = tf.data.Dataset.zip((of_class(_LIVE), of_class(_SPOOF)))
    return batches.map(lambda live, spoof: Batch(live, spoof)).prefetch(tf.data.AUTOTUNE)


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

    def decode(example: tf.Tensor) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
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

    def __init__(self, settings: Dict[str, Any], hparams: HParams) -> None:
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


def _checked_settings(prepared: str, hparams: HParams) -> Dict[str, Any]:
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
