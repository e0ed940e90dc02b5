"""The parts of a batch that processes and devices read make up the batch."""

import numpy as np
import pytest

from phystd_tf.data.pipeline import held_out_dataset, training_dataset
from phystd_tf.data.share import WHOLE, Share
from phystd_tf.errors import PhystdError
from tests.data.fake_prepared import write_prepared
from tests.training.tiny import tiny_hparams


@pytest.mark.parametrize(("workers", "replicas"), [(1, 1), (1, 4), (2, 1), (2, 2), (4, 3)])
def test_workers_read_each_face_of_each_batch_once_and_in_order(workers, replicas):
    half = 2 * workers * replicas
    batches = [[] for _ in range(3)]
    for worker in range(workers):
        share = Share(workers, worker, replicas)
        assert share.of_replica(half) == 2 and share.of_worker(half) == 2 * replicas
        for number in range(3 * share.of_worker(half)):
            batches[number // share.of_worker(half)].append(share.place(number, half))
    assert sum(batches, []) == list(range(3 * half))


@pytest.mark.parametrize(("batch_size", "share"), [(8, Share(3)), (8, Share(1, 0, 8)), (12, Share(2, 1, 2))])
def test_a_batch_that_cannot_be_divided_is_refused(batch_size, share):
    with pytest.raises(PhystdError, match=f"batch_size={batch_size} cannot be divided among .* devices"):
        share.check(batch_size)
    share.check(batch_size * 24)


def _images(dataset, count):
    return [np.concatenate([half.image for half in batch]) for batch in dataset.take(count)]


def test_workers_and_devices_together_see_the_batches_of_one(tmp_path):
    write_prepared(tmp_path, {(split, label): 5 for split in ("train", "dev") for label in (0, 1)})
    hparams = tiny_hparams(batch_size=8, depth_size=8)
    for make in (
        lambda share: training_dataset(str(tmp_path), hparams, "train", 3, start=1, share=share),
        lambda share: held_out_dataset(str(tmp_path), hparams, "dev", 3, batches=2, share=share),
    ):
        whole = _images(make(WHOLE), 3)
        parts = [_images(make(Share(2, worker, 2)), 6) for worker in (0, 1)]
        for number, batch in enumerate(whole):
            shares = [part for images in parts for part in images[2 * number : 2 * number + 2]]
            live, spoof = ([share[half] for share in shares] for half in (slice(0, 1), slice(1, 2)))
            np.testing.assert_array_equal(np.concatenate(live + spoof), batch)
