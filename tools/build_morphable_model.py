"""Builds the morphable model of faces that the package ships.

The mean shape comes from the MediaPipe meshes of two public-domain photographs
(matplotlib's `grace_hopper.jpg`, scikit-image's `astronaut`) and their mirror
images. Faces may differ from it by smooth deformations of the mesh and by a few
named ones. No other data is needed:

    python -m tools.build_morphable_model --out=phystd_tf/face/assets/morphable_model.npz
"""

import os

from .command import Flags, UsageError, run_program

flags = Flags()

_OUT = flags.DEFINE_string("out", None, "The .npz file to write.")


def main() -> None:
    if not _OUT.value:
        raise UsageError("give --out=FILE.npz, the file to write")
    from phystd_tf.files.outputs import Output, check_outputs, is_archive

    check_outputs([Output(_OUT.value, is_archive("triangles.npy", "basis.npy"))])
    try:
        photographs = _photographs()
    except ImportError as error:
        raise UsageError(f"the photographs come with matplotlib and scikit-image ({error})") from error
    import numpy as np

    from phystd_tf.face.model_building import build
    from phystd_tf.files.atomic import replacing

    arrays = build(photographs)
    with replacing(_OUT.value) as temporary:
        np.savez_compressed(temporary, **arrays)
    print(
        f"wrote {_OUT.value}: {os.path.getsize(_OUT.value) / 1000:.0f} kB, {len(arrays['triangles'])} triangles, "
        f"{len(arrays['basis'])} deformations"
    )


def _photographs():
    """The two photographs, [H, W, 3] uint8 RGB, from the installed packages."""
    import cv2
    import matplotlib.cbook
    import skimage.data

    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        path = file.name
    return [cv2.imread(path)[..., ::-1].copy(), skimage.data.astronaut()]


def run() -> None:
    run_program(main, flags)


if __name__ == "__main__":
    run()
