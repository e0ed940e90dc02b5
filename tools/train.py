"""Trains PhySTD, or a system to compare it with, on a prepared folder, or resumes a stopped training.

The run folder has the hyper-parameters, the commands, complete checkpoints,
TensorBoard logs and, at the end, the operating point: alpha0 of Eq. (10) and the
threshold, both chosen on dev (or train, if dev lacks a class).

  python -m tools.train --data=PREPARED --preset=small --run=RUN
"""

from phystd_tf.data.share import STRATEGIES
from phystd_tf.hparams import choices_of, get_hparams

from .command import SEEDS, Flags, UsageError, overrides_of, run_program

flags = Flags()

_DATA = flags.DEFINE_string("data", None, "Prepared folder, made by tools.prepare.", required=True)
_RUN = flags.DEFINE_string("run", None, "Run folder to make or to resume.", required=True)
_PRESET = flags.DEFINE_string(
    "preset",
    "small",
    "Hyper-parameters: small (128 px, for a CPU), paper (256 px), or printed: paper without the"
    " changes that its start needs.",
)
_ABLATION = flags.DEFINE_string(
    "ablation",
    "full",
    "Row of Table 3: auxiliary, step1, step1_step2_single_trace, step1_step2 or full. For phystd only.",
)
_SYSTEM = flags.DEFINE_enum(
    "system", choices_of("system")[0], choices_of("system"),
    "What is trained: phystd, or a system of the paper's tables to compare it with.",
)  # fmt: skip
_PROTOCOL = flags.DEFINE_string(
    "protocol", "folder", "Which faces are train, dev and test: folder = as prepared; tools.protocols lists the others."
)
_PROTOCOL_SEED = flags.DEFINE_integer("protocol_seed", 0, "Seed of protocols that draw, such as siwm_1.", **SEEDS)
_LISTS = flags.DEFINE_string("lists", None, "Folder of your own list files, for protocols that are made of lists.")
_ITERATIONS = flags.DEFINE_integer("iterations", None, "Training iterations; by default the preset's.", lower_bound=1)
_STEPS_PER_EPOCH = flags.DEFINE_integer(
    "steps_per_epoch", None, "Iterations between two checkpoints, held-out losses and pictures. By default the"
    " preset's: 100 in small, 1000 in paper and printed.", lower_bound=1,
)  # fmt: skip
_SAMPLING = flags.DEFINE_enum(
    "sampling", None, choices_of("sampling"),
    "What is drawn evenly: clips, whatever their length; frames; or spoof types, and clips within a type. By default"
    " the preset's: clip.",
)  # fmt: skip
_PRECISION = flags.DEFINE_enum(
    "precision", None, choices_of("precision"),
    "Precision of the body of the generator; bands, last layers, losses and discriminators are always float32."
    " mixed_bfloat16 is faster on processors with AMX and on recent GPUs, mixed_float16 (with loss scaling) also on"
    " older GPUs; elsewhere both are slower. By default the preset's: float32.",
)  # fmt: skip
_DETERMINISTIC = flags.DEFINE_boolean(
    "deterministic", False, "Make trainings with the same seed agree bit by bit on a CPU, also if they are stopped and"
    " resumed. TensorFlow then optimizes nothing across operations, and may be slower.",
)  # fmt: skip
_STRATEGY = flags.DEFINE_enum(
    "strategy", "none", STRATEGIES,
    "Devices that share each batch: none, a single device; mirrored, all GPUs of this machine; or multi_worker, those"
    " of several machines, each of which runs this command with the same folders and its own TF_CONFIG.",
)  # fmt: skip
_JIT = flags.DEFINE_boolean(
    "jit_compile", False, "Compile the training step with XLA; for GPUs (on a CPU the presets take minutes)."
)
_SET = flags.DEFINE_multi_string(
    "set", [], "One hyper-parameter, as name=JSON value, for example --set=learning_rate=1e-4. May be repeated."
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the weights, the batches and the harder samples.", **SEEDS)

_SHOWN = 3


def main() -> None:
    overrides = overrides_of(_SET.value)
    named = {"max_iterations": _ITERATIONS, "sampling": _SAMPLING, "precision": _PRECISION}
    given = {name: flag.value for name, flag in named.items() if flag.value is not None}
    twice = sorted(set(overrides) & set(given))
    if twice:
        raise UsageError(f"--set={twice[0]}=...: has an option of its own, which is given too; give one of them")
    overrides.update(given)

    if _JIT.value and _STRATEGY.value != "none":
        raise UsageError("--jit_compile is for one device; leave it out, or --strategy")

    hparams = get_hparams(_PRESET.value, _ABLATION.value, _SYSTEM.value, **overrides)
    steps_per_epoch = _STEPS_PER_EPOCH.value or hparams.checkpoint_every

    from tqdm import tqdm

    from phystd_tf.data.selection import Selection
    from phystd_tf.inference.calibration import choose_operating_point
    from phystd_tf.protocols.choice import ProtocolChoice
    from phystd_tf.training.experiment import train

    faces = Selection(_DATA.value, ProtocolChoice(_PROTOCOL.value, _PROTOCOL_SEED.value, _LISTS.value))
    leaks = faces.leaks()
    for leak in leaks[:_SHOWN]:
        print(f"warning: {leak}; results will be too good")
    if len(leaks) > _SHOWN:
        print(f"warning: {len(leaks) - _SHOWN} more such people; tools.protocols names them all")
    writes = train(
        hparams, faces, _RUN.value, _SEED.value, steps_per_epoch, _JIT.value, _DETERMINISTIC.value, _STRATEGY.value
    )
    if not writes:
        print(f"done; the first worker writes {_RUN.value}")
        return
    with tqdm(unit="face", desc="choosing alpha0 and threshold") as bar:
        point = choose_operating_point(_RUN.value, faces, progress=bar.update)
    print(f"alpha0 = {point.alpha0:g}, live when score >= {point.threshold:.5f} ({point.source}); run in {_RUN.value}")


def run() -> None:
    """Entry point of phystd-train."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
