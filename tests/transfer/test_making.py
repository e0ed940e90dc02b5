"""Synthesized spoofs: their content, that nothing crosses a split, and that work resumes where it stopped."""

import csv
import json
import os
from unittest import mock

import numpy as np
import pytest

from phystd_tf.data.crop_geometry import geometry_path
from phystd_tf.data.pipeline import chosen_faces
from phystd_tf.figures.transfer import transferred
from phystd_tf.files.images import read_image
from phystd_tf.physics.warp import dense_offset, sample
from phystd_tf.transfer import folder, making
from phystd_tf.transfer.carrying import Recipe
from tests.killing import tree

RECIPE = Recipe(seed=5, weights=dict.fromkeys("BCTP", 1.0), harder=False, max_folded=1.0, max_offset=1.0)


@pytest.fixture(scope="module")
def source(trained):
    return making.load_source(*trained, "train")


def _make(source, out, count=6, recipe=RECIPE):
    folder.open_folder(str(out), making.settings_of(source, recipe))
    return making.make_spoofs(source, recipe, ["print"], count, str(out))


def _provenance(out):
    with open(out / "provenance.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_images_are_those_of_figure_10_and_their_geometry_is_that_of_the_target(source, tmp_path):
    (counts,) = _make(source, tmp_path)
    assert counts == ("print", 6, 0, 4)
    rows = _provenance(tmp_path)
    assert len(rows) == 6 and {row["status"] for row in rows} == {"ok"}
    by_clip = {row["clip"]: row for row in source.faces.rows("train")}
    for row in rows:
        faces = [chosen_faces(source.faces, source.generator.hparams, [by_clip[row[f"{who}_clip"]]])
                 for who in ("source", "target")]  # fmt: skip
        traces = source.generator(faces[0].image, training=False).traces
        made = np.clip(transferred(traces, *faces, source.generator.hparams)[0], 0, 1)
        image = read_image(str(tmp_path / row["image"]))
        np.testing.assert_allclose(image / 255, made, atol=0.51 / 255)
        assert np.abs(image / 255 - faces[1].image[0]).max() > 0.1
        with np.load(geometry_path(str(tmp_path / row["image"]))) as geometry:
            np.testing.assert_array_equal(geometry["vertices"], faces[1].vertices[0])
            offset = dense_offset(faces[0].vertices, faces[1].vertices, faces[1].triangles, faces[1].triangle_map)
            mask = sample(faces[0].preliminary_mask, offset)[0, ..., 0]
            np.testing.assert_array_equal(geometry["preliminary_mask"], mask >= 0.5)
            assert not geometry["depth"].any()


def test_no_one_and_nothing_crosses_a_split_and_the_person_is_that_of_the_target(source, tmp_path):
    _make(source, tmp_path)
    for row in _provenance(tmp_path):
        assert row["source_clip"].startswith("train/print") and row["target_clip"].startswith("train/live")
        assert row["source_subject"] != row["target_subject"]
        assert row["image"].startswith(f"train/spoof/print/{row['target_subject']}/synthesized-")
    said = json.loads((tmp_path / "synthesized.json").read_text())
    assert "synthesized for training" in said["note"] and said["split"] == "train" and said["embedded"] is False
    assert said["run"] == source.run and said["seed"] == 5 and "tensorflow" in said["versions"]


def test_what_is_there_is_kept_and_what_is_missing_is_made_again(source, tmp_path):
    out = tmp_path / "out"
    _make(source, out, count=3)
    few = tree(out)
    _make(source, out)  # more of the same
    whole = tree(out)
    assert all(whole[name] == few[name] for name in few if "synthesized-" in str(name))
    rows = _provenance(out)
    os.remove(out / rows[1]["image"])
    os.remove(out / rows[4]["image"])
    seen = []
    making.make_spoofs(source, RECIPE, ["print"], 6, str(out), seen.append)
    assert tree(out) == whole and seen == [4, 2]
    alone = tmp_path / "alone"
    _make(source, alone)
    assert tree(alone) == whole


def test_work_goes_on_where_it_was_interrupted(source, tmp_path, monkeypatch):
    _make(source, tmp_path / "whole", 12)
    written = making.folder.write_crop

    def fail(out, path, *more):
        if path.endswith("0010.png"):
            raise KeyboardInterrupt
        written(out, path, *more)

    monkeypatch.setattr(making.folder, "write_crop", fail)
    with pytest.raises(KeyboardInterrupt):
        _make(source, tmp_path / "out", 12)
    monkeypatch.undo()
    assert len(_provenance(tmp_path / "out")) == 8  # whole batches
    _make(source, tmp_path / "out", 12)
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_bad_warps_are_refused_and_others_tried(source, tmp_path):
    _make(source, tmp_path / "all", 8)
    offsets = sorted({float(row["offset"]) for row in _provenance(tmp_path / "all")})
    limit = sum(offsets[len(offsets) // 2 - 1 :][:2]) / 2  # between the two middle ones
    (counts,) = _make(source, tmp_path / "some", 8, RECIPE._replace(max_offset=limit))
    rows = _provenance(tmp_path / "some")
    assert counts.made == 8 and counts.refused == len(rows) - 8 > 0
    for row in rows:
        assert (row["status"] == "ok") == (float(row["offset"]) <= limit) == bool(row["image"])
    (none,) = _make(source, tmp_path / "none", 1, RECIPE._replace(max_offset=0.0))
    assert (none.made, none.refused) == (0, 20)


def test_traces_of_no_weight_leave_the_target_as_it_is(source, tmp_path):
    _make(source, tmp_path, 2, RECIPE._replace(weights=dict.fromkeys("BCTP", 0.0)))
    by_clip = {row["clip"]: row for row in source.faces.rows("train")}
    for row in _provenance(tmp_path):
        target = chosen_faces(source.faces, source.generator.hparams, [by_clip[row["target_clip"]]])
        image = read_image(str(tmp_path / row["image"]))
        np.testing.assert_allclose(image / 255, target.image[0], atol=0.51 / 255)


def test_harder_samples_have_weights_of_their_own_in_the_provenance(source, tmp_path):
    weights = {"B": 0.5, "C": 1.0, "T": 1.0, "P": 1.0}
    _make(source, tmp_path, 8, RECIPE._replace(harder=True, weights=weights))
    rows = _provenance(tmp_path)
    drawn = np.array([[float(row[f"weight_{name}"]) for name in "BCTP"] for row in rows])
    assert len(np.unique(drawn[:, :3])) == 24 and drawn[:, 0].max() <= 0.5 < drawn[:, 1].max()
    assert set(drawn[:, 3]) <= {0.0, 1.0}


def test_a_folder_that_was_begun_in_another_way_or_by_others_is_kept(source, tmp_path):
    _make(source, tmp_path / "out", 1)
    with pytest.raises(folder.SynthesisError, match="seed was 5, now 6"):
        _make(source, tmp_path / "out", 1, RECIPE._replace(seed=6))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "note.txt").write_text("mine")
    with pytest.raises(folder.SynthesisError, match="theirs is not empty"):
        _make(source, tmp_path / "theirs", 1)
    (tmp_path / "out" / "provenance.csv").write_text("image,type\n1\n")
    with pytest.raises(folder.SynthesisError, match="provenance.csv: damaged"):
        _make(source, tmp_path / "out", 1)


def test_what_cannot_give_traces_is_refused(source, tmp_path, monkeypatch):
    with pytest.raises(folder.SynthesisError, match="no face of the type replay in train; there are print"):
        making.make_spoofs(source, RECIPE, ["replay"], 1, str(tmp_path))
    for system, ablation, has_traces in (("phystd", "auxiliary", False), ("stdn", "full", True)):
        hparams = mock.Mock(system=system, ablation=ablation)
        network = mock.Mock(hparams=hparams, has_traces=has_traces)
        monkeypatch.setattr(making, "load_with_point", lambda run, network=network: (network, None))
        with pytest.raises(folder.SynthesisError, match="(auxiliary|stdn). has no traces"):
            making.load_source("run", source.faces, "train")


def test_names_of_files():
    assert folder.image_path("dev", "live", "ann", "a/b.jpg", "3").startswith("dev/live/ann/a_b_jpg-")
    assert folder.file_name("ann.1") == "ann.1" and folder.file_name(".ann") != folder.file_name("ann")
    assert folder.file_name("a/b") != folder.file_name("a_b") and "/" not in folder.file_name("a/b")
    assert len(folder.file_name("x" * 300)) < 90
