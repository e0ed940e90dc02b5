"""Steps run in order and in parallel; failures and interruptions cost as little as possible."""

import os
import sys
import threading

import pytest

from phystd_tf.experiments import running
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.step import Stamps, Step
from phystd_tf.files.lock import FolderInUseError, locked


@pytest.fixture()
def out(tmp_path):
    return str(tmp_path)


@pytest.fixture()
def plan(out):
    def step(key, *needs):
        return Step(key, "train", (f"--key={key}",), (os.path.join(out, key.replace("/", "_")),), needs)

    steps = [step("faces/prepare"), *(step(f"{name}/train", "faces/prepare") for name in "abc"),
             step("a/score", "a/train"), step("b/score", "b/train")]  # fmt: skip
    return Plan(steps, Stamps(out, {"OUT": out}))


class Starter:
    """A stand-in for the programs: records the steps and makes their outputs."""

    def __init__(self, codes=None, barrier=None):
        self.keys, self.environments, self.codes, self.barrier = [], [], codes or {}, barrier

    def __call__(self, step, output, environment):
        self.keys.append(step.key)
        self.environments.append(environment)
        if self.barrier and step.program == "train" and step.key.endswith("train"):
            self.barrier.wait(60)  # ends only when as many run in parallel as are wanted
        code = self.codes.get(step.key, 0)
        if output is not None:
            os.write(output, b"loading\rone line\n\nwhy it failed\n")
        if code == 0:
            open(step.outputs[0], "w", encoding="utf-8").close()
        return code


def test_each_step_is_run_once_and_after_what_it_needs(plan, out):
    start = Starter()
    assert running.run(plan, start, out) == [] and start.keys == [step.key for step in plan.steps]
    again = Starter()
    assert running.run(plan, again, out) == [] and again.keys == []
    os.remove(os.path.join(out, "a_train"))
    running.run(plan, again, out)
    assert again.keys == ["a/train", "a/score"]


def test_jobs_run_side_by_side_and_share_the_cores(plan, out, monkeypatch):
    monkeypatch.setattr(running.os, "cpu_count", lambda: 9)
    start = Starter(barrier=threading.Barrier(3))
    assert running.run(plan, start, out, jobs=3) == []
    assert {environment["OMP_NUM_THREADS"] for environment in start.environments} == {"3"}
    assert sorted(start.keys) == sorted(step.key for step in plan.steps) and start.keys[0] == "faces/prepare"


def test_a_failure_costs_only_what_needs_it(plan, out, capsys):
    start = Starter({"a/train": 2})
    (failure,) = running.run(plan, start, out)
    assert failure.step.key == "a/train" and "a/score" not in start.keys and "b/score" in start.keys
    assert "exit code 2" in failure.reason and failure.reason.endswith("  one line\n  why it failed")
    assert plan.stamps.log_path("a/train") in failure.reason
    again = Starter()
    assert running.run(plan, again, out) == [] and again.keys == ["a/train", "a/score"]


def test_of_a_step_that_was_begun_before_no_speed_is_learned(plan, out, monkeypatch):
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(running.time, "monotonic", lambda: next(clock))
    running.run(plan, Starter({"a/train": 2}), out)
    running.run(plan, Starter(), out)
    seconds = {key: stamp.seconds for key, stamp in plan.done().items()}
    assert seconds["a/train"] == 0 and seconds["b/train"] == seconds["a/score"] == 100


def test_a_step_that_lies_about_its_output_has_failed(plan, out):
    (failure,) = running.run(plan.only(["faces"]), lambda *_: 0, out)
    assert "did not write" in failure.reason and not plan.done()


@pytest.mark.parametrize("code", [130, -2])
def test_an_interrupted_step_ends_it_all(plan, out, code):
    start = Starter({"b/train": code})
    with pytest.raises(KeyboardInterrupt):
        running.run(plan, start, out)
    assert start.keys == ["faces/prepare", "a/train", "b/train"]
    assert list(plan.done()) == ["faces/prepare", "a/train"]


def test_exit_codes_that_a_step_accepts(plan, out):
    prepare = plan.steps[0]._replace(accepts=(0, 1))

    def start(step, output, environment):
        open(step.outputs[0], "w", encoding="utf-8").close()
        return 1

    assert running.run(Plan([prepare], plan.stamps), start, out) == []


def test_an_experiment_is_run_by_one_process(plan, out):
    with locked(os.path.join(out, "steps", "a")):
        with pytest.raises(FolderInUseError):
            running.run(plan, Starter(), out)
        assert running.run(plan.only(["b"]), Starter(), out) == []  # another process may work at the same time


def test_a_program_is_started_by_this_python(plan, out, monkeypatch, capfd):
    os.makedirs(os.path.join(out, "verbs"))
    for name, text in (("__init__", ""), ("train", "import os, sys; print(sys.argv[1:], os.environ['X'])")):
        with open(os.path.join(out, "verbs", f"{name}.py"), "w", encoding="utf-8") as file:
            file.write(text)
    monkeypatch.chdir(out)
    monkeypatch.setenv("PYTHONPATH", out)
    start = running.program_starter("verbs")
    assert start(plan.steps[0], None, {"X": "there"}) == 0
    assert capfd.readouterr().out == f"['--key=faces/prepare'] there{os.linesep}"
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(OSError):
        start(plan.steps[0], None, {})
