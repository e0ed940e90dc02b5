"""Crops that come with their geometry; tests/transfer/test_preparing.py tests their preparation."""

import os
import pathlib

import numpy as np
import pytest

from phystd_tf.data.crop_geometry import (
    CropGeometry,
    CropGeometryError,
    geometry_file,
    geometry_path,
    prepared_crop,
    read_geometry,
    write_geometry,
)
from tests.data.fake_prepared import DEPTH_SIZE, MAP_SIZES, SIZE, fake_face

FACE = fake_face(3)
GEOMETRY = CropGeometry(FACE.vertices, FACE.depth, FACE.preliminary_mask)


@pytest.fixture
def path(tmp_path):
    found = geometry_path(str(tmp_path / "a.png"))
    write_geometry(GEOMETRY, found, "model")
    assert os.listdir(tmp_path) == ["a.geometry.npz"] and geometry_file(str(tmp_path / "a.png")) == found
    return found


def _read(path, size=SIZE, depth_size=DEPTH_SIZE, vertices=140, model="model"):
    return read_geometry(path, size, depth_size, vertices, model)


def test_what_is_written_is_read(path):
    for ours, theirs in zip(_read(path), GEOMETRY):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"model": "other"}, "of another morphable model"),
        ({"vertices": 68}, "vertices must be finite numbers of shape (68, 2), not (140, 2)"),
        ({"depth_size": 16}, "depth must be"),
        ({"size": 64}, "preliminary_mask must be"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(path, changes, said):
    with pytest.raises(CropGeometryError) as caught:
        _read(path, **changes)
    assert said in str(caught.value) and path in str(caught.value)


def test_a_damaged_file_is_refused_by_name(path):
    write_geometry(GEOMETRY._replace(vertices=np.full((140, 2), np.nan, np.float32)), path, "model")
    with pytest.raises(CropGeometryError, match="vertices must be finite"):
        _read(path)
    for content in (b"", b"text", pathlib.Path(path).read_bytes()[:-60]):
        pathlib.Path(path).write_bytes(content)
        with pytest.raises(CropGeometryError, match="not a geometry file"):
            _read(path)


def test_a_crop_becomes_a_prepared_face_with_its_pixels():
    live, spoof = (prepared_crop(FACE.image, GEOMETRY, label, MAP_SIZES) for label in (1, 0))
    assert live.image is FACE.image
    for name in ("vertices", "depth", "preliminary_mask", "triangles"):
        np.testing.assert_array_equal(getattr(live, name), getattr(FACE, name), err_msg=name)
    for size in MAP_SIZES:
        np.testing.assert_array_equal(live.triangle_maps[size], FACE.triangle_maps[size])
    assert not spoof.depth.any() and FACE.depth.any()
    assert (live.box.left, live.box.top, live.box.side) == (-0.5, -0.5, SIZE)
