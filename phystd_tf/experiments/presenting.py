"""A plan as text: its steps, which are done, and how long the rest takes; or as command lines."""

import shlex
from collections.abc import Sequence

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


def command_lines(plan: Plan, command: Sequence[str]) -> str:
    """One command line per training that is not done; each is complete in itself.

    First come experiments that others need, such as faces: they must end before the others start. What is only made
    from trainings, such as a figure, has no line: it could not be made at the same time.

    Args:
      plan: Plan.
      command: the command that made the plan, without the option --plan.
    """
    stamps = plan.done()
    left = dict.fromkeys(step.group for step in plan.steps if step.key not in stamps)
    trained = {step.group for step in plan.steps if step.program == "train"}
    needed = {plan.step(key).group for step in plan.steps for key in step.needs if plan.step(key).group != step.group}
    first = [group for group in left if group in needed - trained]
    then = [group for group in left if group in trained]
    return "\n".join(shlex.join([*command, f"--experiment={group}"]) for group in (*first, *then))


def _names(steps: Sequence[Step]) -> str:
    return ", ".join(step.key.rpartition("/")[2] for step in steps)
