"""Measures how long the parts of this package take on this machine, and how much memory they need.

  preparation  a frame of a video, compared with MediaPipe's mesh alone, and each stage
  warp         Eq. (12) to (15), compared with scipy, matplotlib and tensorflow-addons
  training     an iteration of each system
  step         an iteration of PhySTD, compared with its convolutions alone and a plain pass through its generator
  inference    the score alone and all outputs; SavedModel, TFLite and ONNX; a photograph to its verdict
  input        batches of prepared faces, compared with a training iteration
  memory       memory of a training step on a GPU, estimated from its graph without one
  clips        memory of preparation and reading, by the number of clips
  sizes        parameters of each system, and its operations for a face

Machines differ and are noisy. Compared parts are timed in turns, so look at ratios within one run.

    python -m tools.benchmark
    python -m tools.benchmark --parts=training --systems=phystd,auxiliary,cdcn --out=speeds.json
    python -m tools.benchmark --parts=step --preset=paper --precisions=float32,mixed_bfloat16
    python -m tools.benchmark --parts=memory --preset=paper
"""

from .command import Flags, UsageError, one_thread_each, overrides_of, run_program

flags = Flags()

USUAL = ("preparation", "warp", "training")
PARTS = (*USUAL, "step", "inference", "input", "memory", "clips", "sizes")

_PARTS = flags.DEFINE_list("parts", list(USUAL), f"Parts to measure: {', '.join(PARTS)}.")
_ROUNDS = flags.DEFINE_integer("rounds", 10, "Measurements per function; the median is shown.", lower_bound=1)
_PRESET = flags.DEFINE_string("preset", "small", "Hyper-parameters of the networks.")
_SYSTEMS = flags.DEFINE_list(
    "systems", None, "For training and sizes: systems and rows of Table 3; by default phystd and all these rows."
)
_SET = flags.DEFINE_multi_string("set", [], "For training: a hyper-parameter of all systems, as for tools.train.")
_PRECISIONS = flags.DEFINE_list("precisions", ["float32"], "For step, inference, memory; the first is the reference.")
_BATCH_SIZES = flags.DEFINE_list("batch_sizes", ["8", "16", "32"], "For memory: faces per batch.")
_AT_ONCE = flags.DEFINE_list("at_once", ["1", "8", "32"], "For inference: faces per call.")
_CLIPS = flags.DEFINE_list("clips", ["200", "2000"], "For clips: numbers of clips.")
_OUT = flags.DEFINE_string(
    "out",
    None,
    "JSON file for all measures and the machine; for training also seconds per iteration of each system.",
)


def main() -> None:
    unknown = sorted(set(_PARTS.value) - set(PARTS))
    if unknown or not _PARTS.value:
        raise UsageError(f"--parts={','.join(_PARTS.value)}: there are {', '.join(PARTS)}")
    if _SET.value and set(_PARTS.value) != {"training"}:
        raise UsageError("--set is for --parts=training alone")
    batch_sizes = _whole("batch_sizes", _BATCH_SIZES.value)
    faces = _whole("at_once", _AT_ONCE.value)
    clips = _whole("clips", _CLIPS.value)
    one_thread_each()  # as tools.prepare

    from phystd_tf.benchmarks.bench import Bench
    from phystd_tf.benchmarks.machine import machine
    from phystd_tf.files.atomic import write_json
    from phystd_tf.files.outputs import Output, check_outputs, is_object
    from phystd_tf.hparams import get_hparams

    if _OUT.value is not None:
        check_outputs([Output(_OUT.value, is_object("preset", "seconds"))])
    hparams = get_hparams(_PRESET.value)
    bench = Bench(_ROUNDS.value, _shower())
    place = machine()
    print(f"{place['processor']}, {place['cores']} core(s), load {place['load']}")
    seconds = {}
    for part in dict.fromkeys(_PARTS.value):
        if part == "preparation":
            from phystd_tf.benchmarks.preparing import preparation

            preparation(bench)
        elif part == "warp":
            from phystd_tf.benchmarks.warping import warping

            warping(bench, hparams)
        elif part == "training":
            seconds = _training(bench)
        elif part == "step":
            from phystd_tf.benchmarks.training import step

            step(bench, _PRESET.value, _in_each_precision())
        elif part == "inference":
            _inference(bench, faces)
        elif part == "input":
            from phystd_tf.benchmarks.reading import reading

            reading(bench, _PRESET.value, hparams)
        elif part == "memory":
            _memory(bench, batch_sizes)
        elif part == "sizes":
            from phystd_tf.benchmarks.sizes import sizes

            sizes(bench, _PRESET.value, _systems())
        else:
            from phystd_tf.benchmarks.reading import memory_by_clips

            memory_by_clips(bench, clips)
    if _OUT.value is not None:
        measures = [measure._asdict() for measure in bench.measures]
        found = {"preset": _PRESET.value, "machine": place, "seconds": seconds, "measures": measures}
        write_json(found, _OUT.value)


