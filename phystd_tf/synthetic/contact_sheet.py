"""One picture that shows a dataset: a column per subject, live faces above, each spoof over its live counterpart."""

import dataclasses
import io
from collections.abc import Sequence
from typing import Optional

import cv2
import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic import truth
from phystd_tf.synthetic.clips import make_clip, sitter_of
from phystd_tf.synthetic.gallery import Person
from phystd_tf.synthetic.recipe import Clip, Recipe, split_of


def contact_sheet(
    recipe: Recipe, subjects: int = 8, tile: int = 256, people: Optional[Sequence[Person]] = None
) -> np.ndarray:
    """The first frame of each type for a few subjects.

    Args:
      recipe: of the dataset; ``truth`` may be anything.
      subjects: columns.
      tile: pixels of a picture.
      people: with photographs; None for rendered ones.

    Returns:
      [H, W, 3] uint8, RGB.
    """
    recipe = dataclasses.replace(recipe, truth="camera", frames_per_clip=1)
    columns: list[np.ndarray] = []
    for number in range(min(subjects, recipe.subjects)):
        sitter = sitter_of(recipe, number, people[number] if people else None)
        split = split_of(number, recipe)
        pictures = []
        for name in (spoof_types.LIVE,) + recipe.types:
            frame = next(make_clip(recipe, Clip(split, name, number, 0), sitter))
            pictures.append(cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])
            if name != spoof_types.LIVE:
                pictures.append(truth.read(io.BytesIO(frame.truth)).live_camera)
        columns.append(np.vstack([_fit(picture, tile) for picture in pictures]))
    return np.hstack(columns)


def _fit(picture: np.ndarray, tile: int) -> np.ndarray:
    if picture.shape[0] == tile:
        return picture
    how = cv2.INTER_AREA if tile < picture.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(picture, (tile, tile), interpolation=how)
