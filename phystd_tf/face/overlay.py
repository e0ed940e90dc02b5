"""Visualizes the results of preparation for one photograph in a single picture."""

import cv2
import numpy as np

from phystd_tf.face.crop import from_crop
from phystd_tf.face.geometry import PreparedFace
from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.physics.pixels import rescale_positions

MESH_COLOR = (90, 220, 120)
BOX_COLOR = (255, 200, 0)
VERTEX_COLOR = (255, 60, 60)
MASK_COLOR = (60, 120, 255)
PANELS = ("mesh and crop", "140 vertices", "triangles", "M0", "P0 = 0")

_FRACTION_BITS = 4  # fractional bits of positions passed to OpenCV


def overlay(image: np.ndarray, face: PreparedFace, model: MorphableModel, panel: int = 320) -> np.ndarray:
    """Draws the mesh, crop, vertices, triangles, M0 and P0 side by side.

    Args:
      image: [H, W, 3] uint8 RGB, the whole photograph.
      face: the prepared face of this photograph.
      model: the morphable model that was used.
      panel: height of the picture and width of each square panel, in pixels.

    Returns:
      [panel, width, 3] uint8 RGB: the photograph first, then four square panels.
    """
    size = len(face.image)
    panels: list[np.ndarray] = [_photograph(image, face, model, panel)]
    scale = panel / size
    large = cv2.resize(face.image, (panel, panel), interpolation=cv2.INTER_LINEAR)
    vertices = rescale_positions(face.vertices, scale)

    dots = large.copy()
    for vertex in vertices:
        cv2.circle(dots, _fixed(vertex), 2 << _FRACTION_BITS, VERTEX_COLOR, -1, cv2.LINE_AA, _FRACTION_BITS)
    panels.append(dots)

    biggest = max(face.triangle_maps, default=None)
    panels.append(large.copy() if biggest is None else _borders(large, face.triangle_maps[biggest]))

    depth = cv2.resize(face.depth, (panel, panel), interpolation=cv2.INTER_LINEAR)
    panels.append(cv2.applyColorMap(np.uint8(depth * 255), cv2.COLORMAP_VIRIDIS)[..., ::-1].copy())

    open_region = cv2.resize(face.preliminary_mask, (panel, panel), interpolation=cv2.INTER_NEAREST) == 0
    tinted = large.copy()
    tinted[open_region] = (0.5 * large[open_region] + 0.5 * np.array(MASK_COLOR)).astype(np.uint8)
    panels.append(tinted)
    return np.hstack([_titled(picture, title) for picture, title in zip(panels, PANELS)])


def _photograph(image: np.ndarray, face: PreparedFace, model: MorphableModel, height: int) -> np.ndarray:
    scale = height / image.shape[0]
    width = max(1, round(image.shape[1] * scale))
    picture = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    ratio = np.array([width / image.shape[1], scale])
    points = rescale_positions(from_crop(face.shape[:, :2], face.box, len(face.image)), ratio)
    if len(points) == len(model.mean):  # a crop that came with its vertices has no mesh
        mesh = picture.copy()
        corners = np.round(points[model.triangles] * 2**_FRACTION_BITS).astype(np.int32)
        cv2.polylines(mesh, list(corners), True, MESH_COLOR, 1, cv2.LINE_AA, _FRACTION_BITS)
        picture = cv2.addWeighted(mesh, 0.5, picture, 0.5, 0)
    low = rescale_positions(np.array([face.box.left, face.box.top]), ratio)
    high = low + face.box.side * ratio
    cv2.rectangle(picture, _fixed(low), _fixed(high), BOX_COLOR, 2, cv2.LINE_AA, _FRACTION_BITS)
    return picture


def _borders(picture: np.ndarray, triangle_map: np.ndarray) -> np.ndarray:
    """Draws the borders of the triangles on the picture."""
    index = cv2.resize(triangle_map, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    border = np.zeros(index.shape, bool)
    border[:, 1:] |= index[:, 1:] != index[:, :-1]
    border[1:] |= index[1:] != index[:-1]
    drawn = picture.copy()
    drawn[border] = MESH_COLOR
    return drawn


def _titled(picture: np.ndarray, title: str) -> np.ndarray:
    for color, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(picture, title, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, color, thickness, cv2.LINE_AA)
    return picture


def _fixed(point: np.ndarray) -> tuple[int, int]:
    x, y = (int(value) for value in np.round(np.asarray(point, np.float64) * 2**_FRACTION_BITS))
    return x, y
