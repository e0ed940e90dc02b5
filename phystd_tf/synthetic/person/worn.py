"""Flat objects worn over the eyes: real glasses, and the paper or plastic glasses of an attack.

Such an object is a sheet bent around the face: a slightly curved front and two
arms that reach back to the ears. Its picture has a fourth channel that states
where there is material.
"""

from typing import NamedTuple

import cv2
import numpy as np

from phystd_tf.face.rasterize import rasterize
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.subjects import Glasses
from phystd_tf.synthetic.person.surface import interpolate
from phystd_tf.synthetic.scene.scene import Scene, project
from phystd_tf.synthetic.scene.transfer import to_linear

FRONT_HALF = 1.04  # half width of the front, eye distances
ARM = 1.15  # length of an arm, eye distances
TOP, BOTTOM = -0.55, 0.55  # y of the edges of the sheet relative to the eyes, eye distances
PIXELS = 160  # pixels of the sheet per eye distance
_COLUMNS = 25  # columns of the mesh of the sheet


class WornSheet(NamedTuple):
    """A sheet to wear.

    Attributes:
      picture: [h, w, 4] float32: linear RGB, and alpha (1 is material).
      drop: y of the middle of the sheet, eye distances below the eyes.
      gloss: strength of the highlight.
    """

    picture: np.ndarray
    drop: float
    gloss: float


class WornLayer(NamedTuple):
    """A worn sheet in the frame.

    Attributes:
      light: [S, S, 3] float32, linear RGB.
      alpha: [S, S] float32 in [0, 1].
    """

    light: np.ndarray
    alpha: np.ndarray


