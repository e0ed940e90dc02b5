import os

import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.data import records
from phystd_tf.data.pipeline import chosen_faces, evaluation_dataset, held_out_dataset, training_dataset
from phystd_tf.data.selection import Selection
from phystd_tf.errors import PhystdError
from phystd_tf.face.morphable_model import default_model
from phystd_tf.physics.triangulation import anchors, clip_to_frame
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import tiny_hparams

COUNTS = {("train", 1): 7, ("train", 0): 5, ("test", 1): 3, ("test", 0): 4}
HALF = tiny_hparams(image_size=16, n2=8, discriminator_sizes=(8, 12, 16, 16))
FULL = tiny_hparams()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    return str(folder), write_prepared(folder, COUNTS)


def _batches(dataset, number):
    return list(dataset.take(number).as_numpy_iterator())


def _blocks(array, size):
    """Means of blocks in plain NumPy."""
    factor = array.shape[0] // size
    return array.reshape(size, factor, size, factor, -1).mean(axis=(1, 3))


@pytest.mark.parametrize("hparams", [FULL, HALF])
def test_faces_arrive_as_they_were_stored_but_for_their_size(prepared, hparams):
    folder, stored = prepared
    size, k = hparams.image_size, hparams.depth_size
    (batch,) = _batches(held_out_dataset(folder, hparams, "test", seed=0, batches=1), 1)
    for kind, faces in (("live", batch.live), ("print", batch.spoof)):
        for i in range(2):
            candidates = [stored[f"test/{kind}/{index}"] for index in range(COUNTS["test", int(kind == "live")])]
            wanted = [
                face for face in candidates if np.abs(_blocks(face.image / 255.0, size) - faces.image[i]).max() < 1e-5
            ]
            assert len(wanted) == 1
            face = wanted[0]
            np.testing.assert_allclose(faces.vertices[i], (face.vertices + 0.5) * (size / 32) - 0.5, atol=1e-5)
            np.testing.assert_allclose(faces.depth[i], _blocks(face.depth, k), atol=1e-6)
            np.testing.assert_allclose(faces.preliminary_mask[i], _blocks(face.preliminary_mask, size), atol=1e-6)
            np.testing.assert_array_equal(faces.triangles[i], face.triangles)
            np.testing.assert_array_equal(faces.triangle_map[i], face.triangle_maps[size])


def test_chosen_faces_come_in_the_order_of_their_rows(prepared):
    folder, stored = prepared
    rows = [row for row in Selection(folder).rows("test") if row["clip"] != "test/live/1"][::-1]
    faces = chosen_faces(folder, FULL, rows)
    np.testing.assert_allclose(faces.image, [stored[row["clip"]].image / 255.0 for row in rows], atol=1e-6)
    np.testing.assert_array_equal(faces.triangle_map, [stored[row["clip"]].triangle_maps[32] for row in rows])


def test_batches_have_the_static_shapes_and_dtypes_that_training_needs(prepared):
    spec = training_dataset(prepared[0], HALF, "train", seed=0).element_spec
    for faces in spec:
        assert {name: (part.shape[1:].as_list(), part.dtype) for name, part in faces._asdict().items()} == {
            "image": ([16, 16, 3], tf.float32),
            "vertices": ([140, 2], tf.float32),
            "depth": ([4, 4, 1], tf.float32),
            "preliminary_mask": ([16, 16, 1], tf.float32),
            "triangles": ([294, 3], tf.int32),
            "triangle_map": ([16, 16], tf.int32),
        }


def test_batches_are_half_live_half_spoof_without_end(prepared):
    for batch in _batches(training_dataset(prepared[0], FULL, "train", seed=0), 12):
        assert len(batch.live.image) == len(batch.spoof.image) == FULL.batch_size // 2
        assert (batch.live.depth > 0).all() and (batch.spoof.depth == 0).all()


def _which(faces, stored) -> list:
    """Returns (clip, whether it is mirrored) for each face of a batch."""
    found = []
    for image in faces.image:
        for clip, face in stored.items():
            for mirrored in (False, True):
                if np.abs(image - face.image[:, :: -1 if mirrored else 1] / 255.0).max() < 1e-5:
                    found.append((clip, mirrored))
    assert len(found) == len(faces.image)
    return found


def test_every_face_is_seen_once_before_any_is_seen_again_and_orders_differ(prepared):
    folder, stored = prepared
    live = [
        clip
        for batch in _batches(training_dataset(folder, FULL, "train", 3), 14)
        for clip, _ in _which(batch.live, stored)
    ]
    rounds = [live[i : i + 7] for i in range(0, 28, 7)]
    for each in rounds:
        assert sorted(each) == sorted(f"train/live/{i}" for i in range(7))
    assert len({tuple(each) for each in rounds}) > 1


def test_half_of_the_faces_are_mirrored_unless_switched_off(prepared):
    folder, stored = prepared
    batches = _batches(training_dataset(folder, FULL, "train", 0), 40)
    mirrored = [flag for batch in batches for faces in batch for _, flag in _which(faces, stored)]
    assert 0.35 < np.mean(mirrored) < 0.65
    for dataset in (
        training_dataset(folder, tiny_hparams(flip=False), "train", 0),
        held_out_dataset(folder, FULL, "train", 0, batches=5),
    ):
        assert not any(flag for batch in _batches(dataset, 5) for _, flag in _which(batch.live, stored))


