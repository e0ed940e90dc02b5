"""From rendered photographs to an exported model, by the commands that users type."""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys

import matplotlib.cbook
import numpy as np
import pytest
import skimage.data
import skimage.io

import phystd_tf
from phystd_tf.data.records import source_path
from phystd_tf.evaluation.scores import read_scores
from tests import program
from tests.documents import WIDTHS

ROOT = pathlib.Path(__file__).parent.parent.parent


def run(verb, *arguments, code=0):
    result = program.run(f"tools.{verb}", arguments)
    assert result.code in (code if isinstance(code, tuple) else (code,)), result.output
    assert "Traceback" not in result.stderr
    return result


def train(work, iterations, *more, code=0):
    sets = [f"--set={text}" for text in WIDTHS]
    return run(
        "train", f"--data={work / 'prepared'}", f"--run={work / 'run'}", "--preset=small",
        f"--iterations={iterations}", "--steps_per_epoch=2", *sets, *more, code=code,
    )  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    work = tmp_path_factory.mktemp("whole_way")
    run("make_synthetic", f"--out={work / 'faces'}", "--subjects=6", "--clips_per_subject=1", "--frames_per_clip=2",
        "--size=192", "--types=print,replay,paper_glasses", "--truth=camera")  # fmt: skip
    run("prepare", f"--root={work / 'faces'}", f"--out={work / 'prepared'}", "--image_size=128", "--map_sizes=128")
    train(work, 4)
    for split in ("dev", "test"):
        run("score", f"--run={work / 'run'}", f"--data={work / 'prepared'}", f"--split={split}",
            f"--out={work / (split + '.csv')}", f"--faces={work / 'faces'}")  # fmt: skip
    run("export", f"--run={work / 'run'}", f"--out={work / 'export'}")
    return work


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Two public-domain portraits that come with dependencies, and three unusable files."""
    folder = tmp_path_factory.mktemp("photographs")
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        shutil.copy(file.name, folder / "hopper.jpg")
    (folder / "more").mkdir()
    skimage.io.imsave(folder / "more" / "hopper.png", skimage.data.astronaut())
    (folder / "text.jpg").write_text("no photograph")
    skimage.io.imsave(folder / "black.png", np.zeros((200, 200, 3), np.uint8), check_contrast=False)
    return folder


def test_a_run_folder_explains_itself(work):
    names = {path.name for path in (work / "run").iterdir()}
    assert {"hparams.json", "commands.json", "prepared.json", "checkpoints", "logs", "history.csv"} <= names
    command = json.loads((work / "run" / "commands.json").read_text())[0]
    assert command["faces"]["train"]["live"] > 0 and command["seed"] == 0
    assert command["versions"]["tensorflow"].startswith("2.15")
    with open(work / "run" / "history.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 and {"L_depth", "L_D", "val_L_depth"} <= set(rows[0])
    assert list((work / "run" / "logs").rglob("events*"))


def test_score_files_hold_the_parts_of_their_score(work):
    point = json.loads((work / "run" / "operating_point.json").read_text())
    assert point["alpha0"] <= 0 and "dev" in point["source"]
    for split in ("dev", "test"):
        scores = read_scores(str(work / f"{split}.csv"))
        parts = scores["depth"] + point["alpha0"] * (scores["B"] + scores["C"] + scores["T"] + scores["P"])
        np.testing.assert_allclose(scores["score"], parts, atol=1e-6)
        assert set(scores["type"]) == {"live", "print", "replay", "paper_glasses"}
        assert json.loads((work / f"{split}.json").read_text())["operating_point"] == point
    assert not set(read_scores(str(work / "dev.csv"))["subject"]) & set(read_scores(str(work / "test.csv"))["subject"])


def test_evaluate_and_report_read_what_score_wrote(work):
    metrics = work / "metrics.json"
    run("evaluate", f"--scores={work / 'test.csv'}", f"--dev_scores={work / 'dev.csv'}", f"--out={metrics}")
    summary = json.loads(metrics.read_text())
    assert summary["num_live"] and set(summary["apcer_by_type"]) == {"print", "replay", "paper_glasses"}
    quality = summary["trace_quality"]["types"]
    assert set(quality) == {"live", *summary["apcer_by_type"]}
    assert "iou_P" in quality["paper_glasses"] and "iou_P" not in quality["print"] and "psnr" in quality["live"]
    run("report", f"--run={work / 'run'}", f"--metrics={metrics}", "--note=rendered faces", f"--out={work / 'r.html'}")
    page = (work / "r.html").read_text(encoding="utf-8")
    assert "rendered faces" in page and "print" in page and "iterations" in page


def test_scoring_again_without_the_truth_leaves_no_old_measures(work):
    out = work / "again.csv"
    shutil.copy(work / "test.csv", out)
    shutil.copy(work / "test.traces.csv", work / "again.traces.csv")
    run("score", f"--run={work / 'run'}", f"--data={work / 'prepared'}", "--split=test", f"--out={out}")
    assert not (work / "again.traces.csv").exists()
    found = run("evaluate", f"--scores={out}")
    assert "IoU(P)" not in found.stdout
    assert "IoU(P)" in run("evaluate", f"--scores={work / 'test.csv'}").stdout


def test_a_run_can_be_scored_under_another_protocol(work):
    out = work / "unknown.csv"
    run("score", f"--run={work / 'run'}", f"--data={work / 'prepared'}", "--split=test", f"--out={out}",
        "--protocol=leave_out_print")  # fmt: skip
    assert set(read_scores(str(out))["type"]) == {"live", "print"}
    assert json.loads((work / "unknown.json").read_text())["protocol"]["name"] == "leave_out_print"
    wrong = run("score", f"--run={work / 'run'}", f"--data={work / 'prepared'}", "--split=test", f"--out={out}",
                "--protocol=oulu_1", code=2)  # fmt: skip
    assert "oulu_1 is one of the dataset oulu" in wrong.stderr and "prepared from folder" in wrong.stderr


def test_an_export_gives_the_scores_of_its_run_in_a_fresh_process(work):
    code = f"""
