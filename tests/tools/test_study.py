"""The plan of the study, its tables, and that it resumes where it stopped; other tests cover what it calls."""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import sys

import pytest
from absl.testing import flagsaver

from phystd_tf.experiments.plan import PlanError
from phystd_tf.files.lock import locked
from phystd_tf.files.outputs import OutputError
from phystd_tf.hparams import ABLATIONS, get_hparams
from tools import study
from tools.command import UsageError

FLAGS = study.flags.values
SMALL = get_hparams("small")


@pytest.fixture()
def out(tmp_path):
    before = flagsaver.save_flag_values(FLAGS)
    FLAGS(["study", f"--out={tmp_path}", "--seeds=0,4", "--jobs=1"])
    yield tmp_path
    flagsaver.restore_flag_values(before, FLAGS)


def _metrics(folder):
    """As tools.evaluate writes them; the error rates encode the model and the seed."""
    rate = len(folder.split("-")[0]) / 100 + int(folder.rsplit("-", 1)[1]) / 1000
    return {
        "eer": rate, "acer": rate, "hter": rate, "tdr_at_fdr": 1 - rate, "num_live": 4, "num_spoof": 5, "level": "clip",
        "num_subjects": 3, "eer_by_type": {"print": rate},
    }  # fmt: skip


class Calls(list):
    """The programs that were started, each with its options, by several threads; their outputs are made."""

    def __init__(self):
        super().__init__()
        self.threads = []  # threads that each may use
        self.codes = {}  # exit codes other than 0, by step

    def start(self, step, output, environment):
        given = dict(argument.lstrip("-").split("=", 1) for argument in step.arguments)
        self.append((step.program, given))
        self.threads.append(environment.get("TF_NUM_INTRAOP_THREADS"))
        for path in step.outputs:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            content = _metrics(os.path.basename(os.path.dirname(path))) if step.program == "evaluate" else {}
            with open(path, "w", encoding="utf-8") as file:
                json.dump(content, file)
        if step.program == "train":
            run = given["run"]
            get_hparams("small", max_iterations=int(given["iterations"])).save(os.path.join(run, "hparams.json"))
            with open(os.path.join(run, "history.csv"), "w", encoding="utf-8") as file:
                file.write("epoch,L_D\n0,9\n1,1.25\n")
        return self.codes.get(step.key, 0)


@pytest.fixture()
def calls(monkeypatch):
    made = Calls()
    monkeypatch.setattr(study, "program_starter", lambda tools: made.start)
    return made


def test_each_part_trains_what_it_says(out):
    jobs = study._jobs("demo", [0, 4])
    assert [(job.model, job.seed) for job in jobs] == [
        (model, seed) for model in ("full", "auxiliary, equal iterations", "auxiliary, equal time") for seed in (0, 4)
    ]
    assert {job.protocol for job in jobs} == {"folder"} and jobs[0].iterations == SMALL.max_iterations
    assert jobs[2].iterations == SMALL.max_iterations and jobs[4].iterations == 5 * SMALL.max_iterations
    table_3 = study._jobs("ablations", [1])
    assert [job.ablation for job in table_3] == list(ABLATIONS)
    assert [job.folder for job in table_3 if job.same_as] == ["demo/auxiliary,_equal_iterations-1", "demo/full-1"]
    unknown = study._jobs("unknown", [1])
    assert {job.protocol for job in unknown} == {"leave_out_print+silicone_mask+obfuscation_makeup+funny_eyeglasses"}
    recipe = study._jobs("recipe", [1])
    assert [job.changes for job in recipe] == list(study.RECIPES.values()) and not recipe[-1].changes
    choices = study._jobs("choices", [1])
    assert [job.changes for job in choices] == list(study.CHOICES.values())
    assert [job.folder for job in choices if not job.changes] == ["demo/full-1"]
    small = dataclasses.asdict(SMALL)
    for job in choices[1:]:  # each differs from our training
        changed = dict(change.split("=") for change in job.changes)
        assert all(str(small[name]) != value for name, value in changed.items()), job.model
    (long,) = study._jobs("long", [4, 0])
    assert (long.seed, long.ablation) == (4, "full") and long.iterations > SMALL.max_iterations
    assert recipe[-1].folder == jobs[0]._replace(seed=1).folder  # trained once
    everything = [job for part in study.PARTS for job in study._jobs(part, [0, 1])]
    by_folder = {job.folder: job._replace(part="", model="", same_as="") for job in everything}
    assert all(job._replace(part="", model="", same_as="") == by_folder[job.folder] for job in everything)
    assert len(by_folder) == len(everything) - 8


