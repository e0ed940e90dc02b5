"""Measures of traces against the ground truth: oracles, properties, and undefined values."""

import numpy as np
import pandas as pd
import pytest
from skimage.metrics import peak_signal_noise_ratio

from phystd_tf.evaluation import trace_quality as quality
from phystd_tf.evaluation.scores import ScoreFileError


def _faces(**columns):
    n = len(next(iter(columns.values())))
    filled = {name: np.full(n, np.nan) for name in quality.MEASURES}
    base = {"clip": [f"c{i}" for i in range(n)], "frame": 0, "subject": [f"s{i}" for i in range(n)], "label": 0}
    return pd.DataFrame({**base, "type": "print", **filled, **columns})


def test_psnr_is_that_of_scikit_image():
    rng = np.random.default_rng(0)
    image, reference = rng.uniform(size=(2, 16, 16, 3))
    expected = peak_signal_noise_ratio(reference, image, data_range=1.0)
    assert quality.psnr(image, reference) == pytest.approx(expected, abs=1e-4)


def test_psnr_of_an_image_with_itself_is_the_rounding_of_eight_bits():
    image = np.full((4, 4, 3), 0.5)
    assert quality.psnr(image, image) == pytest.approx(58.92, abs=0.01)


def test_correlation_knows_no_scale_but_a_sign():
    rng = np.random.default_rng(1)
    trace = rng.normal(size=(8, 8, 3))
    assert quality.correlation(3 * trace + 1, trace) == pytest.approx(1.0)
    assert quality.correlation(-trace, trace) == pytest.approx(-1.0)
    other = rng.normal(size=(8, 8, 3))
    assert quality.correlation(other, trace) == pytest.approx(np.corrcoef(other.ravel(), trace.ravel())[0, 1])


def test_fitting_color_is_least_squares_for_each_channel():
    rng = np.random.default_rng(3)
    image, reference = rng.uniform(size=(2, 8, 8, 3))
    fitted = quality.fit_color(image, reference)
    for channel in range(3):
        gain, offset = np.polyfit(image[..., channel].ravel(), reference[..., channel].ravel(), 1)
        np.testing.assert_allclose(fitted[..., channel], gain * image[..., channel] + offset, atol=1e-9)


def test_white_balance_and_exposure_are_fitted_away_and_nothing_else():
    rng = np.random.default_rng(4)
    reference = rng.uniform(0.2, 0.8, (8, 8, 3))
    other = reference * [0.7, 1.1, 0.9] + [0.05, -0.1, 0.02]
    np.testing.assert_allclose(quality.fit_color(other, reference), reference, atol=1e-9)
    flat = np.full_like(reference, 0.5)  # without content, the best fit is the mean
    np.testing.assert_allclose(
        quality.fit_color(flat, reference), np.broadcast_to(reference.mean((0, 1)), (8, 8, 3)), atol=1e-9
    )


def test_a_strong_region_is_where_a_trace_is_and_holds_its_energy():
    trace = np.zeros((8, 8, 3))
    trace[2:4, 2:6] = 0.3
    trace[7, 7] = 0.05
    region = quality.strong_region(trace)
    assert region.sum() == 8 and region[2:4, 2:6].all()
    assert quality.energy_inside(trace, region) == pytest.approx(8 * 0.09 / (8 * 0.09 + 0.0025))
    assert quality.energy_inside(np.ones((8, 8, 3)), region) == pytest.approx(region.mean())  # no better than chance
    assert quality.energy_inside(np.where(region[..., None], 0.0, 1.0), region) == 0
    assert np.isnan(quality.energy_inside(np.zeros((8, 8, 3)), region))
    assert np.isnan(quality.energy_inside(trace, np.zeros((8, 8), bool)))


def test_correlation_with_no_trace_is_undefined():
    assert np.isnan(quality.correlation(np.ones((4, 4, 3)), np.arange(48.0).reshape(4, 4, 3)))


