import numpy as np
import pytest

from phystd_tf.face.crop import crop_box, to_crop
from phystd_tf.face.geometry import PreparedFace
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.face.overlay import MASK_COLOR, MESH_COLOR, VERTEX_COLOR, overlay


@pytest.fixture(scope="module")
def model():
    return MorphableModel.load()


@pytest.fixture(scope="module")
def photograph_and_face(model):
    photograph = np.full((240, 400, 3), 128, np.uint8)
    points = model.project(np.zeros(len(model.stddev)), np.eye(3), 50.0, (250.0, 90.0))
    box = crop_box(points)
    shape = to_crop(points, box, 128)
    mask = np.ones((128, 128), np.uint8)
    mask[:64] = 0
    return photograph, PreparedFace(
        image=np.full((128, 128, 3), 128, np.uint8),
        vertices=shape[model.vertices, :2].astype(np.float32),
        depth=np.linspace(0, 1, 16 * 16).reshape(16, 16).astype(np.float32),
        preliminary_mask=mask,
        triangles=np.zeros((294, 3), np.int32),
        triangle_maps={128: np.repeat(np.arange(128, dtype=np.uint16)[:, None] // 32, 128, 1)},
        box=box,
        fit_error=0.01,
        num_faces=1,
        shape=shape.astype(np.float32),
    )


def test_panels(photograph_and_face, model):
    photograph, face = photograph_and_face
    before = photograph.copy()
    picture = overlay(photograph, face, model, panel=240)
    assert picture.shape == (240, 400 + 4 * 240, 3) and picture.dtype == np.uint8
    assert (photograph == before).all() and (face.image == 128).all()

    on_photograph, vertices, triangles, depth, mask = np.split(picture, [400, 640, 880, 1120], 1)
    greener = on_photograph[..., 1].astype(int) - on_photograph[..., 0] > 10
    rows, columns = np.nonzero(greener)
    assert columns.min() > 180 and columns.max() < 320 and rows.min() > 40  # the mesh is where the face is
    assert (vertices == VERTEX_COLOR).all(-1).sum() > 140
    assert (triangles == MESH_COLOR).all(-1).sum(0).max() == 3  # three borders between four bands
    assert depth[200:].astype(int).sum() > depth[30:70].astype(int).sum() * 1.5
    assert np.abs(mask[60:110] - (128 + np.array(MASK_COLOR)) / 2).max() <= 1 and (mask[130:] == 128).all()


def test_without_triangle_maps(photograph_and_face, model):
    photograph, face = photograph_and_face
    assert overlay(photograph, face._replace(triangle_maps={}), model, panel=100).shape[0] == 100
