"""Summaries of one score file, as data and as tables: error rates at one threshold, and mean terms by type."""

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
import pandas as pd
from tabulate import tabulate

from phystd_tf.evaluation import metrics
from phystd_tf.evaluation.intervals import eer_interval, rate_intervals
from phystd_tf.files.names import folded
from phystd_tf.liveness import TERMS, TRACE_TERMS
from phystd_tf.spoof_types import LIVE

# Scores that hardly differ come from a model that has learned nothing.
_TINY_SPREAD = 1e-4
# An area under the curve between 0.5 (chance) and this one deserves a remark.
_NEAR_CHANCE = 0.6
# The false detection rates at which the field reports TDR, in addition to the requested one.
USUAL_FDRS = (0.005, 0.01, 0.02)


def summarize(
    test: pd.DataFrame,
    threshold: float,
    threshold_source: str,
    fdr: float,
    dev: Optional[pd.DataFrame] = None,
    seed: int = 0,
    dev_split: str = "dev",
) -> dict[str, Any]:
    """Error rates of scores at a threshold that was chosen elsewhere.

    Args:
      test: one row per presentation: subject, type, label, score.
      threshold: live is ``score >= threshold``.
      threshold_source: where the threshold comes from, for the table.
      fdr: false detection rate of TDR@FDR (TPR@FNR in Tables 3 to 5).
      dev: scores whose live faces set the threshold of TDR@FDR; None to take
        those of ``test``.
      seed: seed of the bootstrap.
      dev_split: the split that ``dev`` is of; "train" for datasets without dev. Only named, in texts.

    Returns:
      Name -> value; rates are fractions, None if undefined. TDR@FDR is given twice: ``tdr_at_dev_threshold`` is what a
      user gets, ``tdr_at_roc_point`` what the field reports, with the threshold from the live faces of ``test``;
      ``tdr_at_fdr`` is the former, or without ``dev`` the latter. ``hter`` is what the paper calls the overall ACER of
      Tables 3 and 5 (Sec. 4.5), ``acer`` is that of the standard, with the worst type. ``eer_of_parts`` is the EER of
      the ``depth`` and of the ``traces`` of Eq. (10), each alone, if ``test`` has them.
    """
    labels, scores, types = test["label"].to_numpy(), test["score"].to_numpy(), test["type"].to_numpy()
    live, spoof = scores[labels == 1], scores[labels == 0]
    both = len(live) and len(spoof)
    by_type = metrics.apcer_by_type(labels, scores, types, threshold)
    eer_by_type = {}
    for kind in by_type if len(live) else ():
        chosen = (labels == 1) | (types == kind)
        eer_by_type[kind] = metrics.equal_error_rate(labels[chosen], scores[chosen]).eer
    bpcer = metrics.bpcer(live, threshold)
    pooled = metrics.apcer(spoof, threshold)
    reference = live if dev is None else dev["score"][dev["label"] == 1].to_numpy()
    reference_split = "test" if dev is None else dev_split
    fdr_threshold = metrics.threshold_at_fdr(reference, fdr) if len(reference) else None
    roc_threshold = metrics.threshold_at_fdr(live, fdr) if len(live) else None
    dev_threshold = None if dev is None else fdr_threshold
    subjects = test.groupby("type")["subject"].nunique()

    def detected(at: Optional[float]) -> Optional[float]:
        return None if at is None else metrics.tdr(spoof, at)

    def detected_by_type(at: Optional[float]) -> dict[str, float]:
        return {} if at is None else metrics.tdr_by_type(labels, scores, types, at)

    return {
        "threshold": float(threshold),
        "threshold_source": threshold_source,
        "num_live": len(live),
        "num_spoof": len(spoof),
        "num_by_type": {kind: int((types == kind).sum()) for kind in by_type},
        "num_subjects": int(test["subject"].nunique()),
        "num_subjects_by_type": {kind: int(subjects[kind]) for kind in by_type},
        "num_live_subjects": int(subjects.get(LIVE, 0)),
        "eer": metrics.equal_error_rate(labels, scores).eer if both else None,
        "eer_interval95": eer_interval(test, seed) if both else None,
        "intervals95": rate_intervals(test, threshold, seed),
        "eer_by_type": eer_by_type,
        "eer_of_parts": _eer_of_parts(test) if both else {},
        "auc": metrics.area_under_curve(labels, scores) if both else None,
        "apcer_by_type": by_type,
        "apcer": metrics.worst_apcer(by_type),
        "bpcer": bpcer,
        "acer_by_type": metrics.acer_by_type(by_type, bpcer),
        "acer": metrics.half_total(metrics.worst_apcer(by_type), bpcer),
        "pooled_spoof_accept_rate": pooled,
        "hter": metrics.half_total(pooled, bpcer),
        "fdr": fdr,
        "tdr_at_fdr": detected(fdr_threshold),
        "tdr_at_dev_threshold": detected(dev_threshold),
        "tdr_at_dev_threshold_by_type": detected_by_type(dev_threshold),
        "tdr_at_roc_point": detected(roc_threshold),
        "tdr_at_roc_point_by_type": detected_by_type(roc_threshold),
        "roc_point_threshold": roc_threshold,
        "fdr_reached": None if fdr_threshold is None else metrics.bpcer(live, fdr_threshold),
        "tdr_threshold": fdr_threshold,
        "tdr_at_usual_fdrs": _usual_tdrs(reference, spoof),
        "tdr_threshold_source": f"{len(reference)} {reference_split} live",
        "warnings": [
            *_warnings(test, dev, dev_split),
            *_resolution_warning(len(reference), fdr, reference_split),
            *(_resolution_warning(len(live), fdr, "test") if dev is not None else ()),
        ],
    }


