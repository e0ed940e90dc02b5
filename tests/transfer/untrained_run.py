"""A run folder with an untrained model, and prepared faces."""

import pytest

from phystd_tf.data import records
from phystd_tf.data.selection import Selection
from phystd_tf.face.crop import crop_recipe
from phystd_tf.face.morphable_model import default_model
from phystd_tf.training import experiment
from phystd_tf.training.checkpoints import CheckpointStore
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import tiny_hparams

COUNTS = {("train", 1): 4, ("train", 0): 4, ("dev", 1): 2, ("dev", 0): 2, ("test", 1): 2}


def make_run(folder, **changes):
    """Writes folder/prepared and folder/run; the run has the weights of an untrained model."""
    prepared, run = str(folder / "prepared"), str(folder / "run")
    settings = {"crop": crop_recipe(), "morphable_model_sha256": default_model().fingerprint()}
    write_prepared(prepared, COUNTS, **settings)
    path = records.manifest_path(prepared)
    rows = [{**row, "subject": f"{row['split']}-{row['subject']}"} for row in records.read_manifest(path)]
    records.write_manifest(path, rows)  # other people in each split
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "fit", lambda model, run, *_: CheckpointStore(model, run).save("last"))
        # Traces that can be seen, and regions that are half open.
        hparams = tiny_hparams(**{"init_stddev": 0.3, "inpainting_bias": 0.0, **changes})
        experiment.train(hparams, prepared, run, seed=3, steps_per_epoch=1)
    return run, Selection(prepared)
