"""All that training needs to know of one face, from one image."""

from typing import Dict, NamedTuple, Optional, Sequence

import numpy as np

from phystd_tf import spoof_types
from phystd_tf.face.alignment import MIN_EYE_DISTANCE, FaceAligner, FaceTooSmallError, LowQualityError
from phystd_tf.face.crop import CropBox, crop, crop_box, to_crop
from phystd_tf.face.depth import depth_map
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.face.preliminary_mask import preliminary_mask
from phystd_tf.physics import triangulation

# In eye distances. Believable meshes of photographs are fitted within 0.01; 68 landmarks from elsewhere mean other
# places, and lie on the outline, so that they differ more.
MAX_ERROR_DENSE = 0.08
MAX_ERROR_LANDMARKS = 0.2


class PreparedFace(NamedTuple):
    """A face as it is stored.

    Attributes:
      image: [S, S, 3] uint8, RGB crop.
      vertices: [140, 2] float32, (x, y) in pixels of the crop, Eq. (13); may lie outside.
      depth: [K, K] float32 in [0, 1], M0; 0 for spoof (Sec. 3.5).
      preliminary_mask: [S, S] uint8, 0 or 1, P0.
      triangles: [R, 3] int32, triangles over vertices and border anchors, zero padded.
      triangle_maps: for each size n an [n, n] uint16, the row of ``triangles`` at each pixel.
      box: the crop, in the image.
      fit_error: of the morphable model, in eye distances.
      num_faces: faces seen in the image; 1 where landmarks were given.
      shape: [468, 3] float32, fitted face in pixels of the crop, z towards the camera.
    """

    image: np.ndarray
    vertices: np.ndarray
    depth: np.ndarray
    preliminary_mask: np.ndarray
    triangles: np.ndarray
    triangle_maps: Dict[int, np.ndarray]
    box: CropBox
    fit_error: float
    num_faces: int
    shape: np.ndarray


def describe(
    image: np.ndarray,
    aligner: Optional[FaceAligner],
    model: MorphableModel,
    size: int,
    spoof_type: str,
    depth_size: int,
    map_sizes: Sequence[int],
    hint_box: Optional[Sequence[float]] = None,
    landmarks68: Optional[np.ndarray] = None,
    known_upright: bool = False,
) -> PreparedFace:
    """Aligns, fits, crops, and renders M0, P0 and the triangle maps.

    Args:
      image: [H, W, 3] uint8, RGB.
      aligner: may be None if ``landmarks68`` are given.
      model: the morphable model.
      size: S, pixels on a side of the crop.
      spoof_type: ``live`` or a spoof type; decides M0 and P0.
      depth_size: K.
      map_sizes: sizes of the triangle maps.
      hint_box: (left, top, right, bottom) of a face that is known to be there.
      landmarks68: [68, 2] iBUG landmarks in pixels, used in place of the mesh.
      known_upright: see ``FaceAligner.align``.

    Returns:
      PreparedFace.

    Raises:
      AlignmentError: one of its kinds, if there is no face that can be used.
      MorphableModelError: if the landmarks cannot be fitted.
      DegenerateVerticesError: if the vertices cannot be triangulated.
    """
    if landmarks68 is None:
        if aligner is None:
            raise ValueError("an aligner is needed where no landmarks are given")
        alignment = aligner.align(image, hint_box, known_upright)
        fit, num_faces, limit = model.fit_dense(alignment.points), alignment.num_faces, MAX_ERROR_DENSE
    else:
        fit, num_faces, limit = model.fit_landmarks68(landmarks68), 1, MAX_ERROR_LANDMARKS
        if fit.scale < MIN_EYE_DISTANCE:
            raise FaceTooSmallError(f"only {fit.scale:.0f} px between the eyes; {MIN_EYE_DISTANCE:.0f} are needed")
    if fit.error > limit:
        raise LowQualityError(f"the morphable model misses the face by {fit.error:.2f} eye distances")
    box = crop_box(fit.shape)
    shape = to_crop(fit.shape, box, size)
    vertices = shape[model.vertices, :2].astype(np.float32)
    triangles = triangulation.triangulate(vertices, size).triangles
    maps = {n: triangulation.rasterise_triangles(_resized(vertices, size, n), triangles, n) for n in map_sizes}
    if spoof_type == spoof_types.LIVE:
        depth = depth_map(shape, size, depth_size, model.triangles)
    else:
        depth = np.zeros((depth_size, depth_size), np.float32)
    return PreparedFace(
        image=crop(image, box, size),
        vertices=vertices,
        depth=depth,
        preliminary_mask=preliminary_mask(spoof_type, shape, size, model).astype(np.uint8),
        triangles=triangles,
        triangle_maps=maps,
        box=box,
        fit_error=fit.error,
        num_faces=num_faces,
        shape=shape.astype(np.float32),
    )


def _resized(vertices: np.ndarray, size: int, new_size: int) -> np.ndarray:
    """The vertices in a crop of another size."""
    return ((vertices + 0.5) * (new_size / size) - 0.5).astype(np.float32)
