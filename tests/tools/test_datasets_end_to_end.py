"""From a tiny copy of each dataset, in its own layout, to error rates under one of its protocols."""

import csv
import json
import re

import pytest

from phystd_tf.evaluation.scores import read_scores
from tests.documents import ROOT, WIDTHS, snippets
from tests.documents import run as run_snippet
from tests.tools.test_end_to_end import run

DOCUMENT = snippets(ROOT / "docs" / "datasets.md")
# Dataset: its folder and its section in the document, and the protocol that is trained and tested there.
COPIES = {
    "oulu": ("OULU_NPU", "OULU-NPU", "oulu_4_2"),
    "siw": ("SiW_release", "SiW", "siw_2_1"),
    "siwm": ("SiW-M", "SiW-M and SiW-Mv2", "siwm_2_half_mask"),
    "siwmv2": ("SiW-Mv2", "SiW-M and SiW-Mv2", "siwmv2_1"),
}


def _commands(dataset):
    """The command lines of the document about a dataset, on one machine."""
    _, section, _ = COPIES[dataset]
    return [one for one in DOCUMENT if one.section == section and re.search(rf"={dataset}(_\d|\b)", one.text)]


@pytest.fixture(scope="module", params=sorted(COPIES))
def way(request, tmp_path_factory):
    """(dataset, protocol, folder where the commands of the document were run)."""
    dataset, work = request.param, tmp_path_factory.mktemp(request.param)
    folder, _, protocol = COPIES[dataset]
    frames = 1 if dataset in ("oulu", "siw") else 2
    run("make_synthetic", f"--out={work / folder}", f"--layout={dataset}", "--size=160", "--truth=none",
        f"--frames_per_clip={frames}")  # fmt: skip
    for command in _commands(dataset):
        run_snippet(command, work, "--ablation=auxiliary")  # the protocols are tested here, not the network
    return dataset, protocol, work


def test_every_command_of_the_document_is_run():
    together = [one for one in DOCUMENT if one.section == "On several machines"]
    ran = [one for dataset in COPIES for one in _commands(dataset)]
    assert sorted(ran + together) == sorted(DOCUMENT) and len(together) == 4


def test_machines_that_share_a_disk_prepare_the_same_folder(tmp_path):
    run("make_synthetic", f"--out={tmp_path / 'OULU_NPU'}", "--layout=oulu", "--size=128", "--truth=none",
        "--frames_per_clip=1", "--subjects=3")  # fmt: skip
    for video in (tmp_path / "OULU_NPU").glob("*_files/*_[23]_*.*"):
        video.unlink()  # one session is enough
    for command in (one for one in DOCUMENT if one.section == "On several machines"):
        run_snippet(command, tmp_path)
    shared, by_beam = (
        {path.name: path.read_bytes() for path in (tmp_path / out).iterdir() if path.is_file()}
        for out in ("oulu_shared", "oulu_beam")
    )
    assert "manifest.csv" in shared and by_beam == shared


def test_the_protocol_decides_who_is_trained_on_and_who_is_scored(way):
    dataset, protocol, work = way
    scores = read_scores(str(work / protocol / "test.csv"))
    with open(work / dataset / "manifest.csv", encoding="utf-8", newline="") as file:
        clips = {row["clip"]: row for row in csv.DictReader(file) if row["status"] == "ok"}
    tested = {clips[clip]["type"] for clip in scores["clip"]}
    command = json.loads((work / protocol / "commands.json").read_text())[0]
    assert json.loads((work / dataset / "prepared.json").read_text())["embedded"] is True
    assert command["protocol"]["name"] == protocol and command["faces"]["train"]["spoof"] > 0
    assert json.loads((work / protocol / "test.json").read_text())["protocol"] == command["protocol"]
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
    dataset, protocol, work = way
    metrics = json.loads((work / protocol / "metrics.json").read_text())
    # Only OULU-NPU has a dev split to choose it on; elsewhere, the training faces are used.
    assert ("on dev" if dataset == "oulu" else "on train") in metrics["threshold_source"]
    assert metrics["num_live"] and metrics["num_spoof"]


def test_apcer_is_of_types_or_of_instruments(way):
    dataset, protocol, work = way
    if dataset != "oulu":
        run("evaluate", f"--scores={work / protocol / 'test.csv'}", "--threshold=0.1")
        return
    types = json.loads((work / protocol / "metrics.json").read_text())["apcer_by_type"]
    assert set(types) == {"print", "replay"}
    out = work / "by_instrument.json"
    run("evaluate", f"--scores={work / protocol / 'test.csv'}", "--by=instrument", "--threshold=0.1", f"--out={out}")
    assert set(json.loads(out.read_text())["apcer_by_type"]) == {"print_2", "replay_2"}


def test_a_run_of_another_protocol_is_not_gone_on_with(way):
    dataset, protocol, work = way
    found = run("train", f"--data={work / dataset}", f"--run={work / protocol}", "--preset=small", "--iterations=2",
                "--steps_per_epoch=2", *(f"--set={text}" for text in WIDTHS), code=2)  # fmt: skip
    assert "was trained on protocol" in found.stderr and "not folder" in found.stderr
