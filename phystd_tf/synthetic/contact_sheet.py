"""An overview image of a dataset: one column per subject, with each spoof above its live counterpart."""

import dataclasses
import io
from collections.abc import Sequence
from typing import Optional

import cv2
import numpy as np

from phystd_tf import spoof_types
from phystd_tf.synthetic import truth
from phystd_tf.synthetic.clips import make_clip, subject_renderer
from phystd_tf.synthetic.gallery import PhotographedPerson
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip, split_of


def contact_sheet(
    recipe: Recipe, subjects: int = 8, tile: int = 256, people: Optional[Sequence[PhotographedPerson]] = None
) -> np.ndarray:
    """Renders the first frame of each type for a few subjects.

    Args:
      recipe: recipe of the dataset; its ``truth`` is ignored.
      subjects: number of columns.
      tile: side of each picture, pixels.
      people: people with photographs; None renders people.

    Returns:
      [H, W, 3] uint8, RGB.
    """
    recipe = dataclasses.replace(recipe, truth="camera", frames_per_clip=1)
    columns: list[np.ndarray] = []
    for number in range(min(subjects, recipe.subjects)):
        renderer = subject_renderer(recipe, number, people[number] if people else None)
        split = split_of(number, recipe)
        pictures: list[np.ndarray] = []
        for name in (spoof_types.LIVE,) + recipe.types:
            frame = next(make_clip(recipe, SyntheticClip(split, name, number, 0), renderer))
            pictures.append(cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])
            if name != spoof_types.LIVE:
                live = truth.read(io.BytesIO(frame.truth)).live_camera
                assert live is not None  # The truth of a spoof always has it.
                pictures.append(live)
        columns.append(np.vstack([_resize(picture, tile) for picture in pictures]))
    return np.hstack(columns)


def _resize(picture: np.ndarray, tile: int) -> np.ndarray:
    if picture.shape[0] == tile:
        return picture
    interpolation = cv2.INTER_AREA if tile < picture.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(picture, (tile, tile), interpolation=interpolation)
