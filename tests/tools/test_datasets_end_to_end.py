"""From a tiny copy of each dataset, in its own layout, to error rates under one of its protocols."""

import csv
import json

import pytest

from phystd_tf.evaluation.scores import read_scores
from tests.tools.test_end_to_end import WIDTHS, run

# Dataset, how its copy is made, protocol that is trained and tested, flags of that protocol.
COPIES = {
    "oulu": ({"frames_per_clip": 1}, "oulu_4_2", ()),
    "siw": ({"frames_per_clip": 1}, "siw_2_1", ()),
    "siwm": ({"frames_per_clip": 2}, "siwm_2_half_mask", ()),
    "siwmv2": ({"frames_per_clip": 2}, "siwmv2_1", ("--lists={root}/pro_3_text",)),
}


@pytest.fixture(scope="module", params=sorted(COPIES))
def way(request, tmp_path_factory):
    """(dataset, protocol, folder with everything)."""
    dataset, work = request.param, tmp_path_factory.mktemp(request.param)
    recipe, protocol, more = COPIES[dataset]
    root, prepared = work / "root", work / "prepared"
    run("make_synthetic", f"--out={root}", f"--layout={dataset}", "--size=192", "--truth=none",
        *(f"--{name}={value}" for name, value in recipe.items()))  # fmt: skip
    run("prepare", f"--dataset={dataset}", f"--root={root}", f"--out={prepared}", "--frame_step=1", "--image_size=128",
        "--map_sizes=128", code=(0, 1))  # fmt: skip
    chosen = [f"--protocol={protocol}", *(flag.format(root=root) for flag in more)]
    run("train", f"--data={prepared}", f"--run={work / 'run'}", "--preset=small", "--iterations=2",
        "--steps_per_epoch=2",
        *(f"--set={text}" for text in WIDTHS), *chosen)  # fmt: skip
    run("score", f"--run={work / 'run'}", f"--data={prepared}", "--split=test", f"--out={work / 'test.csv'}")
    run("evaluate", f"--scores={work / 'test.csv'}", f"--out={work / 'metrics.json'}")
    return dataset, protocol, work


def test_the_protocol_decides_who_is_trained_on_and_who_is_scored(way):
    dataset, protocol, work = way
    scores = read_scores(str(work / "test.csv"))
    with open(work / "prepared" / "manifest.csv", encoding="utf-8", newline="") as file:
        clips = {row["clip"]: row for row in csv.DictReader(file) if row["status"] == "ok"}
    tested = {clips[clip]["type"] for clip in scores["clip"]}
    command = json.loads((work / "run" / "commands.json").read_text())[0]
    assert command["protocol"]["name"] == protocol and command["faces"]["train"]["spoof"] > 0
    assert json.loads((work / "test.json").read_text())["protocol"] == command["protocol"]
    if dataset == "oulu":
        rows = [clips[clip] for clip in scores["clip"]]
        assert {(row["device"], row["session"]) for row in rows} == {("2", "3")}
        assert {row["instrument"] for row in rows} == {"", "print_2", "replay_2"}
        assert set(scores["instrument"]) == {"", "print_2", "replay_2"}
    if dataset == "siw":
        assert tested == {"live", "replay"}
        assert {clips[clip]["instrument"] for clip in scores.loc[scores["label"] == 0, "clip"]} == {"replay_1"}
    if dataset == "siwm":
        assert tested == {"live", "half_mask"}
    if dataset == "siwmv2":
        assert {"live", "partial_eye", "partial_mouth"} <= tested
        paper = scores[scores["type"] == "partial_paper"]
        assert set(paper["instrument"]) == {"partial_eye", "partial_mouth"}
        assert not scores["type"].isin(["partial_eye", "partial_mouth"]).any()


def test_every_table_says_where_the_threshold_comes_from(way):
    dataset, _, work = way
    metrics = json.loads((work / "metrics.json").read_text())
    # Only OULU-NPU has a part to choose it on; elsewhere it is the training faces.
    assert ("on dev" if dataset == "oulu" else "on train") in metrics["threshold_source"]
    assert metrics["num_live"] and metrics["num_spoof"]


def test_apcer_is_of_types_or_of_instruments(way):
    dataset, _, work = way
    if dataset != "oulu":
        run("evaluate", f"--scores={work / 'test.csv'}", "--threshold=0.1")
        return
    types = json.loads((work / "metrics.json").read_text())["apcer_by_type"]
    assert set(types) == {"print", "replay"}
    out = work / "by_instrument.json"
    run("evaluate", f"--scores={work / 'test.csv'}", "--by=instrument", "--threshold=0.1", f"--out={out}")
    assert set(json.loads(out.read_text())["apcer_by_type"]) == {"print_2", "replay_2"}


def test_a_run_of_another_protocol_is_not_gone_on_with(way):
    dataset, _, work = way
    found = run("train", f"--data={work / 'prepared'}", f"--run={work / 'run'}", "--preset=small", "--iterations=2",
                "--steps_per_epoch=2", *(f"--set={text}" for text in WIDTHS), code=2)  # fmt: skip
    assert "was trained on protocol" in found.stderr and "not folder" in found.stderr
