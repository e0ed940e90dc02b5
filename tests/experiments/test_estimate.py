"""Estimates from steps that were run, and guesses for others."""

import pytest

from phystd_tf.experiments.estimate import estimate, in_words, speeds
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.presenting import command_lines, overview
from phystd_tf.experiments.step import Stamp, Stamps, Step


def stamp(kind, seconds, work):
    return Stamp("x", [], {}, seconds, kind, work)


def step(key, kind="", work=1.0, *needs):
    return Step(key, "train", (), (__file__,), needs, kind, work)


def test_the_median_of_what_was_run():
    stamps = [stamp("train a", 10, 5), stamp("train a", 30, 5), stamp("train a", 20, 5), stamp("b", 0.1, 9)]
    assert speeds(stamps) == {"train a": 4}  # b found everything done
    assert estimate(step("x", "train a", 3), {"train a": 4}) == (12, True)


def test_what_was_never_run_is_guessed_from_the_closest_kind():
    plain, auxiliary, unknown = (
        estimate(step("x", kind, 100), {}) for kind in ("train small y", "train small phystd auxiliary", "dance")
    )
    assert not plain.measured and 0 < auxiliary.seconds < plain.seconds and unknown.seconds > 0


@pytest.mark.parametrize("seconds, words", [(5, "5 s"), (59.6, "60 s"), (600, "10 min"), (7500, "2 h 05 min")])
def test_durations_for_people(seconds, words):
    assert in_words(seconds) == words


def test_an_overview_and_the_command_lines_of_a_plan(tmp_path):
    plan = Plan(
        [step("a/train", "k", 600), step("a/score", "k", 60, "a/train"), step("b/train", "k", 7200)],
        Stamps(str(tmp_path), {}),
    )
    plan.stamps.write(plan.steps[0], 600, {})
    text = overview(plan, 2)
    rows = [line.split() for line in text.splitlines()]
    rows = [" ".join(row) for row in rows]
    assert "a 1 of 2 score 1 min" in rows and "b 0 of 1 train 2 h 00 min" in rows
    assert "About 1 h 00 min to go with 2 side by side." in text
    lines = command_lines(plan, ["python", "-m", "tools.x", "--out=a b"])
    assert lines.splitlines() == [f"python -m tools.x '--out=a b' --experiment={name}" for name in "ab"]
    for one in plan.steps[1:]:
        plan.stamps.write(one, 1, {key: plan.done()[key].identity for key in one.needs})
    assert "All is done." in overview(plan, 1) and command_lines(plan, []) == ""


def test_command_lines_of_what_several_need_come_first_and_drawings_have_none(tmp_path):
    drawing = Step("figures/5", "draw", (), (__file__,), ("b/train",))
    plan = Plan(
        [Step("faces/render", "make_synthetic", (), (__file__,)), step("a/train", "k", 1, "faces/render"),
         step("b/train", "k", 1, "faces/render"), drawing],
        Stamps(str(tmp_path), {}),
    )  # fmt: skip
    assert [line.split("=")[1] for line in command_lines(plan, []).splitlines()] == ["faces", "a", "b"]
    plan.stamps.write(plan.steps[0], 1, {})
    assert [line.split("=")[1] for line in command_lines(plan, []).splitlines()] == ["a", "b"]


def test_a_guess_is_called_one(tmp_path):
    assert "roughly" in overview(Plan([step("a/train", "train small phystd", 10)], Stamps(str(tmp_path), {})), 1)
