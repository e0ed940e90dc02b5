"""Drawing on the atlas: soft shapes between marks of the mean face.

The atlas is the cylinder around the head, unrolled: its columns are the angle
(0, the front, in the middle), its rows are y, and the mean mesh says where each
feature lies. All people share these places; the mesh of each one moves them.
Every shape is a field [H, 2 H] float32, 1 where there is something.
"""

from typing import Sequence

import cv2
import numpy as np

from phystd_tf.face.morphable_model import MorphableModel
from phystd_tf.synthetic.head import ATLAS_BOTTOM, ATLAS_TOP, on_cylinder
from phystd_tf.synthetic.noise import value_noise

ASPECT = 2  # columns per row of the atlas
_SHIFT = 4  # fractional bits of positions given to OpenCV


def atlas_position(atlas_coordinates: np.ndarray, height: int) -> np.ndarray:
    """Pixels (x, y) in an atlas of this height for (angle, y) coordinates [..., 2]."""
    x = (atlas_coordinates[..., 0] / (2 * np.pi) + 0.5) * (ASPECT * height) - 0.5
    y = (atlas_coordinates[..., 1] - ATLAS_TOP) / (ATLAS_BOTTOM - ATLAS_TOP) * height - 0.5
    return np.stack([x, y], -1)


class AtlasCanvas:
    """An atlas to draw on.

    Attributes:
      height, width: of the atlas, pixels.
      unit: pixels down per eye distance.
      across: pixels across per eye distance on the cheeks.
      marks: [468, 2] pixels (x, y) of the vertices of the mean face.
      angle, y: [H, 2 H] float32, coordinates of the pixels: radians, and eye distances below the eyes.
    """

    def __init__(self, model: MorphableModel, height: int) -> None:
        self.height, self.width = height, ASPECT * height
        self.unit = height / (ATLAS_BOTTOM - ATLAS_TOP)
        self.marks = atlas_position(on_cylinder(model.mean), height)
        columns = (np.arange(self.width) + 0.5) / self.width * 2 * np.pi - np.pi
        rows = (np.arange(height) + 0.5) / height * (ATLAS_BOTTOM - ATLAS_TOP) + ATLAS_TOP
        self.angle, self.y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        # The cylinder is about 1.4 wide on the cheeks.
        self.across = self.width / (2 * np.pi * 1.4)

    @property
    def shape(self):
        """(height, width)."""
        return self.height, self.width

    def spot(self, vertices: Sequence[int], width: float, height: float, drop: float = 0.0) -> np.ndarray:
        """A soft spot at the middle of vertices, sizes in eye distances."""
        x, y = self.marks[list(vertices)].mean(0)
        gx = np.exp(-0.5 * ((np.arange(self.width) - x) / (width * self.across)) ** 2)
        gy = np.exp(-0.5 * ((np.arange(self.height) - y - drop * self.unit) / (height * self.unit)) ** 2)
        return np.outer(gy, gx).astype(np.float32)

    def pair(
        self, vertices: Sequence[int], mirrored: Sequence[int], width: float, height: float, drop: float = 0.0
    ) -> np.ndarray:
        """Two spots, one on each side."""
        return self.spot(vertices, width, height, drop) + self.spot(mirrored, width, height, drop)

    def fill(self, outlines: Sequence[np.ndarray], soft: float) -> np.ndarray:
        """Polygons [n, 2] of pixels filled with 1, their edge softened by ``soft`` eye distances."""
        canvas = np.zeros(self.shape, np.uint8)
        points = [np.round(outline * 2**_SHIFT).astype(np.int32) for outline in outlines]
        for polygon in points:
            cv2.fillPoly(canvas, [polygon], 255, cv2.LINE_AA, _SHIFT)
        return _blur(canvas.astype(np.float32) / 255, soft * self.unit)

    def line(self, curves: Sequence[np.ndarray], thickness: float, soft: float) -> np.ndarray:
        """Curves [n, 2] of pixels drawn with a thickness in eye distances."""
        fine = 2
        canvas = np.zeros((self.height * fine, self.width * fine), np.uint8)
        width = max(1, round(thickness * self.unit * fine))
        points = [np.round(((c + 0.5) * fine - 0.5) * 2**_SHIFT).astype(np.int32) for c in curves]
        cv2.polylines(canvas, points, False, 255, width, cv2.LINE_AA, _SHIFT)
        small = cv2.resize(canvas, (self.width, self.height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        # A line thinner than a pixel is fainter, not wider.
        return _blur(small, soft * self.unit) * min(1.0, thickness * self.unit * fine)

    def noise(self, rng: np.random.Generator, cell: float) -> np.ndarray:
        """Noise of spread 1 with blobs of ``cell`` eye distances."""
        return value_noise(rng, self.shape, max(1.0, cell * self.unit))


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.25 else image
