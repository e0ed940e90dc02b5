"""How accurate the disentangled traces are, if the truth is known (embedded data).

The field measures only decisions, since the true trace of a photographed spoof
is unknown. Here, each spoof has its live counterpart, seen by the same camera,
and its true covered region. Everything is measured on the crops that the model
sees; none of it is used in training.
"""

import os
from collections.abc import Mapping
from typing import Any, Optional

import numpy as np
import pandas as pd
from tabulate import tabulate

from phystd_tf.evaluation.score_details import read_details
from phystd_tf.evaluation.score_lines import ScoreFileError, check_lines
from phystd_tf.files.atomic import replacing
from phystd_tf.files.digest import file_sha256

KEYS = ("clip", "frame", "subject", "type", "label")
# Measures of a face; those that a face does not have (a region where nothing is covered) are empty.
MEASURES = (
    "psnr_input", "psnr", "psnr_gain", "fitted_psnr_input", "fitted_psnr", "fitted_psnr_gain",
    "ssim_input", "ssim", "ssim_gain", "corr_low", "corr_mid", "corr_high", "iou_P",
    "energy", "energy_inside", "area_inside",
)  # fmt: skip
# Squared error of rounding to 8 bits: no image is known more exactly, so no PSNR is above 59 dB.
_ROUNDING = (1 / 255) ** 2 / 12
_COVERED = 0.5


