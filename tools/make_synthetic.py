"""Makes the embedded dataset: rendered live faces, simulated spoofs, and the true traces.

    python -m tools.make_synthetic --out=DIR
    python -m tools.make_synthetic --out=DIR --layout=oulu
    python -m tools.make_synthetic --out=DIR --photographs=DIR

The folder of the first can be prepared with `python -m tools.prepare --dataset=folder --root=DIR`.
Run the same command again to resume after an interruption.
"""

import os
import sys

from .command import SEEDS, Flags, UsageError, run_program

flags = Flags()

_OUT = flags.DEFINE_string("out", None, "Folder to write.")
# The names in phystd_tf.synthetic.layouts, which is not imported here so that --help is quick.
_LAYOUT = flags.DEFINE_enum(
    "layout",
    "own",
    ["own", "oulu", "siw", "siwm", "siwmv2"],
    "Folders and files: frames in the layout of your own folders (own), or videos, annotations and lists as in"
    " OULU-NPU, SiW, SiW-M or SiW-Mv2, with rendered people. A person has 90 videos in oulu, about 28 in siw.",
)
_SUBJECTS = flags.DEFINE_integer(
    "subjects", None, "People; by default 30 in own (about 60 % train, 20 % dev, 20 % test), 3 in oulu, else 4."
)
_CLIPS = flags.DEFINE_integer(
    "clips_per_subject",
    None,
    "Clips per person and spoof type; by default 2, in siwm and siwmv2 1; oulu and siw have their own numbers.",
)
_LIVE_CLIPS = flags.DEFINE_integer(
    "live_clips_per_subject",
    0,
    "Live clips per person; 0 means twice as many as of a spoof type. Not for oulu and siw.",
)
_DEV_SHARE = flags.DEFINE_float("dev_share", 0.2, "Share of the people in dev, with --layout=own; the rest is train.")
_TEST_SHARE = flags.DEFINE_float(
    "test_share", 0.2, "Share of the people in test, with --layout=own; 1 (with --dev_share=0) makes only a test set."
)
_FRAMES = flags.DEFINE_integer("frames_per_clip", 4, "Frames per clip.")
_SIZE = flags.DEFINE_integer("size", 256, "Side of a frame in pixels; the face crop has about half of it.")
_PHOTOGRAPHS = flags.DEFINE_string(
    "photographs",
    None,
    "Folder of photographs of live people, used instead of rendered ones: a photograph or a folder of them per"
    " person. Needs the extra [face]. Photographs without a usable face are named and left out.",
)
_TYPES = flags.DEFINE_list("types", None, "Spoof types, separated by commas; by default all that are simulated.")
_SEED = flags.DEFINE_integer("seed", 1, "Seed; the same seed gives the same bytes.", **SEEDS)
_TRUTH = flags.DEFINE_enum(
    "truth", "full", ["full", "camera", "none"], "What to store of the truth; camera is smaller, none stores nothing."
)
_WORKERS = flags.DEFINE_integer("workers", 0, "Number of processes; 0 means one per core.")
_SHEET = flags.DEFINE_string(
    "sheet", None, "Also write a contact sheet (.png): live faces, then each spoof over its live face."
)
_SHEET_SUBJECTS = flags.DEFINE_integer("sheet_subjects", 8, "Columns of the contact sheet.")
_SHEET_TILE = flags.DEFINE_integer("sheet_tile", 192, "Side of a picture on the contact sheet, in pixels.")


def main() -> None:
    if not _OUT.value and not _SHEET.value:
        raise UsageError("--out=DIR is needed (or --sheet=FILE.png for a contact sheet alone)")
    from tqdm import tqdm

    from phystd_tf.files.images import write_image
    from phystd_tf.synthetic.contact_sheet import contact_sheet
    from phystd_tf.synthetic.dataset import make_dataset
    from phystd_tf.synthetic.layouts import LAYOUTS
    from phystd_tf.synthetic.media import MEDIA
    from phystd_tf.synthetic.recipe import Recipe

    layout = LAYOUTS[_LAYOUT.value]
    gallery = _open_gallery() if _PHOTOGRAPHS.value else None
    usual = len(gallery.people) if gallery else layout.subjects
    if gallery and (_SUBJECTS.value or 0) > usual:
        raise UsageError(f"--photographs={_PHOTOGRAPHS.value} shows {usual} people, not {_SUBJECTS.value}")
    recipe = Recipe(
        seed=_SEED.value,
        subjects=usual if _SUBJECTS.value is None else _SUBJECTS.value,
        clips_per_subject=layout.clips_per_subject if _CLIPS.value is None else _CLIPS.value,
        live_clips_per_subject=_LIVE_CLIPS.value,
        frames_per_clip=_FRAMES.value,
        size=_SIZE.value,
        truth=_TRUTH.value,
        layout=_LAYOUT.value,
        photographs=gallery.fingerprint if gallery else "",
        dev_share=_DEV_SHARE.value,
        test_share=_TEST_SHARE.value,
        types=tuple(_TYPES.value or (name for name in MEDIA if name in layout.types)),
    )
    if _OUT.value:
        with tqdm(desc="synthetic frames", unit="frame") as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            manifest = make_dataset(_OUT.value, recipe, _WORKERS.value or os.cpu_count() or 1, progress, gallery)
        print(f"{manifest['frames']} frames of {recipe.subjects} people in {_OUT.value}")
    if _SHEET.value:
        people = gallery.people if gallery else None
        sheet = contact_sheet(recipe, _SHEET_SUBJECTS.value, _SHEET_TILE.value, people)
        write_image(sheet, _SHEET.value)
        print(f"contact sheet: {_SHEET.value}")


def _open_gallery():
    """The gallery of --photographs; prints which photographs cannot be used."""
    from phystd_tf.files.images import is_image, read_image
    from phystd_tf.synthetic.gallery import open_gallery

    root = _PHOTOGRAPHS.value
    if not os.path.isdir(root):
        raise UsageError(f"--photographs={root}: no such folder")
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names if is_image(name)]
    if not paths:
        raise UsageError(f"--photographs={root}: no photograph here")
    gallery = open_gallery(root, paths, read_image, _SIZE.value)
    for row in gallery.rows:
        if row.status != "ok":
            print(f"{row.photograph}: left out, {row.status} ({row.reason})", file=sys.stderr)
    return gallery


def run() -> None:
    run_program(main, flags)


if __name__ == "__main__":
    run()
