"""Scores of a run: with its operating point, which changes only on request, and without loss of files."""

import json
import shutil
import signal

import pandas as pd
import pytest

from phystd_tf.evaluation.scores import read_scores
from tests import program
from tests.killing import Program, check_kills, spread, tree
from tests.tools.no_model import make_run, other_data


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scoring") / "work"
    folder.mkdir()
    make_run(str(folder))
    return folder


@pytest.fixture
def work(template, tmp_path):
    """A copy of a run and its data; ``work(program, *arguments)`` runs a program there."""
    folder = tmp_path / "work"
    shutil.copytree(template, folder)

    def run(*arguments, code=0):
        done = program.run("tests.tools.no_model", arguments, folder)
        assert done.code == code and "Traceback" not in done.output, done.output
        return done.output

    run.folder = folder
    run.point = lambda: json.loads((folder / "run" / "operating_point.json").read_text())
    run.score = lambda *arguments, **how: run("score", "--run=run", "--data=prepared", *arguments, **how)
    return run


def test_scoring_changes_nothing_in_the_run(work):
    before = tree(work.folder / "run")
    other = other_data(work.folder)
    work.score("--split=dev", "--out=dev.csv")
    work("score", "--run=run", f"--data={other}", "--split=dev", "--out=other.csv")
    work.score("--split=test", "--out=test.csv")
    work.score("--split=test", "--protocol=leave_out_print", "--out=print.csv")
    assert tree(work.folder / "run") == before
    points = [
        json.loads((work.folder / f"{name}.json").read_text())["operating_point"] for name in ("dev", "other", "test")
    ]
    assert points == [work.point()] * 3
    # Therefore, the scores of all of them can be compared.
    work("evaluate", "--scores=test.csv", "--dev_scores=dev.csv", "--out=metrics.json")
    metrics = json.loads((work.folder / "metrics.json").read_text())
    assert metrics["threshold"] == pytest.approx(work.point()["threshold"], abs=1e-6)


def test_an_operating_point_is_chosen_on_other_data_only_if_that_is_meant(work):
    other, before = other_data(work.folder), work.point()
    for arguments in ((f"--data={other}",), ("--data=prepared", "--protocol=leave_out_print")):
        said = work("score", "--run=run", *arguments, "--split=dev", "--out=x.csv", "--calibrate", code=2)
        assert "was not trained on" in said and "--calibrate_on_other_data" in said
    assert work.point() == before and not (work.folder / "x.csv").exists()
    work.score("--split=dev", "--out=x.csv", "--calibrate_on_other_data", code=2)
    work(
        "score",
        "--run=run",
        f"--data={other}",
        "--split=test",
        "--out=x.csv",
        "--calibrate",
        "--calibrate_on_other_data",
    )
    assert work.point()["source"].endswith("on dev of other")


def test_the_data_of_the_run_may_have_been_moved(work):
    before = work.point()
    (work.folder / "prepared").rename(work.folder / "elsewhere")
    (work.folder / "run" / "operating_point.json").unlink()
    said = work("score", "--run=run", "--data=elsewhere", "--split=dev", "--out=dev.csv", code=2)
    assert "run has no operating point yet" in said and "--calibrate" in said
    work("score", "--run=run", "--data=elsewhere", "--split=dev", "--out=dev.csv", "--calibrate")
    assert work.point() == before
    assert json.loads((work.folder / "dev.json").read_text())["operating_point"] == before


def test_other_splits_of_the_same_faces_are_other_data(work):
    """Otherwise, people of the training would be in dev."""
    path = work.folder / "prepared" / "manifest.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.assign(split=table["split"].replace({"dev": "test", "test": "dev"})).to_csv(path, index=False)
    said = work.score("--split=dev", "--out=dev.csv", "--calibrate", code=2)
    assert "was not trained on" in said


def test_another_checkpoint_needs_an_operating_point_of_its_own(work):
    work.score("--split=test", "--out=last.csv")
    said = work.score("--checkpoint=best", "--out=best.csv", code=2)
    assert "is that of checkpoint 'last'" in said and "--calibrate --checkpoint=best" in said
    work.score("--split=dev", "--checkpoint=best", "--out=best.csv", "--calibrate")
    assert work.point()["checkpoint"] == "best"
    said = work("evaluate", "--scores=last.csv", "--dev_scores=best.csv", code=2)
    assert "best.csv and last.csv are not of the same weights" in said


def test_weights_that_changed_since_need_another_operating_point(work):
    """As after a training was resumed and stopped."""
    (work.folder / "run" / "checkpoints" / "last" / "weights").write_bytes(b"later")
    for call in (("score", "--run=run", "--data=prepared"), ("export", "--run=run")):
        said = work(*call, "--out=x.csv", code=2)
        assert "chosen with other weights" in said and "python -m tools.score --calibrate" in said
    work.score("--split=dev", "--out=dev.csv", "--calibrate")
    work("export", "--run=run", "--out=export")


@pytest.mark.parametrize(
    "text",
    ["{", "", "[]", "{}", '{"alpha0": NaN}', '{"alpha0": 0.5, "threshold": 1}', "[" * 10000],
)
def test_the_advice_for_a_damaged_operating_point_helps(work, text):
    before = work.point()
    path = work.folder / "run" / "operating_point.json"
    path.write_text(text)
    for call in (("score", "--data=prepared", "--split=dev", "--out=dev.csv"), ("export", "--out=export")):
        said = work(call[0], "--run=run", *call[1:], code=2)
        assert "operating_point.json" in said and "python -m tools.score --calibrate" in said
    work.score("--split=dev", "--out=dev.csv", "--calibrate")
    assert work.point() == before


