"""Tables 1 to 5 for real: a system is fitted, scored and evaluated under every protocol of every dataset."""

import csv
import functools

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.data import records
from phystd_tf.data.pipeline import chosen_faces
from phystd_tf.evaluation.scores import read_scores
from phystd_tf.files.json_file import read_json
from phystd_tf.inference import scoring
from phystd_tf.spoof_types import PARTIAL_PAPER, SPOOF_TYPES
from phystd_tf.tables.measures import type_columns
from phystd_tf.tables.needed_protocols import datasets_of, protocols_by_row, protocols_by_type, protocols_of
from phystd_tf.training import experiment, fitting
from tests.tools.in_process import TINY, call, make_short, start
from tests.tools.tiny_datasets import DATASETS, LIVE, SPOOFS, write_dataset
from tests.training.tiny import tiny_hparams
from tools import reproduce

# Test clips (live, spoof). OULU-NPU: one person, six phones, two sessions, and of each a live face, two prints and two
# replays. SiW: two people, and of each two live faces, two prints and four replays.
_COUNTS = {
    "oulu_1": (6, 24), "oulu_2": (12, 24), "oulu_3": (2, 8), "oulu_4": (1, 2),
    "siw_1": (4, 12), "siw_2": (4, 2), "siw_3_1": (4, 8), "siw_3_2": (4, 4),
}  # fmt: skip


def _tested(protocol):
    """The numbers of live and of spoof test clips, by the rules of the protocol as the papers state them."""
    family = "_".join(protocol.split("_")[:2])
    if protocol.startswith(("oulu", "siw_")):
        return _COUNTS.get(protocol) or _COUNTS[family]
    kinds = len(SPOOF_TYPES) + 1  # both kinds of partial paper have clips
    own = SPOOFS * (2 if protocol.endswith(PARTIAL_PAPER) else 1)  # of the unknown type, all are tested
    if family == "siwm_2":
        return round(0.2 * LIVE), own
    if family == "siwmv2_2":
        return LIVE // 2, own
    return LIVE // 2, (kinds if family.endswith("_1") else kinds + own // 2)


def _column(counts):
    """Numbers as a table writes them."""
    first, last = min(counts), max(counts)
    return str(first) if first == last else f"{first} to {last}"


@pytest.fixture(scope="module", params=DATASETS)
def dataset(request, tmp_path_factory):
    """(name, prepared folder, options that its protocols need, output folder)."""
    root = tmp_path_factory.mktemp(request.param)
    return request.param, *write_dataset(root, request.param), root / "out"


def _read_once(patch, prepared):
    """Reads all faces now, instead of the training faces under each protocol; test faces still come from the shards."""
    all_rows = records.read_manifest(records.manifest_path(prepared))
    images = dict(zip((row["clip"] for row in all_rows), chosen_faces(prepared, tiny_hparams(), all_rows).image))
    read = scoring.evaluation_dataset

    def evaluation_dataset(faces, hparams, split, batch_size):
        if split == "test":
            return read(faces, hparams, split, batch_size)
        rows = faces.rows(split)
        info = {name: tf.constant([row[name] for row in rows]) for name in ("clip", "subject", "type")}
        info.update({name: tf.constant([int(row[name]) for row in rows], tf.int64) for name in ("frame", "label")})
        return [(tf.stack([images[row["clip"]] for row in rows]), info)]

    def stratified_images(faces, hparams, split, label, count, seed):
        return [tf.stack([images[row["clip"]] for row in faces.rows(split, label)])]

    patch.setattr(scoring, "evaluation_dataset", evaluation_dataset)
    patch.setattr(fitting, "stratified_images", stratified_images)


@pytest.fixture(scope="module")
def tables(dataset):
    """Makes the tables of a dataset: number -> the rows of the CSV file that have results of ours."""
    name, prepared, options, out = dataset
    numbers = [number for number in range(1, 6) if name in datasets_of(number)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reproduce, "program_starter", lambda tools: start)
        make_short(patch)
        for batches in ("training_dataset", "held_out_dataset"):  # for iterations, which this system has none of
            patch.setattr(experiment, batches, lambda *arguments, **more: None)
        _read_once(patch, prepared)
        call("reproduce", f"--table={','.join(map(str, numbers))}", f"--data={prepared}", f"--out={out}",
             "--systems=lbp_svm", "--preset=small", *TINY, *options)  # fmt: skip
    found = {}
    for number in numbers:
        with open(out / f"table_{number}.csv", encoding="utf-8", newline="") as file:
            found[number] = [row for row in csv.DictReader(file) if row["method"] == "LBP+SVM"]
    return found


@functools.cache  # they are not changed
def _scores(path):
    return read_scores(str(path))


def _files(dataset, protocol):
    """Test scores, scores that the threshold is from, and error rates."""
    name, _, _, out = dataset
    folder = out / protocol / "lbp_svm-0"
    test, chosen = (_scores(folder / f"{part}.csv") for part in ("test", "dev" if name == "oulu" else "train"))
    return test, chosen, read_json(str(folder / "metrics.json"), AssertionError)


