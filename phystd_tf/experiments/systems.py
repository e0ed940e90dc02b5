"""The names that systems and the ablations of PhySTD have on the command line."""

from phystd_tf.experiments.plan import PlanError
from phystd_tf.hparams import ABLATIONS, choices_of

FULL = "phystd"
SPEEDS = "speeds"  # folder with the time of an iteration of each
# Those that estimate additive traces, which Tables 6 and 7 classify.
WITH_TRACES = (FULL, "step1", "step1_step2_single_trace", "step1_step2", "stdn", "despoof")
FITTED = ("lbp_svm",)  # these are fitted at once, to all faces of train, and have no iterations
NAMES = (*choices_of("system"), *(name for name in ABLATIONS if name != "full"))


def has_own_time(name: str) -> bool:
    """Whether equal time differs from equal iterations for a system: it has iterations, and is not PhySTD itself."""
    return name != FULL and name not in FITTED


def split_name(name: str) -> tuple[str, str]:
    """(system, ablation) of a name.

    Raises:
      PlanError: if the name is unknown.
    """
    if name not in NAMES:
        raise PlanError(f"there is no system '{name}'; there are {', '.join(NAMES)}")
    return (FULL, name) if name in ABLATIONS else (name, "full")


def name_of(system: str, ablation: str) -> str:
    """The name of a system, or of an ablation of PhySTD."""
    return system if ablation == "full" else ablation
