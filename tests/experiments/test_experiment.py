"""The commands of an experiment."""

import pytest

from phystd_tf.experiments import embedded_faces
from phystd_tf.experiments.experiment import Experiment, FaceCounts, files_of, steps_of, with_schedule
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.step import Stamps
from phystd_tf.hparams import get_hparams
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.synthetic.layouts import all_clips
from phystd_tf.synthetic.recipe import Recipe

SMALL = get_hparams("small")
EXPERIMENT = Experiment("siwm_1/full-3", "prepared", ProtocolChoice("siwm_1", 5, "lists"), 100, seed=3)


def test_an_experiment_is_trained_scored_twice_and_evaluated():
    train, chosen, test, evaluate = steps_of(EXPERIMENT, "out")
    folder = "out/siwm_1/full-3"
    assert train.arguments == (
        "--data=prepared", f"--run={folder}/run", "--preset=small", "--iterations=100", "--seed=3",
        "--protocol=siwm_1", "--protocol_seed=5", "--lists=lists",
    )  # fmt: skip
    assert train.fixed and (train.kind, train.work) == ("train small phystd", 100)
    assert chosen.arguments == (f"--run={folder}/run", "--data=prepared", "--split=dev", f"--out={folder}/dev.csv")
    assert test.arguments[2:] == ("--split=test", f"--out={folder}/test.csv")
    assert evaluate.arguments[:2] == (f"--scores={folder}/test.csv", f"--dev_scores={folder}/dev.csv")
    assert evaluate.needs == (chosen.key, test.key) and evaluate.outputs == (files_of(EXPERIMENT, "out").metrics,)


def test_what_differs_is_in_the_commands():
    other = EXPERIMENT._replace(
        system="cdcn", ablation="step1", changes=("alpha1=2",), threshold_split="train", test_data="other",
        truth="faces", needs=("f/prepare",), counts=FaceCounts(7, 9),
    )  # fmt: skip
    train, chosen, test, _ = steps_of(other, "out")
    assert {"--system=cdcn", "--ablation=step1", "--set=alpha1=2"} <= set(train.arguments)
    assert train.needs == ("f/prepare",) and train.kind == "train small cdcn step1"
    assert "--split=train" in chosen.arguments and "--data=prepared" in chosen.arguments and chosen.work == 7
    assert {"--data=other", "--faces=faces"} <= set(test.arguments) and test.work == 9


def test_the_experiment_without_a_name_lies_in_the_output_folder_itself():
    assert files_of(EXPERIMENT._replace(name=""), "out").run == "out/run"


def test_a_longer_training_keeps_the_share_of_the_full_rate():
    assert with_schedule("small", SMALL.max_iterations, ("x=1",)) == ("x=1",)
    assert with_schedule("small", 2 * SMALL.max_iterations, ("x=1",)) == (f"decay_every={2 * SMALL.decay_every}", "x=1")
    assert with_schedule("small", 10, ("decay_every=3",)) == ("decay_every=3",)
    assert with_schedule("small", 1) == ("decay_every=1",)


def test_faces_to_train_on_and_faces_to_be_measured_on_have_nothing_in_common():
    train, test = embedded_faces.training_faces("out", 6, 0, "long_faces"), embedded_faces.test_faces("out", 3)
    plan = Plan([*train, *test], Stamps("out", {}))
    assert [step.key for step in plan.steps] == [
        "long_faces/render", "long_faces/prepare", "test_faces/render", "test_faces/prepare"
    ]  # fmt: skip
    assert embedded_faces.prepared_folder("out", "long_faces") == "out/long_prepared"
    seeds = [argument for step in plan.steps for argument in step.arguments if argument.startswith("--seed=")]
    assert len(set(seeds)) == 2 and train[0].work == 6 * 19 and test[0].work == 3 * 17


@pytest.mark.parametrize("subjects, test_subjects", [(140, 40), (6, 3)])
def test_scored_faces_are_as_many_as_the_renderer_makes(subjects, test_subjects):
    def rendered(steps, split):
        options = dict(option[2:].split("=") for option in steps[0].arguments)
        recipe = Recipe(
            **{
                name: kind(options[name])
                for name, kind in {
                    "subjects": int, "clips_per_subject": int, "live_clips_per_subject": int, "frames_per_clip": int,
                    "dev_share": float, "test_share": float,
                }.items()
            }
        )  # fmt: skip
        return sum(clip.split == split for clip in all_clips(recipe)) * recipe.frames_per_clip

    assert embedded_faces.face_counts(subjects, test_subjects) == FaceCounts(
        rendered(embedded_faces.training_faces("out", subjects, 0), "dev"),
        rendered(embedded_faces.test_faces("out", test_subjects), "test"),
    )
