"""Pictures of traces, and the page about a run."""

import base64
import re

import numpy as np
import pytest

from phystd_tf.errors import PhystdError
from phystd_tf.files.images import read_image, write_image
from phystd_tf.report.html_report import list_pictures, render_report, run_facts, score_tables
from phystd_tf.report.trace_panel import (
    COLUMNS,
    TRACE_GAIN,
    column_names,
    empty_sheet_row,
    sheet_row,
    trace_panel,
    trace_sheet,
)


def _outputs(size):
    zero = np.zeros((size, size, 3), np.float32)
    outputs = dict.fromkeys(("B", "C", "T", "overall_trace"), zero)
    return {**outputs, "P": np.ones((size, size, 1), np.float32), "reconstruction": zero + 0.5}


def test_a_panel_has_one_tile_a_column_and_shows_no_trace_as_grey():
    image = np.random.default_rng(0).random((128, 128, 3), np.float32)
    panel = trace_panel(image, _outputs(128))
    assert panel.dtype == np.uint8 and panel.shape[1] == len(COLUMNS) * (128 + 2)
    tiles = [panel[18:, 130 * index : 130 * index + 128] for index in range(len(COLUMNS))]
    np.testing.assert_array_equal(tiles[0], np.rint(image * 255).astype(np.uint8))
    for name, level in (("B", 128), ("P", 255), ("reconstruction", 128), ("overall trace", 128)):
        assert np.all(tiles[COLUMNS.index(name)] == level), name


def test_traces_are_amplified_and_clipped():
    outputs = _outputs(128)
    outputs["T"] = outputs["T"] + 0.1
    outputs["B"] = outputs["B"] - 9.0
    panel = trace_panel(np.zeros((128, 128, 3), np.float32), outputs, "a title")
    row = panel[60]
    assert row[130 * COLUMNS.index("T") + 5, 0] == round(255 * (0.5 + 0.05 * TRACE_GAIN))
    assert row[130 * COLUMNS.index("B") + 5, 0] == 0
    assert panel.shape[0] == trace_panel(np.zeros((128, 128, 3), np.float32), outputs).shape[0] + 18


def test_small_faces_are_enlarged():
    assert trace_panel(np.zeros((32, 32, 3), np.float32), _outputs(32)).shape[1] == len(COLUMNS) * 130


def test_a_sheet_has_two_faces_in_a_row_and_the_pictures_of_the_panel():
    faces = [np.full((64, 64, 3), level, np.float32) for level in (0.2, 0.4, 0.6)]
    sheet = trace_sheet([sheet_row(face, _outputs(64), "a title", tile=32) for face in faces])
    row_height, row_width = 32 + 18, len(COLUMNS) * (32 + 2) + 12
    assert empty_sheet_row("no_face", tile=32).shape == (row_height, row_width - 12, 3)
    names, sheet = sheet[:18], sheet[18:]
    assert sheet.shape == (2 * row_height, 2 * row_width, 3) and sheet.dtype == np.uint8
    for column in range(len(COLUMNS)):
        assert names[:, 34 * column :][:, :32].min() < 128  # a name, above both faces
        np.testing.assert_array_equal(names[:, 34 * column :][:, :32], names[:, row_width + 34 * column :][:, :32])
    for face, (top, left) in zip(faces, ((0, 0), (0, row_width), (row_height, 0))):
        tiles = sheet[top + 18 : top + row_height, left : left + row_width]
        assert np.all(tiles[:, :32] == round(255 * face[0, 0, 0]))
        place = 34 * COLUMNS.index("reconstruction")
        assert np.all(tiles[:, place : place + 32] == 128)
    assert np.all(sheet[row_height:, row_width:] == 255)  # blank if there is no face


def test_the_names_of_columns_are_written_within_their_column():
    names = column_names(80)
    assert names.shape == (18, len(COLUMNS) * 82, 3)
    for column in range(len(COLUMNS)):
        ink = np.flatnonzero((names[:, 82 * column : 82 * column + 82] < 128).any(axis=(0, 2)))
        assert 0 < ink.min() and ink.max() < 79  # the longest ones are smaller, not cut off


