"""Geometry files next to images that are already crops: such an image is used unchanged, without face detection.

``tools.synthesize`` writes crops. Detecting and cropping the face again would resample, which blurs fine traces.

    NAME.png, NAME.geometry.npz
"""

import json
import os
from typing import NamedTuple, Optional

import numpy as np

from phystd_tf.errors import PhystdError
from phystd_tf.face.crop import CropBox, crop_recipe
from phystd_tf.face.geometry import PreparedFace
from phystd_tf.files.atomic import replacing
from phystd_tf.physics.pixels import rescale_positions
from phystd_tf.physics.triangulation import rasterize_triangles, triangulate

SUFFIX = ".geometry.npz"
_EDGE = -0.5  # left and top edge of an image


class CropGeometryError(PhystdError):
    """A geometry file cannot be used; the message names it."""

    status = "bad_geometry"


class CropGeometry(NamedTuple):
    """The geometry of a crop.

    Attributes:
      vertices: [Q, 2] float32, (x, y) in pixels of the crop, Eq. (13).
      depth: [K, K] float32 in [0, 1], M0; 0 for spoofs.
      preliminary_mask: [N, N] uint8, 0 or 1, P0.
    """

    vertices: np.ndarray
    depth: np.ndarray
    preliminary_mask: np.ndarray


def geometry_path(image: str) -> str:
    """Where the geometry file of an image would be."""
    return os.path.splitext(image)[0] + SUFFIX


def geometry_file(image: str) -> Optional[str]:
    """The geometry file of an image; None if it has none."""
    path = geometry_path(image)
    return path if os.path.isfile(path) else None


def write_geometry(geometry: CropGeometry, path: str, morphable_model: str) -> None:
    """Writes a geometry file atomically.

    Args:
      geometry: CropGeometry.
      path: from ``geometry_path``.
      morphable_model: fingerprint of the model that the vertices belong to.
    """
    made = json.dumps({"crop": crop_recipe(), "morphable_model_sha256": morphable_model})
    with replacing(path) as temporary:
        np.savez_compressed(temporary, **geometry._asdict(), made=np.array(made))


def read_geometry(path: str, size: int, depth_size: int, num_vertices: int, morphable_model: str) -> CropGeometry:
    """Reads a geometry file.

    Args:
      path: path of the file.
      size: N, side of its image in pixels.
      depth_size: K.
      num_vertices: Q.
      morphable_model: fingerprint of the model in use.

    Raises:
      CropGeometryError: if it cannot be read, has other shapes, or was made with another model or another crop.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            geometry = CropGeometry(*(archive[name] for name in CropGeometry._fields))
            made = json.loads(str(archive["made"]))
    except Exception as error:  # NumPy raises many kinds of errors for a damaged archive
        raise CropGeometryError(f"{path}: not a geometry file of a crop ({error})") from error
    if made != {"crop": crop_recipe(), "morphable_model_sha256": morphable_model}:
        raise CropGeometryError(f"{path}: of another morphable model, or of crops that this version does not make")
    shapes = {"vertices": (num_vertices, 2), "depth": (depth_size, depth_size), "preliminary_mask": (size, size)}
    for name, shape in shapes.items():
        values = getattr(geometry, name)
        if values.shape != shape or values.dtype.kind not in "fu" or not np.isfinite(values).all():
            raise CropGeometryError(f"{path}: {name} must be finite numbers of shape {shape}, not {values.shape}")
    return geometry


def prepared_crop(image: np.ndarray, geometry: CropGeometry, label: int, map_sizes: tuple[int, ...]) -> PreparedFace:
    """Makes a PreparedFace of a crop, with its pixels unchanged.

    Args:
      image: [N, N, 3] uint8 RGB.
      geometry: geometry of this crop.
      label: 1 live, 0 spoof, whose M0 is set to 0.
      map_sizes: sizes of the triangle maps in pixels.

    Raises:
      DegenerateVerticesError: if the vertices cannot be triangulated.
    """
    size, vertices = len(image), geometry.vertices.astype(np.float32)
    triangles = triangulate(vertices, size).triangles
    scaled = {n: rescale_positions(vertices, n / size).astype(np.float32) for n in map_sizes}
    return PreparedFace(
        image=image,
        vertices=vertices,
        depth=label * geometry.depth.astype(np.float32),
        preliminary_mask=geometry.preliminary_mask.astype(np.uint8),
        triangles=triangles,
        triangle_maps={n: rasterize_triangles(points, triangles, n) for n, points in scaled.items()},
        box=CropBox(_EDGE, _EDGE, float(size)),
        fit_error=0.0,
        num_faces=1,
        shape=np.pad(vertices, ((0, 0), (0, 1))),
    )
