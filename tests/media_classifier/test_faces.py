"""The faces of a split: all in order, or drawn evenly by class."""

import collections

import numpy as np
import pytest

from phystd_tf.data.records import PreparedFolderError
from phystd_tf.data.selection import Selection
from phystd_tf.evaluation.medium_classes import OULU, SIWM, MediumClassError
from phystd_tf.media_classifier.faces import MediumFaces, dev_faces
from phystd_tf.protocols.choice import ProtocolChoice
from tests.media_classifier.fakes import FRAMES, HPARAMS, oulu_clips, siwm_clips, write_clips


@pytest.fixture(scope="module")
def oulu(tmp_path_factory):
    clips = oulu_clips()
    clips = [clip for clip in clips if not (clip.subject in ("02", "03") and clip.instrument == "print_2")]
    return Selection(
        write_clips(tmp_path_factory.mktemp("media") / "prepared", "oulu", clips), ProtocolChoice("oulu_1")
    )


def test_crops_are_those_of_the_rows(oulu):
    faces = MediumFaces(oulu, "test", OULU, HPARAMS)
    crops = np.array(list(faces.crops().as_numpy_iterator()))
    assert crops.shape == (len(faces.rows), 32, 32, 3) == (10 * FRAMES, 32, 32, 3)
    # The color shows the class of a face: see write_clips.
    media = [("live", ""), *((name[:-2], name) for name in OULU.classes[1:])]
    codes = (crops.mean((1, 2)) > 0.5) @ [1, 2, 4]
    expected = [1 + sorted(media).index((row["type"], row["instrument"])) for row in faces.rows]
    assert codes.tolist() == expected and len(set(expected)) == 5


def test_classes_and_their_clips_are_drawn_evenly(oulu):
    faces = MediumFaces(oulu, "train", OULU, HPARAMS)
    assert collections.Counter(faces.labels)[2] == FRAMES  # one clip against three
    drawn = list(faces.drawn(0).take(100).as_numpy_iterator())
    counts = collections.Counter(int(label) for _, label in drawn)
    assert set(counts.values()) == {20}
    again, other = ([label for _, label in faces.drawn(seed).take(100).as_numpy_iterator()] for seed in (0, 1))
    assert again == [label for _, label in drawn] != other
    mirrored = [crop for crop, label in drawn if label == 2]
    assert len({crop.tobytes() for crop in mirrored}) == 2 * FRAMES


def test_few_frames_of_a_clip_are_spread(oulu):
    rows = MediumFaces(oulu, "test", OULU, HPARAMS).rows
    one = MediumFaces(oulu, "test", OULU, HPARAMS, max_frames=1)
    assert len(one.rows) == len({row["clip"] for row in rows}) == 10
    assert MediumFaces(oulu, "test", OULU, HPARAMS, max_frames=5).rows == rows


def test_dev_is_used_only_where_it_has_all_classes(oulu, tmp_path):
    assert len(dev_faces(oulu, OULU, HPARAMS).rows) == 10 * FRAMES
    clips = [clip for clip in oulu_clips() if clip.split != "dev" or clip.instrument != "replay_2"]
    without = write_clips(tmp_path / "prepared", "oulu", clips)
    assert dev_faces(Selection(without, ProtocolChoice("oulu_1")), OULU, HPARAMS) is None
    assert dev_faces(Selection(without, ProtocolChoice("oulu_2")), OULU, HPARAMS) is None


def test_a_class_without_a_face_is_named(tmp_path):
    clips = [clip for clip in siwm_clips() if clip.type not in ("half_mask", "paper_glasses")]
    selection = Selection(write_clips(tmp_path / "prepared", "siwm", clips), ProtocolChoice("siwm_1"))
    faces = MediumFaces(selection, "train", SIWM, HPARAMS)
    with pytest.raises(PreparedFolderError, match="'train' of protocol siwm_1 has no face of masks, partial"):
        faces.require_all_classes()
    with pytest.raises(PreparedFolderError, match="no face in the split 'dev'"):
        MediumFaces(selection, "dev", SIWM, HPARAMS)
    with pytest.raises(MediumClassError, match="none of the classes 'oulu'"):
        MediumFaces(selection, "train", OULU, HPARAMS)
