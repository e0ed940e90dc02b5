"""The signatures of an export: from crops to the score, or to everything, with all preprocessing inside."""

import tensorflow as tf

from phystd_tf.liveness import TERMS
from phystd_tf.networks.network import Network
from phystd_tf.networks.outputs import all_outputs, traced_outputs
from phystd_tf.runs.operating_point import OperatingPoint

_SCORES = ("score", "is_live", *(f"term_{term}" for term in TERMS))


class ServingModule(tf.Module):
    """Generator and operating point behind the signatures of the SavedModel.

    Each takes any number n of faces:
      score (also as serving_default), disentangle: ``crops`` [n, N, N, 3] float32, RGB in [0, 1]. Other values are
        refused, because pixels in 0..255 would give a plausible score.
      score_uint8: ``crops`` [n, N, N, 3] uint8, RGB in 0..255.
      score_encoded: ``encoded`` [n] string, crops of N x N pixels as JPEG or PNG.

    The discriminators are left out: they serve training only.
    """

    def __init__(self, generator: Network, operating_point: OperatingPoint) -> None:
        super().__init__()
        # Not the network itself: Keras would trace and store each of its layers again, which takes a minute.
        self.weights = generator.variables
        self._outputs = traced_outputs(generator, operating_point.alpha0)
        self._threshold = operating_point.threshold
        self._size = generator.hparams.image_size
        shape = (None, self._size, self._size, 3)
        score = tf.function(self._score, input_signature=[tf.TensorSpec(shape, tf.float32, name="crops")])
        self.endpoints = {
            "serving_default": score,
            "score": score,
            "score_uint8": tf.function(
                self._score_uint8, input_signature=[tf.TensorSpec(shape, tf.uint8, name="crops")]
            ),
            "score_encoded": tf.function(
                self._score_encoded, input_signature=[tf.TensorSpec((None,), tf.string, name="encoded")]
            ),
            "disentangle": tf.function(
                self._disentangle, input_signature=[tf.TensorSpec(shape, tf.float32, name="crops")]
            ),
        }

    def _disentangle(self, crops: tf.Tensor) -> dict[str, tf.Tensor]:
        message = "crops must be RGB float32 in [0, 1]"
        checks = [
            tf.debugging.assert_greater_equal(crops, 0.0, message=message),
            tf.debugging.assert_less_equal(crops, 1.0, message=message),
        ]
        with tf.control_dependencies(checks):
            outputs = self._outputs(tf.identity(crops))
        return {**outputs, "is_live": outputs["score"] >= self._threshold}

    def _score(self, crops: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = self._disentangle(crops)
        return {name: outputs[name] for name in _SCORES}

    def _score_uint8(self, crops: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._score(tf.cast(crops, tf.float32) / 255.0)

    def _score_encoded(self, encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._score_uint8(tf.map_fn(self._decoded, encoded, fn_output_signature=tf.uint8))

    def _decoded(self, encoded: tf.Tensor) -> tf.Tensor:
        crop = tf.io.decode_image(encoded, channels=3, expand_animations=False)
        return tf.ensure_shape(crop, (self._size, self._size, 3))  # refuses other shapes; the message has both


def score_function(generator: Network, operating_point: OperatingPoint) -> tf.types.experimental.GenericFunction:
    """For other runtimes: from ``crops`` [n, N, N, 3] float32 in [0, 1] to score [n] float32 and is_live [n].

    It is the signature ``score`` without its terms, and without the check of values, which they cannot do.
    """
    size = generator.hparams.image_size

    @tf.function(input_signature=[tf.TensorSpec((None, size, size, 3), tf.float32, name="crops")])
    def score(crops: tf.Tensor) -> dict[str, tf.Tensor]:
        output = generator(crops, training=False)
        value = all_outputs(crops, output, generator, operating_point.alpha0)["score"]
        return {"score": value, "is_live": value >= operating_point.threshold}

    return score