def _summary(**changes):
    summary = {
        "eer": 0.05, "apcer": 0.5, "bpcer": 0.02, "acer": 0.26, "tdr_at_fdr": None, "fdr": 0.005,
        "num_live": 100, "num_spoof": 40, "num_subjects": 20, "level": "clip", "threshold": 0.1,
        "threshold_source": "EER on dev.csv", "apcer_by_type": {"print": 0.5}, "eer_by_type": {"print": 0.25},
        "num_by_type": {"print": 40}, "warnings": ["a warning <b>"],
    }  # fmt: skip
    return {**summary, **changes}


def test_the_page_says_what_was_trained_on_what(tmp_path):
    picture = np.full((16, 16, 3), (40, 90, 200), np.uint8)
    write_image(picture, str(tmp_path / "face.png"))
    hparams = {"preset": "small", "ablation": "full", "image_size": 128, "max_iterations": 10, "batch_size": 8}
    commands = [
        {"data": "prepared", "faces": {"train": {"live": 3, "spoof": 4}}, "seed": 5, "versions": {"numpy": "1"}}
    ]
    facts = {"note": "rendered faces", **run_facts(hparams, commands)}
    page = render_report(facts, score_tables(_summary()), list_pictures(str(tmp_path)))
    for text in ("rendered faces", "train: 3 live, 4 spoof", "100 live and 40 spoof clips of 20", "EER on dev.csv"):
        assert text in page
    assert '<td class="number">50.00</td>' in page and "undefined" in page
    assert "a warning &lt;b&gt;" in page
    (data,) = re.findall('src="data:image/jpeg;base64,([^"]*)"', page)
    (tmp_path / "embedded.jpg").write_bytes(base64.b64decode(data))
    np.testing.assert_allclose(read_image(str(tmp_path / "embedded.jpg")), picture, atol=4)


def test_missing_pictures_are_named(tmp_path):
    with pytest.raises(PhystdError, match="no such folder of pictures"):
        list_pictures(str(tmp_path / "nowhere"))
    with pytest.raises(PhystdError, match="gone.png"):
        render_report({}, {}, [str(tmp_path / "gone.png")])


def test_the_page_says_how_right_the_traces_are():
    measured = {"mean": 0.00125, "low": 0.001, "high": 0.002}
    alone = {"mean": 1.5, "low": None, "high": None}
    types = {
        "live": {"faces": 3, "clips": 2, "subjects": 2, "energy": measured},
        "print": {"faces": 4, "clips": 2, "subjects": 1, "energy": measured, "psnr_gain": alone},
    }
    quality = {"types": types, "live_to_spoof_energy": 0.25}
    tables = score_tables(_summary(trace_quality=quality))
    (title,) = [title for title in tables if "truth" in title]
    assert "0.25 of that of spoof" in title
    live, spoof = tables[title]
    assert live["energy 1e-3"] == "1.25 (1.00 to 2.00)" and live["PSNR gain dB"] == "-"
    assert spoof["PSNR gain dB"] == "1.50" and spoof["subjects"] == 1
    assert '1.25 <span class="interval">(1.00 to 2.00)</span>' in render_report({}, tables, [])
    assert not any("truth" in title for title in score_tables(_summary()))


def test_rates_have_their_intervals():
    intervals = {"eer_interval95": [0.03, 0.0712], "intervals95": {"apcer": [0.4, 0.6], "bpcer": None}}
    ((_, rows),) = [item for item in score_tables(_summary(**intervals)).items() if item[0].startswith("Error")]
    shown = {row["rate"]: row["95 % over subjects"] for row in rows}
    assert shown["EER"] == "3.00 to 7.12" and shown["APCER (worst type)"] == "40.00 to 60.00"
    assert shown["BPCER"] == shown["ACER"] == "-"
