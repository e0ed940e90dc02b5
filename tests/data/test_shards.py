import os

import pytest
import tensorflow as tf

from phystd_tf.data.shards import DamagedShardError, damaged_shards, join_shards, record_offsets, write_shard

EXAMPLES = [b"one", b"", b"three" * 1000]


def _read(path) -> list:
    return [record.numpy() for record in tf.data.TFRecordDataset(str(path))]


def test_a_shard_holds_the_examples_in_order_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "a.tfrecord"
    assert write_shard(str(path), iter(EXAMPLES)) == 3
    assert _read(path) == EXAMPLES
    assert os.listdir(tmp_path) == ["a.tfrecord"]


def test_no_example_makes_no_file(tmp_path):
    assert write_shard(str(tmp_path / "a.tfrecord"), []) == 0
    assert os.listdir(tmp_path) == []


def test_a_shard_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "a.tfrecord"

    def failing():
        yield b"one"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_shard(str(path), failing())
    assert not path.exists()


def test_joined_shards_hold_the_records_of_all(tmp_path):
    for name in ("b", "a"):
        write_shard(str(tmp_path / name), [name.encode(), b"x"])
    join_shards([str(tmp_path / "b"), str(tmp_path / "a")], str(tmp_path / "joined"))
    assert _read(tmp_path / "joined") == [b"b", b"x", b"a", b"x"]
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "joined"]


def test_records_are_found_where_they_begin(tmp_path):
    path = str(tmp_path / "a")
    write_shard(path, EXAMPLES)
    offsets = record_offsets(path)
    assert offsets == [0, 16 + 3, 16 + 3 + 16]
    for offset, example in zip(offsets, EXAMPLES):
        dataset = tf.raw_ops.TFRecordDatasetV2(
            filenames=[path], compression_type="", buffer_size=tf.constant(64, tf.int64), byte_offsets=[offset]
        )
        records = tf.data.experimental.from_variant(dataset, tf.TensorSpec([], tf.string))
        assert records.take(1).get_single_element().numpy() == example


def test_each_way_of_cutting_a_shard_off_inside_a_record_is_found_by_name(tmp_path):
    path = tmp_path / "cut.tfrecord"
    write_shard(str(path), EXAMPLES)
    data = path.read_bytes()
    ends = {0, 12 + 3 + 4, 12 + 3 + 4 + 12 + 4, len(data)}
    for length in sorted(set(range(0, 60)) | {len(data) - 1} - ends):
        if length in ends:
            continue
        path.write_bytes(data[:length])
        with pytest.raises(DamagedShardError, match=r"cut\.tfrecord"):
            record_offsets(str(path))


def test_a_missing_shard_is_named(tmp_path):
    with pytest.raises(DamagedShardError, match="gone"):
        record_offsets(str(tmp_path / "gone"))
    assert "gone" in str(damaged_shards([str(tmp_path / "gone")])[0])


def test_a_changed_byte_is_found_by_reading(tmp_path):
    paths = [str(tmp_path / name) for name in ("good", "bad", "fine")]
    for path in paths:
        write_shard(path, EXAMPLES)
    with open(paths[1], "r+b") as file:
        file.seek(100)
        file.write(b"!")
    assert len(record_offsets(paths[1])) == 3
    (error,) = damaged_shards(paths)
    assert paths[1] in str(error) and "corrupted record" in str(error) and "{{" not in str(error)