USERS = "what a user wrote"


@pytest.mark.parametrize(
    "out, there, said",
    [
        ("notes.csv", "notes.csv", "notes.csv exists and was not written by this program"),
        ("test.csv", "test.json", "test.json exists and was not written by this program"),
        ("test.csv", "test.traces.csv", "test.traces.csv exists and was not written by this program"),
        ("test.json", None, "test.json and test.json are one file"),
        ("run/operating_point.csv", None, "run/operating_point.json would be overwritten"),
        ("run/history.csv", None, "run/history.csv would be overwritten"),
        ("run/hparams.json", None, "would be overwritten"),
        ("run/commands.csv", None, "run/commands.json would be overwritten"),
        ("prepared/manifest.csv", None, "prepared/manifest.csv exists and was not written by this program"),
        ("prepared/prepared.csv", None, "prepared/prepared.json exists and was not written by this program"),
        ("prepared", None, "it is a folder"),
    ],
)
def test_scores_replace_nothing_but_scores(work, out, there, said):
    if there:
        (work.folder / there).write_text(USERS)
    before = tree(work.folder)
    assert said in work.score("--split=test", f"--out={out}", code=2)
    assert tree(work.folder) == before


def test_scores_can_be_written_again_also_into_the_run(work):
    for _ in range(2):
        work.score("--split=test", "--out=run/test.csv")
    assert len(read_scores(str(work.folder / "run" / "test.csv"))) == 10
    (work.folder / "run" / "test.csv").write_text("")  # nothing is lost with an empty file
    work.score("--split=test", "--out=run/test.csv")


def _whole_files(folder):
    """All files except those that a killed program was writing."""
    return {name: data for name, data in tree(folder).items() if "/.unfinished-" not in f"/{name}"}


def test_a_kill_while_scores_are_written_costs_nothing(template, tmp_path, kill_points):
    arguments = ["score", "--run=run", "--data=prepared", "--split=dev", "--out=dev.csv", "--calibrate"]
    check_kills(Program("tests.tools.no_model"), arguments, template, tmp_path / "work", _whole_files, kill_points)


def test_a_kill_while_an_export_replaces_another_costs_nothing(template, tmp_path, kill_points):
    shutil.copytree(template, tmp_path / "template")
    done = program.run("tests.tools.no_model", ["export", "--run=run", "--out=export"], tmp_path / "template")
    assert done.code == 0, done.output

    arguments = ["export", "--run=run", "--out=export"]
    # Leftovers are removed, too.
    stand_in = Program("tests.tools.no_model")
    check_kills(stand_in, arguments, tmp_path / "template", tmp_path / "work", tree, kill_points)


def test_a_kill_within_a_file_that_tensorflow_writes_costs_nothing(template, tmp_path, kill_points):
    shutil.copytree(template, tmp_path / "work")
    work, command = tmp_path / "work", ("tests.tools.no_model", ["export", "--run=run", "--out=export"])
    assert program.run(*command, work).code == 0
    whole = tree(work)
    largest = max(path.stat().st_size for path in (work / "export").rglob("*"))
    for point in spread(99, max(2, kill_points // 2)):
        limit = largest * point // 100
        killed = program.run(*command, work, limit, ["tests.killing:die_at_limit"])
        assert killed.code == -signal.SIGXFSZ, killed.output
        (left,) = work.glob(".unfinished-*/new")
        assert limit in {path.stat().st_size for path in left.rglob("*")}
        assert {name: whole[name] for name in whole if name.startswith("export")} == {
            name: data for name, data in tree(work).items() if name.startswith("export")
        }
        assert program.run(*command, work).code == 0
        assert tree(work) == whole


def test_an_export_that_cannot_be_finished_leaves_the_earlier_one(template, tmp_path):
    """Full disk, Ctrl-C at each point, and a folder that is read-only: one line, and all files as before."""
    work = shutil.copytree(template, tmp_path / "work")
    stand_in, arguments = Program("tests.tools.no_model"), ["export", "--run=run", "--out=out/export"]
    whole = stand_in.run(arguments, work)
    assert whole.code == 0, whole.output
    before = tree(work)
    full = stand_in.run(arguments, work, limit=350)  # what it says fits
    assert full.code == 2 and "File too large" in full.stderr and "Traceback" not in full.output
    assert tree(work) == before
    for point in spread(whole.points, 4):
        stopped = stand_in.run(arguments, work, kill_at=point, by=signal.SIGINT)
        assert stopped.code == 130 and "interrupted" in stopped.stderr and "Traceback" not in stopped.output
        assert _whole_files(work) == before
    (work / "out").chmod(0o555)
    text = f"import sys, tests.tools.no_model as it\nsys.argv = ['no_model', *{arguments!r}]\nit.run()"
    refused = program.run_code(program.DROP_ROOT + text, work)
    (work / "out").chmod(0o755)
    assert refused.code == 2 and "out/export cannot be written (no permission" in refused.stderr, refused.output
    assert _whole_files(work) == before
