import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.figures.feature_map import describe, embed, feature_maps
from phystd_tf.networks.generator import Generator
from tests.training.tiny import random_batch, tiny_hparams


def test_the_last_two_feature_maps_become_the_traces():
    generator, image = Generator(tiny_hparams(init_stddev=0.3)), random_batch().spoof.image
    F1, F2, F3, additive, inpainting = feature_maps(generator, image)
    assert [maps.shape[1:] for maps in (F1, F2, F3)] == [(16, 16, 4), (8, 8, 6), (4, 4, 8)]
    traces = generator(image).traces
    for place, trace in enumerate(traces[:3]):
        np.testing.assert_allclose(tf.tanh(additive[..., 3 * place : 3 * place + 3]), trace, atol=1e-6)
    np.testing.assert_allclose(tf.sigmoid(inpainting[..., :1]), traces.P, atol=1e-6)
    np.testing.assert_allclose(tf.sigmoid(inpainting[..., 1:]), traces.I_P, atol=1e-6)


@pytest.mark.parametrize("size, grid", [(8, 4), (4, 4), (2, 4)])
def test_vectors_are_means_and_deviations_of_cells(size, grid):
    maps = np.random.default_rng(0).normal(1, 2, (3, size, size, 5)).astype(np.float32)
    cells = min(size, grid)
    blocks = maps.reshape(3, cells, size // cells, cells, size // cells, 5)
    wanted = np.concatenate([blocks.mean(axis=(2, 4)), blocks.std(axis=(2, 4))], axis=-1).reshape(3, -1)
    np.testing.assert_allclose(describe(tf.constant(maps), grid), wanted, atol=2e-3)


def test_groups_stay_groups_and_points_are_the_same_each_time():
    rng = np.random.default_rng(0)
    vectors = np.concatenate([rng.normal(0, 1, (12, 20)), rng.normal(9, 1, (12, 20))])
    points = embed(vectors, seed=1)
    assert points.shape == (24, 2)
    np.testing.assert_array_equal(points, embed(vectors, seed=1))
    centers = points[:12].mean(axis=0), points[12:].mean(axis=0)
    distance = np.linalg.norm(points[:, None] - np.array(centers), axis=-1)
    assert (distance.argmin(axis=1) == np.repeat([0, 1], 12)).all()
