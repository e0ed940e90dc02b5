"""An experiment: separable classes are learned, and the generator does not change."""

from unittest import mock

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from phystd_tf.data.selection import Selection
from phystd_tf.evaluation.medium_classes import OULU
from phystd_tf.media_classifier import classification
from phystd_tf.media_classifier.classification import BestOnDev, MediumClassifier, classified_clips, classify
from phystd_tf.media_classifier.faces import MediumFaces
from phystd_tf.media_classifier.inputs import input_of
from phystd_tf.media_classifier.network import WIDTHS, MediumNetwork
from phystd_tf.protocols.choice import ProtocolChoice
from tests.media_classifier.fakes import FRAMES, HPARAMS, oulu_clips, write_clips
from tests.training.tiny import random_batch


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = write_clips(tmp_path_factory.mktemp("media") / "prepared", "oulu", oulu_clips())
    return Selection(folder, ProtocolChoice("oulu_1"))


def test_media_that_differ_in_color_are_learned(faces, generator):
    steps = []
    result = classify(generator, faces, faces, OULU, "image", 0, 32, steps.append)
    assert (result.clips["label"] == result.clips["prediction"]).all() and len(result.clips) == 10
    assert result.dev_accuracy == 1 and result.iteration <= 32 and steps == [1] * 32
    assert set(result.clips["frames"]) == {FRAMES} and set(result.clips["subject"]) == {"36", "37"}


def test_the_generator_of_the_traces_is_not_trained(generator):
    network = MediumNetwork(5, WIDTHS["small"])
    model = MediumClassifier(network, input_of("traces", generator))
    with tf.GradientTape() as tape:
        logits = model(random_batch().spoof.image, training=True)
    assert {id(variable) for variable in model.variables} == {id(variable) for variable in network.variables}
    assert set(tape.gradient(logits, generator.trainable_variables)) == {None}


def test_the_weights_that_are_best_on_dev_are_tested(monkeypatch):
    right = iter([1, 3, 2, 3])  # correct of four clips

    def looked(model, faces, classes):
        count = next(right)
        return pd.DataFrame({"label": ["live"] * 4, "prediction": ["live"] * count + ["print_1"] * (4 - count)})

    monkeypatch.setattr(classification, "classified_clips", looked)
    best, network = BestOnDev(None, OULU, 4), mock.Mock()
    best.set_model(mock.Mock(network=network))
    for batch in range(4):
        network.get_weights.return_value = [batch + 1]
        best.on_train_batch_end(batch)
    best.restore()
    network.set_weights.assert_called_once_with([2])
    assert (best.iteration, best.accuracy) == (2, 0.75)


def test_a_clip_is_decided_by_the_mean_of_its_frames(faces):
    test = MediumFaces(faces, "test", OULU, HPARAMS)
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (len(test.rows), 5)).astype(np.float32)

    class Model:
        place = 0

        def predict_on_batch(self, crops):
            self.place += len(crops)
            return tf.constant(logits[self.place - len(crops) : self.place])

    clips = classified_clips(Model(), test, OULU).set_index("clip")
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    for clip, found in clips.iterrows():
        mean = shares[[row["clip"] == clip for row in test.rows]].mean(0)
        np.testing.assert_allclose(found[list(OULU.classes)].to_numpy(float), mean, atol=1e-6)
        assert found["prediction"] == OULU.classes[mean.argmax()] and found["label"] in OULU.classes
