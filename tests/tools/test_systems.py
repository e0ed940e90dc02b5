"""Systems that PhySTD is compared with: trained, scored, evaluated, shown and exported."""

import json

import matplotlib.cbook
import numpy as np
import pandas as pd
import pytest

from phystd_tf.face.crop import crop_recipe
from phystd_tf.face.morphable_model import default_model
from tests import program
from tests.data.fake_prepared import write_prepared
from tests.tools.in_process import call, make_short

_SETS = (
    "image_size=32", "n1=4", "n2=16", "depth_size=4", "batch_size=4", "discriminator_sizes=[8,12,32,32]",
    "baseline_width=0.05",
)  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    work = tmp_path_factory.mktemp("systems")
    counts = {(split, label): 4 for split in ("train", "dev", "test") for label in (0, 1)}
    settings = {"crop": crop_recipe(), "morphable_model_sha256": default_model().fingerprint()}
    write_prepared(work / "prepared", counts, **settings)
    return work


def _run(work, verb, *arguments, code=0):
    done = program.run(f"tools.{verb}", arguments, work)
    assert done.code == code and "Traceback" not in done.stderr, done.output
    return done


@pytest.mark.parametrize("system", ["cdcn++", "lbp_svm"])
def test_a_system_is_trained_scored_evaluated_shown_and_exported(work, system):
    run = f"run_{system}"
    training = [
        "--data=prepared", f"--run={run}", f"--system={system}", "--iterations=2", "--steps_per_epoch=2",
        *(f"--set={text}" for text in _SETS),
    ]  # fmt: skip
    _run(work, "train", *training)
    _run(work, "score", f"--run={run}", "--data=prepared", "--split=test", f"--out={system}.csv")
    scores = pd.read_csv(work / f"{system}.csv")
    assert len(scores) == 8 and scores["score"].nunique() > 1
    _run(work, "evaluate", f"--scores={system}.csv", f"--out={system}_metrics.json")
    assert 0 <= json.loads((work / f"{system}_metrics.json").read_text())["eer"] <= 1
    exportable = system != "lbp_svm"
    refused = _run(work, "export", f"--run={run}", f"--out={system}_export", code=0 if exportable else 2)
    assert exportable or "system lbp_svm is not computed by TensorFlow" in refused.stderr
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as photo:
        model = f"{system}_export" if exportable else run
        _run(work, "disentangle", f"--model={model}", f"--input={photo.name}", f"--out={system}_pictures")


@pytest.mark.parametrize("system", ["stdn", "despoof", "cdcn"])
def test_a_system_is_trained_scored_and_evaluated(work, monkeypatch, system):
    make_short(monkeypatch)
    data, run, out = f"--data={work / 'prepared'}", work / f"run_{system}", work / f"{system}.csv"
    call("train", data, f"--run={run}", f"--system={system}", "--preset=small", "--iterations=1",
         *(f"--set={text}" for text in _SETS))  # fmt: skip
    history = pd.read_csv(run / "history.csv")
    assert len(history) == 1 and np.isfinite(history.to_numpy(np.float64)).all()
    call("score", f"--run={run}", data, "--split=test", f"--out={out}")
    scores = pd.read_csv(out)
    assert set(scores["label"]) == {0, 1} and len(scores) == 8
    assert np.isfinite(scores["score"]).all() and scores["score"].nunique() == 8
    traces = scores[["B", "C", "T"]].to_numpy()
    assert (traces.max() > 0) == (system != "cdcn")  # the other two estimate traces
    out_metrics = work / f"{system}_metrics.json"
    call("evaluate", f"--scores={out}", f"--out={out_metrics}")
    metrics = json.loads(out_metrics.read_text())
    assert (metrics["num_live"], metrics["num_spoof"]) == (4, 4) and 0 <= metrics["eer"] <= 1
