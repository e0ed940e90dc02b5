"""Flat things worn over the eyes: real spectacles, and the paper ones of an attack.

The thing is a sheet bent around the face: a slightly curved front and two arms
that run back to the ears. What is on it is a picture whose fourth channel says
where there is material.
"""

from typing import NamedTuple

import cv2
import numpy as np

from phystd_tf.face.rasterise import rasterise
from phystd_tf.synthetic.person import head as heads
from phystd_tf.synthetic.person.subjects import Spectacles
from phystd_tf.synthetic.scene.scene import Scene, project
from phystd_tf.synthetic.scene.transfer import to_linear

FRONT_HALF = 1.04  # half width of the front, eye distances
ARM = 1.15  # length of an arm
TOP, BOTTOM = -0.55, 0.55  # y of the sheet's edges relative to the eyes
PIXELS = 160  # of the sheet per eye distance
_COLUMNS = 25  # of the sheet's mesh


class Worn(NamedTuple):
    """A sheet to wear.

    Attributes:
      picture: [h, w, 4] float32: linear RGB, and where there is material.
      drop: y of the sheet's middle, eye distances below the eyes.
      gloss: strength of its highlight.
    """

    picture: np.ndarray
    drop: float
    gloss: float


class WornLayer(NamedTuple):
    """A sheet in the frame: light [S, S, 3] float32 (linear) and alpha [S, S] float32."""

    light: np.ndarray
    alpha: np.ndarray


def blank_sheet():
    """Coordinates of an empty sheet: (x [h, w], y [h, w]) in eye distances; arms beyond FRONT_HALF."""
    width = int(2 * (FRONT_HALF + ARM) * PIXELS)
    height = int((BOTTOM - TOP) * PIXELS)
    x = (np.arange(width, dtype=np.float32) + 0.5) / PIXELS - (FRONT_HALF + ARM)
    y = (np.arange(height, dtype=np.float32) + 0.5) / PIXELS + TOP
    return np.meshgrid(x, y)


def spectacles(glasses: Spectacles) -> Worn:
    """Real spectacles as a sheet."""
    x, y = blank_sheet()
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
    colour = np.where(
        rim[..., None] > 0.5,
        to_linear(np.array(glasses.rim, np.float32)),
        np.array((0.05, 0.055, 0.06), np.float32),
    )
    return Worn(np.concatenate([colour, alpha[..., None]], -1).astype(np.float32), 0.03, 0.5)


def draw_worn(worn: Worn, head: heads.Head, scene: Scene, size: int, z: np.ndarray) -> WornLayer:
    """Puts the sheet on the head.

    Args:
      worn: the sheet.
      head: geometry of the person, before the pose.
      scene: the scene.
      size: of the frame.
      z: [size, size] z-buffer of the person; the sheet is hidden behind what is nearer.
    """
    points, coordinates = _sheet_mesh(worn, head)
    rotation = scene.rotation.astype(np.float32)
    turned = points @ rotation.T
    columns = _COLUMNS
    triangles = heads.grid_triangles(2, columns, closed=False)
    normals = heads.vertex_normals(turned, triangles)
    placed = project(turned, scene, size)
    raster = rasterise(placed, triangles, size, size)
    pixels = np.flatnonzero(raster.triangle_index >= 0)
    light = np.zeros((size * size, 3), np.float32)
    alpha = np.zeros(size * size, np.float32)
    if len(pixels):
        corners = triangles[raster.triangle_index.ravel()[pixels]]
        weights = raster.barycentric.reshape(-1, 3)[pixels].astype(np.float32)
        place = np.einsum("nk,nkc->nc", weights, coordinates[corners])
        normal = np.einsum("nk,nkc->nc", weights, normals[corners])
        normal *= np.sign(normal[:, 2:] + 1e-9) / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        rows = -(-len(place) // 256)
        lookup = np.zeros((rows * 256, 2), np.float32)
        lookup[: len(place)] = place
        # The sheet is drawn finer than the frame; its area average stands for the pixel.
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
            shading += np.array(source.colour, np.float32) * np.clip(normal @ direction, 0, None)[:, None]
            half = (direction + (0, 0, 1)) / np.linalg.norm(direction + (0, 0, 1))
            shine += (
                np.array(source.colour, np.float32) * (worn.gloss * 0.2 * np.clip(normal @ half, 0, 1) ** 40)[:, None]
            )
        light[pixels] = sampled[:, :3] * shading + shine
        hidden = z.ravel()[pixels] > raster.z.ravel()[pixels] + 0.06 * scene.eye_distance * size
        alpha[pixels] = np.where(hidden, 0, sampled[:, 3])
    return WornLayer(light.reshape(size, size, 3), np.clip(alpha, 0, 1).reshape(size, size))


def _sheet_mesh(worn: Worn, head: heads.Head):
    """Points [2 * columns, 3] of the bent sheet around the head, and where each lies on the picture (pixels)."""
    along = np.linspace(-(FRONT_HALF + ARM), FRONT_HALF + ARM, _COLUMNS)
    front = np.clip(along, -FRONT_HALF, FRONT_HALF)
    arm = np.abs(along) - np.abs(front)
    # The front rests on the bridge of the nose.
    rest = float(head.points[[168, 6], 2].max()) + 0.07
    x = front + np.sign(along) * 0.10 * arm
    z = rest - 0.24 * front**2 - arm
    width, height = worn.picture.shape[1], worn.picture.shape[0]
    column = (along + FRONT_HALF + ARM) * PIXELS - 0.5
    points, coordinates = [], []
    for y, row in ((TOP, -0.5), (BOTTOM, height - 0.5)):
        tilt = 0.06 * (y - TOP)  # the lower edge is nearer to the cheeks
        points.append(np.stack([x, np.full(_COLUMNS, y + worn.drop), z - tilt], 1))
        coordinates.append(np.stack([np.clip(column, -0.5, width - 0.5), np.full(_COLUMNS, row)], 1))
    return np.concatenate(points).astype(np.float32), np.concatenate(coordinates).astype(np.float32)
