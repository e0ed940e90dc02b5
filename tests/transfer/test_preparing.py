"""Synthesized and copied faces are prepared as they are and can be trained on."""

import os
import shutil

import numpy as np
import pytest

from phystd_tf.data import records
from phystd_tf.data.clip_preparation import Settings
from phystd_tf.data.pipeline import chosen_faces, training_dataset
from phystd_tf.data.preparation import prepare
from phystd_tf.data.readers.folder import list_clips
from phystd_tf.data.selection import Selection
from phystd_tf.files.images import read_image
from phystd_tf.transfer import folder, making
from phystd_tf.transfer.originals import check_originals, copy_originals
from tests.data.fake_prepared import DEPTH_SIZE, SIZE
from tests.killing import tree
from tests.training.tiny import tiny_hparams
from tests.transfer.test_making import RECIPE

SETTINGS = Settings(image_size=SIZE, map_sizes=(SIZE,), depth_size=DEPTH_SIZE)
H = tiny_hparams(depth_size=DEPTH_SIZE)


@pytest.fixture(scope="module")
def made(trained, tmp_path_factory):
    """(Source, folder of the images, Selection of them prepared)."""
    root = tmp_path_factory.mktemp("made")
    source, out = making.load_source(*trained, "train"), str(root / "faces")
    folder.open_folder(out, making.settings_of(source, RECIPE))
    making.make_spoofs(source, RECIPE, ["print"], 5, out)
    assert copy_originals(source, ("train", "dev", "test"), out) == 14
    rows = prepare(list_clips(out).clips, str(root / "prepared"), SETTINGS, workers=1, draw=2)
    assert len(rows) == 19 and {row["status"] for row in rows} == {"ok"}
    return source, out, Selection(str(root / "prepared"))


def _faces(selection, rows):
    return chosen_faces(selection, H, rows)


def _agree(triangles, triangle_map, face):
    """Whether nearly all pixels lie in the same triangle; rounding may divide slivers differently."""
    corners = [np.sort(np.asarray(t)[np.asarray(m)], -1) for t, m in
               ((triangles, triangle_map), (face.triangles[0], face.triangle_map[0]))]  # fmt: skip
    return (corners[0] == corners[1]).all(-1).mean() > 0.97


def test_synthesized_images_are_prepared_with_their_pixels_and_their_geometry(made):
    source, out, prepared = made
    rows = [row for row in prepared.rows("train", 0) if "synthesized" in row["clip"]]
    assert len(rows) == 5 and {row["type"] for row in rows} == {"print"}
    faces = _faces(prepared, rows)
    table = folder.read_rows(out, folder.PROVENANCE_FILE, folder.PROVENANCE_COLUMNS)
    targets = {row["image"]: row["target_clip"] for row in table}
    by_clip = {row["clip"]: row for row in source.faces.rows("train")}
    for place, row in enumerate(rows):
        np.testing.assert_array_equal(faces.image[place], read_image(os.path.join(out, row["clip"])) / np.float32(255))
        target = by_clip[targets[row["clip"]]]
        assert row["subject"] == target["subject"]
        theirs = _faces(source.faces, [target])
        np.testing.assert_allclose(faces.vertices[place], theirs.vertices[0], atol=1e-5)
        assert _agree(faces.triangles[place], faces.triangle_map[place], theirs)
        assert not np.any(faces.depth[place])


def test_originals_are_the_same_faces_in_the_same_splits(made):
    source, out, prepared = made
    table = folder.read_rows(out, folder.ORIGINALS_FILE, folder.ORIGINALS_COLUMNS)
    by_clip = {os.path.dirname(row["image"]): row["clip"] for row in table}
    for split in ("train", "dev", "test"):
        before = {row["clip"]: row for row in source.faces.rows(split)}
        rows = [row for row in prepared.rows(split) if "synthesized" not in row["clip"]]
        assert len(rows) == len(before)
        for row in rows:
            original = before[by_clip[row["clip"]]]
            assert (row["subject"], row["type"]) == (original["subject"], original["type"])
            ours, theirs = _faces(prepared, [row]), _faces(source.faces, [original])
            for name in ("image", "vertices", "depth", "preliminary_mask"):
                np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-5, err_msg=name)
            assert _agree(ours.triangles[0], ours.triangle_map[0], theirs)


def test_they_can_be_trained_on(made):
    _, _, prepared = made
    batch = next(iter(training_dataset(prepared, tiny_hparams(), "train", seed=0)))
    assert batch.live.image.shape == batch.spoof.image.shape == (2, 32, 32, 3)
    assert not np.any(batch.spoof.depth) and np.any(batch.live.depth)


def test_originals_that_are_there_are_not_written_again(made):
    source, out, _ = made
    before = tree(out)
    seen = []
    copy_originals(source, ("train", "dev", "test"), out, seen.append)
    assert seen == [14] and tree(out) == before


def test_the_pictures_of_what_was_prepared_are_drawn(made):
    drawn = os.path.join(made[2].prepared, "drawn")
    assert len(os.listdir(drawn)) == 2


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"image_size": 64, "map_sizes": (64,)}, "a crop of 32 x 32 px is not resized; prepare with --image_size=32"),
        ({"depth_size": 4}, "depth must be finite numbers of shape (4, 4)"),
    ],
)
def test_other_sizes_are_refused_by_name(made, tmp_path, changes, said):
    rows = prepare(list_clips(made[1]).clips, str(tmp_path), SETTINGS._replace(**changes), workers=1)
    assert {row["status"] for row in rows} == {"bad_geometry"} and all(said in row["reason"] for row in rows)
    assert records.read_manifest(str(tmp_path / "manifest.csv"))


def test_splits_that_share_people_are_refused_before_any_work(trained, tmp_path):
    shutil.copytree(trained[1].prepared, tmp_path / "prepared")
    path = str(tmp_path / "prepared" / "manifest.csv")
    rows = [{**row, "subject": row["subject"].partition("-")[2]} for row in records.read_manifest(path)]
    records.write_manifest(path, rows)
    faces = Selection(str(tmp_path / "prepared"))
    with pytest.raises(folder.SynthesisError, match="--originals=train"):
        check_originals(faces, ("train", "dev"))
    check_originals(faces, ("train",))