def test_every_protocol_has_finite_scores_of_both_classes_and_the_clips_of_its_rule(dataset, tables):
    protocols = dict.fromkeys(protocol for number in tables for protocol in protocols_of(number, dataset[0]))
    assert len(protocols) == {"oulu": 14, "siw": 7, "siwm": 27, "siwmv2": 14}[dataset[0]]
    for protocol in protocols:
        test, chosen, metrics = _files(dataset, protocol)
        for scores in (test, chosen):
            assert set(scores["label"]) == {0, 1} and np.isfinite(scores["score"]).all(), protocol
        assert (int((test["label"] == 1).sum()), int((test["label"] == 0).sum())) == _tested(protocol), protocol
        assert (metrics["num_live"], metrics["num_spoof"]) == _tested(protocol)
        assert not set(test["clip"]) & set(chosen["clip"]), protocol
        if protocol.startswith(("oulu_2", "oulu_4", "siw_2")):  # other printers and displays
            unseen, seen = (set(scores.loc[scores["label"] == 0, "instrument"]) for scores in (test, chosen))
            assert unseen and seen and not unseen & seen, protocol
        left_out = protocol.partition("_2_")[2] if dataset[0].startswith("siwm") else ""
        assert not left_out or set(test["type"]) == {"live", left_out} and left_out not in set(chosen["type"])


def test_every_cell_is_filled_and_says_how_many_clips_it_is_over(dataset, tables):
    name = dataset[0]
    for number, rows in tables.items():
        assert rows and all(row["ours"] and not row["part"] for row in rows), number
        if number < 3:
            assert {row["group"] for row in rows} == set(protocols_by_row(number, name))
            over = {(group, column): [_tested(each) for each in protocols]
                    for group, protocols in protocols_by_row(number, name).items()
                    for column in ("APCER %", "BPCER %", "ACER %")}  # fmt: skip
        else:
            known = {kind: _tested(each) for kind, each in protocols_by_type(number, name).items()}
            if number == 3:  # each type is measured with all live clips
                known = {kind: (live, 2 if kind == PARTIAL_PAPER else 1) for kind, (live, _) in known.items()}
            everything = [_tested(protocols_of(3, name)[0])] if number == 3 else list(known.values())
            titles = type_columns(number)
            over = {(titles[kind].group, titles[kind].title): [counts] for kind, counts in known.items()}
            over["", titles["overall"].title] = everything
            assert len(rows) == len(over) * len({row["group"] for row in rows})
        for row in rows:
            counts = over[row["group"] if number < 3 else row["column_group"], row["column"]]
            assert row["live"] == _column([live for live, _ in counts]), row
            assert row["spoof"] == _column([spoof for _, spoof in counts]), row


def _by_hand(scores, threshold):
    """APCER of each type and BPCER in percent."""
    live = scores["label"] == 1
    accepted = 100.0 * (scores["score"] >= threshold)
    return accepted[~live].groupby(scores["type"][~live]).mean(), accepted[~live].mean(), 100.0 - accepted[live].mean()


def test_the_cells_are_the_rates_of_the_score_files(dataset, tables):
    name = dataset[0]

    def rates(protocol):
        test, _, metrics = _files(dataset, protocol)
        return _by_hand(test, metrics["threshold"])

    for number, rows in tables.items():
        ours = {(row["group"], row["column_group"], row["column"]): float(row["ours"]) for row in rows}
        if number < 3:
            for group, protocols in protocols_by_row(number, name).items():
                worst = [(by_type.max(), bpcer) for by_type, _, bpcer in map(rates, protocols)]
                apcer, bpcer = np.mean(worst, axis=0)
                found = [ours[group, "", f"{rate} %"] for rate in ("APCER", "BPCER", "ACER")]
                np.testing.assert_allclose(found, [apcer, bpcer, (apcer + bpcer) / 2], rtol=1e-5)
            continue
        titles = type_columns(number)
        for kind, protocol in protocols_by_type(number, name).items():
            by_type, pooled, bpcer = rates(protocol)
            wanted = ((by_type[kind] if number == 3 else pooled) + bpcer) / 2
            assert ours["ACER %", titles[kind].group, titles[kind].title] == pytest.approx(wanted, rel=1e-5)
        pooled = [sum(rates(each)[1:]) / 2 for each in protocols_of(number, name)]
        assert ours["ACER %", "", titles["overall"].title] == pytest.approx(np.mean(pooled), rel=1e-5)


def test_the_tables_are_written_in_all_formats_and_say_what_they_are(dataset, tables):
    for number in tables:
        text, *others = (dataset[-1] / f"table_{number}.{ending}" for ending in ("txt", "csv", "tex", "html"))
        words = " ".join(text.read_text(encoding="utf-8").split())
        assert "Ours are of rendered faces" in words
        assert "lbp_svm fitted at once; seeds 0." in words and "LBP+SVM: fitted at once, seed 0." in words
        assert "2,000 iterations" not in words
        assert all(other.stat().st_size > 1000 for other in others)
