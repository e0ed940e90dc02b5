"""The signatures of an export of a small network: the same face in every form, and what they refuse."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from phystd_tf.inference.serving import ServingModule, score_function
from phystd_tf.networks.network import Network, no_traces
from phystd_tf.runs.operating_point import OperatingPoint
from phystd_tf.traces import GeneratorOutput
from tests.training.tiny import tiny_hparams

POINT = OperatingPoint(-0.5, 0.74, "EER on dev", "last")


class Red(Network):
    """The redder a face, the more live. Saved quickly; tests/tools/test_end_to_end.py exports whole networks."""

    def __init__(self):
        super().__init__(tiny_hparams("auxiliary"))
        self.weight = tf.Variable(3.0)

    def call(self, image, training=False):
        depth = self.weight * tf.nn.avg_pool2d(image[..., :1], 8, 8, "VALID")
        return GeneratorOutput(depth, no_traces(image))


@pytest.fixture(scope="module")
def generator():
    return Red()


@pytest.fixture(scope="module")
def signatures(generator, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("served"))
    module = ServingModule(generator, POINT)
    tf.saved_model.save(module, folder, signatures=module.endpoints)
    loaded = tf.saved_model.load(folder)
    return loaded, loaded.signatures


@pytest.fixture(scope="module")
def crops():
    return np.random.default_rng(2).integers(0, 256, (3, 32, 32, 3), np.uint8)


def _scores(signature, **inputs):
    return signature(**{name: tf.constant(value) for name, value in inputs.items()})["score"].numpy()


def test_a_face_has_one_score_in_every_form(generator, signatures, crops):
    _, signature = signatures
    floats = crops.astype(np.float32) / 255
    wanted = score_function(generator, POINT)(tf.constant(floats))
    assert np.ptp(wanted["score"]) > 1e-3
    encoded = [cv2.imencode(".png", crop[:, :, ::-1])[1].tobytes() for crop in crops]
    for name, given in (
        ("score", {"crops": floats}),
        ("serving_default", {"crops": floats}),
        ("disentangle", {"crops": floats}),
        ("score_uint8", {"crops": crops}),
        ("score_encoded", {"encoded": encoded}),
    ):
        np.testing.assert_allclose(_scores(signature[name], **given), wanted["score"], atol=1e-6, err_msg=name)
        alone = {key: value[1:2] for key, value in given.items()}
        np.testing.assert_allclose(_scores(signature[name], **alone), wanted["score"][1:2], atol=1e-6)
    np.testing.assert_array_equal(wanted["is_live"], wanted["score"] >= POINT.threshold)
    assert np.abs(_scores(signature["score_uint8"], crops=crops[..., ::-1]) - wanted["score"]).min() > 1e-4  # BGR


def test_a_jpeg_is_read_too(signatures):
    _, signature = signatures
    smooth = np.broadcast_to(np.linspace(40, 200, 32, dtype=np.uint8)[:, None, None], (32, 32, 3)).copy()
    jpeg = cv2.imencode(".jpg", smooth, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    found = _scores(signature["score_encoded"], encoded=[jpeg])
    np.testing.assert_allclose(found, _scores(signature["score_uint8"], crops=smooth[None]), atol=2e-2)


@pytest.mark.parametrize("shape", [(31, 32, 3), (64, 64, 3), (32, 32, 4), (32, 32)])
def test_crops_of_another_size_are_refused(signatures, shape):
    _, signature = signatures
    png = cv2.imencode(".png", np.zeros(shape, np.uint8))[1].tobytes()
    if shape[:2] == (32, 32):  # gray, or with transparency: it becomes RGB
        assert np.isfinite(_scores(signature["score_encoded"], encoded=[png])).all()
        return
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"not compatible with expected shape \[32,32,3\]"):
        _scores(signature["score_encoded"], encoded=[png])


def test_pixels_beyond_0_to_1_and_what_is_no_picture_are_refused(signatures, crops):
    _, signature = signatures
    for name in ("score", "disentangle"):
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be RGB float32"):
            _scores(signature[name], crops=crops.astype(np.float32))
    with pytest.raises(tf.errors.InvalidArgumentError):
        _scores(signature["score_encoded"], encoded=[b"not a picture"])
