"""How long the parts take on this machine: preparation of a frame, warp, training iteration; and how much memory.

Machines differ and are noisy, so look at the ratios of one run.

    python -m tools.benchmark
    python -m tools.benchmark --parts=training --systems=phystd,auxiliary,cdcn --out=speeds.json
    python -m tools.benchmark --parts=memory --preset=paper
"""

import os
import time

from .command import Flags, UsageError, one_thread_each, run_program

flags = Flags()

TIMED = ("preparation", "warp", "training")
PARTS = (*TIMED, "memory")

_ROUNDS = flags.DEFINE_integer("rounds", 10, "Measurements of each part; the median is shown.", lower_bound=1)
_FRAMES = 20

_PRESET = flags.DEFINE_string("preset", "small", "Hyper-parameters of the training iteration.")
_PARTS = flags.DEFINE_list(
    "parts", list(TIMED), "Which parts are measured; memory is estimated from the traced step, without a device."
)
_BATCH_SIZES = flags.DEFINE_list("batch_sizes", ["8", "16", "32"], "Of the estimates of memory.")
_PRECISION = flags.DEFINE_string("precision", None, "Of the estimates of memory; by default the preset's.")
_SYSTEMS = flags.DEFINE_list(
    "systems",
    None,
    "Systems and rows of Table 3 whose training iteration is measured; by default phystd and these rows.",
)
_OUT = flags.DEFINE_string("out", None, "JSON file for the seconds of a training iteration of each.")


def main() -> None:
    unknown = sorted(set(_PARTS.value) - set(PARTS))
    if unknown or not _PARTS.value:
        raise UsageError(f"--parts={','.join(_PARTS.value)}: there are {', '.join(PARTS)}")
    if _OUT.value is not None and "training" not in _PARTS.value:
        raise UsageError("--out holds the speeds of training, which is not among the --parts")
    one_thread_each()  # as tools.prepare

    import numpy as np

    from phystd_tf.files.atomic import write_json
    from phystd_tf.files.outputs import Output, check_outputs, is_object

    if _OUT.value is not None:
        check_outputs([Output(_OUT.value, is_object("preset", "seconds"))])

    def median(title, function, reference=None, clock=time.perf_counter):
        function()
        seconds = []
        for _ in range(_ROUNDS.value):
            started = clock()
            function()
            seconds.append(clock() - started)
        result = float(np.median(seconds))
        ratio = "" if reference is None else f"{result / reference:8.2f} of the first"
        print(f"{title:<44}{1e3 * result:9.2f} ms{ratio}", flush=True)
        return result

    if "preparation" in _PARTS.value:
        _preparation(median)
    if "warp" in _PARTS.value:
        _warp(median)
    if "training" in _PARTS.value:
        seconds = _training(median)
        if _OUT.value is not None:
            write_json({"preset": _PRESET.value, "seconds": seconds}, _OUT.value)
    if "memory" in _PARTS.value:
        _memory()


def _batch(hparams):
    """As many live as spoof faces: noise, with triangles that are not the same in any two."""
    import numpy as np
    import tensorflow as tf

    from phystd_tf.physics import triangulation
    from phystd_tf.traces import Batch, Faces

    rng = np.random.default_rng(0)
    size, k = hparams.image_size, hparams.depth_size

    def faces(n, live):
        vertices = rng.uniform(0.25 * size, 0.75 * size, (n, hparams.num_vertices, 2)).astype(np.float32)
        triangles = np.stack([triangulation.triangulate(v, size).triangles for v in vertices])
        maps = [triangulation.rasterize_triangles(v, t, size) for v, t in zip(vertices, triangles)]
        return Faces(
            image=rng.random((n, size, size, 3), np.float32),
            vertices=vertices,
            depth=np.full((n, k, k, 1), float(live), np.float32),
            preliminary_mask=np.ones((n, size, size, 1), np.float32),
            triangles=triangles,
            triangle_map=np.stack(maps).astype(np.int32),
        )

    half = hparams.batch_size // 2
    return tf.nest.map_structure(tf.convert_to_tensor, Batch(faces(half, True), faces(half, False)))


def _warp(median) -> None:
    import numpy as np
    import tensorflow as tf
    from scipy.interpolate import LinearNDInterpolator
    from scipy.spatial import Delaunay

    from phystd_tf.hparams import get_hparams
    from phystd_tf.physics import triangulation, warp

    hparams = get_hparams(_PRESET.value)
    size = hparams.image_size
    live, spoof = _batch(hparams)
    print(f"Dense offset at {size} px, a pair of faces")
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).astype(float)
    points = np.concatenate([live.vertices[0], triangulation.anchors(size)])
    values = np.concatenate([spoof.vertices[0] - live.vertices[0], np.zeros((triangulation.NUM_ANCHORS, 2))])
    scipy_seconds = median(
        "  scipy, triangulating online", lambda: LinearNDInterpolator(Delaunay(points), values)(grid)
    )
    traced = tf.function(warp.dense_offset)
    arguments = [tensor[:1] for tensor in (spoof.vertices, live.vertices, live.triangles, live.triangle_map)]
    median("  ours, triangle map made before", lambda: traced(*arguments), scipy_seconds)
    vertices, triangles = live.vertices[0].numpy(), live.triangles[0].numpy()
    median("  ours, making the triangle map (once a face)", lambda: triangulation.triangulate(vertices, size))
    median("  and rasterising it", lambda: triangulation.rasterize_triangles(vertices, triangles, size))


