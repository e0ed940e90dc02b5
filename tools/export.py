"""Writes a trained run as a SavedModel: crops -> score, and crops -> all outputs.

python -m tools.export --run=RUN --out=EXPORT
"""

from .command import Flags, run_program

flags = Flags()

_RUN = flags.DEFINE_string("run", None, "Run folder, made by tools.train.", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder to make; an earlier export there is replaced.", required=True)


def main() -> None:
    from phystd_tf.inference.export import export_run

    export_run(_RUN.value, _OUT.value)
    print(f"SavedModel in {_OUT.value}: signatures serving_default (score) and disentangle (all outputs)")


def run() -> None:
    """Entry point of phystd-export."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
