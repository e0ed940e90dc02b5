"""From photographs to predictions and traces; tests/tools/test_end_to_end.py compares the scores of real runs."""

import subprocess
import sys

import cv2
import matplotlib.cbook
import numpy as np
import pytest

import phystd_tf
from phystd_tf.data.records import save_settings
from phystd_tf.errors import PhystdError
from phystd_tf.face.crop import crop_recipe
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.runs.folder import open_run, operating_point_path
from phystd_tf.runs.operating_point import OperatingPoint
from phystd_tf.training.checkpoints import CheckpointStore
from tests.training.tiny import tiny_hparams


def _save_run(folder, **changes):
    open_run(str(folder), tiny_hparams(), {})
    settings = {
        "format": 5, "image_size": 64, "crop": crop_recipe(),
        "morphable_model_sha256": MorphableModel.load().fingerprint(), **changes,
    }  # fmt: skip
    save_settings(str(folder), settings)
    CheckpointStore(phystd_tf.PhySTD(tiny_hparams(), seed=1), str(folder)).save("last")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return _save_run(tmp_path_factory.mktemp("model") / "run")


@pytest.fixture(scope="module")
def model(run):
    with phystd_tf.load(run) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def hopper(tmp_path_factory):
    """A public-domain photograph: its path, and its pixels."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        image = cv2.imread(file.name)
    path = tmp_path_factory.mktemp("photograph") / "hopper.png"
    cv2.imwrite(str(path), image)
    return path, np.ascontiguousarray(image[..., ::-1])


def test_a_path_and_its_pixels_in_all_forms_give_one_score(model, hopper):
    path, pixels = hopper
    score = model.predict(path).score
    assert np.isfinite(score)
    floats = (pixels / 255.0).astype(np.float32)
    for same in (str(path), pixels, floats, floats.astype(np.float64)):
        assert model.predict(same).score == pytest.approx(score, abs=1e-6)
    many = model.predict([path, pixels])
    assert [one.score for one in many] == pytest.approx([score, score], abs=1e-6)
    assert [one.score for one in model.predict(np.stack([pixels] * 2))] == pytest.approx([score] * 2, abs=1e-6)
    assert model.predict([]) == []


def test_the_order_of_the_channels_matters(model, hopper):
    _, pixels = hopper
    assert model.predict(np.ascontiguousarray(pixels[..., ::-1])).score != model.predict(pixels).score


def test_one_photograph_without_a_face_does_not_stop_the_others(model, hopper, tmp_path):
    (tmp_path / "text.jpg").write_text("no photograph")
    missing = tmp_path / "missing.jpg"
    found = model.predict([np.zeros((200, 200, 3), np.uint8), tmp_path / "text.jpg", missing, hopper[0]])
    assert [one.status for one in found] == ["no_face", "unreadable", "unreadable", "ok"]
    assert all(one.reason and one.score is None and not one.verdict for one in found[:3])
    assert "missing.jpg" in found[2].reason and found[3].reason == ""
    nothing = model.disentangle(missing)
    assert nothing.prediction == found[2] and nothing.traces is None and nothing.crop is None


def test_each_face_of_a_photograph_is_judged(model, hopper):
    _, pixels = hopper
    small = cv2.resize(pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    both = np.full((600, 900, 3), 90, np.uint8)
    both[:, :512], both[100 : 100 + len(small), 560 : 560 + small.shape[1]] = pixels, small
    first, second = model.disentangle_faces(both)
    assert first.prediction == model.predict(both)
    assert second.prediction.status == "ok" and second.prediction.score != first.prediction.score
    assert first.prediction.box[2] < 512 and second.prediction.box[0] > 560
    widths = [one.prediction.box[2] - one.prediction.box[0] for one in (first, second)]
    assert widths[1] == pytest.approx(0.6 * widths[0], rel=0.1)
    (alone,) = model.disentangle_faces(hopper[0])
    assert alone.prediction == model.predict(hopper[0])
    (nothing,) = model.disentangle_faces(np.zeros((200, 200, 3), np.uint8))
    assert nothing.prediction.status == "no_face" and nothing.prediction.box is None


def test_a_blurred_face_has_a_score_and_no_verdict(model, hopper):
    blurred = cv2.GaussianBlur(hopper[1], (0, 0), 8)
    found = model.predict(blurred)
    assert found.status == "low_quality" and "blurred" in found.reason
    assert np.isfinite(found.score) and found.terms and found.verdict == ""


def test_what_is_not_a_photograph_is_refused(model):
    for wrong in (np.zeros((20, 20, 4), np.uint8), [np.zeros((20, 20), np.uint8)]):
        with pytest.raises(ValueError, match="height, width, 3"):
            model.predict(wrong)
    for wrong in (np.full((20, 20, 3), 200.0), np.full((20, 20, 3), np.nan), np.zeros((20, 20, 3), np.int64)):
        with pytest.raises(ValueError, match="uint8, or of floats"):
            model.predict(wrong)


def test_traces_explain_the_reconstruction(model, hopper):
    found = model.disentangle(hopper[0])
    assert found.prediction == model.predict(hopper[0])
    size = model.predictor.hparams.image_size
    B, C, T, P, I_P = found.traces
    assert found.crop.shape == B.shape == I_P.shape == (size, size, 3) and P.shape == (size, size, 1)
    assert found.depth.shape[2] == 1 and found.crop.dtype == T.dtype == np.float32
    expected = (1 - P) * (found.crop - B - C - T) + P * I_P
    np.testing.assert_allclose(found.reconstruction, expected, atol=1e-5)
    np.testing.assert_allclose(found.overall_trace, found.crop - expected, atol=1e-5)


def test_the_verdict_is_that_of_the_operating_point(tmp_path, hopper):
    run = _save_run(tmp_path / "run")
    with phystd_tf.load(run) as model:
        plain = model.predict(hopper[0])
    assert plain.threshold is None and plain.verdict == ""
    for threshold, verdict in ((plain.score, "live"), (np.nextafter(plain.score, 9), "spoof")):
        OperatingPoint(0.0, float(threshold), "a test", "last").save(operating_point_path(str(run)))
        with phystd_tf.load(run) as model:
            assert model.predict(hopper[0]) == plain._replace(threshold=float(threshold), verdict=verdict)


def test_crops_that_are_made_in_another_way_are_refused(tmp_path):
    with pytest.raises(PhystdError, match="crops made by"):
        phystd_tf.load(_save_run(tmp_path / "crop", crop={"side": 9}))
    with pytest.raises(PhystdError, match="another morphable model"):
        phystd_tf.load(_save_run(tmp_path / "model", morphable_model_sha256="0"))
    with pytest.raises(PhystdError, match="neither a run folder nor an export"):
        phystd_tf.load(tmp_path)


def test_a_model_can_be_used_after_it_was_closed(run, hopper):
    model = phystd_tf.load(run)
    first = model.predict(hopper[0])
    model.close()
    assert model.predict(hopper[0]) == first
    model.close()


def test_the_package_loads_at_once_and_without_tensorflow():
    code = """
import time
started = time.perf_counter()
import phystd_tf
seconds = time.perf_counter() - started
import sys
assert set(phystd_tf.__all__) <= set(dir(phystd_tf))
assert phystd_tf.get_hparams("small").image_size == 128 and phystd_tf.Traces._fields[0] == "B"
print(seconds, "tensorflow" in sys.modules)
try:
    phystd_tf.nonsense
except AttributeError as error:
    print(error)
"""
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    seconds, loaded = lines[0].split()
    assert float(seconds) < 0.3 and loaded == "False" and "nonsense" in lines[1]
