"""Draws what PhySTD disentangles from photographs and videos.

Writes one picture per photograph and one video per video: input, B, C, T, P,
reconstruction and overall trace, with score and verdict; and results.csv with the
rows of tools.predict.

  python -m tools.disentangle --model=RUN_OR_EXPORT --input=FILE_OR_DIR --out=DIR
"""

import os

from .command import Flags, UsageError, code_of, run_program

flags = Flags()

_MODEL = flags.DEFINE_string("model", None, "Run folder (tools.train) or export (tools.export).", required=True)
_INPUT = flags.DEFINE_multi_string(
    "input", None, "A photograph, a video, or a folder of them (with subfolders); may be given several times.",
    required=True,
)  # fmt: skip
_OUT = flags.DEFINE_string("out", None, "Folder for the pictures and results.csv.", required=True)
_SHEET = flags.DEFINE_string("sheet", None, "Also write one picture, PNG or JPEG, of the first 60 inputs.")
_RAW = flags.DEFINE_enum(
    "raw", None, ["npz", "png"],
    "Also write B, C, T, P, I_P, depth, crop and reconstruction of the largest face of each photograph, as float32 in "
    "NAME.npz, or as 16-bit PNG in NAME_raw with their ranges.",
)  # fmt: skip
_FRAME_STEP = flags.DEFINE_integer("frame_step", 1, "Take every n-th frame of a video.", lower_bound=1)
_MAX_FRAMES = flags.DEFINE_integer("max_frames", None, "Maximum frames per video; by default all.", lower_bound=1)
_MORPHABLE_MODEL = flags.DEFINE_string("morphable_model", None, "The .npz file given to tools.prepare, if any.")

_RESULTS_FILE = "results.csv"
_SHEET_SUFFIXES = (".png", ".jpg", ".jpeg")
_SHEET_FACES = 60


def main() -> int:
    from phystd_tf.files.images import write_image
    from phystd_tf.files.names import printable
    from phystd_tf.inference.drawing import drawn_paths
    from phystd_tf.inference.face_pictures import PANELS, is_drawn, overview_row
    from phystd_tf.inference.inputs import file_input, list_files
    from phystd_tf.inference.model import load
    from phystd_tf.inference.presenting import report_on_terminal
    from phystd_tf.inference.reporting import Reports
    from phystd_tf.report.trace_panel import trace_sheet

    sheet, out = _SHEET.value, _OUT.value
    if sheet is not None and not sheet.lower().endswith(_SHEET_SUFFIXES):
        raise UsageError(f"{sheet}: the name of a sheet must end in {', '.join(_SHEET_SUFFIXES)}")
    inputs = [file_input(path, _FRAME_STEP.value, _MAX_FRAMES.value) for path in list_files(_INPUT.value, is_drawn)]
    if _RAW.value is not None and any(source.is_clip for source in inputs):
        raise UsageError("--raw is for photographs, and there is a video among the inputs")
    reports = Reports(os.path.join(out, _RESULTS_FILE), PANELS, out, _RAW.value)
    reports.check(inputs, [] if sheet is None else [sheet])  # before the model is loaded
    names = {source.path: os.path.basename(drawn) for source, drawn in zip(inputs, drawn_paths(inputs, out))}
    overview = {}

    def collect(source, judged) -> None:
        if sheet is not None and source.path not in overview and len(overview) < _SHEET_FACES:
            overview[source.path] = overview_row(judged, printable(os.path.splitext(names[source.path])[0]))

    with load(_MODEL.value, morphable_model=_MORPHABLE_MODEL.value) as model:
        num_judged = report_on_terminal(model, inputs, reports, "disentangling", collect)
    print(f"pictures and {_RESULTS_FILE} in {out}")
    if sheet is not None:
        write_image(trace_sheet(list(overview.values())), sheet, PANELS.made_by)
        print(f"sheet in {sheet}")
    return code_of(num_judged, len(inputs))


def run() -> None:
    """Entry point of phystd-disentangle."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
