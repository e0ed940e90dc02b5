"""The synthetic dataset: layout, ground truth, reproducibility, and resuming after an interruption."""

import csv
import dataclasses
import hashlib
import json
import os
import shutil

import numpy as np
import pytest

from phystd_tf import spoof_types
from phystd_tf.synthetic import dataset, truth
from phystd_tf.synthetic.clip_list import COLUMNS, clip_list
from phystd_tf.synthetic.clips import seeds_of, start_clip
from phystd_tf.synthetic.composition import compose
from phystd_tf.synthetic.dataset import make_dataset
from phystd_tf.synthetic.layouts import all_clips
from phystd_tf.synthetic.media import MEDIA
from phystd_tf.synthetic.recipe import Recipe, SyntheticClip, SyntheticError

# Only a few types; each medium has its own tests.
TYPES = ("print", "replay", "paper_glasses")
RECIPE = Recipe(seed=3, subjects=3, clips_per_subject=1, frames_per_clip=2, size=128, types=TYPES)


def _files(root):
    """Path below the root -> hash of the bytes."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, root)] = hashlib.sha256(file.read()).hexdigest()
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = str(tmp_path_factory.mktemp("synthetic") / "set")
    calls = []
    manifest = make_dataset(out, RECIPE, workers=1, progress=lambda done, total: calls.append((done, total)))
    return out, manifest, calls


def test_layout(made):
    out, _, _ = made
    frames = {path for path in _files(out) if path.endswith(".jpg")}
    expected = set()
    for subject, split in (("s0000", "train"), ("s0001", "dev"), ("s0002", "test")):
        for frame in ("000.jpg", "001.jpg"):
            for clip in ("c00", "c01"):
                expected.add(f"{split}/live/{subject}/{clip}/{frame}")
            for name in TYPES:
                expected.add(f"{split}/spoof/{name}/{subject}/c00/{frame}")
    assert frames == expected


def test_each_frame_has_its_truth_in_a_separate_tree(made):
    out, _, _ = made
    files = _files(out)
    frames = [path for path in files if path.endswith(".jpg")]
    places = [(os.path.dirname(path), int(os.path.basename(path)[:3])) for path in frames]
    truths = {os.path.relpath(truth.truth_path(out, *place), out) for place in places}
    assert truths | set(frames) | {"synthetic.json", "clips.csv", ".lock"} == set(files)
    assert all(path.startswith("truth" + os.sep) for path in truths)


def test_each_clip_has_its_own_scene(made):
    out, _, _ = made
    folders = ("live/s0000/c00", "live/s0000/c01", "spoof/print/s0000/c00", "spoof/replay/s0000/c00")
    first, second = ([truth.read(f"{out}/truth/train/{f}/{n}.npz").vertices for f in folders] for n in ("000", "001"))
    for one in range(len(folders)):
        # The head moves slightly within a clip and is at another position in other clips.
        assert 0 < np.abs(first[one] - second[one]).mean() < 6
        for other in range(one):
            assert np.abs(first[one] - first[other]).mean() > 1


def test_manifest_counts_the_frames(made):
    out, manifest, calls = made
    with open(os.path.join(out, "synthetic.json"), encoding="utf-8") as file:
        assert json.load(file) == manifest
    frames = [path for path in _files(out) if path.endswith(".jpg")]
    assert manifest["complete"] is True and manifest["frames"] == len(frames) == calls[-1][0] == calls[-1][1]
    assert manifest["frames_by_split_and_type"]["test"] == {"live": 4, "print": 2, "replay": 2, "paper_glasses": 2}


def test_list_names_each_clip_and_its_instrument(made):
    out, _, _ = made
    with open(os.path.join(out, "clips.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    folders = {os.path.dirname(path).replace(os.sep, "/") for path in _files(out) if path.endswith(".jpg")}
    assert tuple(rows[0]) == COLUMNS and {row["clip"] for row in rows} == folders and len(rows) == len(folders)
    for row in rows:
        if row["type"] == "live":
            assert row["instrument"] == row["parameters"] == ""
        else:
            assert row["instrument"] in MEDIA[row["type"]].INSTRUMENTS
            assert json.loads(row["parameters"])["instrument"] == row["instrument"]
            assert "/".join((row["split"], "spoof", row["type"], row["subject"])) in row["clip"]
    assert len({row["seeds"] for row in rows}) == len(rows)


def test_list_has_the_parameters_of_the_frames(monkeypatch, tmp_path):
    """The listed parameters are those that the medium received, not just parameters drawn in the same way."""
    medium, given = MEDIA["replay"], []
    layers = medium.layers
    monkeypatch.setattr(medium, "layers", lambda shot, p, rng: given.append(p) or layers(shot, p, rng))
    recipe = dataclasses.replace(RECIPE, frames_per_clip=1, types=("replay",))
    make_dataset(str(tmp_path), recipe)
    rows = list(csv.DictReader(clip_list(recipe).splitlines()))
    listed = [json.loads(row["parameters"]) for row in rows if row["type"] == "replay"]
    assert listed == [json.loads(json.dumps(dataclasses.asdict(p))) for p in given] and len(listed) == 3


def test_a_clip_does_not_depend_on_the_number_of_clips():
    """More live clips or fewer types do not change other clips: the random numbers depend on the clip alone."""
    more = dataclasses.replace(RECIPE, live_clips_per_subject=5, types=("replay",))
    clip = SyntheticClip("train", "replay", 0, 0)
    assert clip in all_clips(more)
    ours, theirs = start_clip(RECIPE, clip), start_clip(more, clip)
    assert ours[:3] == theirs[:3] and ours.rng.integers(2**60) == theirs.rng.integers(2**60)
    assert [c.number for c in all_clips(more) if c.spoof_type == "live" and not c.subject] == list(range(5))


def test_there_are_twice_as_many_live_clips_by_default():
    explicit = dataclasses.replace(RECIPE, live_clips_per_subject=2)
    assert dataset.manifest_of(explicit) == dataset.manifest_of(RECIPE)


def test_same_seed_gives_same_bytes_for_any_number_of_workers(made, tmp_path):
    out, _, _ = made
    again = str(tmp_path / "again")
    make_dataset(again, RECIPE, workers=2)
    assert _files(again) == _files(out)


def test_another_seed_gives_other_frames(made, tmp_path):
    other = str(tmp_path / "other")
    make_dataset(other, dataclasses.replace(RECIPE, seed=4, types=("print",), frames_per_clip=1))
    old, new = _files(made[0]), _files(other)
    shared = [path for path in new if path.endswith(".jpg")]
    assert shared and all(old[path] != new[path] for path in shared)


def test_resuming_keeps_finished_clips_and_makes_the_rest(made, tmp_path):
    out = str(tmp_path / "resumed")
    shutil.copytree(made[0], out)
    kept = os.path.join(out, "train", "live", "s0000", "c00", "000.jpg")
    with open(kept, "wb") as file:
        file.write(b"finished")
    # State after an interruption: a clip with truth but without frames, and a partially written clip.
    shutil.rmtree(os.path.join(out, "dev", "spoof", "replay", "s0001", "c00"))
    shutil.rmtree(os.path.join(out, "dev", "spoof", "print", "s0001", "c00"))
    shutil.rmtree(os.path.join(out, "truth", "dev", "spoof", "print", "s0001", "c00"))
    os.makedirs(os.path.join(out, ".unfinished", "dev-spoof-print-s0001-c00", "frames"))
    make_dataset(out, RECIPE)
    with open(kept, "rb") as file:
        assert file.read() == b"finished"
    ours, theirs = _files(out), _files(made[0])
    assert ours.pop(os.path.relpath(kept, out)) != theirs.pop(os.path.relpath(kept, out))
    assert ours == theirs


def test_rejects_a_folder_with_another_recipe_or_other_files(made, tmp_path):
    with pytest.raises(SyntheticError, match="another recipe"):
        make_dataset(made[0], dataclasses.replace(RECIPE, seed=9))
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    with pytest.raises(SyntheticError, match="not a synthetic dataset"):
        make_dataset(str(tmp_path), RECIPE)


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"subjects": 2}, "3 to 10000 subjects"),
        ({"size": 20}, "size"),
        ({"types": ("hologram",)}, "hologram"),
        ({"types": ()}, "types must not be empty"),
        ({"frames_per_clip": 0}, "frames_per_clip"),
        ({"seed": -1}, "seed"),
        ({"live_clips_per_subject": -1}, "live_clips"),
        ({"truth": "half"}, "truth"),
        ({"dev_share": -0.1}, "dev_share"),
        ({"dev_share": 0.6, "test_share": 0.6}, "together at most 1"),
    ],
)
def test_invalid_recipes_are_rejected_by_name(wrong, words):
    with pytest.raises(SyntheticError, match=words):
        dataset.manifest_of(Recipe(**wrong))


@pytest.mark.parametrize("count", [3, 5, 24, 101])
def test_splits_are_disjoint_and_not_empty(count):
    recipe = Recipe(subjects=count)
    people = dataset.manifest_of(recipe)["subjects"]
    subjects = people["train"] + people["dev"] + people["test"]
    assert len(subjects) == len(set(subjects)) == count
    assert all(people.values())


@pytest.mark.parametrize(
    "shares, counts",
    [((0.0, 1.0), (0, 0, 40)), ((0.15, 0.0), (34, 6, 0)), ((0.0, 0.0), (40, 0, 0)), ((0.001, 0.5), (19, 1, 20))],
)
def test_shares_determine_the_split_sizes_but_not_the_appearance(shares, counts):
    recipe = Recipe(subjects=40, dev_share=shares[0], test_share=shares[1], types=("print",))
    people = dataset.manifest_of(recipe)["subjects"]
    assert tuple(len(people[split]) for split in ("train", "dev", "test")) == counts
    clips, usual = (all_clips(r) for r in (recipe, Recipe(subjects=40, types=("print",))))
    assert [seeds_of(recipe, clip) for clip in clips] == [seeds_of(recipe, clip) for clip in usual]


def test_clips_of_a_subject_stay_in_its_split():
    for clip in all_clips(RECIPE):
        assert clip.split == ("train", "dev", "test")[clip.subject] and clip.folder.startswith(clip.split + os.sep)


def test_truth_composes_exactly_and_covers_what_the_medium_covers(made):
    out, _, _ = made
    for name in TYPES:
        stored = truth.read(truth.truth_path(out, f"train/spoof/{name}/s0000/c00", 0))
        layers = stored.layers
        for array in (stored.live, *layers):
            np.testing.assert_array_equal(array, np.round(array * 255).astype(np.float32) / np.float32(255))
        spoof = compose(stored.live, layers)
        manual = (1 - layers.P) * (stored.live + layers.T_A) + layers.P * layers.T_P
        np.testing.assert_array_equal(spoof, manual)
        assert spoof.min() >= -1e-6 and spoof.max() <= 1 + 1e-6
        assert stored.live_camera.shape == (128, 128, 3) and stored.live_camera.dtype == np.uint8
        assert layers.P.min() >= 0 and layers.P.max() <= 1
        assert not layers.T_P[np.broadcast_to(layers.P == 0, layers.T_P.shape)].any()
        covered = (layers.P > 0.5).mean()
        if name == "paper_glasses":
            assert 0.005 < covered < 0.2
            eyes = stored.vertices[[33, 133, 362, 263]].mean(0)
            y, x = np.nonzero(layers.P[..., 0] > 0.5)
            assert np.hypot(*(np.array([x.mean(), y.mean()]) - eyes)) < 8
        else:
            assert covered == 0 and np.abs(layers.T_A).mean() > 0.01


def test_truth_after_the_camera_is_taken_by_the_same_camera(made):
    """Where the glasses neither cover nor shade the face, the two photographs differ at most by JPEG artifacts."""
    import cv2

    out, _, _ = made
    clip = "test/spoof/paper_glasses/s0002/c00"
    stored = truth.read(truth.truth_path(out, clip, 1))
    spoof = cv2.imread(os.path.join(out, clip, "001.jpg"))[..., ::-1].astype(float)
    changed = (stored.layers.P[..., 0] > 0) | (np.abs(stored.layers.T_A).max(-1) > 0)
    far = cv2.dilate(changed.astype(np.uint8), np.ones((35, 35))) == 0
    assert far.mean() > 0.3
    gap = np.abs(spoof - stored.live_camera)
    assert gap[far].mean() < 1.0 < 5.0 < gap[stored.layers.P[..., 0] > 0.9].mean()


def test_live_truth_has_vertices_only(made):
    out, _, _ = made
    stored = truth.read(truth.truth_path(out, "train/live/s0000/c00", 0))
    assert stored.vertices.shape == (468, 2) and stored.live is None and stored.layers is None


def test_invalid_truth_files_are_rejected(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(truth.TruthError, match="x.npz"):
        truth.read(str(path))
    with pytest.raises(truth.TruthError):
        truth.read(str(tmp_path / "missing.npz"))


@pytest.mark.parametrize("clip", ["", "..", "../x", "a/../../x", "/etc/x", "a//b", "./a"])
def test_no_clip_leads_out_of_the_folder_of_the_truth(clip):
    """IDs come from a manifest, which anybody may have written."""
    with pytest.raises(truth.TruthError, match="not the ID of a clip"):
        truth.truth_path("faces", clip, 0)


def test_a_recipe_can_omit_truth(tmp_path):
    bare = dataclasses.replace(RECIPE, frames_per_clip=1, types=("replay",))
    make_dataset(str(tmp_path / "none"), dataclasses.replace(bare, truth="none"))
    assert not os.path.exists(tmp_path / "none" / "truth")
    out = str(tmp_path / "camera")
    make_dataset(out, dataclasses.replace(bare, truth="camera"))
    clip = SyntheticClip("train", spoof_types.REPLAY, 0, 0)
    stored = truth.read(truth.truth_path(out, clip.folder, 0))
    assert stored.live_camera is not None and stored.live is None
    # The frames do not depend on the stored truth.
    frames = [{k: v for k, v in _files(tmp_path / name).items() if k.endswith(".jpg")} for name in ("none", "camera")]
    assert frames[0] == frames[1]
