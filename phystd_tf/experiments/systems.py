"""The names that systems and the ablations of PhySTD have on the command line."""

from phystd_tf.experiments.plan import PlanError
from phystd_tf.hparams import ABLATIONS, choices_of

FULL = "phystd"
NAMES = (*choices_of("system"), *(name for name in ABLATIONS if name != "full"))


def split_name(name: str) -> tuple[str, str]:
    """(system, ablation) of a name.

    Raises:
      PlanError: if there is none of this name.
    """
    if name not in NAMES:
        raise PlanError(f"there is no system '{name}'; there are {', '.join(NAMES)}")
    return (FULL, name) if name in ABLATIONS else (name, "full")


def name_of(system: str, ablation: str) -> str:
    """The name of a system, or of an ablation of PhySTD."""
    return system if ablation == "full" else ablation
