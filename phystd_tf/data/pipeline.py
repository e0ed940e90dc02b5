"""tf.data: from a prepared folder to balanced batches for training, and to faces for scoring."""

from typing import Any, Dict, List, Tuple

import tensorflow as tf

from phystd_tf.data.records import PreparedFolderError, count_faces, load_settings, shards
from phystd_tf.data.resizing import resize_crops, scale_positions
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.hparams import HParams
from phystd_tf.physics.triangulation import MAX_TRIANGLES, point_pairs
from phystd_tf.traces import Batch, Faces

# Serialised faces in the shuffle buffer: about 30 kB each at 128 px, 100 kB at
# 256, so the buffer stays below 250 MB whatever the size of the dataset.
SHUFFLE_BUFFER = 2048
INFO = ("clip", "frame", "subject", "type", "label")


def training_dataset(
    prepared: str, hparams: HParams, split: str, seed: int, training: bool = True, workers: int = tf.data.AUTOTUNE
) -> tf.data.Dataset:
    """Endless balanced batches, Sec. 3.5: half live, half spoof.

    The order and the flips depend on the seed alone, not on the number of
    parallel calls.

    Args:
      prepared: path of the prepared folder.
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
    """
    live, spoof = count_faces(prepared, split)
    if not live or not spoof:
        raise PreparedFolderError(
            f"{prepared}: the split '{split}' has {live} live and {spoof} spoof faces; both are needed"
        )
    settings = _checked_settings(prepared, hparams)
    files = shards(prepared, split)
    halves = []
    for label in (1, 0):
        faces = _of_class(files, label)
        if training:
            faces = faces.shuffle(SHUFFLE_BUFFER, seed=seed + label, reshuffle_each_iteration=True)
        faces = faces.repeat()
        seeds = tf.data.Dataset.random(seed=seed + 2 + label) if training else tf.data.Dataset.from_tensors(0).repeat()
        decode = _FaceDecoder(settings, hparams, flip=training and hparams.flip)
        halves.append(
            tf.data.Dataset.zip((faces, seeds))
            .map(decode, num_parallel_calls=workers, deterministic=True)
            .batch(hparams.batch_size // 2, drop_remainder=True)
        )
    batches = tf.data.Dataset.zip(tuple(halves)).map(lambda live, spoof: Batch(live, spoof))
    return batches.prefetch(tf.data.AUTOTUNE)


def evaluation_dataset(prepared: str, hparams: HParams, split: str, batch_size: int) -> tf.data.Dataset:
    """All faces of a split once, in their order.

    Args:
      prepared: path of the prepared folder.
      hparams: HParams, for the image size.
      split: "train", "dev" or "test".
      batch_size: faces a batch; the last one may be smaller.

    Returns:
      Dataset of (image [n, N, N, 3] float32, dict of [n] tensors: clip, frame, subject, type, label).

    Raises:
      PreparedFolderError: if the folder or the split is missing.
    """
    settings = load_settings(prepared)
    size = settings["image_size"]
    resize_crops(tf.zeros((1, size, size, 3)), hparams.image_size)  # refuses sizes that do not fit before any work

    def decode(example: tf.Tensor) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
        fields = tf.io.parse_single_example(example, {"image": _STRING, **_info_features()})
        image = _decode_image(fields["image"], size)
        return resize_crops(image[tf.newaxis], hparams.image_size)[0], {name: fields[name] for name in INFO}

    dataset = tf.data.TFRecordDataset(shards(prepared, split)).map(decode, num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.batch(batch_size).prefetch(tf.data.AUTOTUNE)


_STRING = tf.io.FixedLenFeature([], tf.string)


def _info_features() -> Dict[str, Any]:
    number = tf.io.FixedLenFeature([], tf.int64)
    return {name: number if name in ("frame", "label") else _STRING for name in INFO}


def _of_class(files: List[str], label: int) -> tf.data.Dataset:
    """Serialised faces of one class, from all files in turn."""

    def is_wanted(example: tf.Tensor) -> tf.Tensor:
        fields = tf.io.parse_single_example(example, {"label": tf.io.FixedLenFeature([], tf.int64)})
        return tf.equal(fields["label"], label)

    paths = tf.data.Dataset.from_tensor_slices(files)
    # Several files at once, so that neighbours in the buffer are not of one clip.
    examples = paths.interleave(tf.data.TFRecordDataset, cycle_length=min(len(files), 16), deterministic=True)
    return examples.filter(is_wanted)


def _decode_image(png: tf.Tensor, size: int) -> tf.Tensor:
    image = tf.io.decode_png(png, channels=3)
    return tf.cast(tf.ensure_shape(image, (size, size, 3)), tf.float32) / 255.0


class _FaceDecoder:
    """One serialised face and a random number to the tensors of ``Faces``, mirrored or not."""

    def __init__(self, settings: Dict[str, Any], hparams: HParams, flip: bool) -> None:
        self._settings = settings
        self._h = hparams
        self._flip = flip
        pairs = MorphableModel.load(settings.get("morphable_model")).vertex_pairs
        self._vertex_pairs = tf.constant(pairs, tf.int32)
        self._point_pairs = tf.constant(point_pairs(pairs), tf.int32)

    def __call__(self, example: tf.Tensor, random: tf.Tensor) -> Faces:
        faces = self._decode(example)
        if not self._flip:
            return faces
        return tf.cond(tf.equal(random % 2, 0), lambda: faces, lambda: self._mirror(faces))

    def _decode(self, example: tf.Tensor) -> Faces:
        prepared, k, size = self._settings["image_size"], self._settings["depth_size"], self._h.image_size
        map_name = f"triangle_map_{size}"
        fields = tf.io.parse_single_example(
            example,
            {
                **dict.fromkeys(("image", "preliminary_mask", "triangles", map_name), _STRING),
                "vertices": tf.io.FixedLenFeature([self._h.num_vertices, 2], tf.float32),
                "depth": tf.io.FixedLenFeature([k, k, 1], tf.float32),
            },
        )
        mask = tf.io.decode_png(fields["preliminary_mask"], channels=1)
        mask = tf.cast(tf.ensure_shape(mask, (prepared, prepared, 1)), tf.float32) / 255.0
        triangle_map = tf.io.decode_png(fields[map_name], channels=1, dtype=tf.uint16)
        triangles = tf.reshape(tf.io.decode_raw(fields["triangles"], tf.int16), (MAX_TRIANGLES, 3))
        return Faces(
            image=resize_crops(_decode_image(fields["image"], prepared)[tf.newaxis], size)[0],
            vertices=scale_positions(fields["vertices"], prepared, size),
            depth=resize_crops(fields["depth"][tf.newaxis], self._h.depth_size)[0],
            preliminary_mask=resize_crops(mask[tf.newaxis], size)[0],
            triangles=tf.cast(triangles, tf.int32),
            triangle_map=tf.cast(tf.ensure_shape(triangle_map, (size, size, 1)), tf.int32)[..., 0],
        )

    def _mirror(self, faces: Faces) -> Faces:
        vertices = tf.gather(faces.vertices, self._vertex_pairs)
        mirrored = tf.gather(self._point_pairs, faces.triangles)
        unused = tf.reduce_all(tf.equal(faces.triangles, 0), axis=1, keepdims=True)
        return Faces(
            image=faces.image[:, ::-1],
            vertices=tf.stack([self._h.image_size - 1.0 - vertices[:, 0], vertices[:, 1]], axis=-1),
            depth=faces.depth[:, ::-1],
            preliminary_mask=faces.preliminary_mask[:, ::-1],
            triangles=tf.where(unused, 0, mirrored),
            triangle_map=faces.triangle_map[:, ::-1],
        )


def _checked_settings(prepared: str, hparams: HParams) -> Dict[str, Any]:
    settings = load_settings(prepared)
    if hparams.image_size not in settings["map_sizes"]:
        raise PreparedFolderError(
            f"{prepared} has triangle maps for {settings['map_sizes']} px, not for the {hparams.image_size} px of the "
            f"preset '{hparams.preset}'; prepare again with --map_sizes={hparams.image_size}"
        )
    for name, wanted in (("image_size", hparams.image_size), ("depth_size", hparams.depth_size)):
        if settings[name] % wanted:
            raise PreparedFolderError(
                f"{prepared} was prepared with {name}={settings[name]}, which cannot be averaged to {wanted}; "
                f"prepare again with a multiple of {wanted}"
            )
    return settings