def _eer_of_parts(test: pd.DataFrame) -> dict[str, float]:
    if not set(TERMS) <= set(test):
        return {}
    # Traces are spoof traces: stronger ones are less live, whatever alpha0 is.
    parts = {"depth": test["depth"], "traces": -test[list(TRACE_TERMS)].sum(axis=1)}
    labels = test["label"].to_numpy()
    return {name: metrics.equal_error_rate(labels, part.to_numpy()).eer for name, part in parts.items() if part.any()}


def as_table(summary: dict[str, Any]) -> str:
    """The summary, with a ``level``, as lines for people; percentages say what they are taken over."""
    live, spoof = summary["num_live"], summary["num_spoof"]
    notes = {
        name: f" (95 % over subjects: {_percent(interval[0])} to {_percent(interval[1])})" if interval else ""
        for name, interval in {"eer": summary["eer_interval95"], **summary["intervals95"]}.items()
    }
    lines = [
        f"{summary['level']}s: {live} live, {spoof} spoof, {summary['num_subjects']} subjects",
        f"threshold {summary['threshold']:.5f} from {summary['threshold_source']}; live when score >= threshold",
        "",
    ]
    fdr, dev = f"TDR@FDR={100 * summary['fdr']:g} %", summary["tdr_at_dev_threshold"]
    flagged = ("live flagged at that", summary["fdr_reached"], f"{live} live")
    chosen_on = summary["tdr_threshold_source"].split()[1]  # "dev", or "train" if there is no dev
    on_dev = (f"{fdr}, {chosen_on} threshold", dev, f"{spoof} spoof, threshold from {summary['tdr_threshold_source']}")
    on_roc = (f"{fdr}, test ROC", summary["tdr_at_roc_point"], f"{spoof} spoof, threshold from {live} test live")
    worst = max(summary["apcer_by_type"], key=summary["apcer_by_type"].get, default="")
    rates = (
        ("EER", summary["eer"], f"{live} live, {spoof} spoof{notes['eer']}"),
        ("APCER (worst type)", summary["apcer"], f"{summary['num_by_type'].get(worst, 0)} {worst}{notes['apcer']}"),
        ("BPCER", summary["bpcer"], f"{live} live{notes['bpcer']}"),
        ("ACER", summary["acer"], f"(APCER + BPCER) / 2{notes['acer']}"),
        ("pooled spoof accept rate", summary["pooled_spoof_accept_rate"], f"{spoof} spoof"),
        ("HTER", summary["hter"], f"(pooled + BPCER) / 2; overall ACER of SiW-M{notes['hter']}"),
        *((on_dev, flagged, on_roc) if dev is not None else (on_roc, flagged)),
        ("AUC", summary["auc"], f"{live} live, {spoof} spoof"),
    )
    rows = [(name, _percent(value), over) for name, value, over in rates]
    lines.append(_table(rows, ("rate", "%", "over"), ("left", "right", "left")))
    usual = ", ".join(
        f"{_percent(value)} at {100 * float(at):g} %" for at, value in summary["tdr_at_usual_fdrs"].items()
    )
    lines.append(f"TDR % at FDR: {usual or 'undefined'}")
    if summary["eer_of_parts"]:
        parts = ", ".join(f"{_percent(value)} of the {name}" for name, value in summary["eer_of_parts"].items())
        lines.append(f"EER % of parts of the score alone: {parts}")
    columns = {
        "APCER %": "apcer_by_type",
        "ACER %": "acer_by_type",
        "EER %": "eer_by_type",
        **({f"TDR %, {chosen_on}": "tdr_at_dev_threshold_by_type"} if dev is not None else {}),
        "TDR %, ROC": "tdr_at_roc_point_by_type",
    }
    types = [
        (
            kind,
            *(_percent(summary[rates].get(kind)) for rates in columns.values()),
            str(summary["num_by_type"][kind]),
            str(summary["num_subjects_by_type"][kind]),
        )
        for kind in summary["apcer_by_type"]
    ]
    header = ("type", *columns, "number", "subjects")
    lines += ["", _table(types, header, ("left", *["right"] * (len(header) - 1)))]
    lines += [f"warning: {warning}" for warning in summary["warnings"]]
    return "\n".join(lines)