def _training(median) -> dict[str, float]:
    """Seconds of a training iteration, by system."""
    import tensorflow as tf

    from phystd_tf.experiments.systems import FULL, split_name
    from phystd_tf.hparams import ABLATIONS, get_hparams
    from phystd_tf.training.systems import new_model

    hparams = get_hparams(_PRESET.value)
    batch = _batch(hparams)
    print(f"Training iteration, preset {_PRESET.value}, {hparams.batch_size} faces")
    found: dict[str, float] = {}
    for name in _SYSTEMS.value or (FULL, *(row for row in ABLATIONS if row != "full")):
        system, ablation = split_name(name)
        step = tf.function(new_model(get_hparams(_PRESET.value, ablation, system)).train_step)
        found[name] = median(f"  {name}", lambda step=step: step(batch), next(iter(found.values()), None))
    return found


def _memory() -> None:
    """What a training step needs at its peak, by the size of the batch."""
    from phystd_tf.hparams import get_hparams
    from phystd_tf.training.step_memory import peak_bytes, traced_step
    from phystd_tf.training.systems import new_model

    changes = {} if _PRECISION.value is None else {"precision": _PRECISION.value}
    print(f"Tensors of a training iteration at their peak, preset {_PRESET.value}; variables come on top")
    for size in _whole("batch_sizes", _BATCH_SIZES.value):
        model = new_model(get_hparams(_PRESET.value, batch_size=size, **changes))
        peak = peak_bytes(traced_step(model))
        print(f"  {size:4d} faces{peak / 2**30:9.2f} GiB{peak / size / 2**20:9.0f} MiB a face", flush=True)


def _whole(flag: str, texts: list[str]) -> list[int]:
    try:
        return [int(text) for text in texts]
    except ValueError as error:
        raise UsageError(f"--{flag}={','.join(texts)}: want whole numbers, as in 8,16") from error


def _preparation(median) -> None:
    """A video of 1920 x 1080 with a rendered face: read for MediaPipe alone, and prepared with everything."""
    import tempfile

    import cv2
    import numpy as np
    from mediapipe.python.solutions import face_mesh

    from phystd_tf.data import records
    from phystd_tf.data.clip_preparation import ClipPreparer, Settings
    from phystd_tf.data.clips import Clip as PreparedClip
    from phystd_tf.face.alignment import FaceAligner
    from phystd_tf.face.morphable_model import default_model
    from phystd_tf.files.video import iterate_frames
    from phystd_tf.synthetic.clips import make_clip, subject_renderer
    from phystd_tf.synthetic.recipe import Recipe, SyntheticClip

    recipe = Recipe(subjects=3, frames_per_clip=_FRAMES, size=512, types=("print",), truth="none")
    print(f"Preparation of a clip of {_FRAMES} frames of 1920 x 1080, time of a core, with the reading of the video")
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "clip.avi")
        writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 30, (1920, 1080))  # as OULU-NPU's videos
        for rendered in make_clip(recipe, SyntheticClip("train", "live", 0, 0), subject_renderer(recipe, 0)):
            face = cv2.imdecode(np.frombuffer(rendered.jpeg, np.uint8), cv2.IMREAD_COLOR)
            writer.write(cv2.copyMakeBorder(cv2.resize(face, (1080, 1080)), 0, 0, 420, 420, cv2.BORDER_REFLECT))
        writer.release()
        clip = PreparedClip("clip", (path,), "s", "live", 1, "train")
        with face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1) as mesh, FaceAligner() as aligner:
            preparer = ClipPreparer(Settings(256, (256, 128), 32), aligner, default_model())

            def meshes():
                assert all(mesh.process(image).multi_face_landmarks for _, image in iterate_frames(path))

            def prepared():
                for frame in preparer.frames(clip):
                    key = records.FaceKey(*(frame.row[name] for name in records.FaceKey._fields))
                    assert len(records.encode(frame.face, key))

            # The time of the processor, not of the clock: what else runs on the machine does not count.
            alone = median("  MediaPipe's mesh alone", meshes, clock=time.process_time)
            median("  everything, as tools.prepare does it", prepared, alone, time.process_time)


def run() -> None:
    """Entry point of phystd-benchmark."""
    run_program(main, flags)


if __name__ == "__main__":
    run()
