"""Preparation of a frame: the whole, compared with MediaPipe's mesh, and each stage."""

import os
import tempfile
import time
from typing import Any

import cv2
import numpy as np

from phystd_tf.benchmarks.bench import Bench
from phystd_tf.benchmarks.rendered import face_frames, write_video
from phystd_tf.data import records
from phystd_tf.data.clip_preparation import ClipPreparer, Settings
from phystd_tf.data.clips import Clip
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.geometry import find_face, with_targets
from phystd_tf.face.morphable_model import default_model
from phystd_tf.files.video import iterate_frames

_CASE = "preparation, each frame"
_FRAMES = 20
_SETTINGS = Settings(256, (256, 128), 32)


def preparation(bench: Bench) -> None:
    """Processor time per frame of a 1920 x 1080 video; the two totals include the reading of the video.

    Processor time, unlike wall-clock time, ignores other load on the machine.
    """
    from mediapipe.python.solutions import face_mesh

    cv2.setNumThreads(1)
    frames = face_frames(_FRAMES)
    model = default_model()
    mesh = face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1)
    with tempfile.TemporaryDirectory() as folder, FaceAligner() as aligner, mesh:
        path = os.path.join(folder, "clip.avi")
        write_video(frames, path)
        clip = Clip("clip", (path,), "s", "live", 1, "train")
        preparer = ClipPreparer(_SETTINGS, aligner, model)
        decoded = [image for _, image in iterate_frames(path) if isinstance(image, np.ndarray)]
        found = [find_face(image, aligner, model, _SETTINGS.image_size) for image in decoded]
        sizes = (_SETTINGS.depth_size, _SETTINGS.map_sizes)
        complete = [with_targets(face, model, "live", *sizes) for face in found]
        key = records.FaceKey("clip.avi", "clip", 0, "s", "live", 1)

        def meshes() -> None:
            assert all(mesh.process(image).multi_face_landmarks for _, image in iterate_frames(path))

        def everything() -> None:
            for frame in preparer.frames(clip):
                assert frame.face is not None
                records.encode(frame.face, records.FaceKey.of_row(frame.row))

        stages: dict[str, Any] = {
            "decode": lambda: list(iterate_frames(path)),
            "mesh": lambda: [mesh.process(image) for image in decoded],
            "detect, and mesh": lambda: [aligner.align(image) for image in decoded],
            "detect, mesh, fit and crop": lambda: [find_face(i, aligner, model, _SETTINGS.image_size) for i in decoded],
            "M0, P0 and triangle maps": lambda: [with_targets(face, model, "live", *sizes) for face in found],
            "encode": lambda: [records.encode(face, key) for face in complete],
        }
        seconds = bench.compare(
            _CASE,
            {"decode, and MediaPipe's mesh": meshes, "everything": everything, **stages},
            time.process_time,
            _FRAMES,
        )
        # The program has no function for these alone.
        for name, whole, part in (
            ("detect (difference)", "detect, and mesh", "mesh"),
            ("fit and crop (difference)", "detect, mesh, fit and crop", "detect, and mesh"),
        ):
            bench.add(_CASE, name, 1e3 * (seconds[whole] - seconds[part]), "ms")
