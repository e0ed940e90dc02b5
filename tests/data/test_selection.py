"""A protocol selects faces, and the datasets contain exactly these."""

import pytest

from phystd_tf.data import records, selection
from phystd_tf.data.pipeline import evaluation_dataset, training_dataset
from phystd_tf.data.selection import Selection, selection_of
from phystd_tf.errors import PhystdError
from phystd_tf.protocols.choice import ProtocolChoice
from phystd_tf.protocols.clip_facts import clip_facts
from phystd_tf.protocols.rules import ProtocolError
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import tiny_hparams

H = tiny_hparams(image_size=32)
COUNTS = {("train", 1): 7, ("train", 0): 5, ("test", 1): 4, ("test", 0): 6}


class Turned:
    """A protocol that trains on the live faces of test and the spoofs of train, and tests on the rest."""

    dataset = None
    max_train_frames = 2

    def assign(self, clips):
        splits = {}
        for clip in clips:
            splits[clip.clip] = "train" if (clip.split == "test") == bool(clip.label) else "test"
        del splits["train/live/0"]
        return splits


@pytest.fixture()
def turned(monkeypatch):
    monkeypatch.setattr(selection, "load_protocol", lambda name, seed, lists: Turned())
    return ProtocolChoice("turned")


@pytest.fixture()
def prepared(tmp_path):
    write_prepared(tmp_path, COUNTS)
    return str(tmp_path)


def _clips(faces, split):
    return sorted(
        clip.decode() for _, info in evaluation_dataset(faces, H, split, 3).as_numpy_iterator() for clip in info["clip"]
    )


def test_as_prepared_every_face_is_where_the_folder_has_it(prepared):
    faces = Selection(prepared)
    assert faces.count("train") == (7, 5) and faces.count("test") == (4, 6) and faces.count("dev") == (0, 0)
    assert faces.require("test") == 10 and selection_of(faces) is faces
    assert _clips(faces, "train") == _clips(prepared, "train") == sorted(row["clip"] for row in faces.rows("train"))


def test_a_protocol_takes_its_own_faces_from_all_shards(prepared, turned):
    faces = Selection(prepared, turned)
    # The third is frame 2, which is in the same shard but beyond the frames used for training.
    live = [f"test/live/{k}" for k in range(2)]
    spoof = [f"train/print/{k}" for k in range(2)]
    assert sorted(row["clip"] for row in faces.rows("train")) == _clips(faces, "train") == sorted(live + spoof)
    assert faces.count("train") == (2, 2)
    tested = [f"train/live/{k}" for k in range(1, 7)] + [f"test/print/{k}" for k in range(6)]
    assert _clips(faces, "test") == sorted(tested) and faces.count("test") == (6, 6)
    assert faces.check_shards("train") is None


def test_training_sees_the_faces_of_the_protocol_and_no_others(prepared, turned, tmp_path):
    faces = Selection(prepared, turned)
    seen = set()
    for batch in (
        training_dataset(faces, tiny_hparams(image_size=32, flip=False), "train", 0).take(12).as_numpy_iterator()
    ):
        seen |= {image.tobytes() for part in batch for image in part.image}
    wanted = {
        image.tobytes()
        for images, _ in evaluation_dataset(faces, H, "train", 4).as_numpy_iterator()
        for image in images
    }
    assert seen == wanted and len(seen) == 4


def test_people_on_both_sides_are_named(prepared, turned):
    assert Selection(prepared, turned).leaks()[0].startswith("subject p0 is in ")
    rows = records.read_manifest(records.manifest_path(prepared))
    for row in rows:
        row["subject"] = row["clip"]  # no subject is known
    records.write_manifest(records.manifest_path(prepared), rows)
    assert Selection(prepared, turned).leaks() == []


def test_an_empty_split_of_a_protocol_is_named_with_the_protocol(prepared, turned):
    with pytest.raises(PhystdError, match="'dev' of protocol turned"):
        Selection(prepared, turned).require("dev")
    with pytest.raises(PhystdError, match="'dev' of protocol turned has 0 live"):
        Selection(prepared, turned).require_both("dev")
    with pytest.raises(PhystdError, match="no spoof face in the split 'dev' of protocol turned"):
        Selection(prepared, turned).shards("dev", 0)


def test_a_missing_shard_is_named(prepared, tmp_path):
    name = records.shard_name("train", 1, 0)
    (tmp_path / name).unlink()
    with pytest.raises(PhystdError, match=name):
        Selection(prepared).check_shards("train")
    assert Selection(prepared).check_shards("test") is None


def test_a_shard_with_other_faces_than_the_manifest_says_is_named(prepared, tmp_path):
    one, other = (tmp_path / records.shard_name("train", 1, number) for number in (0, 2))  # of three faces and of one
    other.write_bytes(one.read_bytes())
    with pytest.raises(PhystdError, match=f"{other.name}: holds 3 faces, the manifest says 1"):
        Selection(prepared).check_shards("train")


def test_a_protocol_of_another_dataset_is_refused(prepared):
    with pytest.raises(ProtocolError, match="oulu_1.*dataset oulu.*folder"):
        Selection(prepared, ProtocolChoice("oulu_1"))
    with pytest.raises(ProtocolError, match="nonsense"):
        Selection(prepared, ProtocolChoice("nonsense"))


def test_the_facts_of_a_clip_are_those_of_its_rows(prepared):
    rows = records.read_manifest(records.manifest_path(prepared))
    for row in rows:
        row.update(session="1", device="2", instrument="print_1")
    facts = clip_facts(rows + rows)
    assert len(facts) == sum(COUNTS.values())
    assert facts[0]._asdict() == {
        "clip": "train/live/0", "subject": "p0", "type": "live", "label": 1, "split": "train",
        "session": "1", "device": "2", "instrument": "print_1",
    }  # fmt: skip
