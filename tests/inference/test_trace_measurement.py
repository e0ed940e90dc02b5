"""Traces against the ground truth: a model that knows it, one that does nothing, and one that never sees it."""

import shutil

import cv2
import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.preparation import prepare
from phystd_tf.data.readers.folder import list_clips
from phystd_tf.data.records import source_path
from phystd_tf.data.selection import Selection
from phystd_tf.inference import trace_measurement
from phystd_tf.networks.generator import Generator
from phystd_tf.physics.bands import low_pass
from phystd_tf.synthetic.dataset import make_dataset
from phystd_tf.synthetic.recipe import Recipe
from phystd_tf.synthetic.truth import TruthError, read, truth_path
from phystd_tf.training.experiment import train
from tests.training.tiny import tiny_hparams

_SIZES = {
    "image_size": 64, "n1": 8, "n2": 32, "depth_size": 8, "discriminator_sizes": (16, 24, 64, 64), "max_iterations": 2
}  # fmt: skip
H = tiny_hparams(**_SIZES)


def _prepare(faces, out):
    settings = Settings(image_size=64, map_sizes=(64,), depth_size=8, frame_step=1, max_frames=None, seed=0)
    prepare(list_clips(str(faces)).clips, str(out), settings, workers=1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("measuring")
    recipe = Recipe(
        subjects=3, clips_per_subject=1, frames_per_clip=1, size=192, types=("print", "paper_glasses"), truth="camera"
    )
    make_dataset(str(root / "faces"), recipe)
    _prepare(root / "faces", root / "prepared")
    return root


def _measured(folders, outputs, monkeypatch):
    monkeypatch.setattr(trace_measurement, "traced_outputs", lambda generator, alpha0: outputs)
    return trace_measurement.measure_split(Generator(H), str(folders / "prepared"), str(folders / "faces"), "test")


def _outputs(images, reconstruction, P):
    return {"overall_trace": images - reconstruction, "reconstruction": tf.convert_to_tensor(reconstruction), "P": P}


def test_a_model_that_does_nothing_gains_nothing(folders, monkeypatch):
    rows = _measured(folders, lambda images: _outputs(images, images, tf.zeros_like(images[..., :1])), monkeypatch)
    assert sorted(rows["type"].unique()) == ["live", "paper_glasses", "print"]
    spoofs, live = rows[rows["label"] == 0], rows[rows["label"] == 1]
    np.testing.assert_allclose(spoofs[["psnr_gain", "fitted_psnr_gain"]], 0, atol=1e-6)
    assert (spoofs["fitted_psnr_input"] >= spoofs["psnr_input"]).all() and spoofs["energy_inside"].isna().all()
    assert live[["fitted_psnr_gain", "energy_inside", "area_inside"]].isna().all().all()
    assert spoofs["psnr_input"].between(8, 40).all() and (rows["energy"] == 0).all() and rows["corr_low"].isna().all()
    assert (live["psnr"] > 58).all() and live[["psnr_gain", "iou_P"]].isna().all().all()
    assert (rows.loc[rows["type"] == "paper_glasses", "iou_P"] == 0).all()


def test_a_model_that_knows_the_truth_is_right(folders, monkeypatch):
    """Here the truth is cropped in another way: a plain resize of the box, from the photographs themselves."""
    rows = Selection(str(folders / "prepared")).rows("test")
    live, covered = [], []
    for row in rows:
        frame = cv2.imread(source_path(str(folders / "prepared"), row["source"]))[..., ::-1]
        found = read(truth_path(str(folders / "faces"), row["clip"], int(row["frame"])))
        left, top, side = (float(row[name]) for name in ("left", "top", "side"))
        grid = (np.arange(64) + 0.5) * side / 64
        x, y = np.meshgrid(np.float32(left + grid), np.float32(top + grid))
        for images, image in (
            (live, frame if found.live_camera is None else found.live_camera),
            (covered, found.covered),
        ):
            image = np.zeros(frame.shape[:2], np.float32) if image is None else np.float32(image)
            images.append(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
    live, P = np.stack(live) / 255, np.stack(covered)[..., None]
    measured = _measured(folders, lambda images: _outputs(images, live, tf.constant(P)), monkeypatch)
    spoofs = measured[measured["label"] == 0]
    assert (spoofs["energy_inside"] > 0.5).all() and (spoofs["energy_inside"] > 2 * spoofs["area_inside"]).all()
    assert (spoofs[["psnr_gain", "fitted_psnr_gain"]] > 5).all().all() and (
        spoofs[["corr_low", "corr_mid"]] > 0.95
    ).all().all()
    assert (measured.loc[measured["type"] == "paper_glasses", "iou_P"] > 0.9).all()
    assert spoofs.loc[spoofs["type"] == "print", "iou_P"].isna().all()


def test_bands_are_those_of_equation_9(folders, monkeypatch):
    """Only the low band of the truth: its correlation is 1; the other bands have nothing to correlate."""

    def outputs(images):
        return _outputs(images, images - low_pass(images, H.n1) * 0.1, tf.zeros_like(images[..., :1]))

    rows = _measured(folders, outputs, monkeypatch)
    spoofs = rows[rows["label"] == 0]
    assert spoofs["corr_low"].notna().all() and (spoofs["corr_high"].abs() < 0.3).all()


def test_faces_without_truth_are_refused_by_name(folders, tmp_path):
    with pytest.raises(TruthError, match="test.spoof.*npz"):
        trace_measurement.measure_split(Generator(H), str(folders / "prepared"), str(tmp_path), "test")


def test_training_does_not_see_the_truth(folders, tmp_path):
    """The records are the same, and training completes, although reading the truth would fail."""
    shutil.copytree(folders / "faces", tmp_path / "faces")
    records = []
    for out in (tmp_path / "earlier", tmp_path / "prepared"):
        _prepare(tmp_path / "faces", out)
        records.append({path.name: path.read_bytes() for path in out.glob("*.tfrecord")})
        for path in (tmp_path / "faces" / "truth").rglob("*.npz"):
            path.write_bytes(b"no truth")
    assert records[0] == records[1] and records[0]
    hparams = tiny_hparams("step1", **_SIZES)  # it reads the same data as the full one
    train(hparams, str(tmp_path / "prepared"), str(tmp_path / "run"), seed=3, steps_per_epoch=1)
    with pytest.raises(TruthError):
        trace_measurement.measure_split(Generator(H), str(tmp_path / "prepared"), str(tmp_path / "faces"), "test")
