"""Tables 6 and 7 and all figures for real, from one short training, under a protocol of each dataset of the paper."""

import csv
import re

import numpy as np
import pytest
from PIL import Image

from phystd_tf.data.selection import Selection
from phystd_tf.files.json_file import read_json
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.spoof_types import table_type
from phystd_tf.training import determinism, experiment
from phystd_tf.training.checkpoints import CheckpointStore
from tests.tools.in_process import TINY, call, make_short, start
from tests.tools.tiny_datasets import write_dataset
from tools import reproduce

FIGURES = ("5", "8", "9", "10", "11", "12")
PROTOCOLS = {"oulu": "oulu_1", "siw": "siw_1", "siwm": "siwm_1"}
# Test clips by class: one person in front of six phones, and the half of SiW-M that siwm_1 tests.
CLASSES = {
    "oulu": (6, dict.fromkeys(("live", "print_1", "print_2", "replay_1", "replay_2"), 6)),
    "siwm": (7, {"live": 2, "print": 1, "replay": 1, "masks": 5, "makeup": 3, "partial": 4}),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes all figures and confusion tables; returns the folder with DATASET and DATASET_out for each dataset.

    PhySTD is trained on OULU-NPU, and its weights stand for trainings on the other datasets; the systems beside it
    keep the weights that they start with.
    """
    root = tmp_path_factory.mktemp("made")
    trained, fit = str(root / "oulu_out" / "oulu_1" / "phystd-0" / "run"), experiment.fit

    def fit_once(model, run, *arguments):
        if run == trained:
            fit(model, run, *arguments)
            return
        if (model.hparams.system, model.hparams.ablation) == ("phystd", "full"):
            CheckpointStore(model, trained).restore("last")
        CheckpointStore(model, run).save("last")

    def only_for_phystd(read):
        def dataset(faces, hparams, *arguments, **more):
            used = (faces.choice.name, hparams.system, hparams.ablation) == ("oulu_1", "phystd", "full")
            return read(faces, hparams, *arguments, **more) if used else None

        return dataset

    with pytest.MonkeyPatch.context() as patch:
        make_short(patch)
        for batches in ("training_dataset", "held_out_dataset"):
            patch.setattr(experiment, batches, only_for_phystd(getattr(experiment, batches)))
        patch.setattr(reproduce, "program_starter", lambda tools: start)
        patch.setattr(experiment, "fit", fit_once)
        patch.setattr(determinism, "make_deterministic", lambda: None)  # it would hold for all later tests
        for dataset in PROTOCOLS:
            prepared, _ = write_dataset(root, dataset)
            table = [f"--table={CLASSES[dataset][0]}"] if dataset in CLASSES else []
            call("reproduce", f"--figure={','.join(FIGURES)}", *table, "--systems=phystd", "--preset=small",
                 f"--data={prepared}", f"--out={root / (dataset + '_out')}", "--iterations=1",
                 "--medium_iterations=1", *TINY)  # fmt: skip
    return root


def _tested(made, dataset):
    """Clip -> type as in the tables, for the test faces of the protocol."""
    rows = Selection(str(made / dataset), ProtocolChoice(PROTOCOLS[dataset])).rows("test")
    return {row["clip"]: table_type(row["type"]) for row in rows}


@pytest.mark.parametrize("dataset", PROTOCOLS)
@pytest.mark.parametrize("number", FIGURES)
def test_each_figure_shows_test_faces_of_the_protocol_by_a_rule(made, dataset, number):
    pdf, png, text = (made / f"{dataset}_out" / f"figure_{number}.{ending}" for ending in ("pdf", "png", "txt"))
    assert pdf.read_bytes().startswith(b"%PDF-") and pdf.stat().st_size > 5000
    assert len(np.unique(np.asarray(Image.open(png).convert("RGB")))) > 100
    caption, _, shown = text.read_text(encoding="utf-8").partition("Shown, line by line:\n")
    words = " ".join(caption.split())
    assert re.search(r"Samples: .+ drawn with seed 0", words)
    assert f"protocol {PROTOCOLS[dataset]}." in words and "split test" in words
    assert "no result on real data" in words and "system phystd, preset small, ablation full" in words
    assert ("Beside it: " in words) == (number == "8")
    tested = _tested(made, dataset)
    if number == "11":
        assert f"Samples: {len(tested)} of the {len(tested)} faces" in words and not shown
        return
    clips = dict(re.fullmatch(r"  (.+): (.+), frame 0", line).group(2, 1) for line in shown.splitlines())
    assert {clip: table_type(kind) for clip, kind in clips.items()}.items() <= tested.items()
    wanted = set(tested.values()) - ({"live"} if number == "12" else set())  # nothing is removed from live faces
    assert {table_type(kind) for kind in clips.values()} == wanted


@pytest.mark.parametrize("dataset", CLASSES)
def test_the_confusion_table_has_each_label_class_and_input(made, dataset):
    number, counts = CLASSES[dataset]
    out = made / f"{dataset}_out"
    with open(out / f"table_{number}.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] in ("traces", "image")]
    for group in ("traces", "image"):
        found = read_json(
            str(out / PROTOCOLS[dataset] / "phystd-0" / f"media_{group}" / "confusion.json"), AssertionError
        )
        confusion = np.array(found["counts"])
        assert dict(zip(found["classes"], confusion.sum(axis=1))) == counts
        cells = {(row["method"], row["column_group"], row["column"]): row["ours"] for row in rows
                 if row["group"] == group}  # fmt: skip
        assert len(cells) == (len(counts) + 1) * (len(counts) + (2 if number == 6 else 1)) and all(cells.values())
        for label, predicted in zip((*counts, "all"), (*confusion, confusion.sum(axis=0))):
            ours = [float(cells[label, "predicted as", name]) for name in counts]
            np.testing.assert_allclose(ours, 100 * predicted / predicted.sum(), rtol=1e-5)
        correct = float(cells["all", "correct", f"{len(counts)} classes"])
        assert correct == pytest.approx(100 * np.trace(confusion) / confusion.sum(), rel=1e-5)


@pytest.mark.parametrize("dataset", CLASSES)
def test_the_notes_of_the_confusion_table_say_what_it_was_tested_on(made, dataset):
    number, counts = CLASSES[dataset]
    text = " ".join((made / f"{dataset}_out" / f"table_{number}.txt").read_text(encoding="utf-8").split())
    clips = f"tested on {sum(counts.values())} clips"
    assert text.count(clips) == 2  # by traces and by image
    assert f"protocol {PROTOCOLS[dataset]}, 1 iterations of the classifier" in text
    assert ", ".join(f"{count} {name}" for name, count in counts.items()) in text
    assert "Ours are of rendered faces" in text
