"""Scores the faces of a prepared folder, and chooses the operating point on them."""

from typing import Callable, Optional

import numpy as np
import pandas as pd
import tensorflow as tf

from phystd_tf.outputs import SCORE_TERMS, traced_terms
from phystd_tf.training.phystd_model import PhySTD


def score_dataset(
    model: PhySTD, dataset: tf.data.Dataset, progress: Optional[Callable[[int], None]] = None
) -> pd.DataFrame:
    """The terms of Eq. (10) for every face of a dataset.

    Args:
      model: PhySTD.
      dataset: of (image [n, N, N, 3] float32, info: dict of [n] tensors with clip, frame, subject, type, label).
      progress: called with the number of faces after each batch.

    Returns:
      One row a face: clip, frame, subject, type, label, depth, B, C, T, P.
    """
    terms_of = traced_terms(model.generator)
    parts = []
    for images, info in dataset:
        terms = terms_of(images)
        columns = {name: _plain(info[name].numpy()) for name in ("clip", "frame", "subject", "type", "label")}
        columns.update({name: terms[name].numpy().astype(np.float64) for name in SCORE_TERMS})
        parts.append(pd.DataFrame(columns))
        if progress is not None:
            progress(len(parts[-1]))
    return pd.concat(parts, ignore_index=True)


def _plain(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([value.decode("utf-8") for value in values])
    return values
