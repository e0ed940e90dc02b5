"""One face of an image: finding and cropping it, and computing its training targets."""

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.face.alignment import MIN_EYE_DISTANCE, Alignment, FaceAligner
from phystd_tf.face.crop import CropBox, crop, crop_box, from_crop, to_crop
from phystd_tf.face.depth import depth_map
from phystd_tf.face.detection import Box
from phystd_tf.face.mesh_checks import extent
from phystd_tf.face.morphable_model import Fit, MorphableModel
from phystd_tf.face.preliminary_mask import preliminary_mask
from phystd_tf.face.refusals import AlignmentError, FaceTooSmallError, LowQualityError
from phystd_tf.physics import triangulation
from phystd_tf.physics.pixels import rescale_positions

# Maximum fit errors, in eye distances. Plausible meshes of photographs are fitted within 0.01. The 68 landmarks of
# other detectors deviate more: their positions are defined slightly differently, and some are on the outline.
MAX_ERROR_DENSE = 0.08
MAX_ERROR_LANDMARKS = 0.2


class FoundFace(NamedTuple):
    """A face that was found in an image, fitted and cropped: the input of a trained model.

    Attributes:
      image: [S, S, 3] uint8, RGB crop.
      shape: [468, 3] float64, fitted face in pixels of the crop, z towards the camera.
      box: position of the crop in the image.
      fit_error: error of the fit of the morphable model, in eye distances.
      num_faces: number of faces detected in the image; 1 if landmarks were given.
    """

    image: np.ndarray
    shape: np.ndarray
    box: CropBox
    fit_error: float
    num_faces: int


class PreparedFace(NamedTuple):
    """A face with its training targets, as it is stored.

    Attributes:
      image: [S, S, 3] uint8, RGB crop.
      vertices: [140, 2] float32, (x, y) in pixels of the crop, Eq. (13); may be outside the crop.
      depth: [K, K] float32 in [0, 1], M0; 0 for spoofs (Sec. 3.5).
      preliminary_mask: [S, S] uint8, 0 or 1, P0.
      triangles: [R, 3] int32, triangles over vertices and border anchors, zero-padded.
      triangle_maps: size n -> [n, n] uint16, the row of ``triangles`` at each pixel.
      box: position of the crop in the image.
      fit_error: error of the fit of the morphable model, in eye distances.
      num_faces: number of faces detected in the image; 1 if landmarks were given.
      shape: [468, 3] float32, fitted face in pixels of the crop, z towards the camera; for a crop that came with its
        vertices, only these, with z = 0.
    """

    image: np.ndarray
    vertices: np.ndarray
    depth: np.ndarray
    preliminary_mask: np.ndarray
    triangles: np.ndarray
    triangle_maps: dict[int, np.ndarray]
    box: CropBox
    fit_error: float
    num_faces: int
    shape: np.ndarray


def find_face(
    image: np.ndarray,
    aligner: Optional[FaceAligner],
    model: MorphableModel,
    size: int,
    hint_box: Optional[Sequence[float]] = None,
    landmarks68: Optional[np.ndarray] = None,
    known_upright: bool = False,
) -> FoundFace:
    """Aligns, fits and crops the largest face.

    Args:
      image: [H, W, 3] uint8, RGB.
      aligner: FaceAligner; may be None if ``landmarks68`` is given.
      model: the morphable model.
      size: S, side of the crop in pixels.
      hint_box: (left, top, right, bottom) in pixels of a face that is known to be there.
      landmarks68: [68, 2] iBUG landmarks in pixels, used instead of the mesh.
      known_upright: see ``FaceAligner.align``.

    Returns:
      FoundFace.

    Raises:
      AlignmentError: if there is no usable face; its subclass says why.
      MorphableModelError: if the landmarks cannot be fitted.
      ValueError: if neither an aligner nor landmarks are given.
    """
    if landmarks68 is None:
        if aligner is None:
            raise ValueError("an aligner is needed if no landmarks are given")
        return _fitted(image, aligner.align(image, hint_box, known_upright), model, size)
    fit = model.fit_landmarks68(landmarks68)
    if fit.scale < MIN_EYE_DISTANCE:
        raise FaceTooSmallError(f"only {fit.scale:.0f} px between the eyes; {MIN_EYE_DISTANCE:.0f} are needed")
    return _cropped(image, fit, MAX_ERROR_LANDMARKS, 1, size)


