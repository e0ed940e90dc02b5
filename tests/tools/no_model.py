"""Programs with a stand-in for the model, so that what they read and write is tested quickly.

A generator is the bytes of its checkpoint; it accepts every live face, with terms that depend on these bytes.
"""

import hashlib
import importlib
import os
import pathlib
import shutil
import sys
from unittest import mock

import numpy as np
import pandas as pd

from phystd_tf.data.crop_geometry import CropGeometry
from phystd_tf.data.records import load_settings, save_settings
from phystd_tf.data.selection import Selection, selection_of
from phystd_tf.face.crop import crop_recipe
from phystd_tf.hparams import HParams
from phystd_tf.inference import calibration
from phystd_tf.liveness import TERMS
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.runs.folder import checkpoint_folder, load_hparams, missing_checkpoint, open_run, save_protocol
from phystd_tf.training import experiment  # noqa: F401  so that forks need not import it
from phystd_tf.training.resuming import identity
from phystd_tf.transfer.carrying import ELEMENTS, Synthesized
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import tiny_hparams

COUNTS = {(split, label): number for split, number in (("train", 4), ("dev", 3), ("test", 5)) for label in (0, 1)}


class _Generator:
    exportable = has_traces = True

    def __init__(self, data: bytes, hparams: HParams) -> None:
        self.data, self.hparams = data, hparams
        self.variables = [mock.Mock(**{"numpy.return_value": np.frombuffer(data, np.uint8)})]


def load_generator(run, name="last"):
    path = pathlib.Path(checkpoint_folder(run, name)) / "weights"
    if not path.exists():
        raise missing_checkpoint(run, name)
    return _Generator(path.read_bytes(), load_hparams(run))


def score_split(generator, faces, split, progress=None):
    rows = selection_of(faces).rows(split)
    frame = pd.DataFrame([{name: row[name] for name in ("clip", "subject", "type", "instrument")} for row in rows])
    frame["frame"], frame["label"] = [int(row["frame"]) for row in rows], [int(row["label"]) for row in rows]
    seeds = [hashlib.sha256(generator.data + row["clip"].encode()).digest() for row in rows]
    noise = np.array([[byte / 1000 for byte in seed[: len(TERMS)]] for seed in seeds])
    frame[list(TERMS)] = noise + np.array([0.2, 0, 0, 0, 0]) * frame["label"].to_numpy()[:, None]
    return frame


def synthesize(generator, faces, pairs, recipe, depth_size):
    """A stand-in for ``transfer.carrying.synthesize``: images of noise; every fourth pair is refused."""
    results, size = [], generator.hparams.image_size
    for pair in pairs:
        rng = np.random.default_rng(pair.number)
        geometry = CropGeometry(rng.random((140, 2), np.float32), np.zeros((depth_size,) * 2, np.float32),
                                rng.integers(0, 2, (size, size), np.uint8))  # fmt: skip
        image = rng.integers(0, 256, (size, size, 3), np.uint8)
        made = {} if pair.number % 4 == 3 else {"image": image, "geometry": geometry}
        results.append(Synthesized(pair, 0.0, 0.0, np.ones(len(ELEMENTS), np.float32), **made))
    return results


def _save(module, folder, signatures):
    """A stand-in for ``tf.saved_model.save``: several files, also in a subfolder."""
    pathlib.Path(folder, "variables").mkdir()
    for name in ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(module.generator.data * 100)


def patches():
    """Context managers, within which programs use the stand-in."""
    serving = mock.Mock(side_effect=lambda generator, point: mock.Mock(generator=generator))
    return [
        mock.patch("phystd_tf.inference.calibration.load_generator", load_generator),
        mock.patch("phystd_tf.inference.weights.load_generator", load_generator),
        mock.patch("phystd_tf.inference.calibration.score_split", score_split),
        mock.patch("phystd_tf.inference.scoring.score_split", score_split),
        mock.patch("phystd_tf.inference.export.ServingModule", serving),
        mock.patch("tensorflow.saved_model.save", _save),
        mock.patch("phystd_tf.transfer.making.synthesize", synthesize),
    ]


def make_run(folder) -> None:
    """Writes folder/prepared and folder/run; the run has an operating point, chosen on dev."""
    prepared, run = os.path.join(folder, "prepared"), os.path.join(folder, "run")
    write_prepared(prepared, COUNTS, crop=crop_recipe(), morphable_model_sha256="0")
    faces = Selection(prepared)
    open_run(run, tiny_hparams(depth_size=8), {"data": prepared, **identity(faces, 0)})
    save_protocol(run, ProtocolChoice())
    save_settings(run, load_settings(prepared))
    for name in ("last", "best"):
        os.makedirs(checkpoint_folder(run, name))
        pathlib.Path(checkpoint_folder(run, name), "weights").write_bytes(name.encode())
    generator = load_generator(run)
    calibration.store_choice(run, generator, score_split(generator, faces, "dev"), "dev", "last")


def other_data(folder) -> str:
    """Writes folder/other: the same clips under other splits and with other faces; another threshold fits them."""
    source, target = pathlib.Path(folder, "prepared"), pathlib.Path(folder, "other")
    shutil.copytree(source, target)
    table = pd.read_csv(source / "manifest.csv", dtype=str, keep_default_na=False)
    table["split"] = table["split"].replace({"dev": "test", "test": "dev"})
    table.assign(left="1.00").to_csv(target / "manifest.csv", index=False)
    return "other"


def run() -> None:
    """Runs the program that the first argument names."""
    for patch in patches():
        patch.start()
    importlib.import_module(f"tools.{sys.argv.pop(1)}").run()
