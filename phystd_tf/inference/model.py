"""A trained PhySTD applied to photographs: one call from a photograph to a score or to its traces."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional, Union, overload

import numpy as np

from phystd_tf.data.resizing import resize_crops
from phystd_tf.errors import PhystdError
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.crop import crop_recipe
from phystd_tf.face.detection import Box
from phystd_tf.face.following import FaceFollower
from phystd_tf.face.geometry import FoundFace, face_box, find_face, find_faces
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.face.quality import defect
from phystd_tf.face.refusals import AlignmentError, LowQualityError
from phystd_tf.files.images import UnreadableImageError, read_image
from phystd_tf.inference.predictor import Predictor
from phystd_tf.liveness import TERMS
from phystd_tf.traces import Traces

Photograph = Union[str, "os.PathLike[str]", np.ndarray]
OK = "ok"


class Prediction(NamedTuple):
    """The result of the model for one face.

    Attributes:
      status: "ok", or why there is no verdict: "unreadable", "no_face", "low_quality" or "too_small".
      reason: a sentence if the status is not ok; otherwise empty.
      score: liveness, Eq. (10): higher is more live; None without a usable face. A face that is blurred,
        over-exposed or too dark has a score, the status "low_quality", and no verdict.
      threshold: live is ``score >= threshold``; None without a score, or if the run has no operating point yet.
      verdict: "live" or "spoof"; empty if the status is not ok, or there is no threshold.
      box: (left, top, right, bottom) of the face in pixels of the photograph; None if none was detected.
      terms: those of Eq. (10) by their names in ``phystd_tf.liveness.TERMS``; None without a score.
    """

    status: str
    reason: str = ""
    score: Optional[float] = None
    threshold: Optional[float] = None
    verdict: str = ""
    box: Optional[Box] = None
    terms: Optional[dict[str, float]] = None


class Disentangled(NamedTuple):
    """A disentangled face. All arrays are float32, channels last, without a batch axis, or None if there is no face.

    Attributes:
      prediction: Prediction.
      crop: [N, N, 3], the face as the model sees it, RGB in [0, 1].
      depth: [K, K, 1], the pseudo depth map M in [0, 1].
      traces: B, C, T [N, N, 3] as they enter Eq. (5) (B and C low-passed), P [N, N, 1], I_P [N, N, 3].
      reconstruction: [N, N, 3], the live face of Eq. (5).
      overall_trace: [N, N, 3], crop minus reconstruction.
    """

    prediction: Prediction
    crop: Optional[np.ndarray] = None
    depth: Optional[np.ndarray] = None
    traces: Optional[Traces] = None
    reconstruction: Optional[np.ndarray] = None
    overall_trace: Optional[np.ndarray] = None


class Model:
    """A run folder or an export, from photographs to predictions; made by ``phystd_tf.load``.

    A face is found and cropped by the functions that prepared the training data, so a photograph gets the score that
    its prepared face has. Use it in a ``with`` block, or call ``close``, to release the face finder.

    Attributes:
      predictor: Predictor, for crops that are already prepared.
    """

    def __init__(self, path: str, checkpoint: Optional[str] = None, morphable_model: Optional[str] = None) -> None:
        """Loads the model.

        Args:
          path: path of a run folder (`tools.train`) or an export (`tools.export`).
          checkpoint: for a run: "last" or "best"; None for that of the operating point.
          morphable_model: path of the one used for the training data; None for the packaged one.

        Raises:
          PhystdError: if the path is neither, its contents do not fit, or its crops are made in another way.
        """
        self.predictor = Predictor(path, checkpoint)
        prepared = self.predictor.prepared
        if prepared["crop"] != crop_recipe():
            raise PhystdError(
                f"the model was trained on crops made by {prepared['crop']}, this version makes {crop_recipe()}"
            )
        self._morphable_model = MorphableModel.load(morphable_model)
        if prepared["morphable_model_sha256"] != self._morphable_model.fingerprint():
            raise PhystdError("the model was trained on crops made with another morphable model; give its file")
        self._aligner: Optional[FaceAligner] = None

    def __enter__(self) -> "Model":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the face finder; the next call creates another."""
        if self._aligner is not None:
            self._aligner.close()
            self._aligner = None

    @overload
    def predict(self, images: Photograph) -> Prediction: ...  # type: ignore[overload-overlap]  # a str is a sequence

    @overload
    def predict(self, images: Sequence[Photograph]) -> list[Prediction]: ...

    def predict(self, images: Union[Photograph, Sequence[Photograph]]) -> Union[Prediction, list[Prediction]]:
        """Scores photographs.

        Args:
          images: a photograph, or a sequence of them: paths, or arrays [H, W, 3], RGB, uint8 or float in [0, 1].

        Returns:
          One Prediction for one photograph, otherwise a list in the same order. A photograph without a usable face
          has a status other than "ok", and does not stop the others.

        Raises:
          ValueError: if an array is not of this form.
        """
        # Not via ``disentangle``, so that only the traces of one face at a time are in memory.
        return _each(images, lambda image: self._disentangle(image).prediction)

    @overload
    def disentangle(self, images: Photograph) -> Disentangled: ...  # type: ignore[overload-overlap]  # likewise

    @overload
    def disentangle(self, images: Sequence[Photograph]) -> list[Disentangled]: ...

    def disentangle(self, images: Union[Photograph, Sequence[Photograph]]) -> Union[Disentangled, list[Disentangled]]:
        """Disentangles photographs; arguments, order and errors are those of ``predict``."""
        return _each(images, self._disentangle)

    def disentangle_faces(self, photograph: Photograph) -> list[Disentangled]:
        """Disentangles all faces of a photograph; ``disentangle`` gives the first of them.

        Args:
          photograph: as for ``predict``.

        Returns:
          One Disentangled per face, the largest first; one that says why if there is none.
        """
        try:
            image = _pixels(photograph)
        except UnreadableImageError as error:
            return [unreadable(error)]
        return self.judge(find_faces(image, *self._finder()))

    def follower(self) -> FaceFollower:
        """Starts a clip: the FaceFollower finds the faces of its frames for ``judge``."""
        return FaceFollower(*self._finder())

    def judge(self, faces: Sequence[Union[FoundFace, AlignmentError]]) -> list[Disentangled]:
        """Disentangles found faces in one batch.

        Args:
          faces: what the functions of ``phystd_tf.face.geometry`` return or raise.

        Returns:
          One Disentangled per face, in the same order.
        """
        usable = [face for face in faces if isinstance(face, FoundFace)]
        judged = iter(self._judge_usable(usable) if usable else ())
        return [_refused(face) if isinstance(face, AlignmentError) else next(judged) for face in faces]

    def _disentangle(self, photograph: Photograph) -> Disentangled:
        try:
            face: Union[FoundFace, AlignmentError] = find_face(_pixels(photograph), *self._finder())
        except UnreadableImageError as error:
            return unreadable(error)
        except AlignmentError as error:
            face = error
        return self.judge([face])[0]

    def _finder(self) -> tuple[FaceAligner, MorphableModel, int]:
        if self._aligner is None:
            self._aligner = FaceAligner()
        return self._aligner, self._morphable_model, self.predictor.prepared["image_size"]

    def _judge_usable(self, faces: Sequence[FoundFace]) -> Iterator[Disentangled]:
        crops = np.stack([face.image for face in faces]).astype(np.float32) / 255.0
        crops = resize_crops(crops, self.predictor.hparams.image_size).numpy()
        batch = self.predictor(crops)
        for index, face in enumerate(faces):
            outputs = {name: value[index] for name, value in batch.items()}
            yield Disentangled(
                self._prediction(face, outputs),
                crops[index],
                outputs["depth_map"],
                Traces(*(outputs[name] for name in Traces._fields)),
                outputs["reconstruction"],
                outputs["overall_trace"],
            )

    def _prediction(self, face: FoundFace, outputs: Mapping[str, np.ndarray]) -> Prediction:
        score, point = float(outputs["score"]), self.predictor.operating_point
        terms = {name: float(outputs[f"term_{name}"]) for name in TERMS}
        prediction = Prediction(OK, score=score, box=face_box(face), terms=terms)
        if point is not None:
            prediction = prediction._replace(threshold=point.threshold, verdict=point.verdict(score))
        reason = defect(face.image, face.shape)
        return prediction._replace(status=LowQualityError.status, reason=reason, verdict="") if reason else prediction