def terms_by_type(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean terms of Eq. (10) of each type, live first.

    Args:
      scores: one row per face, with the columns ``type`` and TERMS.

    Returns:
      For each type its name, the number of faces, the mean depth term, the mean
      of the four trace terms together, and each of them.
    """
    rows: list[dict[str, Any]] = []
    for kind, faces in scores.groupby("type"):
        means = {name: float(faces[name].mean()) for name in TERMS}
        traces = sum(means[name] for name in TRACE_TERMS)
        rows.append({"type": str(kind), "faces": len(faces), "depth": means.pop("depth"), "traces": traces, **means})
    return sorted(rows, key=lambda row: (row["type"] != "live", row["type"]))


def terms_table(rows: list[dict[str, Any]]) -> str:
    """The rows of ``terms_by_type`` as lines for people."""
    numbers = [name for name in rows[0] if name not in ("type", "faces")]
    cells = [(row["type"], str(row["faces"]), *(f"{row[name]:.4f}" for name in numbers)) for row in rows]
    return _table(cells, ("type", "faces", *numbers), ("left", *["right"] * (1 + len(numbers))))


def _table(rows: Sequence[Sequence[Any]], headers: Sequence[str], align: Sequence[str]) -> str:
    if not rows:
        return "  ".join(headers)
    return tabulate(rows, headers, tablefmt="plain", disable_numparse=True, colalign=align)


def _usual_tdrs(live: np.ndarray, spoof: np.ndarray) -> dict[str, Optional[float]]:
    """TDR by FDR, for USUAL_FDRS; empty if there is no live score."""
    if not len(live):
        return {}
    return {f"{fdr:g}": metrics.tdr(spoof, metrics.threshold_at_fdr(live, fdr)) for fdr in USUAL_FDRS}


def _percent(value: Optional[float]) -> str:
    return "undefined" if value is None else f"{100 * value:.2f}"


def _warnings(test: pd.DataFrame, dev: Optional[pd.DataFrame], dev_split: str) -> list[str]:
    warnings = []
    for name, label in (("live", 1), ("spoof", 0)):
        if not (test["label"] == label).any():
            warnings.append(f"there is no {name} presentation, so the rates that need one are undefined")
    for name, scores in (("reported", test), (dev_split, dev)):
        if scores is None:
            continue
        if np.ptp(scores["score"]) < _TINY_SPREAD:
            warnings.append(f"the {name} scores hardly differ; the model may have collapsed")
        if scores["label"].nunique() < 2:
            continue
        auc = metrics.area_under_curve(scores["label"], scores["score"])
        if auc < 0.5:
            warnings.append(
                f"{name} live scores are below spoof scores, AUC {100 * auc:.1f} %; labels or scores may be reversed "
                "(nothing was flipped; --label_live and --higher_is say how to read them)"
            )
        elif auc < _NEAR_CHANCE:
            warnings.append(f"the {name} scores hardly tell live from spoof (AUC {100 * auc:.1f} %)")
    if dev is not None:
        people = [{folded(name) for name in scores["subject"].unique()} for scores in (test, dev)]
        shared = len(people[0] & people[1])
        if shared:
            warnings.append(
                f"{shared} subject(s) are in {dev_split} and in the reported scores; the rates may be too good"
            )
    return warnings


def _resolution_warning(num_live: int, fdr: float, split: str) -> list[str]:
    if not 0 < num_live * fdr < 1:
        return []
    name = f"TDR@FDR={100 * fdr:g} %"
    return [f"{name} cannot be resolved by {num_live} {split} live: none may be flagged (needs {1 / fdr:.0f})"]
