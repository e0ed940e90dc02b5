"""Measures the face finder on rendered faces: what it refuses, and how far off it is.

The first frame of each clip is tested whole and in tight crops, upright and rotated;
and blurred, brightened, darkened and reduced, to see which faces count as low quality. Errors
are mean distances of the vertices from the true ones, relative to the distance between the
outer eye corners.

    python -m tools.make_synthetic --out=faces --subjects=40 --clips_per_subject=1 --frames_per_clip=1 --size=256
    python -m tools.measure_faces --faces=faces
"""

from .command import Flags, run_program

flags = Flags()

_FACES = flags.DEFINE_string("faces", None, "Folder made by tools.make_synthetic, with its truth.", required=True)
_CLIP_STEP = flags.DEFINE_integer("clip_step", 1, "Take every n-th clip.", lower_bound=1)


def main() -> None:
    from tabulate import tabulate
    from tqdm import tqdm

    from phystd_tf.face.alignment import FaceAligner
    from phystd_tf.face.morphable_model import default_model
    from phystd_tf.synthetic.face_finding import measure, measure_quality, summarize, summarize_quality

    with FaceAligner() as aligner:
        how = (_FACES.value, aligner, default_model(), _CLIP_STEP.value)
        qualities = list(tqdm(measure_quality(*how), unit="view", desc="changing light and focus"))
        findings = list(tqdm(measure(*how), unit="view", desc="looking for faces"))
    for table in (*summarize(findings), summarize_quality(qualities)):
        print(tabulate(table, headers="keys", tablefmt="github"), end="\n\n")


def run() -> None:
    """Entry point of phystd-measure-faces."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
