"""From a photograph on disk to a picture of its traces."""

import csv
import dataclasses
import os
from typing import Callable, List, Optional, Sequence, Set

import cv2
import numpy as np

from phystd_tf import spoof_types
from phystd_tf.data.resizing import resize_crops
from phystd_tf.errors import PhystdError
from phystd_tf.face.alignment import AlignmentError, FaceAligner
from phystd_tf.face.crop import crop_recipe
from phystd_tf.face.geometry import describe
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.files.atomic import replacing
from phystd_tf.files.images import IMAGE_SUFFIXES, UnreadableImageError, is_image, read_image
from phystd_tf.inference.predictor import Predictor
from phystd_tf.report.trace_panel import trace_panel

RESULTS_FILE = "results.csv"


@dataclasses.dataclass
class Result:
    """What became of one photograph: a row of results.csv."""

    path: str
    status: str  # ok, unreadable, no_face, low_quality or too_small
    reason: str = ""
    score: Optional[float] = None
    threshold: Optional[float] = None
    verdict: str = ""
    picture: str = ""

    def as_line(self) -> str:
        """The result as a line for people."""
        if self.status != "ok":
            return f"{self.path}: {self.status} ({self.reason})"
        verdict = f"{self.verdict}, " if self.verdict else ""
        return f"{self.path}: {verdict}score {self.score:.4f} -> {self.picture}"


def list_photographs(path: str) -> List[str]:
    """The photograph at ``path``, or all below it if it is a folder, sorted.

    Raises:
      PhystdError: if there is none.
    """
    if os.path.isfile(path):
        return [path]
    if not os.path.isdir(path):
        raise PhystdError(f"{path}: no such file or folder")
    found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names if is_image(name)]
    if not found:
        raise PhystdError(f"{path}: no photograph here; known endings are {', '.join(IMAGE_SUFFIXES)}")
    return sorted(found)


def disentangle_photographs(
    predictor: Predictor,
    photographs: Sequence[str],
    out: str,
    morphable_model: Optional[str] = None,
    progress: Callable[[], None] = lambda: None,
) -> List[Result]:
    """Writes one picture a photograph, and results.csv; failures do not stop the others.

    Args:
      predictor: Predictor.
      photographs: paths.
      out: folder for the pictures, made if missing.
      morphable_model: path of the one that the training data was prepared with; None for that of this package.
      progress: called after each photograph.

    Returns:
      One Result a photograph, in their order.

    Raises:
      PhystdError: if the crops of the model are made in another way.
    """
    os.makedirs(out, exist_ok=True)
    results: List[Result] = []
    taken: Set[str] = set()
    prepared = predictor.prepared
    if prepared["crop"] != crop_recipe():
        raise PhystdError(
            f"the model was trained on crops made by {prepared['crop']}, this version makes {crop_recipe()}"
        )
    model = MorphableModel.load(morphable_model)
    if prepared["morphable_model_sha256"] != model.fingerprint():
        raise PhystdError("the model was trained on crops made with another morphable model; give its file")
    with FaceAligner() as aligner:
        for path in photographs:
            try:
                face = _crop(read_image(path), aligner, model, prepared["image_size"])
                results.append(_disentangle(predictor, face, path, _picture_path(path, out, taken)))
            except UnreadableImageError as error:
                results.append(Result(path, "unreadable", str(error)))
            except AlignmentError as error:
                results.append(Result(path, error.status, str(error)))
            progress()
    _write_results(results, os.path.join(out, RESULTS_FILE))
    return results


def _crop(image: np.ndarray, aligner: FaceAligner, model: MorphableModel, size: int) -> np.ndarray:
    """The crop of the largest face, by the very function that prepares training data."""
    face = describe(image, aligner, model, size, spoof_types.UNKNOWN, depth_size=1, map_sizes=())
    return face.image.astype(np.float32) / 255.0


def _disentangle(predictor: Predictor, crop: np.ndarray, path: str, picture: str) -> Result:
    faces = resize_crops(crop[np.newaxis], predictor.hparams.image_size).numpy()
    outputs = {name: value[0] for name, value in predictor(faces).items()}
    result = Result(path, "ok", score=float(outputs["score"]), picture=picture)
    title = f"score {result.score:.4f}"
    if predictor.operating_point is not None:
        result.threshold = predictor.operating_point.threshold
        result.verdict = "live" if result.score >= result.threshold else "spoof"
        title = f"{result.verdict}: {title}, live from {result.threshold:.4f}"
    _write_picture(trace_panel(faces[0], outputs, title), picture)
    return result


def _picture_path(path: str, out: str, taken: Set[str]) -> str:
    """A name of its own for each photograph, also where two folders hold the same file name."""
    stem = os.path.splitext(os.path.basename(path))[0]
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem}_{count}"
    taken.add(name)
    return os.path.join(out, f"{name}.png")


def _write_picture(picture: np.ndarray, path: str) -> None:
    with replacing(path) as temporary:
        if not cv2.imwrite(temporary, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
            raise PhystdError(f"{path}: the picture could not be written")


def _write_results(results: Sequence[Result], path: str) -> None:
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Result)])
        writer.writeheader()
        writer.writerows(dataclasses.asdict(result) for result in results)
