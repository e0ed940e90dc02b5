import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from phystd_tf.data.readers.landmarks import LandmarkFileError, landmark_file, read_landmarks
from tests.damage import damaged_bytes

SIZE = (320, 240)
# Points around their positions in a face; only the eyes and the mouth matter.
GOOD = np.random.default_rng(0).uniform(-5, 5, (68, 2)) + (150, 120)
GOOD[36:42] += (-30, -20)
GOOD[42:48] += (30, -20)
GOOD[48:] += (0, 40)


def test_the_file_next_to_an_image_is_found_under_both_names(tmp_path):
    image = str(tmp_path / "face.png")
    assert landmark_file(image) is None
    for name in ("face.png.npy", "face.npy"):
        np.save(tmp_path / name, GOOD)
        assert landmark_file(image) == str(tmp_path / name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_landmarks_are_read(tmp_path, dtype):
    np.save(tmp_path / "a.npy", GOOD.astype(dtype))
    points = read_landmarks(str(tmp_path / "a.npy"), *SIZE)
    assert points.dtype == np.float64
    np.testing.assert_allclose(points, GOOD, rtol=1e-6)


@pytest.mark.parametrize(
    "array, said",
    [
        (GOOD[None], r"\(68, 2\).*not \(1, 68, 2\)"),
        (GOOD.T, r"not \(2, 68\)"),
        (np.c_[GOOD, GOOD[:, :1]], r"not \(68, 3\)"),
        (np.zeros((140, 2)), r"not \(140, 2\)"),
        (GOOD / SIZE, "fractions"),
        (GOOD[:, ::-1], "y before x"),
        (GOOD + (200, 0), "outside the image of 320 x 240"),
        (np.where(GOOD == GOOD[3, 1], np.nan, GOOD), "finite"),
        (GOOD.astype(str), "numbers"),
        (np.array([{}]), "not an array of landmarks"),
    ],
)
def test_wrong_landmarks_are_refused_with_file_and_reason(tmp_path, array, said):
    path = str(tmp_path / "odd.npy")
    np.save(path, array, allow_pickle=True)
    with pytest.raises(LandmarkFileError, match=rf"odd\.npy.*{said}"):
        read_landmarks(path, *SIZE)


@pytest.mark.parametrize("degrees", [-80, 45, 180])
def test_a_face_may_be_turned_in_the_image(tmp_path, degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = (GOOD - (150, 120)) @ np.array([[c, s], [-s, c]]) + (150, 120)
    np.save(tmp_path / "a.npy", turned)
    np.testing.assert_array_equal(read_landmarks(str(tmp_path / "a.npy"), *SIZE), turned)


@pytest.mark.parametrize("data", [b"", b"68 points\n", b"\x93NUMPY"])
def test_a_file_that_is_not_an_array_is_refused_by_name(tmp_path, data):
    (tmp_path / "odd.npy").write_bytes(data)
    with pytest.raises(LandmarkFileError, match=r"odd\.npy"):
        read_landmarks(str(tmp_path / "odd.npy"), *SIZE)


def test_several_arrays_in_a_file_are_refused(tmp_path):
    with open(tmp_path / "odd.npy", "wb") as file:
        np.savez(file, GOOD)
    with pytest.raises(LandmarkFileError, match="several arrays"):
        read_landmarks(str(tmp_path / "odd.npy"), *SIZE)


@hypothesis.settings(max_examples=60, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(data=strategies.data())
def test_damaged_landmarks_are_read_or_refused_by_name(tmp_path, data):
    path = tmp_path / "odd.npy"
    np.save(path, GOOD)
    path.write_bytes(damaged_bytes(data.draw, path.read_bytes()))
    try:
        points = read_landmarks(str(path), *SIZE)
    except LandmarkFileError as error:
        assert "odd.npy" in str(error)
    else:
        assert points.shape == (68, 2) and np.isfinite(points).all()
