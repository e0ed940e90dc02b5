"""Damaged shards, as training and scoring read them: either the data is right, or the error names the shard."""

import pathlib

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies

from phystd_tf.data.pipeline import held_out_dataset
from phystd_tf.data.records import name_damaged_shard
from phystd_tf.errors import PhystdError
from phystd_tf.inference import scoring
from tests.damage import damaged_bytes
from tests.data.fake_prepared import SIZE, write_prepared
from tests.training.tiny import tiny_hparams

HPARAMS = tiny_hparams(image_size=SIZE)
SHARD = "shard-test-live-00000.tfrecord"


class _NoModel:
    hparams = HPARAMS


def _trained_on(folder):
    """The pixels of all faces, as training reads them: by the number of the face."""
    try:
        (batch,) = list(held_out_dataset(folder, HPARAMS, "test", 0, 1).take(1))
    except tf.errors.DataLossError as error:  # as in phystd_tf.training.experiment
        raise name_damaged_shard(folder) from error
    return np.concatenate([batch.live.image, batch.spoof.image])


def _scored(folder):
    """The terms of all faces; each term is the mean of the pixels."""
    return scoring.score_split(_NoModel, folder, "test").to_csv()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> str:
    write_prepared(tmp_path, {("test", 1): 2, ("test", 0): 2})

    def terms_of(images):
        return dict.fromkeys(scoring.TERMS, tf.reduce_mean(images, axis=(1, 2, 3)))

    monkeypatch.setattr(scoring, "traced_terms", lambda generator: terms_of)
    return str(tmp_path)


@hypothesis.settings(max_examples=5, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(data=strategies.data())
def test_a_damaged_shard_is_read_or_named(folder, data):
    path = pathlib.Path(folder) / SHARD
    whole = path.read_bytes()
    expected = _expected(folder)
    try:
        path.write_bytes(damaged_bytes(data.draw, whole))
        for way, right in expected.items():
            try:
                found = way(folder)
            except PhystdError as error:
                assert SHARD in str(error) and "prepare again" in str(error)
            else:
                np.testing.assert_array_equal(found, right)
    finally:
        path.write_bytes(whole)


_known = {}


def _expected(folder):
    if folder not in _known:
        _known[folder] = {way: way(folder) for way in (_trained_on, _scored)}
    return _known[folder]


@pytest.mark.parametrize("position", [9, 300])
@pytest.mark.parametrize("way", [_trained_on, _scored])
def test_each_changed_bit_of_a_shard_is_named(folder, way, position):
    path = pathlib.Path(folder) / SHARD
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << 3
    path.write_bytes(data)
    with pytest.raises(PhystdError, match=f"{SHARD}.*prepare again"):
        way(folder)
