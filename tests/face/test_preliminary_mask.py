import numpy as np
import pytest

from phystd_tf import spoof_types
from phystd_tf.face.preliminary_mask import preliminary_mask

EYES, NOSE, MOUTH, CHIN, FOREHEAD = (33, 133, 362, 263, 159, 386), (4,), (13, 61, 291, 17), (152,), (10,)


def values_at(mask, shape, vertices):
    return {mask[int(round(y)), int(round(x))] for x, y in shape[list(vertices), :2]}


@pytest.fixture(scope="module", params=[0, 30])
def face(request, model, pose):
    return model.project(np.zeros(len(model.stddev)), pose(request.param, 5, 10), 70.0, (127.5, 90.0))


@pytest.mark.parametrize("name", ("live", "print", "replay"))
def test_nothing_open(face, name):
    mask = preliminary_mask(name, face, 256)
    assert mask.shape == (256, 256) and mask.dtype == np.float32 and (mask == 1).all()


@pytest.mark.parametrize("name", spoof_types.MASKS + spoof_types.MAKEUPS + ("unknown", "deep_fake_2"))
def test_face_open(face, name):
    mask = preliminary_mask(name, face, 256)
    assert set(np.unique(mask)) == {0, 1}
    assert values_at(mask, face, EYES + NOSE + MOUTH) == {0}
    assert mask[0].min() == mask[-1].min() == mask[:, 0].min() == mask[:, -1].min() == 1
    assert 0.2 < (mask == 0).mean() < 0.6


@pytest.mark.parametrize("name", ("funny_eyeglasses", "paper_glasses", "partial_eye"))
def test_eyes_open(face, name):
    mask = preliminary_mask(name, face, 256)
    assert values_at(mask, face, EYES) == {0}
    assert values_at(mask, face, MOUTH + CHIN) == {1}
    assert 0.05 < (mask == 0).mean() < 0.3


def test_mouth_open(face):
    mask = preliminary_mask("partial_mouth", face, 256)
    assert values_at(mask, face, MOUTH) == {0}
    assert values_at(mask, face, EYES + NOSE + CHIN + FOREHEAD) == {1}


def test_partial_paper_is_either(face):
    both = preliminary_mask("partial_eye", face, 256) * preliminary_mask("partial_mouth", face, 256)
    assert (preliminary_mask("partial_paper", face, 256) == both).all()


def test_a_face_outside_the_crop_leaves_all_ones(face):
    assert (preliminary_mask("silicone_mask", face + 1000, 256) == 1).all()