def psnr(image: np.ndarray, reference: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of images in [0, 1] of the same shape; at most 59 dB, the limit of 8 bits."""
    return float(-10 * np.log10(np.mean(np.square(np.float64(image) - reference)) + _ROUNDING))


def fit_color(image: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Applies the gain and offset to each channel of an image that bring it closest to a reference.

    White balance and exposure of a photograph of a spoof differ from those of the live face, and cannot be known from
    the photograph. With this fit for both the input and the reconstruction, PSNR measures the rest.

    Args:
      image: [N, N, 3] float.
      reference: the same shape.

    Returns:
      [N, N, 3] float64, not clipped. A constant channel gets only an offset.
    """
    x, y = np.float64(image).reshape(-1, image.shape[-1]), np.float64(reference).reshape(-1, image.shape[-1])
    x_mean, y_mean = x.mean(0), y.mean(0)
    variance = np.square(x - x_mean).mean(0)
    covariance = ((x - x_mean) * (y - y_mean)).mean(0)
    gain = np.divide(covariance, variance, out=np.zeros_like(covariance), where=variance > 1e-12)
    return ((x - x_mean) * gain + y_mean).reshape(image.shape)


def correlation(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Pearson correlation over all elements of two traces of the same shape; NaN if either is constant."""
    a, b = np.float64(estimate).ravel(), np.float64(truth).ravel()
    a, b = a - a.mean(), b - b.mean()
    norm = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / norm) if norm > 1e-9 else float("nan")


def region_iou(P: np.ndarray, covered: np.ndarray) -> float:
    """Intersection over union of P > 0.5 with the true covered region > 0.5.

    Args:
      P: [...] in [0, 1].
      covered: the same shape; NaN is returned if it covers nothing.
    """
    estimated, true = P > _COVERED, covered > _COVERED
    if not true.any():
        return float("nan")
    return float((estimated & true).sum() / (estimated | true).sum())


def trace_energy(trace: np.ndarray) -> float:
    """Mean square of an overall trace: the squared intensity of Eq. (2) per element."""
    return float(np.mean(np.square(np.float64(trace))))


def strong_region(trace: np.ndarray) -> np.ndarray:
    """The region of a trace: [N, N] bool, the pixels whose magnitude is above the root mean square over the crop.

    Args:
      trace: [N, N, c] float.
    """
    square = np.square(np.float64(trace)).sum(-1)
    return square > square.mean()


def energy_inside(trace: np.ndarray, region: np.ndarray) -> float:
    """Share of the energy of a trace within a region; NaN for a trace without energy or an empty region.

    Args:
      trace: [N, N, c] float.
      region: [N, N] bool. An evenly spread trace has the share of its area.
    """
    square = np.square(np.float64(trace)).sum(-1)
    if not region.any() or square.sum() < 1e-12:
        return float("nan")
    return float(square[region].sum() / square.sum())


def summarize_quality(faces: pd.DataFrame, seed: int = 0, rounds: int = 1000) -> dict[str, Any]:
    """Means of each measure by type, with 95 % intervals over subjects.

    Args:
      faces: one row per face with KEYS and MEASURES; a measure that a face does not have is empty.
      seed: seed of the bootstrap, which draws subjects with replacement.
      rounds: number of draws.

    Returns:
      ``types``: for each type, live first, ``faces``, ``clips``, ``subjects`` and for
      each measure that exists ``{"mean", "low", "high"}`` (low and high are None for
      a single subject); ``live_to_spoof_energy``: the mean energy of live faces relative
      to that of spoof faces, None if one of them is missing.
    """
    types = {}
    for kind in sorted(faces["type"].unique(), key=lambda name: (name != "live", name)):
        chosen = faces[faces["type"] == kind]
        entry: dict[str, Any] = {
            "faces": len(chosen),
            "clips": int(chosen["clip"].nunique()),
            "subjects": int(chosen["subject"].nunique()),
        }
        for name in MEASURES:
            known = chosen[chosen[name].notna()]
            if len(known):
                entry[name] = _mean_and_interval(known["subject"].to_numpy(str), known[name].to_numpy(), seed, rounds)
        types[str(kind)] = entry
    live, spoof = (faces.loc[faces["label"] == label, "energy"] for label in (1, 0))
    ratio = float(live.mean() / spoof.mean()) if len(live) and len(spoof) and spoof.mean() > 0 else None
    return {"types": types, "live_to_spoof_energy": ratio}


def quality_table(summary: Mapping[str, Any]) -> str:
    """The result of ``summarize_quality`` as lines for people; only the PSNR gain has its interval."""
    columns = (
        ("PSNR gain dB", "psnr_gain", 1, 2), ("95 % over subjects", None, 1, 2),
        ("color-free gain", "fitted_psnr_gain", 1, 2), ("SSIM gain", "ssim_gain", 1, 3),
        ("r low", "corr_low", 1, 2), ("r mid", "corr_mid", 1, 2), ("r high", "corr_high", 1, 2),
        ("IoU(P)", "iou_P", 1, 2), ("energy e-3", "energy", 1e3, 2),
        ("inside", "energy_inside", 1, 2), ("area", "area_inside", 1, 2),
    )  # fmt: skip
    rows = []
    for kind, entry in summary["types"].items():
        cells = []
        for _, name, scale, digits in columns:
            value = entry.get(name or "psnr_gain")
            if value is None or (name is None and value["low"] is None):
                cells.append("-")
            elif name is None:
                cells.append(f"{value['low']:.2f} to {value['high']:.2f}")
            else:
                cells.append(f"{scale * value['mean']:.{digits}f}")
        rows.append([kind, str(entry["faces"]), str(entry["subjects"]), *cells])
    headers = ["type", "faces", "people", *(title for title, *_ in columns)]
    align = ["left", *["right"] * (len(headers) - 1)]
    lines = [tabulate(rows, headers, tablefmt="plain", disable_numparse=True, colalign=align)]
    ratio = summary["live_to_spoof_energy"]
    lines.append(f"trace energy, live / spoof: {'undefined' if ratio is None else f'{ratio:.2f}'}")
    return "\n".join(lines)


def quality_path(scores_path: str) -> str:
    """The path of the measures of a score file: test.traces.csv next to test.csv."""
    return f"{os.path.splitext(scores_path)[0]}.traces.csv"


def write_quality(faces: pd.DataFrame, path: str) -> None:
    """Writes the measures of faces atomically."""
    with replacing(path) as temporary:
        faces.to_csv(temporary, index=False, float_format="%.6g")


def read_quality(scores: pd.DataFrame, scores_path: str) -> Optional[pd.DataFrame]:
    """Reads the measures stored next to a score file; None if there are none.

    Raises:
      ScoreFileError: if they are damaged, changed, or of other faces than the scores.
    """
    path = quality_path(scores_path)
    if not os.path.exists(path):
        return None
    try:
        check_lines(path)
        faces = pd.read_csv(
            path, dtype={"clip": str, "subject": str, "type": str}, keep_default_na=False, na_values=[""]
        )
        faces[list(MEASURES)] = faces[list(MEASURES)].astype(float)
        faces = faces[[*KEYS, *MEASURES]]
    except (OSError, ValueError, KeyError, pd.errors.ParserError) as error:
        raise ScoreFileError(f"{path}: not a file of trace measures ({error}); score again") from error
    keys = [set(zip(table["clip"], table["frame"])) for table in (faces, scores)]
    if keys[0] != keys[1] or len(faces) != len(scores):
        raise ScoreFileError(f"{path} is of other faces than {scores_path}; score again, or remove it")
    details = read_details(scores_path)
    if details and "traces" in details.sha256 and details.sha256["traces"] != file_sha256(path):
        raise ScoreFileError(f"{path} was changed or replaced after {scores_path}; score again, or remove it")
    return faces


def _mean_and_interval(subjects: np.ndarray, values: np.ndarray, seed: int, rounds: int) -> dict[str, Optional[float]]:
    names, index = np.unique(subjects, return_inverse=True)
    sums, counts = np.bincount(index, values), np.bincount(index)
    low = high = None
    if len(names) > 1:
        drawn = np.random.default_rng(seed).integers(0, len(names), (rounds, len(names)))
        means: list[float] = sums[drawn].sum(1) / counts[drawn].sum(1)
        low, high = (float(value) for value in np.percentile(means, [2.5, 97.5]))
    return {"mean": float(values.mean()), "low": low, "high": high}
