"""Mean and spread over seeds."""

import re

import numpy as np
import pytest

from phystd_tf.report import study_table
from phystd_tf.report.study_table import COLUMNS, Outcome


def _metrics(eer, quality=None, ratio=None, types=("print", "replay")):
    """As tools.evaluate writes them; ``quality`` maps types to means of measures."""
    metrics = {
        "eer": eer, "acer": 2 * eer, "hter": eer, "tdr_at_fdr": None, "eer_by_type": dict.fromkeys(types, eer),
    }  # fmt: skip
    if quality is not None:
        kinds = {kind: {name: {"mean": mean} for name, mean in measures.items()} for kind, measures in quality.items()}
        metrics["trace_quality"] = {"types": kinds, "live_to_spoof_energy": ratio}
    return metrics


def test_mean_and_deviation_are_those_of_the_seeds():
    rates = [0.01, 0.04, 0.07]
    outcomes = [Outcome("full", seed, 900, _metrics(rate)) for seed, rate in enumerate(rates)]
    (row,) = study_table.collect(outcomes, COLUMNS)
    assert row["seeds"] == [0, 1, 2] and row["iterations"] == 900
    assert row["EER %"]["mean"] == pytest.approx(4) and row["EER %"]["deviation"] == pytest.approx(3)
    assert row["EER %"]["values"] == pytest.approx([1, 4, 7])
    assert row["ACER %"]["mean"] == pytest.approx(8)
    assert row["TDR %"] is None and row["energy live/spoof"] is None


def test_traces_are_summed_up_over_the_right_types():
    quality = {
        "live": {"energy": 0.1},
        "print": {"psnr_gain": 2.0, "fitted_psnr_gain": 1.0, "corr_low": 0.1, "corr_mid": 0.6, "corr_high": 0.2},
        "replay": {"psnr_gain": 3.0, "fitted_psnr_gain": -0.5, "corr_low": 0.3, "energy_inside": 0.4},
        "paper_glasses": {"psnr_gain": -1.0, "iou_P": 0.2, "energy_inside": 0.8, "area_inside": 0.2},
        "funny_eyeglasses": {"psnr_gain": 0.0, "iou_P": 0.6},
        "half_mask": {"iou_P": 1.0},
    }
    metrics = _metrics(0.1, quality, 0.25)
    found = {title: value_of(metrics) for title, value_of in COLUMNS.items()}
    assert found["PSNR gain dB, mean of types"] == 1 and found["types above 0"] == 2
    assert found["print"] == 2 and found["replay"] == 3
    assert found["color-free gain dB, mean of types"] == pytest.approx(0.25)
    assert found["color-free, print"] == 1 and found["color-free, replay"] == -0.5
    assert found["r low"] == pytest.approx(0.2) and found["r mid"] == 0.6 and found["r high"] == 0.2
    assert found["energy inside / area"] == pytest.approx(3)
    assert found["IoU(P) partial"] == pytest.approx(0.4) and found["energy live/spoof"] == 0.25
    assert found["L_D"] is None and COLUMNS["L_D"]({**metrics, "losses": {"L_D": 1.5, "val_L_D": 2.0}}) == 1.5
    nothing = _metrics(0.1)
    assert [title for title, value_of in COLUMNS.items() if value_of(nothing) is not None] == [
        "EER %", "ACER %", "HTER %"
    ]  # fmt: skip


def test_traces_have_one_row_per_type_and_the_spread_over_seeds():
    quality = {"live": {"energy": 0.1}, "print": {"psnr_gain": 2.0, "corr_low": 0.1}, "half_mask": {"iou_P": 0.5}}
    other = {**quality, "print": {"psnr_gain": 4.0, "corr_low": 0.3}}
    outcomes = [Outcome("full", seed, 5, _metrics(0.1, one)) for seed, one in enumerate((quality, other))]
    rows = study_table.traces_by_type(outcomes)
    assert [row["model"] for row in rows] == ["print", "half_mask"]
    assert rows[0]["PSNR gain dB"]["values"] == [2, 4] and rows[0]["r low"]["mean"] == pytest.approx(0.2)
    assert rows[0]["IoU(P)"] is None and rows[1]["IoU(P)"]["mean"] == 0.5 and rows[1]["seeds"] == [0, 1]
    assert study_table.traces_by_type([Outcome("auxiliary", 0, 5, _metrics(0.1))]) == []


def test_rows_keep_the_order_of_the_models_and_a_single_seed_has_no_deviation():
    outcomes = [
        Outcome("b", 0, 5, _metrics(0.1)),
        Outcome("a", 0, 5, _metrics(0.2, types=("print", "mannequin"))),
        Outcome("b", 1, 5, _metrics(0.3)),
    ]
    rows = study_table.collect(outcomes, study_table.type_columns(outcomes))
    assert [row["model"] for row in rows] == ["b", "a"]
    assert rows[1]["print"] == {"mean": pytest.approx(20), "deviation": None, "values": [pytest.approx(20)]}
    assert rows[1]["replay"] is None and rows[0]["mannequin"] is None
    text = study_table.markdown(rows)
    lines = [re.sub(" +", " ", line) for line in text.splitlines()]
    assert lines[0] == "| model | iterations | seeds | print | replay | mannequin |"
    assert lines[2] == f"| b | 5 | 2 | 20.00 ± {np.std([10, 30], ddof=1):.2f} | 20.00 ± 14.14 | - |"
    assert lines[3] == "| a | 5 | 1 | 20.00 | - | 20.00 |"
    assert (
        re.sub(" +", " ", study_table.transposed(rows, ["print"]).splitlines()[2])
        == "| print | 20.00 ± 14.14 | 20.00 |"
    )
