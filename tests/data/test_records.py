import os

import cv2
import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies

from phystd_tf.data import records
from phystd_tf.errors import PhystdError
from tests.damage import damaged_bytes
from tests.data.fake_prepared import DEPTH_SIZE, MAP_SIZES, fake_face

KEY = records.FaceKey("live/é/1.jpg", "live/é", 7, "é", "live", 1)


def _png(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def test_a_record_holds_what_the_contract_names():
    face = fake_face(3)
    features = tf.train.Example.FromString(records.encode(face, KEY)).features.feature
    texts = ("source", "clip", "subject", "type")
    numbers = ("frame", "label")
    arrays = ("image", "vertices", "depth", "preliminary_mask", "triangles")
    assert set(features) == {*texts, *numbers, *arrays, *(f"triangle_map_{size}" for size in MAP_SIZES)}
    for name in texts:
        assert features[name].bytes_list.value[0].decode("utf-8") == getattr(KEY, name)
    for name in numbers:
        assert features[name].int64_list.value[0] == getattr(KEY, name)
    raw = {name: features[name].bytes_list.value[0] for name in features if features[name].bytes_list.value}
    np.testing.assert_array_equal(_png(raw["image"])[..., ::-1], face.image)
    np.testing.assert_array_equal(_png(raw["preliminary_mask"]), face.preliminary_mask * 255)
    np.testing.assert_array_equal(np.frombuffer(raw["triangles"], "<i2").reshape(-1, 3), face.triangles)
    for size in MAP_SIZES:
        stored = _png(raw[f"triangle_map_{size}"])
        assert stored.dtype == np.uint16
        np.testing.assert_array_equal(stored, face.triangle_maps[size])
    np.testing.assert_array_equal(np.frombuffer(raw["vertices"], "<f4").reshape(140, 2), face.vertices)
    np.testing.assert_array_equal(np.frombuffer(raw["depth"], "<f4").reshape(DEPTH_SIZE, -1), face.depth)


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    path = str(tmp_path / records.MANIFEST_FILE)
    rows = [
        {"source": 'a, "b".jpg', "clip": "ä\n1", "frame": 3, "status": "no_face", "reason": "no face found"},
        {"clip": "2", "status": records.OK, "shard": "shard-dev-live-00000.tfrecord", "offset": 7},
    ]
    records.write_manifest(path, rows)
    read = records.read_manifest(path)
    assert [{name: row[name] for name in rows[0]} for row in read][0] == {**rows[0], "frame": "3"}
    assert tuple(read[1]) == records.MANIFEST_COLUMNS and read[1]["reason"] == ""
    assert [file.name for file in tmp_path.iterdir()] == [records.MANIFEST_FILE]


def test_sources_of_older_folders_are_as_they_were_given(tmp_path):
    prepared = str(tmp_path / "prepared")
    records.save_settings(prepared, {"format": records.FORMAT_VERSION})
    base = records.source_base(prepared)
    for path in ("faces/1.png", "/faces/1.png"):
        assert records.stored_source(base, path) == path and records.source_path(base, path) == path


@pytest.mark.parametrize("path", ["faces/1.png", "/elsewhere/1.png", "../1.png", "prepared/1.png"])
def test_sources_are_stored_relative_to_the_prepared_folder(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    records.save_settings("prepared", {"format": records.FORMAT_VERSION, **records.OWN_SOURCES})
    base = records.source_base("prepared")
    stored = records.stored_source(base, path)
    assert not os.path.isabs(stored)
    assert os.path.abspath(records.source_path(base, stored)) == os.path.abspath(path)
    assert os.path.abspath(os.path.join("prepared", stored)) == os.path.abspath(path)


@pytest.mark.parametrize("content", ["a,b\n1,2\n", ""])
def test_another_csv_is_refused_by_name(tmp_path, content):
    path = tmp_path / "other.csv"
    path.write_text(content)
    with pytest.raises(PhystdError, match=r"other\.csv"):
        records.read_manifest(str(path))


def test_a_shard_that_could_not_be_written_leaves_no_half(tmp_path):
    from phystd_tf.data.shards import write_shard

    def examples():
        yield b"x"
        raise KeyError("stop")

    with pytest.raises(KeyError):
        write_shard(str(tmp_path / "shard"), examples())
    assert not (tmp_path / "shard").exists()
    assert write_shard(str(tmp_path / "empty"), []) == 0
    assert not (tmp_path / "empty").exists()


def test_joined_shards_hold_the_records_in_order(tmp_path):
    from phystd_tf.data.shards import join_shards, record_offsets, write_shard

    paths = [str(tmp_path / name) for name in "ab"]
    write_shard(paths[0], [b"1", b"22"])
    write_shard(paths[1], [b"", b"4" * 1000])
    joined = str(tmp_path / "joined")
    join_shards(paths, joined)
    assert list(tf.data.TFRecordDataset(joined).as_numpy_iterator()) == [b"1", b"22", b"", b"4" * 1000]
    assert len(record_offsets(joined)) == 4


@hypothesis.settings(max_examples=60, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(data=strategies.data())
def test_damaged_manifests_are_read_or_refused_by_name(tmp_path, data):
    path = tmp_path / records.MANIFEST_FILE
    row = {"clip": "live/é", "status": records.OK, "shard": "shard-dev-live-00000.tfrecord", "offset": 0}
    records.write_manifest(str(path), [row, {**row, "status": "no_face"}])
    path.write_bytes(damaged_bytes(data.draw, path.read_bytes()))
    try:
        rows = records.read_manifest(str(path))
    except PhystdError as error:
        assert "manifest.csv" in str(error)
    else:
        assert all(set(row) == set(records.MANIFEST_COLUMNS) for row in rows)
