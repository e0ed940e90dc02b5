"""Scores the faces of a prepared folder."""

from typing import Any, Callable, Optional

import numpy as np
import pandas as pd
import tensorflow as tf

from phystd_tf import spoof_types
from phystd_tf.data.pipeline import evaluation_dataset
from phystd_tf.data.records import name_damaged_shard
from phystd_tf.data.selection import PreparedFaces, selection_of
from phystd_tf.liveness import TERMS
from phystd_tf.networks.network import Network
from phystd_tf.networks.outputs import traced_terms

_BATCH = 16
_COLUMNS = ("clip", "frame", "subject", "type", "label")  # of the records; the instrument is only in the manifest


def score_split(
    generator: Network, faces: PreparedFaces, split: str, progress: Optional[Callable[[int], None]] = None
) -> pd.DataFrame:
    """The terms of Eq. (10) for every face of a split.

    Args:
      generator: Network.
      faces: path of a prepared folder, or a Selection of its faces.
      split: "train", "dev" or "test".
      progress: called after each batch with its number of faces.

    Returns:
      One row per face: clip, frame, subject, type, instrument, label, depth, B, C, T, P. Types are those of Table 3:
      ``partial_eye`` and ``partial_mouth`` become ``partial_paper``, with the kind as instrument.

    Raises:
      PreparedFolderError: if the folder or the split is missing or damaged.
    """
    selection = selection_of(faces)
    instrument_of = {row["clip"]: row["instrument"] for row in selection.rows(split)}
    terms_of = traced_terms(generator)
    parts = []
    try:
        for images, info in evaluation_dataset(selection, generator.hparams, split, _BATCH):
            columns: dict[str, Any] = {name: _plain(info[name].numpy()) for name in _COLUMNS}
            # Paper over the eyes and paper over the mouth share a column of Table 3; their instruments differ.
            kinds = columns["type"]
            columns["type"] = [spoof_types.table_type(kind) for kind in kinds]
            columns["instrument"] = [
                instrument_of[clip] or (kind if kind != merged else "")
                for clip, kind, merged in zip(columns["clip"], kinds, columns["type"])
            ]
            terms = terms_of(images)
            columns.update({name: terms[name].numpy().astype(np.float64) for name in TERMS})
            parts.append(pd.DataFrame(columns))
            if progress is not None:
                progress(len(parts[-1]))
    except tf.errors.DataLossError as error:
        raise name_damaged_shard(selection.prepared) from error
    return pd.concat(parts, ignore_index=True)


def _plain(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([value.decode("utf-8", "surrogateescape") for value in values])
    return values
