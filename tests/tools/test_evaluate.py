import json

import pytest

from tests import program


def _run(folder, *arguments):
    """Runs the program in the folder of the score files."""
    return program.run("tools.evaluate", arguments, folder)


def _write(path, live, spoof):
    rows = [f"{path.stem}_l{i},1,live,{score}" for i, score in enumerate(live)]
    rows += [f"{path.stem}_s{i},0,print,{score}" for i, score in enumerate(spoof)]
    path.write_text("\n".join(["clip,label,type,score", *rows]) + "\n")


@pytest.fixture
def folder(tmp_path):
    """Test scores below those of dev, so that the threshold of dev refuses all live faces."""
    _write(tmp_path / "dev.csv", [0.90, 0.51], [0.49, 0.10])
    _write(tmp_path / "test.csv", [0.45, 0.40], [0.30, 0.10])
    return tmp_path


def _metrics(folder, *arguments):
    done = _run(folder, "--scores=test.csv", "--out=new/metrics.json", *arguments)
    assert done.code == 0, done.stderr
    assert [path.name for path in (folder / "new").iterdir()] == ["metrics.json"]
    return json.loads((folder / "new" / "metrics.json").read_text()), done.stdout


def test_the_threshold_of_dev_is_used_and_named(folder):
    metrics, table = _metrics(folder, "--dev_scores=dev.csv")
    assert metrics["threshold"] == pytest.approx(0.5) and metrics["threshold_source"] == "EER on dev.csv"
    assert (metrics["bpcer"], metrics["apcer"], metrics["acer"]) == (1.0, 0.0, 0.5)
    assert (metrics["eer"], metrics["level"], metrics["num_live"], metrics["num_spoof"]) == (0.0, "clip", 2, 2)
    assert "0.50000 from EER on dev.csv" in table and "2 live, 2 spoof" in table


def test_a_threshold_of_the_reported_scores_is_marked(folder):
    metrics, table = _metrics(folder, "--threshold_on_test")
    assert metrics["acer"] == 0.0 and "too good" in metrics["threshold_source"] and "too good" in table


def _score_as_tools_score_does(folder, split, score=0.25):
    """Two clips, and next to them an operating point that refuses the live one."""
    header = "clip,frame,subject,type,label,depth,B,C,T,P,score"
    rows = [f"a,0,s,live,1,0.3,0.1,0,0,0,{score}", "b,0,t,print,0,0.1,0.2,0,0,0,0"]
    (folder / "test.csv").write_text("\n".join([header, *rows]) + "\n")
    point = {"alpha0": -0.5, "threshold": 0.3, "source": "EER of 0.00 % on dev", "checkpoint": "last"}
    (folder / "test.json").write_text(json.dumps({"operating_point": point, "split": split}))


def test_without_dev_scores_the_threshold_stored_beside_the_scores_is_used_and_named(folder):
    _score_as_tools_score_does(folder, "test")
    metrics, table = _metrics(folder)
    assert (metrics["threshold"], metrics["bpcer"], metrics["apcer"]) == (0.3, 1.0, 0.0)
    assert metrics["threshold_source"] == "EER of 0.00 % on dev, stored in test.json"
    assert "0.30000 from EER of 0.00 % on dev, stored in test.json" in table
    given, _ = _metrics(folder, "--threshold=0.2")
    assert (given["threshold"], given["bpcer"]) == (0.2, 0.0)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_the_split_of_dev_scores_is_that_which_was_scored(folder, split):
    _score_as_tools_score_does(folder, split)
    for ending in ("csv", "json"):
        (folder / f"test.{ending}").rename(folder / f"chosen.{ending}")
    _score_as_tools_score_does(folder, "test")
    metrics, table = _metrics(folder, "--dev_scores=chosen.csv")
    assert metrics["tdr_threshold_source"] == f"1 {split} live" and f"TDR@FDR=0.5 %, {split} threshold" in table


