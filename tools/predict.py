"""Says whether the faces in photographs, videos or a camera are live or spoof.

Writes one row per face and frame, and one per clip and face: path, frame, box,
liveness score (higher is more live), threshold and its source, verdict, status,
reason and the terms of the score. A spoof is a normal result. A face without a
verdict has a reason and a status other than ok (unreadable, no_face, too_small,
low_quality), unless the run has no threshold yet: then there are scores only.

    python -m tools.predict --model=RUN_OR_EXPORT --input=PHOTO_VIDEO_OR_FOLDER --out=faces.csv
    python -m tools.predict --model=RUN_OR_EXPORT --camera=0 --annotate=FOLDER

The exit code is 0 if each input has a face with a score, 1 if some inputs have none, 2 if none has one.
"""

from .command import Flags, UsageError, code_of, run_program

flags = Flags()

_MODEL = flags.DEFINE_string("model", None, "Run folder (tools.train) or export (tools.export).", required=True)
_INPUT = flags.DEFINE_multi_string(
    "input", [], "A photograph, a video, or a folder of them (with subfolders); may be given several times."
)
_CAMERA = flags.DEFINE_integer("camera", None, "Number of a camera, from 0; stop it with Ctrl-C.", lower_bound=0)
_OUT = flags.DEFINE_string("out", None, "File for the rows: .csv, or .jsonl (JSON lines).")
_ANNOTATE = flags.DEFINE_string(
    "annotate", None, "Folder for the photographs (PNG) and videos (MP4) with boxes, verdicts and traces drawn on them."
)
_FRAME_STEP = flags.DEFINE_integer("frame_step", 1, "Take every n-th frame of a video.", lower_bound=1)
_MAX_FRAMES = flags.DEFINE_integer("max_frames", None, "Maximum frames per video; by default all.", lower_bound=1)
_MORPHABLE_MODEL = flags.DEFINE_string("morphable_model", None, "The .npz file given to tools.prepare, if any.")


def main() -> int:
    if bool(_INPUT.value) == (_CAMERA.value is not None):
        raise UsageError("give --input or --camera")

    from phystd_tf.inference.face_pictures import ANNOTATIONS, is_drawn
    from phystd_tf.inference.inputs import camera_input, file_input, list_files
    from phystd_tf.inference.model import load
    from phystd_tf.inference.presenting import report_on_terminal
    from phystd_tf.inference.reporting import Reports
    from phystd_tf.inference.rows import check_row_suffix

    if _OUT.value is not None:
        check_row_suffix(_OUT.value)
    how = (_FRAME_STEP.value, _MAX_FRAMES.value)
    if _CAMERA.value is not None:
        inputs = [camera_input(_CAMERA.value, *how)]
    else:
        inputs = [file_input(path, *how) for path in list_files(_INPUT.value, is_drawn)]
    reports = Reports(_OUT.value, ANNOTATIONS if _ANNOTATE.value is not None else None, _ANNOTATE.value or "")
    reports.check(inputs)  # before the model is loaded
    with load(_MODEL.value, morphable_model=_MORPHABLE_MODEL.value) as model:
        num_judged = report_on_terminal(model, inputs, reports, "predicting")
    for written in filter(None, (_OUT.value, _ANNOTATE.value)):
        print(f"written: {written}")
    return code_of(num_judged, len(inputs))


def run() -> None:
    """Entry point of phystd-predict."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