def _shower():
    """Returns a function that prints each new measure, below the name of its benchmark."""
    shown = set()

    def show(measure) -> None:
        if measure.case not in shown:
            shown.add(measure.case)
            print(measure.case)
        ratio = "" if measure.ratio is None else f"{measure.ratio:8.2f} of: {measure.reference}"
        print(f"  {measure.name:<62}{measure.value:10.2f} {measure.unit:<10}{ratio}".rstrip(), flush=True)

    return show


def _training(bench) -> dict[str, float]:
    """Seconds of a training iteration, by system."""
    from phystd_tf.benchmarks.training import training

    return training(bench, _systems())


def _systems():
    """The systems of --systems, each with its hyper-parameters."""
    from phystd_tf.experiments.systems import FULL, split_name
    from phystd_tf.hparams import ABLATIONS, get_hparams

    names = _SYSTEMS.value or (FULL, *(row for row in ABLATIONS if row != "full"))
    systems = [(name, *split_name(name)) for name in names]
    changes = overrides_of(_SET.value)
    return [(name, get_hparams(_PRESET.value, row, system, **changes)) for name, system, row in systems]


def _in_each_precision():
    from phystd_tf.hparams import get_hparams

    return [get_hparams(_PRESET.value, precision=precision) for precision in _PRECISIONS.value]


def _inference(bench, faces: list[int]) -> None:
    from phystd_tf.benchmarks.rendered import face_frames
    from phystd_tf.benchmarks.using import inference, photograph

    precisions = _in_each_precision()
    inference(bench, _PRESET.value, precisions, faces)
    photograph(bench, _PRESET.value, precisions[0], face_frames(1)[0])


def _memory(bench, sizes: list[int]) -> None:
    """The peak memory of a training step, by batch size."""
    from phystd_tf.device import as_with_a_gpu
    from phystd_tf.hparams import get_hparams
    from phystd_tf.training.step_memory import peak_bytes, traced_step
    from phystd_tf.training.systems import new_model

    case = f"tensors of a training iteration on a GPU at their peak, {_PRESET.value}; variables come on top"
    for precision in _PRECISIONS.value:
        for size in sizes:
            model = new_model(get_hparams(_PRESET.value, batch_size=size, precision=precision))
            with as_with_a_gpu():  # its graph, whatever this machine is
                peak = peak_bytes(traced_step(model))
            bench.add(case, f"{size} faces, {precision}", peak / 2**30, "GiB")
            bench.add(case, f"{size} faces, {precision}, each", peak / size / 2**20, "MiB")


def _whole(flag: str, texts: list[str]) -> list[int]:
    try:
        numbers = [int(text) for text in texts]
        if not numbers or min(numbers) < 1:
            raise ValueError
    except ValueError as error:
        raise UsageError(f"--{flag}={','.join(texts)}: want whole numbers, as in 8,16") from error
    return numbers


def run() -> None:
    """Entry point of phystd-benchmark."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
