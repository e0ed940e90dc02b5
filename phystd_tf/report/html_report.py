"""A page that says what was trained on which data and how well it performs, and shows why."""

import base64
import os
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from phystd_tf.errors import PhystdError
from phystd_tf.files.images import jpeg_of, read_image
from phystd_tf.report.page import render_page

# At the start of every page, including those of earlier versions.
MARK = b"<title>PhySTD report</title>"
TEMPLATE = os.path.join(os.path.dirname(__file__), "assets", "report.html.j2")


def render_report(
    facts: Mapping[str, Any],
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    pictures: Sequence[str],
    curves: Optional[Mapping[str, Any]] = None,
    explorer: Optional[Mapping[str, Any]] = None,
) -> str:
    """The report as one self-contained HTML page, which loads nothing from elsewhere.

    Args:
      facts: what was done, by name, in display order.
      tables: by title, rows with the same columns; text after a colon in a title is shown below it.
      pictures: paths of photographs or pictures, embedded into the page as JPEG.
      curves: from ``phystd_tf.report.curves``; None for a page without curves.
      explorer: from ``phystd_tf.explorer.samples``, with ``rules``, sentences for readers; None for none.

    Returns:
      HTML text.

    Raises:
      PhystdError: if jinja2 is not installed or a picture cannot be read.
    """
    shown = [_embedded(path) for path in pictures]
    return render_page(TEMPLATE, facts=facts, tables=tables, pictures=shown, curves=curves, explorer=explorer)


def run_facts(hparams: Mapping[str, Any], commands: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was trained on which data, from hparams.json and commands.json of a run folder."""
    last = commands[-1]
    faces = [f"{split}: {count['live']} live, {count['spoof']} spoof" for split, count in last["faces"].items()]
    return {
        "preset": f"{hparams['preset']}, ablation {hparams['ablation']}, {hparams['image_size']} px",
        "trained on": last["data"],
        "faces": "; ".join(faces),
        "iterations": f"{hparams['max_iterations']} of {hparams['batch_size']} faces",
        "seed": last["seed"],
        "versions": ", ".join(f"{name} {version}" for name, version in last["versions"].items()),
    }


def score_tables(summary: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tables of the report from the error rates of ``phystd_tf.evaluation.summary``."""
    percent = {
        "EER": ("eer", summary["eer"]),
        "APCER (worst type)": ("apcer", summary["apcer"]),
        "BPCER": ("bpcer", summary["bpcer"]),
        "ACER": ("acer", summary["acer"]),
        f"TDR@FDR={100 * summary['fdr']:g} %": ("", summary["tdr_at_fdr"]),
    }
    intervals = {"eer": summary.get("eer_interval95"), **summary.get("intervals95", {})}
    over = (
        f"{summary['num_live']} live and {summary['num_spoof']} spoof {summary['level']}s of {summary['num_subjects']} "
        f"held-out subjects; threshold {summary['threshold']:.5f} from {summary['threshold_source']}"
    )
    types = [
        {
            "type": kind,
            "APCER %": _percent(rate),
            "EER %": _percent(summary["eer_by_type"].get(kind)),
            "number": summary["num_by_type"][kind],
        }
        for kind, rate in summary["apcer_by_type"].items()
    ]
    tables: dict[str, list[dict[str, Any]]] = {}
    if summary["warnings"]:
        tables["Warnings"] = [{"warning": warning} for warning in summary["warnings"]]
    tables |= {
        f"Error rates: {over}": [
            {"rate": name, "%": _percent(value), "95 % over subjects": _between(intervals.get(key))}
            for name, (key, value) in percent.items()
        ],
        "By type of spoof": types,
    }
    if summary.get("trace_quality"):
        tables.update(quality_tables(summary["trace_quality"]))
    return tables


# Columns of the report: title, measure, factor, digits.
_QUALITY = (
    ("PSNR gain dB", "psnr_gain", 1, 2), ("SSIM gain", "ssim_gain", 1, 3), ("r low", "corr_low", 1, 2),
    ("r mid", "corr_mid", 1, 2), ("r high", "corr_high", 1, 2), ("IoU(P)", "iou_P", 1, 2),
    ("energy 1e-3", "energy", 1e3, 2),
)  # fmt: skip


def quality_tables(quality: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The accuracy of the traces: means and 95 % intervals of ``evaluation.trace_quality.summarize_quality``."""
    rows = []
    for kind, entry in quality["types"].items():
        row: dict[str, Any] = {"type": kind, "faces": entry["faces"], "subjects": entry["subjects"]}
        for title, name, factor, digits in _QUALITY:
            value = entry.get(name)
            row[title] = "-" if value is None else _with_interval(value, factor, digits)
        rows.append(row)
    ratio = quality["live_to_spoof_energy"]
    note = "" if ratio is None else f"; trace energy of live faces is {ratio:.2f} of that of spoof faces"
    return {f"Traces against the truth: mean and 95 % over subjects{note}": rows}


def _with_interval(value: Mapping[str, Any], factor: float, digits: int) -> str:
    mean = f"{factor * value['mean']:.{digits}f}"
    if value["low"] is None:
        return mean
    return f"{mean} ({factor * value['low']:.{digits}f} to {factor * value['high']:.{digits}f})"


def _percent(value: Optional[float]) -> Optional[float]:
    return None if value is None else round(100.0 * value, 2)


def _between(interval: Optional[Sequence[float]]) -> str:
    return "-" if interval is None else " to ".join(f"{100 * end:.2f}" for end in interval)


def list_pictures(folder: str) -> list[str]:
    """The PNG files of a folder, sorted.

    Raises:
      PhystdError: if the folder is missing.
    """
    if not os.path.isdir(folder):
        raise PhystdError(f"{folder}: no such folder of pictures; run `python -m tools.disentangle` first")
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".png"))


def _embedded(path: str) -> dict[str, str]:
    data = base64.b64encode(jpeg_of(read_image(path))).decode("ascii")  # a sixth of the size of the PNG
    return {"name": os.path.splitext(os.path.basename(path))[0], "data": data}
