"""The card says what the model was trained on, how it is used, and what its formats change."""

import pytest

from phystd_tf.inference.model_card import model_card

METADATA = {
    "phystd_tf": "1.2", "tensorflow": "2.15.1",
    "hparams": {"system": "phystd", "preset": "small", "ablation": "full", "image_size": 128},
    "operating_point": {"threshold": 0.25, "alpha0": -0.5, "source": "EER of 3.00 % on dev", "checkpoint": "best"},
    "prepared": {"dataset": "siwm", "embedded": True},
    "score_differences": {"score.onnx": 2e-7},
}  # fmt: skip
TRAINING = {"protocol": {"name": "siwm_1"}, "faces": {"train": {"live": 12, "spoof": 34}}}


def test_the_card_has_every_fact():
    card = model_card(METADATA, [TRAINING, {}], {"score.onnx": 2_500_000})
    for part in (
        "`siwm`, protocol `siwm_1`; train: 12 live and 34 spoof faces", "128 x 128 pixels",
        "score >= 0.25, chosen as EER of 3.00 % on dev; alpha0 = -0.5", "weights `best`", "mean nothing",
        "| `score.onnx` | 2.50 MB | 2e-07 |",
    ):  # fmt: skip
        assert part in card


@pytest.mark.parametrize("embedded, sentence", [(False, "Faces of photographs"), (None, "does not say whether")])
def test_faces_that_are_not_known_to_be_rendered(embedded, sentence):
    metadata = {**METADATA, "prepared": {"embedded": embedded}, "score_differences": {}}
    card = model_card(metadata, [], {})
    assert sentence in card and "`unknown`, protocol `unknown`." in card and "Other formats" not in card