def sheet_coordinates() -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the pixels of a sheet.

    Returns:
      x and y, both [h, w] float32, in eye distances from the middle between the eyes. The arms are beyond FRONT_HALF.
    """
    width = int(2 * (FRONT_HALF + ARM) * PIXELS)
    height = int((BOTTOM - TOP) * PIXELS)
    x = (np.arange(width, dtype=np.float32) + 0.5) / PIXELS - (FRONT_HALF + ARM)
    y = (np.arange(height, dtype=np.float32) + 0.5) / PIXELS + TOP
    grid_x, grid_y = np.meshgrid(x, y)
    return grid_x, grid_y


def glasses_sheet(glasses: Glasses) -> WornSheet:
    """Draws real glasses as a sheet."""
    x, y = sheet_coordinates()
    offset = np.abs(np.abs(x) - 0.5)
    radius = (
        (offset / (glasses.width / 2)) ** glasses.roundness
        + (np.abs(y - 0.04) / (glasses.height / 2)) ** glasses.roundness
    ) ** (1 / glasses.roundness)
    scale = min(glasses.width, glasses.height) / 2
    distance = np.abs(radius - 1) * scale
    soft = 1.5 / PIXELS
    rim = np.clip((glasses.thickness / 2 - distance) / soft + 0.5, 0, 1)
    bridge = (np.abs(x) < 0.5 - glasses.width / 2 + 0.04) & (np.abs(y + 0.05 - 0.25 * x * x) < glasses.thickness / 2)
    arms = (np.abs(x) > 0.5 + glasses.width / 2) & (np.abs(y + 0.08) < glasses.thickness * 0.6)
    rim = np.maximum(rim, np.maximum(bridge, arms))
    glass = np.clip((1 - radius) * scale / soft, 0, 1) * (0.04 + glasses.tint)
    alpha = np.maximum(rim, glass * (1 - rim))
    color = np.where(
        rim[..., None] > 0.5,
        to_linear(glasses.rim),
        np.array((0.05, 0.055, 0.06), np.float32),
    )
    return WornSheet(np.concatenate([color, alpha[..., None]], -1).astype(np.float32), 0.03, 0.5)


def draw_worn(worn: WornSheet, head: heads.Head, scene: Scene, size: int, z: np.ndarray) -> WornLayer:
    """Puts a sheet on the head.

    Args:
      worn: the sheet.
      head: geometry of the person, before the pose.
      scene: the scene.
      size: side of the frame, pixels.
      z: [size, size] z-buffer of the person; whatever is nearer hides the sheet.
    """
    points, coordinates = _sheet_mesh(worn, head)
    rotation = scene.rotation.astype(np.float32)
    turned = points @ rotation.T
    columns = _COLUMNS
    triangles = heads.grid_triangles(2, columns, closed=False)
    normals = heads.vertex_normals(turned, triangles)
    placed = project(turned, scene, size)
    raster = rasterize(placed, triangles, size, size)
    pixels = np.flatnonzero(raster.triangle_index >= 0)
    light = np.zeros((size * size, 3), np.float32)
    alpha = np.zeros(size * size, np.float32)
    if len(pixels):
        corners = triangles[raster.triangle_index.ravel()[pixels]]
        weights = raster.barycentric.reshape(-1, 3)[pixels].astype(np.float32)
        place = interpolate(weights, corners, coordinates)
        normal = interpolate(weights, corners, normals)
        normal *= np.sign(normal[:, 2:] + 1e-9) / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        rows = -(-len(place) // 256)
        lookup = np.zeros((rows * 256, 2), np.float32)
        lookup[: len(place)] = place
        # The sheet is finer than the frame, so it is averaged over the area of a pixel.
        reduce = max(1, int(PIXELS / (scene.eye_distance * size)))
        picture = worn.picture
        if reduce > 1:
            picture = cv2.resize(picture, None, fx=1 / reduce, fy=1 / reduce, interpolation=cv2.INTER_AREA)
            lookup = (lookup + 0.5) * (picture.shape[1] / worn.picture.shape[1]) - 0.5
        sampled = cv2.remap(picture, lookup.reshape(rows, 256, 2), None, cv2.INTER_LINEAR).reshape(-1, 4)[: len(place)]
        shading = np.zeros((len(place), 3), np.float32)
        shading += np.array(scene.sky, np.float32) * 0.7
        shine = np.zeros((len(place), 3), np.float32)
        for source in scene.lights:
            direction = np.array(source.direction, np.float32)
            shading += np.array(source.color, np.float32) * np.clip(normal @ direction, 0, None)[:, None]
            half = (direction + (0, 0, 1)) / np.linalg.norm(direction + (0, 0, 1))
            shine += (
                np.array(source.color, np.float32) * (worn.gloss * 0.2 * np.clip(normal @ half, 0, 1) ** 40)[:, None]
            )
        light[pixels] = sampled[:, :3] * shading + shine
        hidden = z.ravel()[pixels] > raster.z.ravel()[pixels] + 0.06 * scene.eye_distance * size
        alpha[pixels] = np.where(hidden, 0, sampled[:, 3])
    return WornLayer(light.reshape(size, size, 3), np.clip(alpha, 0, 1).reshape(size, size))


def _sheet_mesh(worn: WornSheet, head: heads.Head) -> tuple[np.ndarray, np.ndarray]:
    """Points [2 * columns, 3] of the bent sheet around the head, and their positions (pixels) on the picture."""
    along = np.linspace(-(FRONT_HALF + ARM), FRONT_HALF + ARM, _COLUMNS)
    front = np.clip(along, -FRONT_HALF, FRONT_HALF)
    arm = np.abs(along) - np.abs(front)
    # The front rests on the bridge of the nose.
    bridge = float(head.points[[168, 6], 2].max()) + 0.07
    x = front + np.sign(along) * 0.10 * arm
    z = bridge - 0.24 * front**2 - arm
    width, height = worn.picture.shape[1], worn.picture.shape[0]
    column = (along + FRONT_HALF + ARM) * PIXELS - 0.5
    points, coordinates = [], []
    for y, row in ((TOP, -0.5), (BOTTOM, height - 0.5)):
        tilt = 0.06 * (y - TOP)  # The lower edge is closer to the cheeks.
        points.append(np.stack([x, np.full(_COLUMNS, y + worn.drop), z - tilt], 1))
        coordinates.append(np.stack([np.clip(column, -0.5, width - 0.5), np.full(_COLUMNS, row)], 1))
    return np.concatenate(points).astype(np.float32), np.concatenate(coordinates).astype(np.float32)
