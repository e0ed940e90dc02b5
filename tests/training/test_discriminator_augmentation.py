"""Discriminators see faces recolored and moved, real and fake alike, and the generator's gradient passes through."""

import numpy as np
import pytest
import tensorflow as tf
from tiny import random_batch, tiny_hparams

from phystd_tf.training import phystd_model
from phystd_tf.training.discriminator_augmentation import augment
from phystd_tf.training.phystd_model import PhySTD

SEED = tf.constant([1, 2], tf.int64)


@pytest.fixture
def images():
    return np.random.default_rng(0).random((6, 16, 16, 3), np.float32)


def test_nothing_changes_unless_asked_to(images):
    np.testing.assert_array_equal(augment(images, SEED, 0.0, 0.0), images)


def test_colors_change_linearly_by_channel_and_by_image(images):
    changed = augment(images, SEED, color=0.3, shift=0.0).numpy()
    gains = []
    for before, after in zip(images, changed):
        for channel in range(3):
            gain, offset = np.polyfit(before[..., channel].ravel(), after[..., channel].ravel(), 1)
            np.testing.assert_allclose(gain * before[..., channel] + offset, after[..., channel], atol=1e-5)
            assert np.exp(-0.3) - 1e-4 < gain < np.exp(0.3) + 1e-4 and abs(offset) < 0.3 + 1e-4
            gains.append(gain)
    assert np.std(gains) > 0.05


def test_images_move_by_whole_pixels_and_are_mirrored_at_the_border(images):
    changed = augment(images, SEED, color=0.0, shift=0.25).numpy()
    padded = np.pad(images, ((0, 0), (4, 4), (4, 4), (0, 0)), mode="reflect")
    found = []
    for index, after in enumerate(changed):
        found += [
            (y, x) for y in range(9) for x in range(9) if np.array_equal(padded[index, y : y + 16, x : x + 16], after)
        ]
    assert len(found) == 6 and len(set(found)) > 3


def test_the_same_seed_gives_the_same_changes_traced_or_not(images):
    traced = tf.function(lambda x, seed: augment(x, seed, 0.2, 0.1))
    np.testing.assert_allclose(traced(images, SEED), augment(images, SEED, 0.2, 0.1), atol=1e-6)
    other = augment(images, SEED + 1, 0.2, 0.1).numpy()
    assert np.abs(other - augment(images, SEED, 0.2, 0.1)).max() > 0.01


def test_the_gradient_passes(images):
    x = tf.Variable(images)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(augment(x, SEED, 0.2, 0.25))
    gradient = tape.gradient(value, x)
    assert np.all(np.isfinite(gradient)) and np.mean(gradient.numpy() > 0) > 0.6


def test_real_and_fake_faces_are_changed_in_training_and_not_in_held_out_losses(monkeypatch):
    seen = []
    monkeypatch.setattr(
        phystd_model, "augment", lambda images, seed, color, shift: seen.append((seed.numpy(), color, shift)) or images
    )
    model = PhySTD(tiny_hparams(discriminator_color=0.2, discriminator_shift=0.1), seed=3)
    for _ in range(2):
        model.train_step(random_batch())
    model.test_step(random_batch())
    assert [(color, shift) for _, color, shift in seen] == [(0.2, 0.1)] * 8
    assert len({tuple(seed) for seed, *_ in seen}) == 8  # another change for each discriminator and iteration
    seen.clear()
    PhySTD(tiny_hparams()).train_step(random_batch())
    assert seen == []
