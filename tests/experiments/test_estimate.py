"""Estimates from steps that were run, and guesses for others."""

import itertools

import pytest

from phystd_tf.experiments import embedded_faces
from phystd_tf.experiments.estimate import estimate, figure_of, in_words, speeds
from phystd_tf.experiments.experiment import Experiment, FaceCounts, steps_of
from phystd_tf.experiments.media import classifications
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.presenting import command_lines, overview
from phystd_tf.experiments.reproduction import speed_step
from phystd_tf.experiments.step import Stamp, Stamps, Step
from phystd_tf.experiments.synthesized_faces import synthesized_faces
from phystd_tf.experiments.systems import FITTED
from phystd_tf.hparams import ABLATIONS, choices_of
from phystd_tf.protocols.choice import ProtocolChoice


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


def test_no_step_of_a_plan_is_guessed_from_another_kind():
    """Only what is done once, and is short, may have no figure of its own."""
    models = [("phystd", name) for name in ABLATIONS] + [(name, "full") for name in choices_of("system")]
    for preset, (system, ablation) in itertools.product(("small", "paper", "printed"), models):
        one = Experiment("x", "data", ProtocolChoice(), 0 if system in FITTED else 7, system, ablation, preset=preset)
        one = one._replace(truth="faces", counts=FaceCounts(3, 3, 3))
        training, media = classifications(one, "out", "siwm", ("traces", "image"), 5)
        for found in (*steps_of(one, "out"), *media, speed_step("auxiliary", "x.json", preset)):
            assert figure_of(found.kind) is not None, found.kind
        per_unit = estimate(training, {}).seconds / training.work
        phystd = estimate(step("x", f"train {preset} phystd"), {}).seconds
        assert per_unit < phystd / 2 or (ablation != "auxiliary" and system != "lbp_svm"), training.kind
    faces = [*embedded_faces.training_faces("out", 6, 0), *synthesized_faces("x", one, "print", 5, "out")]
    assert all(figure_of(found.kind) is not None for found in faces) and figure_of("draw") is not None
    assert estimate(step("x", "train paper lbp_svm", 1000), {}).seconds < 60


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
    assert lines == ([f"python -m tools.x '--out=a b' --experiment={name}" for name in "ab"], [])
    for one in plan.steps[1:]:
        plan.stamps.write(one, 1, {key: plan.done()[key].identity for key in one.needs})
    assert "All is done." in overview(plan, 1) and command_lines(plan, []) == ([], [])


def names(lines):
    return [line.split("=")[1] for line in lines]


def test_command_lines_need_nothing_of_each_other_and_drawings_have_none(tmp_path):
    drawing = Step("figures/5", "draw", (), (__file__,), ("b/train",))
    plan = Plan(
        [Step("faces/render", "make_synthetic", (), (__file__,)), step("a/train", "k", 1, "faces/render"),
         step("b/train", "k", 1, "faces/render"), drawing],
        Stamps(str(tmp_path), {}),
    )  # fmt: skip
    found = command_lines(plan, [])
    assert names(found.lines) == ["faces"] and found.waiting == ["a", "b"]
    plan.stamps.write(plan.steps[0], 1, {})
    found = command_lines(plan, [])
    assert names(found.lines) == ["a", "b"] and not found.waiting


def test_a_training_that_needs_another_has_its_line_when_that_is_done(tmp_path):
    plan = Plan(
        [step("a/train"), step("b/synthesize", "", 1.0, "a/train"), step("b/train", "", 1.0, "b/synthesize"),
         step("c/train"), step("d/train", "", 1.0, "b/train")],
        Stamps(str(tmp_path), {}),
    )  # fmt: skip
    found = command_lines(plan, [])
    assert names(found.lines) == ["a", "c"] and found.waiting == ["b", "d"]
    made = {key: plan.stamps.write(plan.step(key), 1, {}).identity for key in ("a/train", "c/train")}
    found = command_lines(plan, [])
    assert names(found.lines) == ["b"] and found.waiting == ["d"]
    first = plan.stamps.write(plan.step("b/synthesize"), 1, {"a/train": made["a/train"]})
    assert names(command_lines(plan, []).lines) == ["b"]
    plan.stamps.write(plan.step("b/train"), 1, {"b/synthesize": first.identity})
    found = command_lines(plan, [])
    assert names(found.lines) == ["d"] and not found.waiting


def test_a_guess_is_called_one(tmp_path):
    assert "roughly" in overview(Plan([step("a/train", "train small phystd", 10)], Stamps(str(tmp_path), {})), 1)