def load(path: str, checkpoint: Optional[str] = None, morphable_model: Optional[str] = None) -> Model:
    """Loads a trained model from a run folder or an export; see ``Model``."""
    return Model(os.fspath(path), checkpoint, morphable_model)


def unreadable(error: Exception) -> Disentangled:
    """The result for a photograph or a frame that cannot be read."""
    return Disentangled(Prediction("unreadable", str(error)))


def _refused(error: AlignmentError) -> Disentangled:
    return Disentangled(Prediction(error.status, str(error), box=error.box))


def _each(images: Union[Photograph, Sequence[Photograph]], function: Callable[[Photograph], Any]) -> Any:
    """The result of ``function`` for one photograph, or a list of results for several."""
    if isinstance(images, (str, os.PathLike)) or (isinstance(images, np.ndarray) and images.ndim == 3):
        return function(images)
    return [function(image) for image in images]


def _pixels(photograph: Photograph) -> np.ndarray:
    """A photograph as [H, W, 3] uint8."""
    if isinstance(photograph, (str, os.PathLike)):
        return read_image(os.fspath(photograph))
    image = np.asarray(photograph)
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"a photograph is an array [height, width, 3], RGB, not {list(image.shape)}")
    if image.dtype == np.uint8:
        return image
    if image.dtype.kind != "f" or not np.isfinite(image).all() or image.min() < 0 or image.max() > 1:
        raise ValueError("a photograph is an array of uint8, or of floats in [0, 1]")
    return np.rint(image * 255).astype(np.uint8)
