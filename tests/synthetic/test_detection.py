"""The face detector of preparation finds rendered faces and agrees with the true vertices."""

import io

import cv2
import numpy as np

from phystd_tf import spoof_types
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.crop import crop_box
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic import truth
from phystd_tf.synthetic.clips import make_clip
from phystd_tf.synthetic.person.renderer import Renderer
from phystd_tf.synthetic.person.subjects import make_subject
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip


def test_faces_are_found_where_they_are():
    recipe = Recipe(seed=1, subjects=4, frames_per_clip=1)
    model = MorphableModel.load()
    errors, sides = [], []
    with FaceAligner() as aligner:
        for number in range(recipe.subjects):
            renderer = Renderer(make_subject(recipe.seed, number), model, recipe.size)
            for name in (spoof_types.LIVE,) + recipe.types:
                frame = next(make_clip(recipe, SyntheticClip("train", name, number, 0), renderer))
                image = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
                points = aligner.align(np.ascontiguousarray(image)).points
                vertices = truth.read(io.BytesIO(frame.truth)).vertices
                side = crop_box(points).side
                sides.append(side / recipe.size)
                errors.append(np.linalg.norm(points[:, :2] - vertices, axis=1).mean() / side)
    assert np.mean(errors) < 0.025 and max(errors) < 0.06
    assert 0.4 < min(sides) and max(sides) < 0.7
