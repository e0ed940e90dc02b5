"""Inference: the score alone and all outputs, in TensorFlow and export formats; and a photograph to its verdict."""

import functools
import os
import tempfile
from collections.abc import Sequence
from typing import Any, Callable

import numpy as np
import tensorflow as tf

from phystd_tf.benchmarks.bench import Bench
from phystd_tf.hparams import HParams
from phystd_tf.inference.converted import FORMATS
from phystd_tf.inference.serving import ServingModule, score_function
from phystd_tf.networks.network import Network
from phystd_tf.networks.outputs import traced_outputs
from phystd_tf.runs.operating_point import OperatingPoint
from phystd_tf.training.systems import new_model

_POINT = OperatingPoint(alpha0=1.0, threshold=0.0, source="none", checkpoint="last")


def inference(bench: Bench, preset: str, precisions: Sequence[HParams], batches: Sequence[int]) -> None:
    """Milliseconds per face of an untrained PhySTD by batch size; the score in the first precision is the reference.

    Args:
      bench: Bench.
      preset: name of the hyper-parameters.
      precisions: the same HParams in different precisions; export formats are made from the first.
      batches: batch sizes, in faces.
    """
    networks = {hparams.precision: _network(hparams) for hparams in precisions}
    first = networks[precisions[0].precision]
    calls: dict[str, Callable[[np.ndarray], Any]] = {}
    for precision, network in networks.items():
        calls[f"score, {precision}"] = _taking_tensors(score_function(network, _POINT))
    for precision, network in networks.items():
        calls[f"everything, {precision}"] = _taking_tensors(traced_outputs(network, _POINT.alpha0))
    with tempfile.TemporaryDirectory() as folder:
        module = ServingModule(first, _POINT)
        tf.saved_model.save(module, folder, signatures=module.endpoints)
        loaded = tf.saved_model.load(folder)
        calls["score, SavedModel"] = _taking_tensors(loaded.signatures["score"], "crops")
    for name, form in FORMATS.items():
        calls[f"score, {name}"] = form.open(form.convert(score_function(first, _POINT), first))
    size = first.hparams.image_size
    for faces in batches:
        crops = np.random.default_rng(0).random((faces, size, size, 3), np.float32)
        functions = {name: lambda call=call, crops=crops: call(crops) for name, call in calls.items()}
        bench.compare(f"inference, {preset}, {faces} at once, each", functions, each=faces)


def photograph(bench: Bench, preset: str, hparams: HParams, image: np.ndarray) -> None:
    """The time from a file to the verdict, compared with MediaPipe's mesh and the network alone.

    Args:
      bench: Bench.
      preset: name of the hyper-parameters.
      hparams: HParams.
      image: [H, W, 3] uint8 with a face.
    """
    from mediapipe.python.solutions import face_mesh

    from phystd_tf.face.alignment import FaceAligner
    from phystd_tf.face.geometry import find_face
    from phystd_tf.face.morphable_model import default_model
    from phystd_tf.files.images import read_image, write_image

    network, size = _network(hparams), hparams.image_size
    score = _taking_tensors(score_function(network, _POINT))
    crop = np.zeros((1, size, size, 3), np.float32)
    with tempfile.TemporaryDirectory() as folder, FaceAligner() as aligner:
        paths = {name: os.path.join(folder, f"photograph.{name.lower()}") for name in ("JPEG", "PNG")}
        for path in paths.values():
            write_image(image, path)

        def verdict(path: str) -> None:
            face = find_face(read_image(path), aligner, default_model(), size)
            score(face.image[np.newaxis].astype(np.float32) / 255.0)

        def least() -> None:
            mesh.process(image)
            score(crop)

        with face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1) as mesh:
            verdicts = {f"{name} to verdict": functools.partial(verdict, path) for name, path in paths.items()}
            bench.compare(f"photograph, {preset}", {"MediaPipe's mesh and the network": least, **verdicts})


def _network(hparams: HParams) -> Network:
    network = new_model(hparams).generator
    network.build_variables()
    return network


def _taking_tensors(function: Any, argument: str = "") -> Callable[[np.ndarray], Any]:
    if argument:
        return lambda crops: function(**{argument: tf.constant(crops)})
    return lambda crops: function(tf.constant(crops))
