"""Prepares the faces of one clip: aligns, fits and crops each frame, and computes M0, P0 and triangle maps."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Optional, Union

import cv2
import numpy as np

from phystd_tf.data import records
from phystd_tf.data.clips import Clip
from phystd_tf.data.crop_geometry import CropGeometryError, geometry_file, prepared_crop, read_geometry
from phystd_tf.data.readers.dat_records import DatFileError, is_dat, iterate_dat
from phystd_tf.data.readers.face_hints import read_hints
from phystd_tf.data.readers.landmarks import LandmarkFileError, landmark_file, read_landmarks
from phystd_tf.face.alignment import FaceAligner
from phystd_tf.face.detection import Box
from phystd_tf.face.geometry import PreparedFace, face_box, find_face, with_targets
from phystd_tf.face.morphable_model import MorphableModel, MorphableModelError
from phystd_tf.face.refusals import AlignmentError, LowQualityError, NoFaceError
from phystd_tf.files.images import UnreadableImageError, is_image, read_image
from phystd_tf.files.names import printable
from phystd_tf.files.video import UnreadableVideoError, iterate_frames
from phystd_tf.physics.triangulation import DegenerateVerticesError

UNREADABLE, FAILED = "unreadable", "failed"
NO_FRAME = -1  # frame index, in the manifest, of a video that cannot be read at all


class Settings(NamedTuple):
    """Settings of a preparation, which are stored in prepared.json.

    Attributes:
      image_size: S, side of the crops in pixels.
      map_sizes: sizes of the triangle maps in pixels, which are the image sizes that models can be trained at.
      depth_size: K, side of the stored M0 in pixels; models with a smaller K average it.
      frame_step: step between the frames that are used from a video or a folder of frames.
      max_frames: maximum number of frames per clip, usable or not; None for all.
      seed: seed of the splits and of the order of clips.
      morphable_model: path of the user's own morphable model, or None.
      landmarks68: whether to use landmark files next to the images, where there are any.
      dataset: name of the layout, see ``phystd_tf.data.readers``.
      embedded: whether the clips are simulated; results on them are not results on a real dataset.
    """

    image_size: int
    map_sizes: tuple[int, ...]
    depth_size: int
    frame_step: int = 1
    max_frames: Optional[int] = None
    seed: int = 0
    morphable_model: Optional[str] = None
    landmarks68: bool = False
    dataset: str = "folder"
    embedded: bool = False


class Frame(NamedTuple):
    """The result of preparing one frame.

    Attributes:
      row: row of the manifest; the shard is not known yet.
      image: [H, W, 3] uint8, the whole frame, or None if it has no usable face.
      face: PreparedFace, or None if the frame has no usable face.
    """

    row: dict[str, Any]
    image: Optional[np.ndarray] = None
    face: Optional[PreparedFace] = None


class ClipPreparer:
    """Prepares clips with one aligner and one morphable model, since these are slow to load.

    Attributes:
      model: the morphable model.
    """

    def __init__(self, settings: Settings, aligner: FaceAligner, model: MorphableModel) -> None:
        self._settings = settings
        self._aligner = aligner
        self.model = model

    def frames(self, clip: Clip) -> Iterator[Frame]:
        """Prepares each sampled frame of a clip.

        The largest face of the first frame, or the one given by the side file of the
        dataset, is followed through the clip. If it is not found near its last
        position, the face given for this frame is used, or the largest one.

        Args:
          clip: Clip, with its split.

        Yields:
          Frame; if it cannot be used, its row says why.
        """
        followed: Optional[Box] = None
        hints = read_hints(clip.side) if clip.side else {}
        for source, index, image in self._images(clip):
            row = self._row(clip, source, index)
            if isinstance(image, Exception):
                yield Frame({**row, "status": UNREADABLE, "reason": _reason(image, source)})
                continue
            row.update(width=image.shape[1], height=image.shape[0])
            try:
                face = self._prepared_face(image, clip, source, followed, hints.get(index))
            except (AlignmentError, LandmarkFileError, CropGeometryError) as error:
                yield Frame({**row, "status": error.status, "reason": _reason(error, source)})
            except (MorphableModelError, DegenerateVerticesError) as error:
                yield Frame({**row, "status": FAILED, "reason": printable(str(error))})
            except (ValueError, ArithmeticError, IndexError, RuntimeError, cv2.error) as error:
                # An unexpected error is reported with its type; it must not stop the preparation of the other frames.
                yield Frame({**row, "status": FAILED, "reason": printable(f"{type(error).__name__}: {error}")})
            else:
                followed = face_box(face)
                row.update(
                    left=f"{face.box.left:.2f}",
                    top=f"{face.box.top:.2f}",
                    side=f"{face.box.side:.2f}",
                    fit_error=f"{face.fit_error:.4f}",
                    num_faces=face.num_faces,
                    status=records.OK,
                )
                yield Frame(row, image, face)

    def _row(self, clip: Clip, source: str, index: int) -> dict[str, Any]:
        return {
            "source": printable(source),
            "clip": clip.id,
            "frame": index,
            "subject": clip.subject or clip.id,
            "type": clip.type,
            "label": clip.label,
            "split": clip.split,
            "session": clip.session,
            "device": clip.device,
            "instrument": clip.instrument,
        }

    def _images(self, clip: Clip) -> Iterator[tuple[str, int, Union[np.ndarray, Exception]]]:
        """Yields (source, index, image) for each sampled frame; an unreadable image is replaced by its error."""
        step, max_frames = self._settings.frame_step, self._settings.max_frames
        if not is_image(clip.paths[0]):
            frames_of = iterate_dat if is_dat(clip.paths[0]) else iterate_frames
            try:
                for index, image in frames_of(clip.paths[0], step, max_frames):
                    yield clip.paths[0], index, image
            except (UnreadableVideoError, DatFileError) as error:
                yield clip.paths[0], NO_FRAME, error
            return
        for index in range(0, len(clip.paths), step)[:max_frames]:
            try:
                yield clip.paths[index], index, read_image(clip.paths[index])
            except UnreadableImageError as error:
                yield clip.paths[index], index, error

    def _prepared_face(
        self, image: np.ndarray, clip: Clip, source: str, followed: Optional[Box], hint: Optional[Box]
    ) -> PreparedFace:
        geometry = geometry_file(source) if is_image(source) else None
        if geometry is not None:
            return self._crop(image, clip, geometry)
        landmarks = landmark_file(source) if self._settings.landmarks68 and is_image(source) else None
        if landmarks is not None:
            height, width = image.shape[:2]
            return self._face(image, clip, landmarks68=read_landmarks(landmarks, width, height))
        attempts: list[dict[str, Any]] = [{"hint_box": followed, "known_upright": True}] if followed else []
        attempts += [{"hint_box": hint}] if hint else []
        for known in attempts:
            try:
                return self._face(image, clip, **known)
            except (NoFaceError, LowQualityError):
                pass  # the face may have moved far
        return self._face(image, clip)

    def _crop(self, image: np.ndarray, clip: Clip, path: str) -> PreparedFace:
        """Prepares a face that is already a crop."""
        s = self._settings
        height, width = image.shape[:2]
        if (height, width) != (s.image_size, s.image_size):
            raise CropGeometryError(
                f"a crop of {width} x {height} px is not resized; prepare with --image_size={width}"
            )
        geometry = read_geometry(path, width, s.depth_size, len(self.model.vertices), self.model.fingerprint())
        return prepared_crop(image, geometry, clip.label, s.map_sizes)

    def _face(self, image: np.ndarray, clip: Clip, **known: Any) -> PreparedFace:
        s = self._settings
        face = find_face(image, self._aligner, self.model, s.image_size, **known)
        return with_targets(face, self.model, clip.type, s.depth_size, s.map_sizes)


def _reason(error: Exception, source: str) -> str:
    """The message of an error without the file name, which is in the column ``source``."""
    return printable(str(error).removeprefix(f"{source}: "))
