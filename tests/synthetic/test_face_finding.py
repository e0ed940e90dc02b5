"""Views of rendered faces and their true vertices stay together, and refusals are counted."""

import numpy as np
import pytest

from phystd_tf.errors import PhystdError
from phystd_tf.face.crop import CropBox
from phystd_tf.face.geometry import FoundFace
from phystd_tf.face.morphable_model import default_model
from phystd_tf.face.refusals import LowQualityError
from phystd_tf.synthetic import face_finding
from phystd_tf.synthetic.face_finding import (
    Finding,
    Quality,
    cropped,
    measure,
    measure_quality,
    summarize,
    summarize_quality,
    turned,
)
from tests import program


@pytest.fixture
def marked():
    """A picture with a white pixel at three of the vertices of its face."""
    image = np.zeros((256, 256, 3), np.uint8)
    points = np.round(default_model().mean[:, :2] * 60 + (127, 100))
    for x, y in points[[33, 263, 13]].astype(int):
        image[y, x] = 255
    return image, points


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [None, 1.3, 0.9])
def test_vertices_move_with_the_picture(marked, size, degrees):
    view, points = turned(*cropped(*marked, size), degrees)
    for x, y in np.round(points[[33, 263, 13]]).astype(int):
        assert view[y, x].all()
    if degrees == 180:
        assert points[33, 0] > points[263, 0] and points[13, 1] < points[33, 1]


def test_a_crop_below_1_ends_within_the_face(marked):
    heights = [len(cropped(*marked, size)[0]) for size in (None, 1.3, 1.0, 0.8)]
    assert heights == sorted(heights, reverse=True)
    oval = np.ptp(marked[1][[10, 152], 1])
    assert heights[2] == pytest.approx(oval, abs=2) and heights[3] == pytest.approx(0.8 * oval, abs=2)


def test_each_view_of_each_type_is_counted(tmp_path, monkeypatch):
    made = program.run("tools.make_synthetic", ["--out=faces", "--subjects=3", "--clips_per_subject=1", "--types=print",
                       "--live_clips_per_subject=1", "--frames_per_clip=1", "--size=96"], tmp_path)  # fmt: skip
    assert made.code == 0, made.output
    calls = []

    def find_face(image, *_):
        calls.append(image.shape)
        if len(calls) % 2:
            raise LowQualityError("turned")
        raise LowQualityError("no mesh")

    monkeypatch.setattr(face_finding, "find_face", find_face)
    findings = list(measure(str(tmp_path / "faces"), None, None, clip_step=3))
    assert len(findings) == len(calls) == 2 * 12
    by_view, by_type = summarize([*findings, Finding("live", "1.0", 90, "ok", "", 0.1)])
    assert all(row["faces"] == row["refused"] for row in by_view if row["turned by"] != 90)
    assert [row["refused %"] for row in by_view if row["turned by"] == 90] == [100.0, 66.67]
    assert sum(row["faces"] for row in by_type[:-1]) == by_type[-1]["faces"] == 2 * 6
    with pytest.raises(PhystdError, match="not a folder of rendered faces"):
        next(measure(str(tmp_path), None, None))


def test_blur_and_light_are_measured_on_the_same_crop(tmp_path, monkeypatch):
    face = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    shape = default_model().mean * 60 + (127, 100, 0)
    found = FoundFace(face, shape, CropBox(-0.5, -0.5, 256), 0.0, 1)
    monkeypatch.setattr(face_finding, "find_face", lambda *_: found)
    monkeypatch.setattr(face_finding, "_first_frames", lambda *_: [({}, face, shape)])
    measured = {each.condition: each for each in measure_quality("", None, None)}
    sharp = [measured[name].sharpness for name in measured if name == "as it is" or "blurred" in name]
    assert sharp == sorted(sharp, reverse=True) and len(sharp) == 5
    by_light = sorted((each for each in measured if "bright" in each), key=lambda name: float(name.split()[0]))
    white = [measured[name].overexposed for name in by_light]
    black = [measured[name].underexposed for name in by_light]
    assert white == sorted(white) and white[-1] > 0.2
    assert black == sorted(black, reverse=True) and black[0] > 0.7 and black[-1] < 0.1
    (row,) = summarize_quality([Quality("x", 0.1, 0.0, 0.5, False), Quality("x", 0.3, 0.2, 0.0, True)])
    assert row["flagged %"] == 50 and row["sharpness, least"] == 0.1
    assert row["white %, most"] == 20 and row["black %, most"] == 50
