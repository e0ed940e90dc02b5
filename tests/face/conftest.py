import cv2
import matplotlib.cbook
import numpy as np
import pytest
import skimage.data

from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.morphable_model import MorphableModel


@pytest.fixture(scope="session")
def model():
    return MorphableModel.load()


@pytest.fixture(scope="session")
def aligner():
    with FaceAligner() as shared:
        yield shared


@pytest.fixture(scope="session")
def hopper():
    """A public-domain photograph, [600, 512, 3] uint8."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        return np.ascontiguousarray(cv2.imread(file.name)[..., ::-1])


@pytest.fixture(scope="session")
def astronaut():
    """A public-domain photograph, [512, 512, 3] uint8."""
    return skimage.data.astronaut()


def turn(yaw=0.0, pitch=0.0, roll=0.0):
    """A rotation [3, 3] from angles in degrees."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in np.radians([yaw, pitch, roll]))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


@pytest.fixture(scope="session")
def pose():
    """The function ``turn``."""
    return turn


@pytest.fixture(scope="session")
def frontal(model):
    """The mean face in a crop of 256, [468, 3]."""
    return model.project(np.zeros(len(model.stddev)), np.eye(3), 77.0, (127.5, 90.0))
