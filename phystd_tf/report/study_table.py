"""Many evaluated models side by side: mean and spread over seeds, as data and as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

import numpy as np
from tabulate import tabulate

from phystd_tf.spoof_types import PARTIALS, PRINT, REPLAY


class Outcome(NamedTuple):
    """The result of training one model once.

    Attributes:
      model: what was trained, a row of the table, such as "full".
      seed: seed of the training.
      iterations: length of the training.
      metrics: output of ``tools.evaluate``; also ``losses``, the last row of the training's history.
    """

    model: str
    seed: int
    iterations: int
    metrics: Mapping[str, Any]


_NONE: Mapping[str, Any] = {"types": {}}  # where no traces were measured

# Column title -> function of the metrics of a model; None if the model has no such value.
COLUMNS = {
    "EER %": lambda m: _times(100, m["eer"]),
    "ACER %": lambda m: _times(100, m["acer"]),
    "HTER %": lambda m: _times(100, m["hter"]),
    "TDR %": lambda m: _times(100, m["tdr_at_fdr"]),
    "PSNR gain dB, mean of types": lambda m: _quality(m, "psnr_gain"),
    "print": lambda m: _quality(m, "psnr_gain", (PRINT,)),
    "replay": lambda m: _quality(m, "psnr_gain", (REPLAY,)),
    "types above 0": lambda m: _above_zero(m, "psnr_gain"),
    "color-free gain dB, mean of types": lambda m: _quality(m, "fitted_psnr_gain"),
    "color-free, print": lambda m: _quality(m, "fitted_psnr_gain", (PRINT,)),
    "color-free, replay": lambda m: _quality(m, "fitted_psnr_gain", (REPLAY,)),
    "r low": lambda m: _quality(m, "corr_low"),
    "r mid": lambda m: _quality(m, "corr_mid"),
    "r high": lambda m: _quality(m, "corr_high"),
    "energy inside / area": lambda m: _ratio(_quality(m, "energy_inside"), _quality(m, "area_inside")),
    "IoU(P) partial": lambda m: _quality(m, "iou_P", PARTIALS),
    "energy live/spoof": lambda m: (m.get("trace_quality") or {}).get("live_to_spoof_energy"),
    "L_D": lambda m: m.get("losses", {}).get("L_D"),
}

# The same for a single type: column title -> trace measure, whose mean is shown.
TRACE_COLUMNS = {
    "PSNR gain dB": "psnr_gain",
    "color-free gain dB": "fitted_psnr_gain",
    "r low": "corr_low",
    "r mid": "corr_mid",
    "r high": "corr_high",
    "energy inside": "energy_inside",
    "area": "area_inside",
    "IoU(P)": "iou_P",
}


def collect(outcomes: Sequence[Outcome], columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per model, in the order of their first outcome.

    Args:
      outcomes: any number, with one or more seeds per model.
      columns: column title -> function of the metrics.

    Returns:
      Rows of ``model``, ``iterations``, ``seeds`` (a list) and, for each column, ``{"mean", "deviation", "values"}``,
      or None if no seed has a value. The deviation is the sample standard deviation; None for a single seed.
    """
    rows = []
    for model in dict.fromkeys(outcome.model for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.model == model]
        row: dict[str, Any] = {
            "model": model,
            "iterations": own[0].iterations,
            "seeds": [outcome.seed for outcome in own],
        }
        for title, value_of in columns.items():
            values = [value for value in (value_of(outcome.metrics) for outcome in own) if value is not None]
            row[title] = _spread(values) if values else None
        rows.append(row)
    return rows


def type_columns(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Columns for ``collect``: the EER in percent of each spoof type that any outcome has."""
    kinds = dict.fromkeys(kind for outcome in outcomes for kind in outcome.metrics["eer_by_type"])
    return {kind: lambda m, kind=kind: _times(100, m["eer_by_type"].get(kind)) for kind in kinds}


def traces_by_type(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The trace measures of one model, one row per spoof type.

    Args:
      outcomes: of one model, any number of seeds.

    Returns:
      Rows of ``model`` (the name of the type), ``iterations``, ``seeds`` and the titles of ``TRACE_COLUMNS``, as from
      ``collect``; no rows if the traces were not measured.
    """
    kinds = dict.fromkeys(kind for one in outcomes for kind in (one.metrics.get("trace_quality") or _NONE)["types"])
    rows = []
    for kind in kinds:
        columns = {
            title: lambda m, kind=kind, measure=measure: _quality(m, measure, (kind,))
            for title, measure in TRACE_COLUMNS.items()
        }
        rows += collect([outcome._replace(model=kind) for outcome in outcomes], columns)
    return [row for row in rows if any(row[title] for title in TRACE_COLUMNS)]  # live faces have no true trace


def markdown(rows: Sequence[Mapping[str, Any]], first: Sequence[str] = ("model", "iterations", "seeds")) -> str:
    """Rows of ``collect`` as a table in Markdown: mean ± deviation."""
    titles = [title for title in rows[0] if title not in first]
    cells = [
        [
            *(str(len(row[name])) if name == "seeds" else str(row[name]) for name in first),
            *(_cell(row[title]) for title in titles),
        ]
        for row in rows
    ]
    return _markdown(cells, [*first, *titles], len(first))


def transposed(rows: Sequence[Mapping[str, Any]], titles: Sequence[str]) -> str:
    """Rows of ``collect`` as a table in Markdown with one column per model: for many titles and few models."""
    cells = [[title, *(_cell(row[title]) for row in rows)] for title in titles]
    return _markdown(cells, ["", *(row["model"] for row in rows)], 1)


def _markdown(cells: Sequence[Sequence[str]], headers: Sequence[str], left: int) -> str:
    align = ["left"] * left + ["right"] * (len(headers) - left)
    return tabulate(cells, headers, tablefmt="pipe", disable_numparse=True, colalign=align)


def _cell(value: Optional[Mapping[str, Any]]) -> str:
    if value is None:
        return "-"
    if value["deviation"] is None:
        return f"{value['mean']:.2f}"
    return f"{value['mean']:.2f} ± {value['deviation']:.2f}"


def _spread(values: Sequence[float]) -> dict[str, Any]:
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "deviation": deviation, "values": list(values)}


def _times(factor: float, value: Optional[float]) -> Optional[float]:
    return None if value is None else factor * value


def _means(metrics: Mapping[str, Any], measure: str, kinds: Optional[Sequence[str]] = None) -> list[float]:
    """Means of a trace measure, one for each of the kinds (None: all) that has it."""
    types = (metrics.get("trace_quality") or _NONE)["types"]
    return [types[kind][measure]["mean"] for kind in kinds or types if measure in types.get(kind, {})]


def _quality(metrics: Mapping[str, Any], measure: str, kinds: Optional[Sequence[str]] = None) -> Optional[float]:
    means = _means(metrics, measure, kinds)
    return float(np.mean(means)) if means else None


def _above_zero(metrics: Mapping[str, Any], measure: str) -> Optional[int]:
    means = _means(metrics, measure)
    return sum(mean > 0 for mean in means) if means else None


def _ratio(one: Optional[float], other: Optional[float]) -> Optional[float]:
    return one / other if one is not None and other else None