@pytest.mark.parametrize(
    "split, score, arguments, said",
    [
        ("dev", 0.25, [], "scores of dev, not of test; give one of --dev_scores"),
        ("test", 0.9, [], "test.json does not belong to test.csv"),
        ("test", 0.25, ["--out=test.json"], "test.json exists and was not written by this program"),
        ("test", 0.25, ["--threshold=0.2", "--out=test.json"], "test.json exists and was not written by this program"),
    ],
)
def test_a_stored_threshold_is_not_used_for_other_scores_nor_overwritten(folder, split, score, arguments, said):
    _score_as_tools_score_does(folder, split, score)
    before = (folder / "test.json").read_text()
    done = _run(folder, "--scores=test.csv", *arguments)
    assert done.code == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert (folder / "test.json").read_text() == before


def test_reversed_scores_are_reported_as_they_are(folder):
    _write(folder / "dev.csv", [0.10, 0.49], [0.51, 0.90])
    _write(folder / "test.csv", [0.55, 0.60], [0.70, 0.90])
    metrics, table = _metrics(folder, "--dev_scores=dev.csv")
    assert (metrics["bpcer"], metrics["apcer"], metrics["auc"]) == (0.0, 1.0, 0.0)
    assert table.count("labels or scores may be reversed") == 2  # of dev and of test


def test_files_of_other_systems_give_the_rates_of_ours(folder):
    """The same scores with other names, other labels and the other polarity."""
    for name in ("dev", "test"):
        rows = [row.split(",") for row in (folder / f"{name}.csv").read_text().splitlines()[1:]]
        lines = [f"{clip},{1 - int(label)},{1 - float(score)}" for clip, label, _, score in rows]
        (folder / f"other_{name}.csv").write_text("\n".join(["video_id,label,prob", *lines]) + "\n")
    ours, _ = _metrics(folder, "--dev_scores=dev.csv")
    read = ["--columns=clip:video_id,score:prob", "--label_live=0", "--higher_is=spoof"]
    more = ["--scores=other_test.csv", "--dev_scores=other_dev.csv"]
    theirs, text = _metrics(folder, *more, *read)
    same = ("bpcer", "apcer", "acer", "eer", "auc", "num_live", "num_spoof", "hter", "tdr_at_roc_point")
    assert [theirs[name] for name in same] == [ours[name] for name in same]
    assert theirs["read_with"]["columns"]["score"] == "prob" and "read_with" not in ours
    assert text.count("other_test.csv was read with clip = video_id") == 1
    assert (
        text.count("other_dev.csv was read with") == 1 and "live: label 0, 2 rows of 2 clips, mean prob 0.575" in text
    )
    assert "EER on other_dev.csv (prob <= 0.5 in the file)" in text
    # A threshold is on the scale of the file.
    at, _ = _metrics(folder, more[0], *read, "--threshold=0.55")
    assert (at["bpcer"], at["apcer"], at["threshold"]) == (0.5, 0.0, -0.55)
    wrong, table = _metrics(folder, *more, *read[:2])
    assert wrong["auc"] == 0.0 and table.count("live scores are below spoof scores, AUC 0.0 %") == 2