import json, sys
import numpy as np
import tensorflow as tf
import pandas as pd
sys.path.insert(0, {str(ROOT)!r})
from phystd_tf.data.pipeline import evaluation_dataset
from phystd_tf.hparams import HParams
exported = tf.saved_model.load({str(work / "export")!r})
hparams = HParams.load({str(work / "run" / "hparams.json")!r})
scores = []
for batch in (1, 3):
    found = [exported.signatures["serving_default"](crops=images)["score"].numpy()
             for images, _ in evaluation_dataset({str(work / "prepared")!r}, hparams, "test", batch)]
    scores.append(np.concatenate(found))
expected = pd.read_csv({str(work / "test.csv")!r})["score"].to_numpy()
print(json.dumps([float(np.abs(found - expected).max()) for found in scores]))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert max(json.loads(result.stdout.splitlines()[-1])) < 1e-5


def test_an_export_refuses_pixels_that_are_not_in_0_to_1(work):
    code = f"""
import tensorflow as tf
score = tf.saved_model.load({str(work / "export")!r}).signatures["serving_default"]
for scale in (1.0, 255.0):
    try:
        print(sorted(score(crops=tf.fill((2, 128, 128, 3), scale))))
    except tf.errors.InvalidArgumentError as error:
        print("refused" if "in [0, 1]" in error.message else error.message)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    lines = result.stdout.splitlines()
    assert "'is_live', 'score', 'term_B'" in lines[0]
    assert lines[1] == "refused", result.stdout


@pytest.mark.parametrize("kind", ["run", "export"])
def test_disentangle_draws_each_face_and_lists_the_rest(work, photographs, kind):
    out, sheet = work / f"pictures_{kind}", work / f"sheet_{kind}.jpg"
    command = ("disentangle", f"--model={work / kind}", f"--input={photographs}", f"--out={out}")
    assert "must end in" in run(*command, "--sheet=a.gif", code=2).stderr
    result = run(*command, f"--sheet={sheet}", code=1)
    assert skimage.io.imread(sheet).shape == (18 + 2 * (80 + 18), 2 * (7 * 82 + 12), 3)  # with those that failed
    with open(out / "results.csv", encoding="utf-8") as file:
        rows = {os.path.relpath(row["path"], photographs): row for row in csv.DictReader(file)}
    statuses = {name: row["status"] for name, row in rows.items()}
    assert statuses == {
        "hopper.jpg": "ok", os.path.join("more", "hopper.png"): "ok", "text.jpg": "unreadable", "black.png": "no_face",
    }  # fmt: skip
    pictures = {row["picture"] for row in rows.values() if row["picture"]}
    assert len(pictures) == 2  # two photographs of one name do not overwrite each other
    for picture in pictures:
        height, width, _ = skimage.io.imread(picture).shape
        assert width > 7 * 128 and height > 128
    assert "verdict" in rows["hopper.jpg"] and rows["hopper.jpg"]["verdict"] in ("live", "spoof")
    assert any("no_face" in line and "black.png" in line for line in result.stdout.splitlines())


def test_run_and_export_say_the_same_of_a_photograph(work, photographs):
    scores = []
    for kind in ("run", "export"):
        out = work / f"one_{kind}"
        run("disentangle", f"--model={work / kind}", f"--input={photographs / 'hopper.jpg'}", f"--out={out}")
        with open(out / "results.csv", encoding="utf-8") as file:
            scores.append(float(next(csv.DictReader(file))["score"]))
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_predict_gives_one_score_whatever_a_face_comes_in(work, photographs):
    """A file, a folder, a uint8 and a float array; swapped channels are another photograph."""
    pixels = skimage.io.imread(photographs / "hopper.jpg")
    folder = work / "one_face"
    folder.mkdir()
    skimage.io.imsave(folder / "same.png", pixels)
    skimage.io.imsave(folder / "swapped.png", pixels[..., ::-1])
    inputs = [f"--input={each}" for each in (photographs / "hopper.jpg", folder, photographs / "text.jpg")]
    done = run("predict", f"--model={work / 'export'}", *inputs, f"--out={work / 'faces.jsonl'}", code=1)
    rows = [json.loads(line) for line in (work / "faces.jsonl").read_text().splitlines()]
    assert [row["status"] for row in rows] == ["ok", "ok", "ok", "unreadable"]
    file, same, swapped = (row["score"] for row in rows[:3])
    with phystd_tf.load(str(work / "run")) as model:
        arrays = [one.score for one in model.predict([pixels, (pixels / 255.0).astype(np.float32)])]
    np.testing.assert_allclose([same, *arrays], file, atol=1e-4)
    assert abs(swapped - file) > 1e-4
    for row in rows[:3]:
        assert row["verdict"] == ("live" if row["score"] >= row["threshold"] else "spoof")
        traces = sum(row[name] for name in "BCTP")
        assert row["score"] == pytest.approx(row["depth"] + row["alpha0"] * traces, abs=1e-6)
        assert row["threshold_source"].startswith("EER of ")
    assert "3 frames" not in done.stdout and "4 frames" in done.stdout and "a second" in done.stdout


def test_a_photograph_gets_the_score_of_its_prepared_face(work):
    """A face is processed in the same way by preparation and by prediction from its frame."""
    scores = read_scores(str(work / "test.csv")).set_index(["clip", "frame"])
    with open(work / "prepared" / "manifest.csv", encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["split"] == "test" and row["frame"] == "0" and row["status"] == "ok"
        ]
    out = work / "from_frames"
    chosen = [rows[0], next(row for row in rows if row["type"] == "print")]
    for row in chosen:
        run(
            "disentangle",
            f"--model={work / 'run'}",
            f"--input={source_path(str(work / 'prepared'), row['source'])}",
            f"--out={out}",
        )
        with open(out / "results.csv", encoding="utf-8", newline="") as file:
            score = float(next(csv.DictReader(file))["score"])
        assert score == pytest.approx(scores.loc[(row["clip"], 0), "score"], abs=1e-3)
    assert abs(scores.loc[(chosen[0]["clip"], 0), "score"] - scores.loc[(chosen[1]["clip"], 0), "score"]) > 1e-6


@pytest.mark.parametrize("kind", ["run", "export"])
def test_the_library_gives_the_scores_of_the_score_file(work, kind):
    scores = read_scores(str(work / "test.csv")).set_index(["clip", "frame"])["score"]
    with open(work / "prepared" / "manifest.csv", encoding="utf-8", newline="") as file:
        first = {source_path(str(work / "prepared"), row["source"]): scores[row["clip"], 0]
                 for row in csv.DictReader(file)
                 if row["split"] == "test" and row["frame"] == "0" and row["status"] == "ok"}  # fmt: skip
    with phystd_tf.load(str(work / kind)) as model:
        found = model.predict(list(first))
    assert len(found) >= 5 and {prediction.status for prediction in found} == {"ok"}
    np.testing.assert_allclose([prediction.score for prediction in found], list(first.values()), atol=1e-5)
    point = json.loads((work / "run" / "operating_point.json").read_text())
    for prediction in found:
        assert prediction.threshold == point["threshold"]
        assert prediction.verdict == ("live" if prediction.score >= point["threshold"] else "spoof")


def test_the_same_command_with_more_iterations_goes_on(work):
    copy = work / "longer"
    copy.mkdir()
    shutil.copytree(work / "prepared", copy / "prepared")
    for iterations in (4, 6):
        train(copy, iterations, "--ablation=auxiliary")
    with open(copy / "run" / "history.csv", encoding="utf-8") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1", "2"]
    assert len(json.loads((copy / "run" / "commands.json").read_text())) == 2
    refused = train(copy, 6, "--ablation=auxiliary", "--set=alpha1=50", code=2)
    assert "alpha1 (100.0 and 50" in refused.stderr


def test_a_damaged_checkpoint_is_named(work):
    copy = work / "damaged"
    shutil.copytree(work / "run", copy)
    data = next((copy / "checkpoints" / "last").glob("*.data*"))
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    result = run("export", f"--run={copy}", f"--out={work / 'x'}", code=2)
    assert "checkpoint" in result.stderr and not (work / "x").exists()
