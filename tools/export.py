"""Writes a trained run as a SavedModel: crops -> score, and crops -> all outputs; and its score in other formats.

A model card next to it says what it was trained on, how to use it, and what it is not.

    python -m tools.export --run=RUN --out=EXPORT
    python -m tools.export --run=RUN --out=EXPORT --formats=tflite_float16,onnx
"""

from .command import Flags, UsageError, run_program

flags = Flags()

_RUN = flags.DEFINE_string("run", None, "Run folder, made by tools.train.", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder to make; an earlier export there is replaced.", required=True)
# The names in phystd_tf.inference.converted, which is not imported here so that --help is quick.
FORMATS = ("tflite", "tflite_float16", "tflite_int8", "onnx")
_FORMATS = flags.DEFINE_list(
    "formats", [], f"Also the score for other runtimes: {', '.join(FORMATS)}; onnx needs the extra `onnx`."
)


def main() -> None:
    unknown = [name for name in _FORMATS.value if name not in FORMATS]
    if unknown:
        raise UsageError(f"--formats={unknown[0]}: there are {', '.join(FORMATS)}")

    from phystd_tf.inference.export import export_run

    differences = export_run(_RUN.value, _OUT.value, tuple(dict.fromkeys(_FORMATS.value)))
    print(
        f"SavedModel in {_OUT.value}: signatures score, score_uint8, score_encoded and disentangle; see model_card.md"
    )
    for file, difference in differences.items():
        print(f"{file}: scores differ by at most {difference:.2g} (faces of noise)")


def run() -> None:
    """Entry point of phystd-export."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