def test_iou_counts_pixels():
    P, covered = np.zeros((4, 4, 1)), np.zeros((4, 4, 1))
    P[:2], covered[1:3] = 0.9, 1.0
    assert quality.region_iou(P, covered) == pytest.approx(4 / 12)
    assert quality.region_iou(0 * P, covered) == 0.0
    assert np.isnan(quality.region_iou(P, 0 * covered))


def test_energy_is_the_mean_square():
    assert quality.trace_energy(np.array([[[0.5, -0.5, 0.0]]])) == pytest.approx(0.5 / 3)


def test_summary_gives_means_and_intervals_over_subjects():
    faces = _faces(psnr_gain=[1.0, 1.0, 1.0, 5.0], energy=[0.1, 0.1, 0.1, 0.5])
    faces["subject"] = ["a", "a", "a", "b"]
    entry = quality.summarize_quality(faces)["types"]["print"]
    assert (entry["faces"], entry["clips"], entry["subjects"]) == (4, 4, 2)
    assert entry["psnr_gain"]["mean"] == pytest.approx(2.0)
    # A draw may have a or b only: the interval is that wide, regardless of the number of faces of a.
    assert (entry["psnr_gain"]["low"], entry["psnr_gain"]["high"]) == (1.0, 5.0)
    assert "iou_P" not in entry


def test_one_subject_has_no_interval():
    faces = _faces(psnr_gain=[1.0, 2.0], energy=[0.0, 0.0]).assign(subject="a")
    summary = quality.summarize_quality(faces)
    assert summary["types"]["print"]["psnr_gain"] == {"mean": 1.5, "low": None, "high": None}
    assert summary["live_to_spoof_energy"] is None


def test_energy_of_live_is_compared_with_that_of_spoofs():
    faces = _faces(energy=[0.1, 0.4, 0.6]).assign(label=[1, 0, 0], type=["live", "print", "replay"])
    summary = quality.summarize_quality(faces)
    assert summary["live_to_spoof_energy"] == pytest.approx(0.2)
    assert list(summary["types"]) == ["live", "print", "replay"]


def test_table_shows_every_type_and_what_is_missing():
    faces = _faces(energy=[0.1, 0.4], psnr_gain=[np.nan, 2.5]).assign(label=[1, 0], type=["live", "print"])
    table = quality.quality_table(quality.summarize_quality(faces))
    live, spoof = table.splitlines()[1:3]
    assert live.split()[:4] == ["live", "1", "1", "-"] and "2.50" in spoof and "0.25" in table.splitlines()[-1]


def test_file_keeps_the_measures_and_the_faces_they_belong_to(tmp_path):
    faces = _faces(energy=[0.1, 0.4], psnr_gain=[np.nan, 2.5])
    faces["subject"] = ["007", "NA"]
    scores = str(tmp_path / "test.csv")
    assert quality.read_quality(faces, scores) is None
    quality.write_quality(faces[[*quality.KEYS, *quality.MEASURES]], quality.quality_path(scores))
    found = quality.read_quality(faces, scores)
    pd.testing.assert_frame_equal(found, faces[[*quality.KEYS, *quality.MEASURES]], check_dtype=False)
    with pytest.raises(ScoreFileError, match="other faces"):
        quality.read_quality(faces.iloc[:1], scores)
    path = tmp_path / "test.traces.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *rows, rows[-1]]) + "\n")
    with pytest.raises(ScoreFileError, match="other faces"):
        quality.read_quality(faces, scores)
    path.write_text("\n".join([header, *rows, '"', rows[0], '"' + "," * header.count(",")]) + "\n")
    with pytest.raises(ScoreFileError, match="line 4: a stray quotation mark"):
        quality.read_quality(faces, scores)
    path.write_text("clip,frame\n")
    with pytest.raises(ScoreFileError, match="test.traces.csv.*score again"):
        quality.read_quality(faces, scores)
