"""Measures the traces of a model against the truth of the embedded dataset.

This is the only place where a model is compared with the truth, after training.
The truth is cropped as the preparation cropped the frame.
"""

from collections.abc import Iterator, Mapping
from typing import Callable, Optional

import numpy as np
import pandas as pd
import tensorflow as tf

from phystd_tf.data.pipeline import evaluation_dataset
from phystd_tf.data.records import load_settings
from phystd_tf.data.resizing import resize_crops
from phystd_tf.data.selection import PreparedFaces, selection_of
from phystd_tf.evaluation import trace_quality as quality
from phystd_tf.face.crop import CropBox, crop
from phystd_tf.hparams import HParams
from phystd_tf.networks.network import Network
from phystd_tf.networks.outputs import traced_outputs
from phystd_tf.physics.bands import decompose
from phystd_tf.synthetic import truth

_BATCH = 16
_OF_SPOOFS = (
    "psnr_input", "psnr_gain", "fitted_psnr_input", "fitted_psnr", "fitted_psnr_gain", "ssim_input", "ssim_gain",
    "energy_inside", "area_inside",
)  # fmt: skip


def measure_split(
    generator: Network,
    faces: PreparedFaces,
    truth_folder: str,
    split: str,
    progress: Optional[Callable[[int], None]] = None,
) -> pd.DataFrame:
    """The trace quality of every face of a split.

    A live face is its own truth: its trace should be zero.

    Args:
      generator: Network.
      faces: path of a prepared folder, or a Selection of its faces.
      truth_folder: folder of the embedded dataset from which they were prepared, with its truth.
      split: "train", "dev" or "test".
      progress: called after each batch with its number of faces.

    Returns:
      One row per face, with the KEYS and MEASURES of ``trace_quality``.

    Raises:
      TruthError: if the truth of a face is missing or lacks what is measured.
      PreparedFolderError: if the prepared folder or the split is missing.
    """
    outputs = traced_outputs(generator, alpha0=0.0)
    selection = selection_of(faces)
    prepared_size = load_settings(selection.prepared)["image_size"]
    manifest = {(row["clip"], int(row["frame"])): row for row in selection.rows(split)}
    measured: list[dict[str, object]] = []
    for images, info in evaluation_dataset(selection, generator.hparams, split, _BATCH):
        clips = [clip.decode("utf-8", "surrogateescape") for clip in info["clip"].numpy()]
        rows = [manifest[key] for key in zip(clips, info["frame"].numpy().tolist())]
        live, covered = zip(*(_true_crops(truth_folder, row, prepared_size) for row in rows))
        size = generator.hparams.image_size
        is_live = np.array([row["label"] == "1" for row in rows])[:, None, None, None]
        live = tf.where(is_live, images, resize_crops(np.stack(live), size))
        covered = resize_crops(np.stack(covered), size).numpy()
        for row, values in zip(rows, _measures(images, live, covered, outputs(images), generator.hparams)):
            if row["label"] == "1":  # a live face has nothing to gain
                values.update(dict.fromkeys(_OF_SPOOFS, np.nan))
            keys = {name: row[name] for name in quality.KEYS}
            measured.append({**keys, "frame": int(row["frame"]), "label": int(row["label"]), **values})
        if progress is not None:
            progress(len(rows))
    return pd.DataFrame(measured, columns=[*quality.KEYS, *quality.MEASURES])


def _true_crops(truth_folder: str, row: Mapping[str, str], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The live face [S, S, 3] and the covered region [S, S, 1] in the crop of a face, float32; zeros for live faces."""
    if row["label"] == "1":
        return np.zeros((size, size, 3), np.float32), np.zeros((size, size, 1), np.float32)
    path = truth.truth_path(truth_folder, row["clip"], int(row["frame"]))
    found = truth.read(path)
    if found.live_camera is None or found.covered is None:
        raise truth.TruthError(f"{path} does not hold the truth of a spoof; make the faces again with --truth=camera")
    box = CropBox(*(float(row[name]) for name in ("left", "top", "side")))
    live = crop(found.live_camera, box, size).astype(np.float32) / 255
    covered = crop(np.repeat(np.uint8(np.round(found.covered * 255)), 3, -1), box, size)[..., :1]
    return live, covered.astype(np.float32) / 255


def _measures(
    images: tf.Tensor, live: tf.Tensor, covered: np.ndarray, out: Mapping[str, tf.Tensor], hparams: HParams
) -> Iterator[dict[str, float]]:
    """The MEASURES of each face of a batch; ``summarize_quality`` treats NaN as missing."""
    trace = out["overall_trace"]
    reconstruction = tf.clip_by_value(out["reconstruction"], 0.0, 1.0)
    estimated = decompose(trace, hparams.n1, hparams.n2)
    true_trace = (images - live).numpy()
    true = decompose(true_trace, hparams.n1, hparams.n2)
    ssim_input, ssim = (tf.image.ssim(image, live, max_val=1.0).numpy() for image in (images, reconstruction))
    for index in range(len(covered)):
        pair, true_live = (images[index].numpy(), reconstruction[index].numpy()), live[index].numpy()
        before, after = (quality.psnr(image, true_live) for image in pair)
        fitted_before, fitted_after = (quality.psnr(quality.fit_color(image, true_live), true_live) for image in pair)
        region = quality.strong_region(true_trace[index])
        yield {
            "psnr_input": before,
            "psnr": after,
            "psnr_gain": after - before,
            "fitted_psnr_input": fitted_before,
            "fitted_psnr": fitted_after,
            "fitted_psnr_gain": fitted_after - fitted_before,
            "ssim_input": float(ssim_input[index]),
            "ssim": float(ssim[index]),
            "ssim_gain": float(ssim[index] - ssim_input[index]),
            **{
                f"corr_{band}": quality.correlation(getattr(estimated, band)[index], getattr(true, band)[index])
                for band in estimated._fields
            },
            "iou_P": quality.region_iou(out["P"][index].numpy(), covered[index]),
            "energy": quality.trace_energy(trace[index]),
            "energy_inside": quality.energy_inside(trace[index].numpy(), region),
            "area_inside": float(region.mean()),
        }
