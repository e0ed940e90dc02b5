"""Faces keep their numbers through a clip; a stand-in for the face finder says where they are."""

import numpy as np
import pytest

from phystd_tf.face import following
from phystd_tf.face.crop import CropBox
from phystd_tf.face.detection import is_same_face
from phystd_tf.face.following import SEARCH_EVERY, FaceFollower
from phystd_tf.face.geometry import FoundFace, face_box
from phystd_tf.face.refusals import FaceTooSmallError, LowQualityError, NoFaceError

IMAGE = np.zeros((200, 400, 3), np.uint8)


def _face(x, side=40):
    """A face of ``side`` pixels with its left edge at x."""
    shape = np.array([[-0.5, -0.5, 0], [63.5, 63.5, 0]])
    return FoundFace(np.zeros((64, 64, 3), np.uint8), shape, CropBox(x, 10, side), 0.0, 1)


@pytest.fixture
def scene(monkeypatch):
    """``scene(x, ...)`` sets the faces (numbers) and errors that are found. Counts searches of the whole frame."""

    class Scene:
        searches = 0
        faces = []

        def __call__(self, *places):
            self.faces = [place if isinstance(place, Exception) else _face(place) for place in places]

    there = Scene()

    def find_faces(image, *how):
        there.searches += 1
        return there.faces or [NoFaceError("no face found")]

    def find_face(image, *how, hint_box, known_upright):
        assert known_upright
        for face in there.faces:
            box = face.box if isinstance(face, Exception) else face_box(face)
            if box is not None and is_same_face(box, hint_box):
                if isinstance(face, Exception):
                    raise face
                return face
        raise NoFaceError("no face found")

    monkeypatch.setattr(following, "find_faces", find_faces)
    monkeypatch.setattr(following, "find_face", find_face)
    return there


def _seen(follower):
    return {
        each.number: each.face.status if isinstance(each.face, Exception) else round(face_box(each.face)[0])
        for each in follower.faces(IMAGE)
    }


@pytest.fixture
def follower():
    return FaceFollower(None, None, 64)


def test_faces_that_move_keep_their_numbers(scene, follower):
    for step in range(SEARCH_EVERY):
        scene(100 + 2 * step, 300 - 2 * step)
        assert _seen(follower) == {0: 100 + 2 * step, 1: 300 - 2 * step}
    assert scene.searches == 1


def test_a_face_that_enters_is_seen_at_the_next_search(scene, follower):
    scene(100)
    _seen(follower)
    scene(200, 100)
    seen = [_seen(follower) for _ in range(SEARCH_EVERY)]
    assert seen == [{0: 100}] * (SEARCH_EVERY - 1) + [{0: 100, 1: 200}]


def test_a_face_that_is_lost_is_looked_for_everywhere_and_keeps_its_number(scene, follower):
    scene(100)
    _seen(follower)
    scene(300)
    assert _seen(follower) == {0: 300}
    scene()
    assert _seen(follower) == {None: "no_face"} and _seen(follower) == {None: "no_face"}
    scene(20)
    assert _seen(follower) == {0: 20}


def test_two_that_become_one_are_one(scene, follower):
    scene(100, 145)
    assert _seen(follower) == {0: 100, 1: 145}
    scene(120)
    assert _seen(follower) == {0: 120}


def test_refused_faces_are_told_once(scene, follower):
    refused = LowQualityError("turned")
    refused.box = (300.0, 10.0, 340.0, 50.0)
    scene(100, refused)
    assert _seen(follower) == {0: 100, None: "low_quality"}
    small = FaceTooSmallError("small")
    small.box = (100.0, 10.0, 140.0, 50.0)
    scene(small)
    assert _seen(follower) == {0: "too_small"} and scene.searches == 1