def find_faces(
    image: np.ndarray, aligner: FaceAligner, model: MorphableModel, size: int
) -> list[Union[FoundFace, AlignmentError]]:
    """Aligns, fits and crops each face; the first result is that of ``find_face``.

    Args:
      image: [H, W, 3] uint8, RGB.
      aligner: FaceAligner.
      model: the morphable model.
      size: S, side of the crops in pixels.

    Returns:
      What ``find_face`` returns or raises for each face, the largest first; one NoFaceError if no face is found.
    """
    found: list[Union[FoundFace, AlignmentError]] = []
    for alignment in aligner.align_all(image):
        if isinstance(alignment, AlignmentError):
            found.append(alignment)
            continue
        try:
            found.append(_fitted(image, alignment, model, size))
        except AlignmentError as error:
            found.append(error)
    return found


def _fitted(image: np.ndarray, alignment: Alignment, model: MorphableModel, size: int) -> FoundFace:
    try:
        return _cropped(image, model.fit_dense(alignment.points), MAX_ERROR_DENSE, alignment.num_faces, size)
    except AlignmentError as error:
        error.box = alignment.box
        raise


def _cropped(image: np.ndarray, fit: Fit, limit: float, num_faces: int, size: int) -> FoundFace:
    if fit.error > limit:
        raise LowQualityError(f"the fit of the morphable model is off by {fit.error:.2f} eye distances")
    box = crop_box(fit.shape)
    return FoundFace(crop(image, box, size), to_crop(fit.shape, box, size), box, fit.error, num_faces)


def face_box(face: Union[FoundFace, PreparedFace]) -> Box:
    """Returns (left, top, right, bottom) of a fitted face in pixels of the image."""
    points = from_crop(face.shape[:, :2], face.box, len(face.image))
    left, top, right, bottom = (float(side) for side in extent(points))
    return left, top, right, bottom


def with_targets(
    face: FoundFace, model: MorphableModel, spoof_type: str, depth_size: int, map_sizes: Sequence[int]
) -> PreparedFace:
    """Computes the training targets of a face: vertices, triangles and their maps, M0 and P0.

    Args:
      face: FoundFace, found with the same model.
      model: the morphable model.
      spoof_type: ``live`` or a spoof type; determines M0 and P0.
      depth_size: K, side of M0 in pixels.
      map_sizes: sizes of the triangle maps in pixels.

    Returns:
      PreparedFace.

    Raises:
      DegenerateVerticesError: if the vertices cannot be triangulated.
    """
    size, shape = len(face.image), face.shape
    vertices = shape[model.vertices, :2].astype(np.float32)
    triangles = triangulation.triangulate(vertices, size).triangles
    maps = {}
    for n in map_sizes:
        resized = rescale_positions(vertices, n / size).astype(np.float32)
        maps[n] = triangulation.rasterize_triangles(resized, triangles, n)
    if spoof_type == spoof_types.LIVE:
        depth = depth_map(shape, size, depth_size, model.triangles)
    else:
        depth = np.zeros((depth_size, depth_size), np.float32)
    return PreparedFace(
        image=face.image,
        vertices=vertices,
        depth=depth,
        preliminary_mask=preliminary_mask(spoof_type, shape, size, model).astype(np.uint8),
        triangles=triangles,
        triangle_maps=maps,
        box=face.box,
        fit_error=face.fit_error,
        num_faces=face.num_faces,
        shape=shape.astype(np.float32),
    )
