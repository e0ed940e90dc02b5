"""Options of all programs that carry out a plan of experiments: show the plan, or run only a part of it."""

import sys
from collections.abc import Sequence

from absl import flags as absl_flags

from phystd_tf.experiments import presenting
from phystd_tf.experiments.plan import Plan

from .command import Flags

EXPERIMENT_HELP = "Run one experiment only, by its name in the plan."


def define_plan(flags: Flags) -> absl_flags.FlagHolder:
    """The option --plan: "false", "true" (also --plan alone) or "commands"."""
    return flags.DEFINE_flag(
        absl_flags.EnumFlag(
            "plan", "false", "Run nothing: print what is done, what is left and how long it takes, or the commands.",
            ["false", "true", "commands"], boolean=True,
        )
    )  # fmt: skip


def shown(wanted: str, plan: Plan, jobs: int, program: str) -> bool:
    """Prints a plan if --plan asks for it.

    Args:
      wanted: value of --plan.
      plan: Plan.
      jobs: steps that would run side by side.
      program: module that carries out the plan, such as "tools.study".

    Returns:
      Whether the plan was printed; if so, nothing must be run.
    """
    if wanted == "true":
        print(presenting.overview(plan, jobs))
    elif wanted == "commands":
        found = presenting.command_lines(plan, [sys.executable, "-m", program, *_given()])
        for line in found.lines:
            print(line)
        if found.waiting:  # not among the lines, which are a list of jobs
            print(
                f"{len(found.waiting)} more experiment(s) wait for results of these; the same command prints them when "
                "these are done",
                file=sys.stderr,
            )
    return wanted != "false"


def _given() -> Sequence[str]:
    """The options of this command, without --plan."""
    return [argument for argument in sys.argv[1:] if argument.lstrip("-").partition("=")[0] != "plan"]