def test_all_parts_of_a_mirrored_face_are_mirrored_alike(prepared):
    folder, stored = prepared
    pairs = default_model().vertex_pairs
    checked = 0
    for batch in _batches(training_dataset(folder, FULL, "train", 1), 6):
        for faces in batch:
            for i, (clip, mirrored) in enumerate(_which(faces, stored)):
                if not mirrored:
                    continue
                checked += 1
                face = stored[clip]
                # A dot at vertex v is at its mirror partner after mirroring.
                expected = np.stack([31 - face.vertices[:, 0], face.vertices[:, 1]], -1)
                np.testing.assert_allclose(faces.vertices[i][pairs], expected, atol=1e-5)
                np.testing.assert_allclose(faces.depth[i], _blocks(face.depth, 4)[:, ::-1], atol=1e-6)
                np.testing.assert_array_equal(faces.preliminary_mask[i][..., 0], face.preliminary_mask[:, ::-1])
    assert checked > 5


def test_triangles_and_their_map_fit_a_mirrored_face(prepared):
    folder, stored = prepared
    y, x = np.mgrid[:32, :32]
    checked = 0
    for batch in _batches(training_dataset(folder, FULL, "train", 1), 3):
        for i, (_, mirrored) in enumerate(_which(batch.live, stored)):
            checked += mirrored
            points = np.concatenate([clip_to_frame(batch.live.vertices[i], 32), anchors(32)])
            triangles = batch.live.triangles[i]
            assert (triangles[-1] == 0).all() or len(np.unique(triangles[-1])) == 3
            a, b, c = np.moveaxis(points[triangles[batch.live.triangle_map[i]]], 2, 0)
            area = np.cross(b - a, c - a)
            pixels = np.stack([x, y], -1)
            second, third = np.cross(pixels - a, c - a) / area, np.cross(b - a, pixels - a) / area
            assert np.minimum(np.minimum(second, third), 1 - second - third).min() > -1e-3
    assert checked


def test_batches_depend_on_the_seed_and_not_on_the_number_of_parallel_calls(prepared):
    one, eight, other = (
        _batches(training_dataset(prepared[0], FULL, "train", seed=seed, workers=workers), 8)
        for seed, workers in ((5, 1), (5, 8), (6, 8))
    )
    for first, second in zip(one, eight):
        tf.nest.map_structure(np.testing.assert_array_equal, first, second)
    assert any((first.live.image != second.live.image).any() for first, second in zip(one, other))


def test_a_resumed_training_sees_the_batches_that_it_would_have_seen(prepared):
    whole = _batches(training_dataset(prepared[0], FULL, "train", seed=5), 8)
    resumed = _batches(training_dataset(prepared[0], FULL, "train", seed=5, start=5), 3)
    for first, second in zip(whole[5:], resumed):
        tf.nest.map_structure(np.testing.assert_array_equal, first, second)


def test_held_out_batches_are_few_fixed_and_come_again(prepared):
    folder, stored = prepared
    batches = _batches(held_out_dataset(folder, FULL, "train", 0, batches=3), 6)
    for first, second in zip(batches[:3], batches[3:]):
        tf.nest.map_structure(np.testing.assert_array_equal, first, second)
    live = [clip for batch in batches[:3] for clip, _ in _which(batch.live, stored)]
    assert len(set(live)) == 6  # of seven live faces
    spoof = [clip for batch in batches[:3] for clip, _ in _which(batch.spoof, stored)]
    assert len(set(spoof)) == 5  # all five, and one repeated


def test_held_out_batches_have_all_types(tmp_path):
    stored = write_prepared(tmp_path, {("train", 1): 2, ("train", 0): 12})
    rows = records.read_manifest(records.manifest_path(str(tmp_path)))
    rare = {"train/print/10": "replay", "train/print/11": "half_mask"}  # the last two of twelve
    for row in rows:
        row["type"] = rare.get(row["clip"], row["type"])
    records.write_manifest(str(tmp_path / records.MANIFEST_FILE), rows)
    batches = _batches(held_out_dataset(str(tmp_path), FULL, "train", 0, batches=2), 2)
    assert rare.keys() <= {clip for batch in batches for clip, _ in _which(batch.spoof, stored)}


def test_colors_change_when_asked_to_and_nothing_else_does(prepared):
    changed = tiny_hparams(brightness=0.2, contrast=0.2, color=0.2)
    plain, colored = (_batches(training_dataset(prepared[0], h, "train", 1), 3) for h in (FULL, changed))
    brighter = [np.mean(b.live.image - a.live.image, axis=(1, 2, 3)) for a, b in zip(plain, colored)]
    assert len(np.unique(np.round(brighter, 3))) == 6  # each face changes differently
    for one, other in zip(plain, colored):
        for faces, others in zip(one, other):
            assert np.abs(faces.image - others.image).mean((1, 2, 3)).min() > 1e-3
            for name in faces._fields[1:]:
                np.testing.assert_array_equal(getattr(faces, name), getattr(others, name))


