"""The input of a training: batches alone, compared with a training step; and memory by the number of clips."""

import itertools
import multiprocessing
import os
import re
import tempfile
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from phystd_tf.benchmarks.bench import Bench
from phystd_tf.benchmarks.noise import noise_batch
from phystd_tf.benchmarks.rendered import face_frames, prepared_faces
from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.pipeline import training_dataset
from phystd_tf.data.preparation import prepare
from phystd_tf.data.readers.folder import list_clips
from phystd_tf.errors import PhystdError
from phystd_tf.files.images import write_image
from phystd_tf.files.text import read_lines
from phystd_tf.hparams import HParams, get_hparams
from phystd_tf.training.systems import new_model

_BATCHES = 20
_STATUS, _PEAK = "/proc/self/status", re.compile(r"VmHWM:\s*(\d+) kB")
_CROP = slice(300, 780), slice(720, 1200)  # the part of a frame with the face


def reading(bench: Bench, preset: str, hparams: HParams) -> None:
    """Milliseconds per batch of prepared faces, compared with a training iteration on the same cores.

    Args:
      bench: Bench.
      preset: name of the hyper-parameters.
      hparams: HParams.
    """
    step, noise = tf.function(new_model(hparams).train_step), noise_batch(hparams)
    with tempfile.TemporaryDirectory() as folder:
        batches = iter(training_dataset(prepared_faces(folder, hparams.image_size), hparams, "train", 0))

        def read() -> None:
            for _ in itertools.islice(batches, _BATCHES):
                pass

        def train() -> None:
            step(noise)

        found = bench.compare(f"input, {preset}", {"training iteration": train})
        own = bench.compare(f"input, {preset}", {"a batch, read alone": read}, each=_BATCHES)
    ratio = found["training iteration"] / own["a batch, read alone"]
    bench.add(f"input, {preset}", "batches read in the time of an iteration", ratio, "batches")


def memory_by_clips(bench: Bench, counts: Sequence[int]) -> None:
    """Peak memory of a process that prepares each number of clips, and of one that then reads batches of them.

    Args:
      bench: Bench.
      counts: numbers of clips; the first is the reference. All clips are the same picture.
    """
    with tempfile.TemporaryDirectory() as folder:
        picture = os.path.join(folder, "face.png")
        write_image(face_frames(1)[0][_CROP], picture)
        first: dict[str, Any] = {}
        for count in counts:
            root, out = os.path.join(folder, f"{count}"), os.path.join(folder, f"{count}_prepared")
            for number in range(count):
                clip = os.path.join(root, "train", "live" if number % 2 else "spoof/print", f"p{number:05d}")
                os.makedirs(clip)
                os.link(picture, os.path.join(clip, "face.png"))
            for name, function in (("preparation", _prepare), ("reading", _read)):
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    peak = pool.apply(function, (root, out))
                measure = bench.add("memory", f"{name}, {count} clips", peak / 2**20, "MiB", first.get(name))
                first.setdefault(name, measure)


def _prepare(root: str, out: str) -> int:
    prepare(list_clips(root).clips, out, Settings(128, (128,), 32, embedded=True), 1)
    return peak_memory()


def _read(root: str, out: str) -> int:
    for _ in itertools.islice(training_dataset(out, get_hparams("small"), "train", 0), 100):
        pass
    return peak_memory()


def peak_memory() -> int:
    """Peak resident memory of this process, in bytes (Linux).

    ``ru_maxrss`` survives exec, so it would be that of the parent process if that is higher.

    Raises:
      PhystdError: if the system does not report it.
    """
    rows = read_lines(_STATUS).rows
    found = next((number[1] for number in map(_PEAK.fullmatch, rows) if number), None)
    if found is None:
        raise PhystdError(f"{_STATUS} does not say the peak of the memory; this part of the benchmark needs Linux")
    return 1024 * int(found)