def test_levels_and_a_given_threshold(folder):
    (folder / "test.csv").write_text("clip,label,type,score\na,1,live,0.4\na,1,live,0.8\nb,0,print,0.1\n")
    clips, _ = _metrics(folder, "--threshold=0.5")
    frames, _ = _metrics(folder, "--threshold=0.5", "--level=frame")
    assert (clips["num_live"], clips["bpcer"]) == (1, 0.0)
    assert (frames["num_live"], frames["bpcer"]) == (2, 0.5)
    assert frames["threshold_source"] == "--threshold" and frames["tdr_threshold_source"] == "2 test live"


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--scores=test.csv"], "--dev_scores=FILE, --threshold=NUMBER or --threshold_on_test"),
        (["--scores=test.csv", "--dev_scores=dev.csv", "--threshold=0.5"], "give one of"),
        (["--scores=test.csv", "--dev_scores=./test.csv"], "--threshold_on_test"),
        (["--scores=test.csv", "--threshold=nan"], "not a finite number"),
        (["--scores=test.csv", "--dev_scores=none.csv"], "none.csv"),
        (["--scores=test.csv", "--dev_scores=live.csv"], "live.csv: no threshold can be taken"),
        (["--scores=broken.csv", "--threshold=0.5"], "broken.csv, line 2: score"),
        (["--scores=test.csv", "--threshold=0.5", "--out=test.csv"], "test.csv would be overwritten, but it is read"),
        (["--scores=test.csv", "--threshold=0.5", "--out=folder"], "folder cannot be written (it is a folder)"),
        (["--threshold=0.5"], "--scores"),
        (["--scores=test.csv", "--threshold=0.5", "--fdr=1"], "--fdr"),
        (["--scores=test.csv", "--higher_is=spoof"], "--dev_scores=FILE, --threshold=NUMBER"),
        (["--scores=test.csv", "--threshold=0.5", "--columns=clip:video"], "lacks the column(s) video; it has clip"),
        (["--scores=test.csv", "--threshold=0.5", "--label_live=real"], "--label_spoof"),
    ],
)
def test_wrong_use_is_one_sentence_exit_code_2_and_no_file(folder, arguments, said):
    _write(folder / "live.csv", [0.5, 0.6], [])
    (folder / "broken.csv").write_text("clip,label,type,score\na,1,live,nan\n")
    (folder / "folder").mkdir()
    before = {path: path.read_text() for path in folder.glob("*.csv")}
    done = _run(folder, *([] if any("--out" in a for a in arguments) else ["--out=metrics.json"]), *arguments)
    assert done.code == 2
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (folder / "metrics.json").exists()
    assert {path: path.read_text() for path in folder.glob("*.csv")} == before
    assert not list(folder.glob("*.tmp"))


def test_dev_and_test_scores_of_two_alpha0_are_refused(folder):
    """With them, the ACER would be 50 %, although each file has its operating point next to it."""
    header = "clip,subject,type,label,depth,B,C,T,P,score"
    for name, alpha0 in (("dev", -1.0), ("test", 0.0)):
        rows = [(f"l{i}", f"{name}{i}", "live", 1, 0.5 + i / 10, 0.1) for i in range(3)]
        rows += [(f"s{i}", f"{name}{i}", "print", 0, 0.4 + i / 10, 0.4) for i in range(3)]
        lines = [",".join(map(str, [*row, 0, 0, 0, row[4] + alpha0 * row[5]])) for row in rows]
        (folder / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")
        point = {"alpha0": alpha0, "threshold": 0.3, "source": "EER on dev", "checkpoint": "last"}
        (folder / f"{name}.json").write_text(json.dumps({"operating_point": point, "split": name}))
    done = _run(folder, "--scores=test.csv", "--dev_scores=dev.csv", "--out=metrics.json")
    assert done.code == 2 and "dev.csv was made with alpha0 = -1, test.csv with 0" in done.stderr
    assert not (folder / "metrics.json").exists()
    assert _run(folder, "--scores=test.csv", "--threshold=0.3").code == 0


@pytest.mark.parametrize("out", ["users.json", "/dev/null", "dev.csv", "test.csv/x.json"])
def test_error_rates_replace_nothing_else(folder, out):
    (folder / "users.json").write_text('{"mine": 1}')
    before = {path: path.read_text() for path in folder.iterdir()}
    done = _run(folder, "--scores=test.csv", "--dev_scores=dev.csv", f"--out={out}")
    assert done.code == 2 and out.partition("/x")[0] in done.stderr
    assert {path: path.read_text() for path in folder.iterdir()} == before
    for _ in range(2):
        assert _run(folder, "--scores=test.csv", "--dev_scores=dev.csv", "--out=metrics.json").code == 0
