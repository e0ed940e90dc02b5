"""Shows what PhySTD disentangles from photographs.

For each photograph one picture: input, B, C, T, P, reconstruction and overall
trace, with score and verdict; and results.csv with one row per photograph.

  python -m tools.disentangle --model=RUN_OR_EXPORT --input=FILE_OR_DIR --out=DIR
"""

from .command import Flags, run_program

flags = Flags()

_MODEL = flags.DEFINE_string("model", None, "Run folder (tools.train) or export (tools.export).", required=True)
_INPUT = flags.DEFINE_string("input", None, "A photograph, or a folder of them (with subfolders).", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder for the pictures and results.csv.", required=True)
_SHEET = flags.DEFINE_string("sheet", None, "One more picture, PNG or JPEG, with the first 60 photographs, small.")
_RAW = flags.DEFINE_enum(
    "raw", None, ["npz", "png"],
    "Also write B, C, T, P, I_P, depth, crop and reconstruction of each face, as float32 in NAME.npz, or as PNG of 16 "
    "bits in NAME_raw with their ranges.",
)  # fmt: skip
_MORPHABLE_MODEL = flags.DEFINE_string("morphable_model", None, "The .npz that tools.prepare was given, if any.")


def main() -> int:
    from tqdm import tqdm

    from phystd_tf.inference.model import load
    from phystd_tf.inference.photographs import check_pictures, disentangle_photographs, list_photographs

    photographs = list_photographs(_INPUT.value, _OUT.value)
    check_pictures(photographs, _OUT.value, _SHEET.value, _RAW.value)  # before the model is loaded
    model = load(_MODEL.value, morphable_model=_MORPHABLE_MODEL.value)
    with model, tqdm(total=len(photographs), unit="photo", desc="disentangling") as bar:
        results = disentangle_photographs(
            model, photographs, _OUT.value, _SHEET.value, lambda: bar.update(), _RAW.value
        )
    for result in results:
        print(result.as_line())
    failed = sum(result.status != "ok" for result in results)
    point = model.predictor.operating_point
    if point is not None:
        print(f"live when score >= {point.threshold:.4f} ({point.source}); pictures and results.csv in {_OUT.value}")
    if _SHEET.value is not None:
        print(f"sheet in {_SHEET.value}")
    if failed == len(results):
        return 2
    return 1 if failed else 0


def run() -> None:
    """Entry point of phystd-disentangle."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
