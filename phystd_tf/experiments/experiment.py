"""An experiment: one model, trained on one split of one dataset with one seed, scored and evaluated."""

import os
from typing import NamedTuple, Optional

from phystd_tf.experiments.step import Step
from phystd_tf.hparams import get_hparams
from phystd_tf.protocols.choice import ProtocolChoice


class FaceCounts(NamedTuple):
    """Numbers of faces in the splits that an experiment scores, and is trained on, to estimate its time."""

    threshold: int = 0
    test: int = 0
    train: int = 0


class Experiment(NamedTuple):
    """What is trained and measured.

    Attributes:
      name: unique name of its folder below the output folder.
      data: prepared folder of its training faces.
      protocol: which of these faces are train, dev and test.
      system: what is trained, see ``HParams.system``.
      ablation: row of Table 3, for PhySTD.
      seed: seed of the training.
      preset: name of the hyper-parameters.
      iterations: number of training iterations; 0 for a system that is fitted at once.
      changes: further hyper-parameters, each as name=value.
      threshold_split: split on which alpha0 and the threshold are chosen: "dev", or "train" if there is no dev.
      test_data: prepared folder of the test faces; None for ``data``.
      truth: folder of the embedded dataset of the test faces, to measure traces; None if there is none.
      needs: keys of the steps that make its faces.
      counts: FaceCounts.
    """

    name: str
    data: str
    protocol: ProtocolChoice
    iterations: int
    system: str = "phystd"
    ablation: str = "full"
    seed: int = 0
    preset: str = "small"
    changes: tuple[str, ...] = ()
    threshold_split: str = "dev"
    test_data: Optional[str] = None
    truth: Optional[str] = None
    needs: tuple[str, ...] = ()
    counts: FaceCounts = FaceCounts()


class Files(NamedTuple):
    """The paths of the results of an experiment."""

    run: str
    chosen_scores: str
    test_scores: str
    metrics: str


def files_of(experiment: Experiment, out: str) -> Files:
    """The paths of what an experiment writes below an output folder."""
    folder = os.path.join(out, *experiment.name.split("/"))
    names = ("run", f"{experiment.threshold_split}.csv", "test.csv", "metrics.json")
    return Files(*(os.path.join(folder, name) for name in names))


def with_schedule(
    preset: str, iterations: int, changes: tuple[str, ...] = (), system: str = "phystd"
) -> tuple[str, ...]:
    """The changes, with a ``decay_every`` that keeps the share of iterations at the full rate as in the preset.

    A system that is fitted at once (0 iterations) has no rate.
    """
    usual = get_hparams(preset, system=system)
    if iterations in (0, usual.max_iterations) or any(change.startswith("decay_every=") for change in changes):
        return changes
    return (f"decay_every={max(1, round(iterations * usual.decay_every / usual.max_iterations))}", *changes)


def steps_of(experiment: Experiment, out: str) -> list[Step]:
    """The four steps of an experiment: train, score twice, evaluate."""
    run, chosen, test, metrics = files_of(experiment, out)
    name = experiment.name
    model = f"{experiment.preset} {experiment.system}"
    own = model if experiment.ablation == "full" else f"{model} {experiment.ablation}"
    train = Step(
        f"{name}/train", "train", _training(experiment, run), (os.path.join(run, "operating_point.json"),),
        experiment.needs, f"train {own}", experiment.iterations or experiment.counts.train, fixed=True,
    )  # fmt: skip
    truth = () if experiment.truth is None else (f"--faces={experiment.truth}",)
    parts = (
        (experiment.threshold_split, chosen, experiment.data, (), experiment.counts.threshold),
        ("test", test, experiment.test_data or experiment.data, truth, experiment.counts.test),
    )
    scored = [
        Step(
            f"{name}/score_{split}", "score",
            (f"--run={run}", f"--data={data}", f"--split={split}", f"--out={path}", *more),
            # Traces that are measured too take longer.
            (path,), (train.key,), f"score {'and measure ' if more else ''}{own}", faces,
        )
        for split, path, data, more, faces in parts
    ]  # fmt: skip
    evaluate = Step(
        f"{name}/evaluate", "evaluate", (f"--scores={test}", f"--dev_scores={chosen}", f"--out={metrics}"),
        (metrics,), tuple(step.key for step in scored), "evaluate",
    )  # fmt: skip
    return [train, *scored, evaluate]


def _training(experiment: Experiment, run: str) -> tuple[str, ...]:
    choice = experiment.protocol
    return (
        f"--data={experiment.data}", f"--run={run}", f"--preset={experiment.preset}",
        *((f"--system={experiment.system}",) if experiment.system != "phystd" else ()),
        *((f"--ablation={experiment.ablation}",) if experiment.ablation != "full" else ()),
        *((f"--iterations={experiment.iterations}",) if experiment.iterations else ()),
        f"--seed={experiment.seed}", f"--protocol={choice.name}",
        *((f"--protocol_seed={choice.seed}",) if choice.seed else ()),
        *((f"--lists={choice.lists}",) if choice.lists else ()),
        *(f"--set={change}" for change in experiment.changes),
    )  # fmt: skip
