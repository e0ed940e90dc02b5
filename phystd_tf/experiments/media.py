"""The steps behind Tables 6 and 7: training of a system, and classification of spoof media by its traces."""

import os
from collections.abc import Sequence

from phystd_tf.experiments.experiment import Experiment, files_of, steps_of
from phystd_tf.experiments.step import Step

INPUTS = ("traces", "image")  # what spoof media are classified by


def step_name(seen: str) -> str:
    """The last part of the key of a classification by one of INPUTS."""
    return f"media_{seen}"


def classifications(
    experiment: Experiment, out: str, classes: str, inputs: Sequence[str], iterations: int
) -> tuple[Step, list[Step]]:
    """The training of a system, and one classification for each input.

    Args:
      experiment: Experiment; only its training is used.
      out: the output folder.
      classes: name of the classes, see ``phystd_tf.evaluation.medium_classes``.
      inputs: some of INPUTS.
      iterations: training iterations of the classifier.

    Returns:
      The training, and the classifications; confusion.json is the only output of each.
    """
    training, *_ = steps_of(experiment, out)
    run = files_of(experiment, out).run
    return training, [_classification(experiment, run, classes, seen, iterations, training.key) for seen in inputs]


def _classification(experiment: Experiment, run: str, classes: str, seen: str, iterations: int, needs: str) -> Step:
    folder = os.path.join(os.path.dirname(run), step_name(seen))
    return Step(
        f"{experiment.name}/{step_name(seen)}", "classify_media",
        (
            f"--run={run}", f"--data={experiment.data}", f"--classes={classes}", f"--media_input={seen}",
            f"--out={folder}", f"--seed={experiment.seed}", f"--iterations={iterations}",
        ),
        (os.path.join(folder, "confusion.json"),), (needs,), f"classify_media {experiment.preset} {seen}", iterations,
    )  # fmt: skip