def test_finished_models_are_not_trained_again_and_the_tables_have_all(out, calls, capsys):
    FLAGS.parts = ["demo"]
    study.main()
    trained = [arguments["run"] for tool, arguments in calls if tool == "train"]
    assert len(trained) == 6 and [tool for tool, _ in calls[:2]] == ["make_synthetic", "prepare"]
    rendered = [arguments["out"] for tool, arguments in calls if tool == "make_synthetic"]
    assert rendered == [str(out / "faces"), str(out / "test_faces")]
    scored = [arguments for tool, arguments in calls if tool == "score"]
    assert all(("faces" in a) == (a["split"] == "test" and "auxiliary" not in a["run"]) for a in scored)
    shutil.rmtree(out / "demo" / "full-4")
    calls.clear()
    study.main()
    assert [arguments["seed"] for tool, arguments in calls if tool == "train"] == ["4"]
    text = (out / "demo.md").read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out
    rate = [_metrics(f"full-{seed}")["eer"] * 100 for seed in (0, 4)]
    row = f"| full | {SMALL.max_iterations} | 2 | {sum(rate) / 2:.2f} ± {(rate[1] - rate[0]) / 2**0.5:.2f} |"
    assert row in re.sub(" +", " ", text)
    assert "4 live and 5 spoof clips of 3 subjects" in text
    data = json.loads((out / "demo.json").read_text())
    assert data["overall"][0]["seeds"] == [0, 4] and data["eer_by_type"][0]["print"]["values"] == rate


def test_a_model_of_other_iterations_is_named_as_what_it_is(out, calls):
    FLAGS.parts = ["recipe"]
    study.main()
    FLAGS.iterations = 10
    with pytest.raises(PlanError, match=rf"was done with --iterations={SMALL.max_iterations}, .*--iterations=10"):
        study.main()
    FLAGS.tables_only = True
    study.main()
    rows = json.loads((out / "recipe.json").read_text())["overall"]
    assert {row["iterations"] for row in rows} == {SMALL.max_iterations}


def test_tables_can_be_had_before_all_is_finished(out, calls):
    FLAGS.parts = ["demo"]
    study.main()
    for name in ("full-4", "auxiliary,_equal_time-0", "auxiliary,_equal_time-4"):
        os.remove(out / "demo" / name / "metrics.json")
    calls.clear()
    FLAGS.parts, FLAGS.tables_only = ["demo", "long"], True
    study.main()
    rows = json.loads((out / "demo.json").read_text())["overall"]
    assert [(row["model"], row["seeds"]) for row in rows] == [("full", [0]), ("auxiliary, equal iterations", [0, 4])]
    assert not calls and not (out / "long.json").exists()


def test_the_long_training_keeps_the_share_of_the_full_rate(out, calls):
    FLAGS.parts = ["long"]
    FLAGS.long_iterations = 10 * SMALL.max_iterations
    study.main()
    faces, test_faces = (arguments for tool, arguments in calls if tool == "make_synthetic")
    assert faces["subjects"] == "600" and faces["out"] == str(out / "long_faces") and faces["test_share"] == "0"
    assert test_faces["out"] == str(out / "test_faces") and test_faces["test_share"] == "1"
    assert test_faces["seed"] != faces["seed"]
    dev, test = (arguments for tool, arguments in calls if tool == "score")
    assert (dev["data"], dev["split"]) == (str(out / "long_prepared"), "dev") and "faces" not in dev
    assert (test["data"], test["split"]) == (str(out / "test_prepared"), "test")
    assert test["faces"] == str(out / "test_faces")
    (train,) = [arguments for tool, arguments in calls if tool == "train"]
    assert train["set"] == f"decay_every={10 * SMALL.decay_every}" and train["iterations"] == str(
        10 * SMALL.max_iterations
    )


