"""Which steps are done, what they need, and that no step counts as done if its inputs have changed."""

import os
import re

import pytest

from phystd_tf.experiments.plan import Plan, PlanError
from phystd_tf.experiments.step import Stamps, Step


def step(out, key, *needs, arguments=(), fixed=False):
    return Step(key, "score", arguments, (os.path.join(out, f"{key.replace('/', '_')}.csv"),), needs, fixed=fixed)


def finish(plan, *keys):
    for key in keys:
        one = plan.step(key)
        for path in one.outputs:
            with open(path, "w", encoding="utf-8") as file:
                file.write(key)
        plan.stamps.write(one, 1.0, {name: plan.done()[name].identity for name in one.needs})


@pytest.fixture()
def out(tmp_path):
    return str(tmp_path / "out")


@pytest.fixture()
def plan(out):
    os.makedirs(out)
    steps = [step(out, "a/train"), step(out, "a/score", "a/train"), step(out, "b/train"), step(out, "b/x", "a/score")]
    return Plan(steps, Stamps(out, {"OUT": out}))


def test_a_step_is_done_when_it_and_all_that_it_needs_are(plan, out):
    assert not plan.done()
    finish(plan, "a/train", "a/score")
    assert list(plan.done()) == ["a/train", "a/score"]
    os.remove(os.path.join(out, "a_train.csv"))
    assert not plan.done()


def test_what_was_made_from_an_earlier_result_is_not_done(plan):
    finish(plan, "a/train", "a/score", "b/x")
    finish(plan, "a/train")  # again
    assert list(plan.done()) == ["a/train"]


def test_another_command_is_another_step(plan, out):
    finish(plan, "a/train")
    changed = Plan([step(out, "a/train", arguments=("--seed=1",))], plan.stamps)
    assert not changed.done()
    changed.check()


def test_a_fixed_step_is_refused_with_another_command(out):
    os.makedirs(out)
    stamps = Stamps(out, {"OUT": out})
    before, now = (Plan([step(out, "a/train", arguments=(text,), fixed=True)], stamps) for text in ("--n=1", "--n=2"))
    now.check()
    finish(before, "a/train")
    before.check()
    with pytest.raises(PlanError, match=r"a/train was done with --n=1, .*\(--n=2\); give another --out"):
        now.check()
    os.remove(os.path.join(out, "a_train.csv"))  # nothing wrong is left
    now.check()


def test_folders_can_be_moved(tmp_path, out):
    def made(where, data):
        os.makedirs(where, exist_ok=True)
        arguments = (f"--run={where}/run", f"--data={data}", f"--data={data}x", "--seed=1")
        return Plan([step(where, "a/train", arguments=arguments)], Stamps(where, {"OUT": where, "DATA": data}))

    first = made(out, "/faces/a")
    assert first.stamps.command(first.steps[0]) == [
        "score", "--run={OUT}/run", "--data={DATA}", "--data=/faces/ax", "--seed=1"
    ]  # fmt: skip
    one = Plan([first.steps[0]._replace(arguments=first.steps[0].arguments[:2])], first.stamps)
    finish(one, "a/train")
    moved = str(tmp_path / "moved")
    os.rename(out, moved)
    again = made(moved, "/elsewhere")
    assert list(Plan([again.steps[0]._replace(arguments=again.steps[0].arguments[:2])], again.stamps).done())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"identity": 1, "command": 3}', "\0"])
def test_a_damaged_stamp_is_none(plan, content):
    finish(plan, "a/train")
    with open(plan.stamps.path("a/train"), "w", encoding="utf-8") as file:
        file.write(content)
    assert not plan.done()


def test_some_groups_and_what_they_need(plan):
    assert [one.key for one in plan.only(["b"]).steps] == ["a/train", "a/score", "b/train", "b/x"]
    assert [one.key for one in plan.only(["a"]).steps] == ["a/train", "a/score"]
    with pytest.raises(PlanError, match=re.escape("no experiment 'c'; there are a, b")):
        plan.only(["c"])


def test_plans_that_cannot_be(out):
    stamps = Stamps(out, {})
    with pytest.raises(PlanError, match="two different steps are called a/train"):
        Plan([step(out, "a/train"), step(out, "a/train", arguments=("--x=1",))], stamps)
    with pytest.raises(PlanError, match="needs b/train, which does not come before"):
        Plan([step(out, "a/train", "b/train")], stamps)
    assert len(Plan([step(out, "a/train")] * 2, stamps).steps) == 1  # shared
