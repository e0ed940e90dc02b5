"""A stand-in for a model whose results are encoded in the pixels of a frame, so that outputs are tested quickly.

The red value of a frame is 100 times the number of its faces, plus their score in hundredths; 255 is an interruption.
"""

from types import SimpleNamespace

import numpy as np

from phystd_tf.face.following import SeenFace
from phystd_tf.face.refusals import LowQualityError, NoFaceError
from phystd_tf.inference.model import Disentangled, Prediction
from phystd_tf.liveness import TERMS
from phystd_tf.runs.operating_point import OperatingPoint
from phystd_tf.traces import Traces

POINT = OperatingPoint(-2.0, 0.5, "EER on dev", "last")


def picture(faces, score, height=40, width=60):
    """A frame with 0, 1 or 2 faces of this score; the second face is refused."""
    return np.full((height, width, 3), (100 * faces + round(100 * score), 0, 0), np.uint8)


class FakeModel:
    """A stand-in for ``phystd_tf.inference.model.Model``."""

    def __init__(self, point=POINT):
        self.predictor = SimpleNamespace(operating_point=point)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def follower(self):
        return SimpleNamespace(faces=self._faces)

    def judge(self, faces):
        return [self._judged(face) for face in faces]

    @staticmethod
    def _faces(image):
        value = round(float(image[..., 0].mean()))
        if value == 255:
            raise KeyboardInterrupt
        if value < 100:
            return [SeenFace(None, NoFaceError("no face found"))]
        refused = LowQualityError("the face is upside down")
        refused.box = (40.04, 1.0, 50.0, 11.0)
        return [SeenFace(0, value % 100 / 100), SeenFace(None, refused)][: value // 100]

    def _judged(self, face):
        if isinstance(face, Exception):
            return Disentangled(Prediction(face.status, str(face), box=face.box))
        point = self.predictor.operating_point
        terms = dict(zip(TERMS, (face + 0.4, 0.05, 0.05, 0.06, 0.04)))
        prediction = Prediction("ok", score=face, box=(10.0, 5.0, 30.0, 25.0), terms=terms)
        if point:
            prediction = prediction._replace(threshold=point.threshold, verdict=point.verdict(face))
        crop, none = np.full((32, 32, 3), 0.5, np.float32), np.zeros((32, 32, 1), np.float32)
        return Disentangled(prediction, crop, none, Traces(crop, crop, crop, none, crop), -2 * crop, 3 * crop)
