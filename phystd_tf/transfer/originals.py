"""Copies the faces of a prepared folder to that of the synthesized spoofs, at the size of the model."""

import dataclasses
from collections.abc import Sequence
from typing import Callable

import numpy as np

from phystd_tf.data.crop_geometry import CropGeometry
from phystd_tf.data.pipeline import chosen_faces
from phystd_tf.data.selection import Selection
from phystd_tf.transfer import folder
from phystd_tf.transfer.carrying import to_pixels
from phystd_tf.transfer.making import Source

_BATCH = 16


def check_originals(faces: Selection, splits: Sequence[str]) -> None:
    """Refuses splits that could not be prepared again because they share people.

    Raises:
      SynthesisError: names them.
    """
    leaks = faces.leaks() if len(splits) > 1 else []
    if leaks:
        raise folder.SynthesisError(f"{leaks[0]}; take over one split only, with --originals=train")


def copy_originals(
    source: Source, splits: Sequence[str], out: str, progress: Callable[[int], None] = lambda faces: None
) -> int:
    """Writes the missing faces of some splits, each in its split by the protocol of the Selection.

    Args:
      source: Source, whose split does not matter here.
      splits: any of "train", "dev" and "test".
      out: a folder that ``folder.open_folder`` opened.
      progress: called with the number of existing faces, then with numbers of new ones.

    Returns:
      The number of faces.

    Raises:
      DamagedShardError: if a shard is missing, truncated or damaged.
    """
    rows = [row for split in splits for row in source.faces.rows(split)]
    for split in splits:
        if source.faces.rows(split):
            source.faces.check_shards(split)
    paths = [folder.image_path(row["split"], row["type"], row["subject"], row["clip"], row["frame"]) for row in rows]
    columns = folder.ORIGINALS_COLUMNS
    table = [dict(zip(columns, (path, *(row[name] for name in columns[1:])))) for row, path in zip(rows, paths)]
    folder.write_rows(out, folder.ORIGINALS_FILE, columns, table)
    missing = [(row, path) for row, path in zip(rows, paths) if not folder.is_written(out, path)]
    progress(len(rows) - len(missing))
    hparams = dataclasses.replace(source.generator.hparams, depth_size=source.prepared["depth_size"])
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        faces = chosen_faces(source.faces, hparams, [row for row, _ in batch])
        images, masks = to_pixels(faces.image.numpy()), faces.preliminary_mask.numpy()[..., 0] >= 0.5
        for place, (_, path) in enumerate(batch):
            geometry = CropGeometry(
                faces.vertices[place].numpy(), faces.depth[place].numpy()[..., 0], masks[place].astype(np.uint8)
            )
            folder.write_crop(out, path, images[place], geometry, source.prepared["morphable_model_sha256"])
        progress(len(batch))
    return len(rows)