def test_few_people_are_trained_on_as_they_are_more_often_and_with_synthesized_spoofs(out, calls):
    FLAGS.parts, FLAGS.few_type, FLAGS.few_images = ["few"], "half_mask", 7
    study.main()
    by_run = {arguments["run"]: arguments for tool, arguments in calls if tool == "train"}
    assert len(by_run) == 3 * 3 * 2
    plain, evenly, more = (by_run[str(out / "few" / f"3_people{name}-4" / "run")]
                           for name in ("", ",_types_evenly", ",_with_synthesized"))  # fmt: skip
    assert plain["protocol"] == evenly["protocol"] == "few_3_half_mask" and plain["protocol_seed"] == "4"
    assert "set" not in plain and evenly["set"] == "sampling=type"
    folder = out / "few" / "3_people,_with_synthesized-4"
    assert (more["data"], more["protocol"]) == (str(folder / "prepared"), "folder") and "protocol_seed" not in more
    assert {one["iterations"] for one in by_run.values()} == {str(SMALL.max_iterations)}
    order = [(tool, arguments.get("run"), arguments.get("out")) for tool, arguments in calls]
    made = [arguments for tool, arguments in calls if tool == "synthesize"]
    assert len(made) == 6
    (own,) = [one for one in made if one["out"] == str(folder / "faces")]
    assert own == {
        "run": plain["run"], "data": plain["data"], "out": str(folder / "faces"), "types": "half_mask", "count": "7",
        "seed": "4", "originals": "train,dev",
    }  # fmt: skip
    steps = [("train", plain["run"]), ("synthesize", plain["run"]), ("train", more["run"])]
    places = [next(i for i, one in enumerate(order) if one[:2] == step) for step in steps]
    assert places == sorted(places)
    scored = [one for tool, one in calls if tool == "score" and one["run"] == more["run"]]
    assert [one["data"] for one in scored] == [more["data"], str(out / "test_prepared")]
    rows = json.loads((out / "few.json").read_text())["overall"]
    assert [row["model"] for row in rows[:3]] == ["1 person", "1 person, types evenly", "1 person, with synthesized"]
    calls.clear()
    study.main()
    assert not calls


def test_the_cores_are_shared_by_the_trainings_that_run_side_by_side(out, calls, monkeypatch):
    monkeypatch.setattr(study.os, "cpu_count", lambda: 8)
    for parts, jobs, threads in ((["long"], 0, None), (["demo"], 3, "2"), (["recipe"], 0, "1")):
        FLAGS.parts, FLAGS.jobs = parts, jobs
        study.main()
        assert set(calls.threads) == {threads}  # None: all cores
        calls.threads.clear()


def test_a_training_that_two_tables_show_is_done_once(out, calls):
    FLAGS.parts = ["demo", "recipe", "ablations"]
    study.main()
    trained = [arguments["run"] for tool, arguments in calls if tool == "train"]
    assert len(trained) == len(set(trained)) == 2 * (3 + 6 + 3)
    recipe = json.loads((out / "recipe.json").read_text())["overall"]
    assert [row["model"] for row in recipe] == list(study.RECIPES) and all(row["L_D"]["mean"] == 1.25 for row in recipe)
    demo = json.loads((out / "demo.json").read_text())["overall"]
    assert recipe[-1]["EER %"] == demo[0]["EER %"]


