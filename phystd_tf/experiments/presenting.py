"""A plan as text: its steps, which are done, and how long the rest takes; or as command lines."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from tabulate import tabulate

from phystd_tf.experiments.estimate import estimate, in_words, speeds
from phystd_tf.experiments.plan import Plan
from phystd_tf.experiments.step import Step


def overview(plan: Plan, jobs: int) -> str:
    """One row per group of steps: what is done, what is left, and how long that will take.

    Args:
      plan: Plan.
      jobs: steps that will run side by side.
    """
    stamps = plan.done()
    measured = speeds(stamps.values())
    rows, seconds, rough = [], 0.0, False
    for group in dict.fromkeys(step.group for step in plan.steps):
        steps = [step for step in plan.steps if step.group == group]
        left = [step for step in steps if step.key not in stamps]
        estimates = [estimate(step, measured) for step in left]
        rough |= not all(one.measured for one in estimates)
        own = sum(one.seconds for one in estimates)
        seconds += own
        rows.append((group, f"{len(steps) - len(left)} of {len(steps)}", _names(left), in_words(own) if left else ""))
    table = tabulate(rows, ("experiment", "done", "to do", "about"), disable_numparse=True)
    if not seconds:
        return f"{table}\n\nAll is done."
    doubt = " (roughly: some of it was never run here)" if rough else ""
    beside = f" with {jobs} side by side" if jobs > 1 else ""
    return f"{table}\n\nAbout {in_words(seconds / jobs)} to go{beside}{doubt}."


class CommandLines(NamedTuple):
    """What may run at the same time, for a job array.

    Attributes:
      lines: command lines; none of them needs the result of another.
      waiting: names of the experiments that have no line yet, since they need results of these.
    """

    lines: list[str]
    waiting: list[str]


def command_lines(plan: Plan, command: Sequence[str]) -> CommandLines:
    """One command line for each experiment that is not done and can start now; each is complete in itself.

    What is only made from trainings, such as a figure, neither has a line nor waits for one: it is made when the
    results are collected.

    Args:
      plan: Plan.
      command: the command that made the plan, without the option --plan.
    """
    stamps = plan.done()
    needs: dict[str, set[str]] = {}  # group -> the steps of other groups that it needs
    for step in plan.steps:
        others = {key for key in step.needs if plan.step(key).group != step.group}
        needs[step.group] = needs.get(step.group, set()) | others
    needed = {plan.step(key).group for keys in needs.values() for key in keys}
    trained = {step.group for step in plan.steps if step.program == "train"}
    left = dict.fromkeys(step.group for step in plan.steps if step.key not in stamps)
    own = [group for group in left if group in trained | needed or not needs[group]]
    ready = [group for group in own if needs[group] <= set(stamps)]
    lines = [shlex.join([*command, f"--experiment={group}"]) for group in ready]
    return CommandLines(lines, [group for group in own if group not in ready])


def _names(steps: Sequence[Step]) -> str:
    return ", ".join(step.key.rpartition("/")[2] for step in steps)