@pytest.mark.parametrize("sampling", ["clip", "frame", "type"])
def test_the_sampling_is_that_of_the_hyper_parameters(tmp_path, sampling):
    stored = write_prepared(tmp_path, {("train", 1): 4, ("train", 0): 4})
    rows = records.read_manifest(records.manifest_path(str(tmp_path)))
    for row in rows:  # three of four spoof faces are from one clip
        if row["label"] == "0" and row["clip"] != "train/print/0":
            row["clip"] = "long"
    records.write_manifest(str(tmp_path / records.MANIFEST_FILE), rows)
    batches = _batches(training_dataset(str(tmp_path), tiny_hparams(sampling=sampling), "train", 0), 12)
    drawn = [clip for batch in batches for clip, _ in _which(batch.spoof, stored)]
    assert drawn.count("train/print/0") == (6 if sampling == "frame" else 12)


def test_faces_to_score_come_once_each_with_what_is_known_of_them(prepared):
    folder, stored = prepared
    batches = list(evaluation_dataset(folder, HALF, "test", 2).as_numpy_iterator())
    assert [len(images) for images, _ in batches] == [2, 2, 2, 1]
    clips = [clip.decode() for _, info in batches for clip in info["clip"]]
    assert sorted(clips) == sorted(clip for clip in stored if clip.startswith("test"))
    assert clips == [
        c.decode() for _, i in evaluation_dataset(folder, HALF, "test", 3).as_numpy_iterator() for c in i["clip"]
    ]
    for images, info in batches:
        assert images.dtype == np.float32
        for row, clip in enumerate(info["clip"]):
            _, kind, index = clip.decode().split("/")
            assert (info["type"][row].decode(), info["label"][row]) == (kind, int(kind == "live"))
            assert (info["frame"][row], info["subject"][row].decode()) == (int(index), f"p{index}")
            np.testing.assert_allclose(images[row], _blocks(stored[clip.decode()].image / 255.0, 16), atol=1e-6)


@pytest.mark.parametrize(
    "counts, said", [({("train", 1): 2}, "2 live and 0 spoof"), ({("dev", 0): 1}, "0 live and 0 spoof")]
)
def test_a_split_without_one_of_the_classes_is_refused_with_the_numbers(tmp_path, counts, said):
    write_prepared(tmp_path, counts)
    with pytest.raises(PhystdError, match=f"'train' has {said}"):
        training_dataset(str(tmp_path), FULL, "train", 0)


def test_an_empty_split_is_refused_for_scoring(prepared):
    with pytest.raises(PhystdError, match="no face in the split 'dev'"):
        evaluation_dataset(prepared[0], FULL, "dev", 2)


def test_a_size_without_triangle_maps_is_refused_with_the_flag_that_helps(prepared):
    with pytest.raises(PhystdError, match="maps for 32,16 px, not for the 8 px.*--map_sizes=8,32,16"):
        training_dataset(prepared[0], tiny_hparams(image_size=8, n1=2, n2=4, discriminator_sizes=(8,) * 4), "train", 0)


def test_a_depth_that_cannot_be_averaged_is_refused(prepared):
    with pytest.raises(PhystdError, match="depth_size=8"):
        training_dataset(prepared[0], tiny_hparams(depth_size=16), "train", 0)


def test_folders_that_are_not_prepared_are_refused_by_name(tmp_path):
    for content in (None, "", "{}", '{"format": 99}'):
        if content is not None:
            (tmp_path / records.PREPARED_FILE).write_text(content)
        for make in (training_dataset, evaluation_dataset):
            with pytest.raises(PhystdError, match=tmp_path.name):
                make(str(tmp_path), FULL, "train", 2)


def test_a_folder_that_is_not_finished_is_refused(tmp_path):
    write_prepared(tmp_path, COUNTS)
    os.remove(tmp_path / records.MANIFEST_FILE)
    with pytest.raises(PhystdError, match="not finished"):
        training_dataset(str(tmp_path), FULL, "train", 0)


@pytest.mark.parametrize("make", [training_dataset, evaluation_dataset])
def test_a_shard_that_is_cut_off_is_named_before_training(tmp_path, make):
    write_prepared(tmp_path, COUNTS)
    name = records.shard_name("train", 1, 1)
    data = (tmp_path / name).read_bytes()
    for broken in (data[:-1], data[: len(data) // 2], b""):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(PhystdError, match=name):
            make(str(tmp_path), FULL, "train", 2)


def test_a_shard_with_a_changed_byte_is_named(tmp_path):
    write_prepared(tmp_path, COUNTS)
    name = records.shard_name("train", 0, 1)
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / name).write_bytes(data)
    assert name in str(records.name_damaged_shard(str(tmp_path)))
    (tmp_path / name).write_bytes(
        bytes(data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 0xFF]) + data[len(data) // 2 + 1 :])
    )
    assert "could not be read" in str(records.name_damaged_shard(str(tmp_path)))