def test_a_model_that_fails_costs_no_other(out, calls, capsys):
    FLAGS.parts = ["demo"]
    calls.codes["demo/full-4/train"] = 2
    with pytest.raises(UsageError, match="1 step.* failed"):
        study.main()
    assert len([tool for tool, _ in calls if tool == "evaluate"]) == 5
    calls.codes.clear()
    calls.clear()
    study.main()
    assert [tool for tool, _ in calls] == ["train", "score", "score", "evaluate"]


def test_the_plan_is_told_and_nothing_is_run(out, calls, capsys):
    FLAGS.parts, FLAGS.plan = ["demo"], "true"
    study.main()
    text = capsys.readouterr().out
    assert not calls and "demo/full-4" in text and "to go" in text


def test_on_a_cluster_the_faces_come_first_and_the_whole_command_collects(out, calls, capsys, monkeypatch):
    FLAGS.parts, FLAGS.plan = ["ablations"], "commands"
    monkeypatch.setattr(sys, "argv", ["study", f"--out={out}", "--parts=ablations", "--plan=commands"])
    study.main()
    told = capsys.readouterr()
    assert _experiments(told.out) == ["faces", "test_faces"]
    assert f"{2 * len(ABLATIONS)} more experiment(s) wait for results of these" in told.err
    _run_each(_experiments(told.out))
    study.main()
    told = capsys.readouterr()
    assert len(_experiments(told.out)) == 2 * len(ABLATIONS) and "more experiment" not in told.err
    _run_each(_experiments(told.out))
    FLAGS.plan = "false"
    assert not (out / "ablations.md").exists()
    started = len(calls)
    FLAGS.experiment = []
    study.main()
    assert len(calls) == started and (out / "ablations.md").exists()


def _experiments(text):
    """The names of the experiments in command lines."""
    lines = text.splitlines()
    assert all("-m tools.study --out=" in line and "--plan" not in line for line in lines)
    return [line.rpartition("--experiment=")[2] for line in lines]


def _run_each(names):
    """Runs experiments, each in a call of its own, while all others are locked as by jobs that run at the same time."""
    FLAGS.plan = "false"
    for name in names:
        with contextlib.ExitStack() as others:
            for other in set(names) - {name}:
                others.enter_context(locked(os.path.join(FLAGS.out, "steps", *other.split("/"))))
            FLAGS.experiment = [name]
            study.main()
    FLAGS.plan, FLAGS.experiment = "commands", []


def test_trainings_with_the_traces_of_others_are_jobs_of_their_own(out, calls, capsys, monkeypatch):
    FLAGS.parts, FLAGS.plan = ["few"], "commands"
    monkeypatch.setattr(sys, "argv", ["study", f"--out={out}", "--parts=few", "--plan=commands"])
    numbers = []
    for _ in range(3):
        study.main()
        names = _experiments(capsys.readouterr().out)
        numbers.append(len(names))
        _run_each(names)
    assert numbers == [2, 12, 6]  # faces; trainings; those with synthesized spoofs
    study.main()
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    "changes, message",
    [({"parts": ["dmeo"]}, "known are demo"), ({"seeds": ["0", "x"]}, "whole"), ({"seeds": ["1", "1"]}, "different")],
)
def test_wrong_use_is_said_before_any_work(out, calls, changes, message):
    for name, value in changes.items():
        setattr(FLAGS, name, value)
    before = set(sys.modules)  # earlier tests in this process may have imported it
    with pytest.raises(UsageError, match=message):
        study.main()
    assert not calls and "tensorflow_addons" not in set(sys.modules) - before


@pytest.mark.parametrize("name", ["demo.json", "demo.md"])
def test_tables_replace_no_file_of_others(out, calls, name):
    FLAGS.parts = ["demo"]
    (out / name).write_text("dear to somebody")
    with pytest.raises(OutputError, match=f"{name} exists and was not written by this program"):
        study.main()
    assert not calls and (out / name).read_text() == "dear to somebody"
